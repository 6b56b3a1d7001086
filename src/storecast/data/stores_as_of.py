"""What was known of the stores on a day."""

import datetime as dt

import polars as pl

from storecast import schema as s


def stores_as_of(stores: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Return the stores as they were known at the end of a day: without a competitor or Promo2 that starts later."""
    competitor_later = pl.col(s.COMPETITION_SINCE) > day
    promo2_later = pl.col(s.PROMO2_SINCE) > day
    return stores.with_columns(
        pl.when(competitor_later).then(None).otherwise(pl.col(name)).alias(name)
        for name in (s.COMPETITION_DISTANCE, s.COMPETITION_SINCE)
    ).with_columns(
        pl.when(promo2_later).then(0).otherwise(pl.col(s.PROMO2)).cast(pl.Int8).alias(s.PROMO2),
        pl.when(promo2_later).then(pl.lit("")).otherwise(pl.col(s.PROMO_INTERVAL)).alias(s.PROMO_INTERVAL),
        pl.when(promo2_later).then(None).otherwise(pl.col(s.PROMO2_SINCE)).alias(s.PROMO2_SINCE),
    )
