"""Say on which weekday a promotion brings most, and how much of it is new customers.

python examples/promotions_by_weekday.py DATA       where DATA is a folder with train.csv and store.csv
"""

import sys
from pathlib import Path

import polars as pl

import storecast
from storecast.exploration import promotions


def main(data: Path) -> None:
    """Ask one question of a chain, and read the answer off its tidy table."""
    table = promotions.QUESTION.estimate(storecast.check(data).panel)
    uplift = table.filter(
        (pl.col("Part") == "uplift") & (pl.col("Measure") == "sales") & (pl.col("Group") != "all weekdays")
    )
    best = uplift.sort("Value", descending=True).row(0, named=True)
    print(f"{best['Group']}: {best['Value']:+.1%} in sales (95% interval {best['Low']:+.1%} to {best['High']:+.1%})")
    for row in table.filter(pl.col("Part") == "share of new customers").iter_rows(named=True):
        print(f"{row['Value']:.0%} of the uplift is more customers ({row['Low']:.0%} to {row['High']:.0%})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
