"""Features: what a forecast may know about a store and day, the same in training, backtest and service.

runs       counting along the calendar: days since and until, runs of days
terms      the regressors of the ridge: weekday, promotion, trend, season, month's turn, holidays
ridge      log sales per store on those terms, robust, shrunk to the chain
calendar   the trees' view of the calendar: holidays, closures, promotions, school holidays around a day
history    what a store's past says at an origin: means over spans, levels, customers
registry   features of one's own
cutoff_state what the past decides at an origin, and the rows of the days after it under a calendar
rows       the rows after many origins, for training, and after the last, for a forecast; what is worked out once
columns    which columns are numbers and which are categories, and the scikit-learn step that encodes them
"""

VERSION = (
    3  # one more whenever a column comes to say something else: a model refuses features that it did not learn from
)
