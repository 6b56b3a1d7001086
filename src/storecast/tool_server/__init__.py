"""The tool server: what assistants may ask of a service, over the Model Context Protocol. It reads, and changes nothing.

server     every tool by its name, its schema from its docstring, and what goes wrong in words
forecasts  tools on forecasts: a store, totals, what a day is made of, another calendar
chain      tools on what is served, the stores and their past sales
review     tools on accuracy and on the plan
results    what tools return
bounds     how much one reply may hold

It needs the extra ``mcp``, and knows nothing of a service but its client.
"""
