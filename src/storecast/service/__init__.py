"""The service: forecasts over HTTP. A request passes from the middleware inwards; each part knows only those below it.

app          the application: middleware around the routes
middleware/  errors, auth, limits, and the request context that they fill
route        what a route declares; the router
routes/      parse, one call below, reply; each file declares its routes
openapi      the document, made from the routes; bodies, its schemas
requests/    what requests may say, declared once: bodies, rows, strict decoding
answers      the reply to a request for forecasts
live/        the promoted model at the newest cutoff, replaced whole when either changes
table        a forecast laid out so that rows are looked up and rendered in microseconds
render       tables as rows or columns of JSON, or as CSV
request_log  the log of requests, written in the background; metrics
settings     what can be set, read from the environment
server       uvicorn, with limits on connections and headers, and a graceful stop
"""
