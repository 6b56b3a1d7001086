"""A first look at the days ahead, seconds after a run begins: what the simplest model expects, before the others have learned."""

import polars as pl

from storecast import schema as s
from storecast.evaluate.backtest import BASELINE
from storecast.models import create
from storecast.report.tables import beside_last_year, like_for_like
from storecast.uncertainty.point import point_forecasts
from storecast.workflows.prepared import Prepared


def first_look(prepared: Prepared) -> str:
    """Return a sentence: the chain's sum over the days ahead by the baseline, and the like-for-like change on a year before.

    Parameters
    ----------
    prepared : the chain, with its calendar ahead
    """
    panel, horizon = prepared.panel, prepared.task.horizon
    window = panel.window(panel.end, horizon)
    model = create(BASELINE)
    model.fit(window.past, horizon)
    rows = point_forecasts(model, window)
    every_row = rows.select(*s.KEYS, (pl.col("Median") * pl.col(s.OPEN)).alias(s.FORECAST))
    forecast = every_row.join(prepared.rows_to_forecast, on=s.KEYS, how="semi")
    expected = forecast[s.FORECAST].sum()
    unit = panel.target.unit or panel.target.noun
    sentence = (
        f"A first look, by the model {BASELINE}: about {expected:,.0f} {unit} in the {horizon} days after {panel.end}"
    )
    change = like_for_like(beside_last_year(forecast, panel.sales))["Change"].item()
    if change is None:
        return f"{sentence}."
    return f"{sentence}, {change:+.1%} on the same weekdays a year before, in stores that sold then."
