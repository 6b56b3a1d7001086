"""The service: forecasts over HTTP. A request passes from the edge inwards; each part knows only those below it.

app          the application: middleware around the routes
edge         outermost: an id for each request, problem details for each error, a note for the log
access       who may do what: a key for every route but a literal list (`rules`)
limits       rate, kind and size of bodies, concurrency, time
routes/      parse, one call below, tell the result
answers      the reply to a request for forecasts
openapi      the document of all this; bodies, its schemas
asked        what such a request asks; rows_in, json_in, attributes, query: strict readers
chain        the promoted model at the newest cutoff, replaced whole when either changes
table        its forecast, laid out so that rows are found and told in microseconds
render       tables as rows or columns of JSON, or as CSV
journal      the log of requests, written in the background; metrics
settings     what can be set, read from the environment
server       uvicorn, with limits on connections and headers, and a graceful stop
"""
