"""Uncertainty: from a model's medians to expected values, quantiles and intervals, of days and of totals.

point         a fitted model's median sales for a window, in money, within what is plausible for the store
calibration   conformal intervals: medians to expected values, quantiles and bounds, by the errors of earlier windows
mean_error    how far the expected value lies from the median, whatever one day or one store did
cold_start    how much wider the intervals of stores without history must be
joint_errors  how errors hang together across stores and days: sample paths, for the intervals of totals
totals        sums over stores and time, with intervals
forecast      a forecast as a value
"""
