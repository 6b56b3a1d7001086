"""Intervals of totals, measured: how many store-horizons, type-weeks, state-weeks and chain-weeks lie inside their bounds.

Groups and periods that storecast.toml names are measured, too.

Nine windows of 48 days from 2014-04-08, forecast by the ridge; the error field and the intervals of days come from windows that had
ended by each cutoff. The chain's six weeks are nine figures: their hits stand with a Clopper-Pearson interval.
"""

import datetime as dt

import polars as pl
from scipy.stats import binomtest

from measure import arguments

HORIZON, WINDOWS = 48, 9
FIRST = dt.date(2014, 4, 7)


def main() -> None:
    """Print coverage and mean relative width by level, and the hits of the chain."""
    from storecast import schema as s
    from storecast.config import Task
    from storecast.models import create
    from storecast.uncertainty.calibration import calibrate
    from storecast.uncertainty.joint_errors import fit_joint_errors, past_errors
    from storecast.uncertainty.point import point_forecasts
    from storecast.uncertainty.totals import totals
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel
    frames = past_errors(panel, HORIZON, look_back=10_000)
    rows = []
    for k in range(WINDOWS):
        cutoff = FIRST + dt.timedelta(days=HORIZON * k)
        ended = [frame for frame in frames if frame[s.CUTOFF][0] <= cutoff - dt.timedelta(days=HORIZON)]
        recent = [frame for frame in ended if frame[s.CUTOFF][0] > cutoff - dt.timedelta(days=HORIZON + 365)]
        apart = recent[::-7] or recent[-1:]
        field = fit_joint_errors(recent, panel.stores, HORIZON)
        if field is None:
            print(f"# {cutoff}: {len(recent)} windows before it, too few")
            continue
        window, model = panel.window(cutoff, HORIZON), create("linear")
        model.fit(window.past, HORIZON)
        medians = point_forecasts(model, window)
        usual = calibrate(apart)
        forecast = usual.apply(medians, Task(HORIZON))
        draws = field.sample_paths(medians, panel.stores, usual)
        actual = forecast.select(s.KEYS).join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
        whole = actual.group_by(s.STORE).agg(pl.col(s.SALES).is_not_null().all().alias("whole"))
        sold_throughout = forecast.join(whole, on=s.STORE, how="left", maintain_order="left")["whole"]
        sold = totals(
            actual.filter(sold_throughout)
            .with_columns(pl.col(s.SALES).cast(pl.Float64).alias(s.FORECAST))
            .drop(s.SALES),
            panel.stores,
            breakdown=panel.breakdown,
        )
        lines = totals(
            forecast.filter(sold_throughout), panel.stores, draws[sold_throughout.to_numpy()], panel.breakdown
        )
        rows.append(lines.with_columns(sold[s.FORECAST].alias("Actual"), pl.lit(cutoff).alias(s.CUTOFF)))
    every = pl.concat(rows).filter(pl.col(s.FORECAST) > 0)
    inside = {level: pl.col("Actual").is_between(f"Lower{level}", f"Upper{level}") for level in (80, 95)}
    width = {level: (pl.col(f"Upper{level}") - pl.col(f"Lower{level}")) / pl.col(s.FORECAST) for level in (80, 95)}
    table = every.group_by("Level", maintain_order=True).agg(
        pl.len(),
        *(f[level].mean().alias(f"{n}{level}") for n, f in (("cover", inside), ("width", width)) for level in f),
    )
    print("level,totals,coverage80,coverage95,width80,width95")
    for row in table.iter_rows():
        print(row[0], row[1], *(f"{value:.3f}" for value in row[2:]), sep=",")
    chain = every.filter(pl.col("Level") == "chain-horizon").with_columns(hit80=inside[80], hit95=inside[95])
    for line in chain.iter_rows(named=True):
        error, half = line["Actual"] / line[s.FORECAST] - 1, (line["Upper95"] - line["Lower95"]) / 2 / line[s.FORECAST]
        print(f"# chain after {line[s.CUTOFF]}: actual {error:+.1%} of the forecast, 95% band ±{half:.1%}")
    for level in (80, 95):
        hits = int(chain[f"hit{level}"].sum())
        low, high = binomtest(hits, chain.height).proportion_ci(method="exact")
        print(
            f"# chain-horizon, {level}%: {hits} hits of {chain.height}, 95% interval of the share {low:.2f} to {high:.2f}"
        )


if __name__ == "__main__":
    main()
