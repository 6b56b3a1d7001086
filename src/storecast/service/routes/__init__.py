"""The routes: parse, one call below, tell the result.

health       alive, ready, metrics
forecasts    forecasts and scenarios
stores       stores and their history
writes       sales, days ahead and stores, in
models       the models of the home; accuracy so far
"""
