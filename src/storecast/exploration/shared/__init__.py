"""What several questions use, lowest first.

estimates            the one shape of every table, and its rows
observed             what a chain sold, as arrays of stores × days
two_way              log sales as the level of each store and weekday, plus the index of each day
calendar_terms       the regressors of the calendar; calendar_regression: the index of each day explained by them
adjusted             log sales less weekday levels and calendar
regression           means and regressions with clustered standard errors
panel_regression     regressions with effects of unit and time, errors clustered by unit
event_study          what follows when something begins at different times in different stores
promotion_weeks      promotions by week
like_for_like        a chain without stores that a competitor opened at
growth               growth a year of each store
evidence             what the data can bear: growth, a season, a strongest group
estimate_table       look estimates up in a table; wording: estimates as text
"""
