"""What a request passes before its endpoint, outermost first.

errors       an id for each request, problem details for each error, a note for the request log
auth         the route that is asked for, and the key that allows it
limits       rate, size and kind of bodies, concurrency, time
context      what these parts learn of a request, for the endpoint and the log
"""
