"""Features: what a forecast may know about a store and day, the same in training, backtest and service.

declarations   every built-in column, once: its driver, its block, its part in the version of the features
drivers        a planner's words for what moves a forecast
pieces         columns taken apart by driver
registry       features of one's own
runs           counting along the calendar: days since and until, runs of days
terms          the regressors of the ridge: weekday, promotion, trend, season, month's turn, holidays
country_terms  the holiday terms of other countries than Germany
feast_days     how far days lie from feasts and pay days
ridge          coefficient × term for every store and day, and what parts of the sum add
ridge_fit      the fit of log sales on those terms, robust, shrunk to the chain
level_shift    steps of the whole chain, and the ridge on sales that are restated at the new level
store_steps    steps of single stores
similar_stores what attributes say of a store with little history
calendar       the trees' view of the calendar: holidays, closures, promotions, school holidays around a day
gaps           weeks without rows filled in, and days without a row read as closed
history        what a store's past says at an origin: means over spans, levels, customers
residuals      what the ridge leaves over, averaged
cutoff_state   what the past decides at an origin, and the rows of the days after it under a calendar
store          the rows after many origins, for training, and after the last, for a forecast, worked out once
columns        which columns are numbers and which are categories, and the scikit-learn step that encodes them
"""

from storecast.features.declarations import VERSION

__all__ = ["VERSION"]
