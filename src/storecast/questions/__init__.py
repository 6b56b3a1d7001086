"""Questions: what moves sales and customers. One function a question, from a Panel to a tidy table.

Shared by all:
tidy           the one shape of every answer
levels         log sales as arrays; the two-way split into a store's weekday level and a day's index
calendar       the regression of the index on promotions, holidays, seasons
adjusted       log sales, like with like
estimate       means and regressions with clustered errors

The questions, in the order of the report, stand in `storecast.questions.registry`.
"""
