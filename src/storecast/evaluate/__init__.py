"""Evaluate: how good models are on windows of the past.

scores     RMSPE, WAPE, MAPE, MASE, scaled quantile loss, coverage: one function each
cutoffs    where the windows of a backtest are cut
backtest   windows in time order, every model on each, scored beside the baseline
importance how much worse a model scores when a driver is shuffled
selection  which model of a backtest is to be used
summary    the scores of a backtest as plain data: what scores.json holds
tuning     search for a model's settings
"""
