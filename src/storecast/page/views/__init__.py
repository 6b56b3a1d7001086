"""The views, in the order of the header. Each file declares its own as VIEW.

home        what is expected, and what needs hands
store       one store: past, forecast, what it is made of, overrides
plan        versions, overrides, what moved, exceptions, states; split into files plan_*.py
scenarios   another calendar for the days ahead, and what it would change
promotions  where an extra promotion day pays most
explore     the questions of the report, of all stores or of some
accuracy    forecasts against what came, coverage, value added, models
data        new sales and days in, and the last write out again
"""

from storecast.page.view import View
from storecast.page.views import accuracy, data, explore, home, plan, promotions, scenarios, store

VIEWS: tuple[View, ...] = (
    home.VIEW,
    store.VIEW,
    plan.VIEW,
    scenarios.VIEW,
    promotions.VIEW,
    explore.VIEW,
    accuracy.VIEW,
    data.VIEW,
)
