"""Exceptions: what needs a look, ranked by the money at stake.

change     the forecast of a store's week has moved since the version before; at stake: by how much
interval   the 80% interval of a store's week is far wider than is usual; at stake: half of its width
band       a store sold, in its last week, outside the interval that it had; at stake: the difference from the forecast
stale      an override no longer fits the forecast; at stake: what it moves, or would move where it cannot be met
missing, broken   the data of a store, see `data_exceptions`

Of each kind the largest are kept. One that is done comes back where more money is at stake than when it was done; one that is
snoozed, on its day.
"""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from storecast import schema as s
from storecast.errors import Amount, Difference, Message, Share, Write
from storecast.plan.comparison import Comparison, because
from storecast.plan.overrides import AMOUNT, FIGURE, OVERRIDE, PLAN
from storecast.plan.store_days import BAND, StoreDays, as_money

CHANGE, INTERVAL, BAND_LEFT, STALE, MISSING, BROKEN = KINDS = (
    "change",
    "interval",
    "band",
    "stale",
    "missing",
    "broken",
)
OPEN, DONE, SNOOZED = HANDLING = ("open", "done", "snoozed")
MOST_OF_A_KIND = 20
TIMES_AS_WIDE = 2.0  # as the middle interval of all store-weeks, in relation to its forecast
DAYS_OF_BAND = 7
COLUMNS: dict[str, pl.DataType] = {
    "Exception": pl.String(),  # its name
    "Kind": pl.String(),
    "Key": pl.String(),  # the store; of a stale override, what it is of
    "Start": pl.Date(),
    "End": pl.Date(),
    "Stake": pl.Float64(),
    "Text": pl.String(),
}


def large_changes(compared: Comparison, write: Write = str) -> pl.DataFrame:
    """Return the store-weeks whose forecast moved most since the version before.

    Parameters
    ----------
    compared : with that version
    write : a message in the language of its reader
    """
    moved = compared.changes.filter((pl.col("Level") == "store-week") & (pl.col("Change") != 0)).head(MOST_OF_A_KIND)
    texts = []
    for row in moved.iter_rows(named=True):
        values = {"change": Difference(row["Change"]), "version": compared.before}
        if compared.explained:
            why = because(row["Drivers"])
            text = Message("the forecast moved by {change} since version {version} ({why})", **values, why=why)
        else:
            text = Message("the forecast moved by {change} since version {version}", **values)
        texts.append(write(text))
    return named(moved.select("Key", "Start", "End", pl.col("Change").abs().alias("Stake")), CHANGE, texts)


def wide_intervals(figures: StoreDays, write: Write = str) -> pl.DataFrame:
    """Return the store-weeks whose 80% intervals, added up over the days, are far wider than is usual for their forecast.

    Parameters
    ----------
    figures : the forecast of a version with its bounds
    write : a message in the language of its reader
    """
    lower, upper = BAND
    weeks = (
        figures.in_cents()
        .group_by(s.STORE, pl.col(s.DATE).dt.truncate("1w").alias("week"))
        .agg(
            pl.col(s.DATE).min().alias("Start"),
            pl.col(s.DATE).max().alias("End"),
            pl.col(s.FORECAST).sum(),
            ((pl.col(upper) - pl.col(lower)).sum() / 2).alias("half"),
        )
        .filter(pl.col(s.FORECAST) > 0)
        .with_columns((pl.col("half") / pl.col(s.FORECAST)).alias("width"))
        .with_columns(pl.col("width").median().alias("usual"))
        .filter(pl.col("width") > TIMES_AS_WIDE * pl.col("usual"))
        .sort(["half", s.STORE, "Start"], descending=[True, False, False])
        .head(MOST_OF_A_KIND)
    )
    texts = [
        write(
            Message(
                "the interval is ± {width} of the forecast; ± {usual} is usual",
                width=Share(row["width"]),
                usual=Share(row["usual"]),
            )
        )
        for row in weeks.iter_rows(named=True)
    ]
    table = weeks.select(
        pl.col(s.STORE).cast(pl.String).alias("Key"), "Start", "End", as_money(pl.col("half")).alias("Stake")
    )
    return named(table, INTERVAL, texts)


def out_of_band(days: pl.DataFrame, write: Write = str) -> pl.DataFrame:
    """Return the stores whose sales of the last seven days lie outside the 80% bounds of those days, added up.

    Parameters
    ----------
    days : Store, Date, Model (the forecast), Lower80, Upper80, Sales; store-days whose sales are there
    write : a message in the language of its reader
    """
    lower, upper = BAND
    last = days.filter(pl.col(s.DATE) > pl.col(s.DATE).max() - dt.timedelta(days=DAYS_OF_BAND))
    sums = (
        last.group_by(s.STORE)
        .agg(
            pl.col(s.DATE).min().alias("Start"),
            pl.col(s.DATE).max().alias("End"),
            pl.col(s.SALES, "Model", lower, upper).sum(),
        )
        .filter(~pl.col(s.SALES).is_between(lower, upper))
        .with_columns((pl.col(s.SALES) - pl.col("Model")).abs().round(2).alias("Stake"))
        .sort(["Stake", s.STORE], descending=[True, False])
        .head(MOST_OF_A_KIND)
    )
    texts = [
        write(
            Message(
                "it sold {sales}, outside {low} to {high}",
                sales=Amount(row[s.SALES]),
                low=Amount(row[lower]),
                high=Amount(row[upper]),
            )
        )
        for row in sums.iter_rows(named=True)
    ]
    return named(sums.select(pl.col(s.STORE).cast(pl.String).alias("Key"), "Start", "End", "Stake"), BAND_LEFT, texts)


def stale_overrides(overrides: pl.DataFrame, write: Write = str) -> pl.DataFrame:
    """Return the overrides that no longer fit.

    Parameters
    ----------
    overrides : Override, Level, Key, Start, End, Kind, Value, Forecast, Plan, Stale
    write : a message in the language of its reader
    """
    moved = pl.col(PLAN) - pl.col(s.FORECAST)
    wanted = pl.col("Value") - pl.when(pl.col("Kind") == FIGURE).then(s.FORECAST).otherwise(0.0)
    unmet = (moved == 0) & pl.col("Kind").is_in([FIGURE, AMOUNT])
    stake = pl.when(unmet).then(wanted).otherwise(moved).abs().round(2).alias("Stake")
    stale = overrides.filter(pl.col("Stale") != "").with_columns(stake)
    stale = stale.sort(["Stake", OVERRIDE], descending=[True, False]).head(MOST_OF_A_KIND)
    texts = [
        write(Message("override {number}: {why}", number=row[OVERRIDE], why=row["Stale"]))
        for row in stale.iter_rows(named=True)
    ]
    whose = pl.concat_str("Level", "Key", separator=" ").alias("Key")
    return named(stale.select(OVERRIDE, whose, "Start", "End", "Stake"), STALE, texts)


def ranked(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return exceptions of all kinds, the most money at stake first."""
    rows = pl.concat([pl.DataFrame(schema=COLUMNS), *parts])
    return rows.sort(["Stake", "Exception"], descending=[True, False])


def with_handling(exceptions: pl.DataFrame, handling: pl.DataFrame, today: dt.date) -> pl.DataFrame:
    """Return exceptions with who looks after each, and whether it is open, done or snoozed.

    Parameters
    ----------
    exceptions : as `ranked` returns them
    handling : Exception, State, Owner, Until, Note, By and Handled: the stake when that was said
    today : on which one that is snoozed may be open again

    Returns
    -------
    the columns of both; one that nobody handled is open
    """
    rows = exceptions.join(handling, on="Exception", how="left", maintain_order="left")
    again = (pl.col("State") == DONE) & (pl.col("Stake") > pl.col("Handled"))
    awake = (pl.col("State") == SNOOZED) & (pl.col("Until") <= today)
    state = pl.when(again | awake | pl.col("State").is_null()).then(pl.lit(OPEN)).otherwise("State").alias("State")
    return rows.with_columns(state, pl.col("Owner", "Note", "By").fill_null("")).drop("Handled")


def named(rows: pl.DataFrame, kind: str, texts: list[str]) -> pl.DataFrame:
    """Return exceptions of a kind, each with its name.

    Parameters
    ----------
    rows : Key, Start, End, Stake; of stale overrides their number, too
    kind : of `KINDS`
    texts : what is the matter with each
    """
    name = pl.format("{}:{}:{}", pl.lit(kind), pl.col("Start"), "Key")
    if kind == STALE:  # several may be of one store and day
        name = pl.format("{}:{}", pl.lit(kind), OVERRIDE)
    columns = rows.with_columns(
        name.alias("Exception"), pl.lit(kind).alias("Kind"), pl.Series("Text", texts, dtype=pl.String)
    )
    return columns.select(list(COLUMNS)).cast(dict(COLUMNS))  # type: ignore[arg-type]
