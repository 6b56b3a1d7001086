"""How far a score of few days may lie from the truth, and what the alerts make of it.

Nine windows of 48 days are forecast, each from data before it. First, how much of the variance of a row is shared, and with
what: from the products of two rows' deviations, by what the two have in common. Second, the alerts on the windows from the
third on, with the two before as the promise: how many days they stand where nothing happened, and after how many days they find
sales that have fallen.
"""

import datetime as dt

import polars as pl

from measure import arguments

CUTOFFS = (
    dt.date(2014, 4, 7),
    dt.date(2014, 5, 25),
    dt.date(2014, 7, 12),
    dt.date(2014, 8, 29),
    dt.date(2014, 10, 16),
    dt.date(2014, 12, 3),
    dt.date(2015, 1, 20),
    dt.date(2015, 3, 9),
    dt.date(2015, 4, 26),
)
HORIZON = 48
FALLS = (0.0, 0.05, 0.1, 0.2)
LOOKS = range(7, 43)  # days after the cutoff


def main() -> None:
    """Print the shares, and what the alerts say."""
    from storecast import schema as s
    from storecast.config import Task
    from storecast.evaluate.backtest import backtest
    from storecast.evaluate.scores import WORST
    from storecast.monitor.accuracy import scored
    from storecast.monitor.alerts import SCORES, ExpectedScores, measure, store_days
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON, allow_longer_test=True).panel
    result = backtest(panel, ["linear"], CUTOFFS, Task(HORIZON))
    known = panel.calendar.select(*s.KEYS, s.OPEN, s.PROMO)
    ahead = (pl.col(s.DATE) - pl.col(s.CUTOFF)).dt.total_days().alias("Ahead")
    forecasts = result.forecasts.join(panel.sales, on=s.KEYS).join(known, on=s.KEYS).with_columns(ahead)
    print("model,figure,block,week,day,store,spread (variance over mean²)")
    for model in ("linear", "naive"):
        came = _came(forecasts.filter(pl.col(s.MODEL) == model))
        rank = pl.col("Square").rank("ordinal", descending=True).over(s.CUTOFF)
        for figure, rows in (("Inside80", came), ("Inside95", came), ("Square", came.filter(rank > WORST))):
            shares = [f"{share:.4f}" for share in _shares(rows, figure)]
            print(model, figure, *shares, f"{rows[figure].var() / rows[figure].mean() ** 2:.1f}", sep=",")
    print("\nmodel,sales fall by,figure,windows with an alert,of,days it stands,of,first day (median)")
    for model in ("linear", "naive"):
        for fall in FALLS:
            for figure in SCORES:
                stands, first = [], []
                for k, cutoff in enumerate(CUTOFFS[2:]):
                    windows = result.scores.filter(
                        (pl.col("Model") == model)
                        & (pl.col("Slice") == "all")
                        & pl.col("Cutoff").is_in(CUTOFFS[k : k + 2])
                    )
                    promise = ExpectedScores(cutoff, {name: float(windows[name].mean()) for name in SCORES})
                    rows = forecasts.filter(pl.col(s.MODEL) == model, pl.col(s.CUTOFF) == cutoff)
                    days = store_days(scored(rows.with_columns(pl.col(s.SALES) * (1 - fall))))
                    looks = [measure(days, figure, promise, cutoff + dt.timedelta(days=day)) for day in LOOKS]
                    outside = [look is not None and look.outside for look in looks]
                    stands.append(sum(outside))
                    first += [LOOKS[outside.index(True)]] if any(outside) else []
                print(
                    model,
                    f"{fall:.0%}",
                    figure,
                    len(first),
                    len(stands),
                    sum(stands),
                    len(stands) * len(LOOKS),
                    sorted(first)[len(first) // 2] if first else "–",
                    sep=",",
                    flush=True,
                )


def _came(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Keep days with sales; of each, its squared relative error and whether it lies inside its intervals."""
    square = ((pl.col("Sales") - pl.col("Forecast")) / pl.col("Sales")) ** 2
    inside = [
        pl.col("Sales").is_between(f"Lower{level}", f"Upper{level}").cast(pl.Float64).alias(f"Inside{level}")
        for level in (80, 95)
    ]
    return forecasts.filter(pl.col("Sales") > 0).with_columns(square.alias("Square"), *inside)


def _shares(rows: pl.DataFrame, figure: str) -> list[float]:
    """Return the shares of the variance that rows have in common: six weeks, week, day, store in six weeks."""
    e = rows.select(
        pl.col("Cutoff").alias("block"),
        (pl.col("Ahead").sub(1) // 7).alias("week"),
        pl.col("Date").alias("day"),
        pl.col("Store").alias("store"),
        (pl.col(figure) - pl.col(figure).mean()).alias("e"),
    )

    def products(*keys: str) -> tuple[float, float]:
        """Return the sum of the products of all pairs in the groups, and their number."""
        groups = e.group_by(keys).agg(pl.col("e").sum(), pl.len().cast(pl.Float64).alias("n"))
        return float((groups["e"] ** 2).sum()), float((groups["n"] ** 2).sum())

    own, block = (float((e["e"] ** 2).sum()), float(e.height)), products("block")
    week, day = products("block", "week"), products("block", "day")
    store, both = products("block", "store"), products("block", "week", "store")

    def mean(*parts: tuple[tuple[float, float], int]) -> float:
        """Return the mean product of the pairs that are left when some groups are taken away from others."""
        return sum(sign * part[0] for part, sign in parts) / sum(sign * part[1] for part, sign in parts)

    of_day = mean((day, 1), (own, -1))
    of_week = mean((week, 1), (day, -1), (both, -1), (own, 1))
    of_block = mean((block, 1), (week, -1), (store, -1), (both, 1))
    of_store = mean((store, 1), (both, -1))
    total = own[0] / own[1]
    return [part / total for part in (of_block, of_week - of_block, of_day - of_week, of_store - of_block)]


if __name__ == "__main__":
    main()
