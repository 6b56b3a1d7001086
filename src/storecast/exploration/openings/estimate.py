"""Openings and closings: sales around closed days, after long absences, and with Sunday trading.

closures         days around a closure that no holiday and no Sunday explains, and the first day after holidays
absences         days and months without sales, and the weeks around them
sunday_trading   stores that open on Sundays: that day, and their Saturdays and Mondays
"""

import polars as pl

from storecast.data.panel import Panel
from storecast.exploration.openings.absences import absence_estimates
from storecast.exploration.openings.closures import closure_estimates
from storecast.exploration.openings.sunday_trading import sunday_estimates
from storecast.exploration.shared import evidence
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimates import NotAnswerableError, tidy_table


def estimate_openings(panel: Panel) -> pl.DataFrame:
    """Measure what happens around closings and openings, and what Sunday trading does.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where no store was shut on days other than Sundays, and none traded on Sundays.
    """
    adjusted = adjust(panel)
    estimates = [*closure_estimates(adjusted), *absence_estimates(adjusted), *sunday_estimates(adjusted)]
    if not estimates:
        raise NotAnswerableError("no store was shut but for Sundays, and none traded on Sundays")
    observed = adjusted.observed
    return tidy_table([*estimates, *evidence.sunday_estimates(observed), *evidence.promotion_estimates(observed)])
