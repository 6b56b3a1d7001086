"""A chain's files as models of other libraries want them: a full grid of days, numbers for words, log sales without holes."""

from pathlib import Path

import polars as pl

TEXTS = {"StateHoliday": pl.String, "SchoolHoliday": pl.String}
KNOWN = ("Open", "Promo", "StateHoliday", "SchoolHoliday")
LEVELS = (20, 40, 60, 80)


def read_days(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Read train.csv, test.csv and store.csv, and store_states.csv where there is one.

    Parameters
    ----------
    folder : whose test.csv has the plan of the days to forecast

    Returns
    -------
    the past and the days ahead, with unique_id, ds and what is known ahead, by store and day without a gap; and the names of the
    columns that are facts of a store. The past has y, the log of sales, on closed days that of the last open day, and weight,
    which is 0 on those days.
    """
    past, ahead = (
        pl.read_csv(folder / name, try_parse_dates=True, schema_overrides=TEXTS) for name in ("train.csv", "test.csv")
    )
    rows = pl.concat([past, ahead], how="diagonal_relaxed")
    span = pl.date_ranges(pl.col("Date").min(), pl.col("Date").max()).first()
    days = rows.group_by("Store").agg(span.alias("Date")).explode("Date")
    days = days.join(rows, on=["Store", "Date"], how="left").sort("Store", "Date")
    days = days.with_columns(
        pl.col("Open", "Promo").fill_null(0),
        (pl.col("StateHoliday").fill_null("0") != "0").cast(pl.Int64),
        pl.col("SchoolHoliday").cast(pl.Int64).fill_null(0),
        pl.col("Date").dt.weekday().alias("weekday"),
        pl.col("Date").dt.day().alias("day"),
        pl.col("Date").dt.week().alias("week"),
    )
    near = [
        pl.col(name).shift(-step).over("Store").fill_null(0).alias(f"{name} {step:+}")
        for name in KNOWN[:3]
        for step in (-1, 1)
    ]
    sold = pl.col("Sales") > 0
    log_sales = pl.when(sold).then(pl.col("Sales").log()).forward_fill().over("Store").fill_null(strategy="backward")
    days = days.with_columns(*near, log_sales.alias("y"), sold.fill_null(value=False).cast(pl.Float64).alias("weight"))
    stores = read_stores(folder)
    facts = [name for name in stores.columns if name != "Store"]
    days = days.join(stores, on="Store", how="left", maintain_order="left").rename({"Store": "unique_id", "Date": "ds"})
    cutoff = past["Date"].max()
    named = [
        "unique_id",
        "ds",
        *(column.meta.output_name() for column in near),
        *KNOWN,
        "weekday",
        "day",
        "week",
        *facts,
    ]
    later = days.filter(pl.col("ds") > cutoff).select(named)
    return days.filter(pl.col("ds") <= cutoff).select(*named, "y", "weight"), later, facts


def read_stores(folder: Path) -> pl.DataFrame:
    """Return Store and its facts as numbers."""
    stores = pl.read_csv(folder / "store.csv")
    texts = ["StoreType", "Assortment"]
    if (folder / "store_states.csv").exists():
        stores = stores.join(pl.read_csv(folder / "store_states.csv"), on="Store", how="left")
        texts.append("State")
    codes = (pl.col(name).rank("dense").cast(pl.Float64).alias(name) for name in texts)
    return stores.select(
        "Store",
        pl.col("Store").alias("Number"),
        *codes,
        pl.col("Promo2", "CompetitionDistance").cast(pl.Float64).fill_null(0),
    )


def write_forecasts(forecasts: pl.DataFrame, model: str, out: Path) -> None:
    """Write what a model of Nixtla's libraries forecast, from logs back to sales: Store, Date, Forecast and deciles.

    Parameters
    ----------
    forecasts : unique_id, ds, the model's column, and bounds such as model-lo-80 of each of `LEVELS`
    model : the name of its column
    out : file to write
    """
    deciles = {"Forecast": model, "Q50": model}
    for level in LEVELS:
        deciles |= {f"Q{50 - level // 2}": f"{model}-lo-{level}", f"Q{50 + level // 2}": f"{model}-hi-{level}"}
    columns = (pl.col(source).exp().alias(name) for name, source in deciles.items())
    forecasts.select(
        pl.col("unique_id").alias("Store"), pl.col("ds").cast(pl.Date).alias("Date"), *columns
    ).write_parquet(out)
