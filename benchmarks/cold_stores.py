"""Stores without history: every fifth store loses its past, all of it or all but the last days, and is forecast.

Beside each model stands the plain answer: the median day of the stores of the same type and assortment, by weekday and promotion.
"""

import datetime as dt

import numpy as np
import polars as pl

from measure import arguments

CUTOFFS = (dt.date(2014, 9, 10), dt.date(2015, 2, 13), dt.date(2015, 4, 2))
HORIZON, EVERY = 48, 5
LEFT = (0, 7, 14, 28)  # days of history that a store keeps
MODELS = ("linear", "boosting", "blend")


def main() -> None:
    """Print the RMSPE of the hidden stores, the mean of the cutoffs, and how many of their days the intervals cover."""
    from storecast import schema as s
    from storecast.data.panel import Panel
    from storecast.evaluate.medians import forecast_medians
    from storecast.evaluate.scores import rmspe
    from storecast.features.rows import Memo
    from storecast.models import create
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel
    hidden = panel.stores[s.STORE].gather_every(EVERY, offset=2)

    def without(past: Panel, days: int) -> Panel:
        kept = ~pl.col(s.STORE).is_in(hidden.implode()) | (pl.col(s.DATE) > past.end - dt.timedelta(days=days))
        return Panel(past.sales.filter(kept), past.stores, past.calendar.filter(kept))

    def scored(found: pl.DataFrame, actual: pl.DataFrame) -> float:
        both = found.join(actual, on=s.KEYS).filter(pl.col(s.STORE).is_in(hidden.implode()), pl.col(s.OPEN) == 1)
        return rmspe(both[s.SALES].cast(pl.Float64).to_numpy(), both["Median"].to_numpy())

    print("days of history,median of the kind," + ",".join(MODELS))
    for left in LEFT:
        lines = []
        for cutoff in CUTOFFS:
            window = panel.window(cutoff, HORIZON)
            known = without(panel.until(cutoff), left)
            cut = Panel(
                known.sales, panel.stores, pl.concat([known.calendar, window.future.select(known.calendar.columns)])
            )
            asked, memo = cut.window(cutoff, HORIZON), Memo()
            line = [scored(median_of_kind(asked.past, asked.future), window.actual())]
            for name in MODELS:
                model = create(name, fast=True)
                model.fit(asked.past, HORIZON, memo)
                line.append(scored(forecast_medians(model, asked, memo), window.actual()))
            lines.append(line)
        print(left, *(f"{value:.4f}" for value in np.mean(lines, axis=0)), sep=",", flush=True)


def median_of_kind(past: object, future: pl.DataFrame) -> pl.DataFrame:
    """Return the median of the last half year by store type, assortment, weekday and promotion, as Median."""
    from storecast import schema as s
    from storecast.data.panel import Panel

    assert isinstance(past, Panel)
    by = [s.STORE_TYPE, s.ASSORTMENT, "weekday", s.PROMO]
    kind = past.stores.select(s.STORE, s.STORE_TYPE, s.ASSORTMENT)
    weekday = pl.col(s.DATE).dt.weekday().alias("weekday")
    sold = past.sales.join(past.calendar.select(*s.KEYS, s.PROMO), on=s.KEYS).join(kind, on=s.STORE)
    recent = sold.filter(pl.col(s.SALES) > 0, pl.col(s.DATE) > past.end - dt.timedelta(days=182))
    medians = recent.with_columns(weekday).group_by(by).agg(pl.col(s.SALES).median().alias("Median"))
    return future.join(kind, on=s.STORE).with_columns(weekday).join(medians, on=by, how="left").fill_null(0)


if __name__ == "__main__":
    main()
