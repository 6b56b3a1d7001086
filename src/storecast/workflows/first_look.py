"""A first look at the days ahead, seconds after a run begins: what the simplest model expects, before the others have learned."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.dates import YEAR
from storecast.evaluate.backtest import BASELINE
from storecast.models import create
from storecast.uncertainty.point import point_forecasts
from storecast.workflows.preparation import Prepared


def first_look(prepared: Prepared) -> str:
    """Return a sentence: the chain's sum over the days ahead by the baseline, and the same weekdays a year before.

    Parameters
    ----------
    prepared : the chain, with its calendar ahead
    """
    panel, horizon = prepared.panel, prepared.task.horizon
    window = panel.window(panel.end, horizon)
    model = create(BASELINE)
    model.fit(window.past, horizon)
    rows = point_forecasts(model, window)
    expected = rows.select((pl.col("Median") * pl.col(s.OPEN)).sum()).item()
    unit = panel.target.unit or panel.target.noun
    sentence = (
        f"A first look, by the model {BASELINE}: about {expected:,.0f} {unit} in the {horizon} days after {panel.end}"
    )
    year = dt.timedelta(days=YEAR)
    first = panel.end + dt.timedelta(days=1) - year
    before = panel.sales.filter(pl.col(s.DATE).is_between(first, window.last - year))
    total = before[s.SALES].sum()
    if first < panel.first or not total:
        return f"{sentence}."
    return f"{sentence}, {expected / total - 1:+.1%} on the same weekdays a year before."
