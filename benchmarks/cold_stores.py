"""Stores without history: every store in its turn loses its past, all of it or all but the last days, and is forecast.

In each of five rounds one store of five is hidden, so that the figures are of all stores, and no choice of stores makes them.
Beside the ridge, with which every model answers for a store of less than 28 days, stands the plain answer: the median day of the
stores of the same type and assortment, by weekday and promotion. Intervals, and the factor that RMSPE asks for in submission.csv,
come from the window before the cutoff, as in a run; those of sums from the windows of the year before it.
"""

import datetime as dt

import numpy as np
import polars as pl

from measure import arguments

CUTOFFS = (dt.date(2014, 9, 10), dt.date(2015, 2, 13), dt.date(2015, 4, 2))
HORIZON, ROUNDS = 48, 5
LEFT = (0, 7, 14, 28)  # days of history that a store keeps
COLUMNS = (
    "median of the kind", "the same, as RMSPE asks", "forecast", "as RMSPE asks", "80% covered", "95% covered",
    "weeks 80%", "weeks 95%", "six weeks 80%", "six weeks 95%", "expected / sold",
)  # fmt: skip


def main() -> None:
    """Print the RMSPE of the hidden stores, how many of their days, weeks and six weeks are covered, and expected over sold."""
    from storecast import schema as s
    from storecast.config import Task
    from storecast.data.panel import Panel
    from storecast.evaluate.scores import coverage, rmspe
    from storecast.models import create
    from storecast.uncertainty.calibration import calibrate
    from storecast.uncertainty.cold_start import cold_start_factor
    from storecast.uncertainty.joint_errors import fit_joint_errors, past_errors
    from storecast.uncertainty.point import point_forecasts
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel
    usual, joint = {}, {}
    for cutoff in CUTOFFS:
        before = panel.window(cutoff - dt.timedelta(days=HORIZON), HORIZON)
        model = create("linear")
        model.fit(before.past, HORIZON)
        errors = point_forecasts(model, before).join(before.actual(), on=s.KEYS, how="left")
        usual[cutoff] = calibrate(
            [errors.with_columns(pl.lit(before.cutoff).alias(s.CUTOFF))], cold=cold_start_factor(before)
        )
        joint[cutoff] = fit_joint_errors(past_errors(panel.until(cutoff), HORIZON, fast=True), panel.stores, HORIZON)
    print("days of history", *COLUMNS, sep=",")
    for left in LEFT:
        parts, sums = [], []
        for cutoff in CUTOFFS:
            window = panel.window(cutoff, HORIZON)
            known = panel.until(cutoff)
            for hidden in (panel.stores[s.STORE].gather_every(ROUNDS, offset=k) for k in range(ROUNDS)):
                away = pl.col(s.STORE).is_in(hidden.implode())
                learned_rows = ~away | (pl.col(s.DATE) > cutoff - dt.timedelta(days=left))
                calendar = known.calendar.filter(learned_rows)
                reduced = Panel(
                    known.sales.filter(learned_rows),
                    panel.stores,
                    pl.concat([calendar, window.future.select(calendar.columns)]).sort(s.KEYS),
                ).window(cutoff, HORIZON)
                model = create("linear")
                model.fit(reduced.past, HORIZON)
                medians = point_forecasts(model, reduced)
                calibration = (
                    usual[cutoff]
                    .apply(medians, Task(HORIZON))
                    .with_columns(medians["Median"], pl.Series("factor", usual[cutoff].rmspe_factor(medians)))
                )
                field = joint[cutoff]
                assert field is not None
                new = medians.filter(away)
                forecast = usual[cutoff].apply(new, Task(HORIZON))
                paths = field.sample_paths(new, panel.stores, usual[cutoff])
                sums.append(sold_and_bounds(forecast, paths, window.actual(), panel.stores))
                plain = median_of_kind(reduced.past, reduced.future).select(*s.KEYS, pl.col("Median").alias("kind"))
                parts.append(
                    calibration.join(plain, on=s.KEYS)
                    .join(window.actual(), on=s.KEYS)
                    .filter(away, pl.col(s.SALES) > 0, pl.col(s.FORECAST) > 0)
                )
        rows = pl.concat(parts)
        sold, kind = rows[s.SALES].cast(pl.Float64).to_numpy(), rows["kind"].to_numpy()
        ratio = kind / sold
        figures = [
            rmspe(sold, kind),
            rmspe(sold, kind * ratio.mean() / np.square(ratio).mean()),  # the best factor there is, seen afterwards
            rmspe(sold, rows["Median"].to_numpy()),
            rmspe(sold, (rows[s.FORECAST] * rows["factor"]).to_numpy()),
            *(coverage(sold, *(rows[name].to_numpy() for name in s.bound_columns(level))) for level in (80, 95)),
        ]
        lines = pl.concat(sums)
        for level in ("store-week", "store-horizon"):
            part = lines.filter(pl.col("Level") == level)
            total = part[s.SALES].to_numpy()
            figures += [coverage(total, *(part[name].to_numpy() for name in s.bound_columns(p))) for p in (80, 95)]
        figures.append(part[s.FORECAST].sum() / part[s.SALES].sum())
        print(left, *(f"{value:.4f}" for value in figures), sep=",", flush=True)


def sold_and_bounds(forecast: pl.DataFrame, paths: object, actual: pl.DataFrame, stores: pl.DataFrame) -> pl.DataFrame:
    """Return the totals of the stores' weeks and six weeks with their bounds, and what was sold, as Sales."""
    from storecast import schema as s
    from storecast.uncertainty.totals import totals

    bounds = totals(forecast, stores, paths).filter(pl.col("Level").is_in(["store-week", "store-horizon"]))
    money = forecast.select(*s.KEYS).join(actual, on=s.KEYS, how="left").select(*s.KEYS, pl.col(s.SALES).fill_null(0))
    sold = totals(money.rename({s.SALES: s.FORECAST}), stores)
    keys = ["Level", "Key", "Start", "End"]
    return bounds.join(sold.rename({s.FORECAST: s.SALES}), on=keys).filter(pl.col(s.FORECAST) > 0)


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
