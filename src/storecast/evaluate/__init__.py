"""Evaluate: how good a forecast was, and what its errors say about the next one.

scores        RMSPE, WAPE, MAPE, MASE, scaled quantile loss, coverage: one function each
calibration   from medians to expected values, quantiles and intervals, by the errors of earlier windows
backtest      windows in time order, every model on each, scored beside the baseline
explanations  what a forecast is made of, in money, and what matters to a model
monitoring    forecasts made beside what came: accuracy by week ahead and store
noise         how far such a figure may lie from the truth, since stores and days err together
drift         whether what goes into forecasts still looks like what a model learned from
alerts        what has left its band, since when, and what to do
promotion     which model of a backtest is to be used
"""
