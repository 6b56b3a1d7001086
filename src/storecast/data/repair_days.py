"""Repair the days: empty cells of what is known ahead, sales on closed days, and the gaps that are kept as gaps.

Open is what a store planned, and is never made from whether it sold: whoever closed a day afterwards would tell the model what
nobody knew ahead. The one exception is an empty cell beside sales, since no store sells while it is closed.
"""

import polars as pl

from storecast import schema as s
from storecast.data.active_stores import inactive_stores
from storecast.data.cleaning_rules import (
    ACTIONS,
    MAX_NEGATIVE_SHARE,
    MAX_STOCKOUT_SHARE,
    MIN_GAP_DAYS,
    Work,
    day_names,
    inactive_repairs,
    store_name,
)
from storecast.data.file_columns import STOCKOUT
from storecast.data.notice_sentences import EXAMPLES
from storecast.dates import as_date
from storecast.errors import DataError

DEFAULTS = {s.PROMO: 0, s.STATE_HOLIDAY: s.NO_HOLIDAY, s.SCHOOL_HOLIDAY: 0}
SUNDAY = 7
LEARNED_AS_CHANCE = (
    "kept; models learn from them how often a store that has many sells nothing, and not how much it sells"
)
MOSTLY = 0.5  # of the days of a store, or of the stores of a day, that a sign or a flag may differ on by a slip
MIN_DAYS_OF_STORE = 7  # with sales below zero, or beside Open 0, that are no slip
MIN_STORES_OF_DAY = 3
HOLIDAY = 0  # beside the weekdays 1 to 7: what a store does on a holiday does not depend on the weekday


def fill_known_ahead(work: Work) -> None:
    """Fill empty cells of what is known ahead: no promotion, no holiday; own columns keep gaps, which models can take."""
    rows, examples = 0, []
    for name, frame in work.tables():
        for column in (*DEFAULTS, *work.known):
            if work.is_absent(name, column) or column.startswith(s.PAST_ONLY):
                continue
            empty = frame.filter(pl.col(column).is_null())
            _not_all(name, column, empty.height, frame.height, "Fill it in, or leave the column out.")
            if empty.height:
                rows += empty.height
                examples += day_names(empty, column)
    if rows:
        work.need("known_missing", f"A known-ahead cell is empty ({examples[0]})", "Fill it in")
    fill = [
        pl.any_horizontal(pl.col(column).is_null() for column in DEFAULTS).alias(s.ASSUMED),
        *(pl.col(column).fill_null(value) for column, value in DEFAULTS.items()),
    ]
    work.sales = work.sales.with_columns(fill)
    work.ahead = None if work.ahead is None else work.ahead.with_columns(fill)
    work.note("known_missing", "taken as none; own columns keep the gap", rows, examples)


def fill_openings(work: Work) -> None:
    """Fill empty cells of Open: open beside sales, else what the store did on most such days before."""
    rows, examples = 0, []
    for name, frame in work.tables():
        if work.is_absent(name, s.OPEN):
            continue
        empty = frame.filter(pl.col(s.OPEN).is_null())
        _not_all(name, s.OPEN, empty.height, frame.height, "Fill in 1 and 0, or leave the column out.")
        if empty.height:
            rows += empty.height
            examples += day_names(empty, s.OPEN)
    if rows:
        work.need("open_missing", f"A cell Open is empty ({examples[0]})", "Fill it in")
        filled = work.sales.filter(pl.col(s.OPEN).is_not_null())
        sold = pl.when(pl.col(s.SALES) > 0).then(pl.lit(1, pl.Int8))
        work.sales = fill_open(work.sales, pl.coalesce(s.OPEN, sold), filled)
        work.ahead = None if work.ahead is None else fill_open(work.ahead, pl.col(s.OPEN), filled)
    work.note("open_missing", "worked out from sales, or the store's own weekdays and holidays", rows, examples)


def forget_negative_sales(work: Work) -> None:
    """Take the sales of a day as unknown where returns leave them below zero: no one knows what sold on it.

    Raises
    ------
    DataError
        where they are below zero on many days
    """
    below = work.sales.filter(pl.col(s.SALES) < 0)
    if below.is_empty():
        return
    first = day_names(below, f"Sales {below.sort(s.KEYS)[s.SALES][0]:.15g}")[0]
    work.need("negative_sales", f"Sales are below zero ({first})", "Correct them")
    sold = work.sales.filter(pl.col(s.SALES) != 0).height
    if below.height == sold or below.height > max(1, MAX_NEGATIVE_SHARE * sold):
        raise DataError(
            f"train: Sales are below zero on {below.height} of {sold} days with sales ({first}); expected few days of returns. "
            "Change the sign where sales are booked as negative."
        )
    _refuse_stores_or_days_below_zero(work.sales)
    work.note("negative_sales", ACTIONS["negative_sales"], below.height, day_names(below))
    work.sales = work.sales.with_columns(
        pl.when(pl.col(s.SALES) >= 0).then(pl.col(name)).alias(name) for name in (s.SALES, s.CUSTOMERS)
    )


def _refuse_stores_or_days_below_zero(sales: pl.DataFrame) -> None:
    """Refuse a store that is below zero on most days, and a day on which most stores are: the sign is another one than ours."""
    sold = sales.filter(pl.col(s.SALES) != 0)
    counts = pl.len().alias("rows"), (pl.col(s.SALES) < 0).sum().alias("below")
    most = pl.col("below") > MOSTLY * pl.col("rows")
    stores = sold.group_by(s.STORE).agg(*counts).filter(most & (pl.col("below") >= MIN_DAYS_OF_STORE)).sort(s.STORE)
    days = sold.group_by(s.DATE).agg(*counts).filter(most & (pl.col("rows") >= MIN_STORES_OF_DAY)).sort(s.DATE)
    if stores.height:
        store, rows, below = stores.row(0)
        raise DataError(
            f"train: Sales of {store_name(store)} are below zero on {below} of {rows} days with sales; expected few days of "
            "returns. Change their sign where they are booked as negative."
        )
    if days.height:
        day, rows, below = days.row(0)
        raise DataError(
            f"train: Sales are below zero in {below} of {rows} stores on {day}; expected returns of few stores on a day. Change "
            "the sign where sales are booked as negative, or leave the rows out."
        )


def leave_out_stockouts(work: Work) -> None:
    """Take the sales of marked days as unknown: they are less than what could have been sold.

    Raises
    ------
    DataError
        where many days are marked
    """
    if STOCKOUT.name not in work.sales.columns:
        return
    marked = (pl.col(STOCKOUT.name) == 1).fill_null(value=False)
    days = work.sales.filter(marked & pl.col(s.SALES).is_not_null())
    known = work.sales[s.SALES].count()
    if days.height > MAX_STOCKOUT_SHARE * known:
        raise DataError(
            f"train: the column {STOCKOUT.name} marks {days.height} of {known} days with sales; expected few. Write 1 where goods "
            "ran out, and 0 elsewhere."
        )
    work.note("stockouts", ACTIONS["stockouts"], days.height, day_names(days))
    if "stockouts" not in work.skip:
        work.sales = work.sales.with_columns(
            pl.when(~marked).then(pl.col(name)).alias(name) for name in (s.SALES, s.CUSTOMERS)
        )


def clear_sales_of_closed_days(work: Work) -> None:
    """Set sales of closed days to 0; a day that is open without sales stays open."""
    closed = pl.col(s.OPEN) == 0
    shut = work.sales.filter(closed & (pl.col(s.SALES) > 0))
    if shut.height and "closed_with_sales" not in work.skip:
        _refuse_stores_that_sell_while_closed(work.sales)
    work.note("closed_with_sales", ACTIONS["closed_with_sales"], shut.height, day_names(shut))
    if "closed_with_sales" not in work.skip:
        work.sales = work.sales.with_columns(pl.when(closed).then(0.0).otherwise(s.SALES).alias(s.SALES))
    idle = work.sales.filter(~closed & (pl.col(s.SALES) == 0))
    work.note("open_without_sales", LEARNED_AS_CHANCE, idle.height, day_names(idle))


def _refuse_stores_that_sell_while_closed(sales: pl.DataFrame) -> None:
    """Refuse a store that is closed on most days on which it sells: its Open says something else, or is the wrong way round."""
    sold = (
        sales.filter(pl.col(s.SALES) > 0)
        .group_by(s.STORE)
        .agg(pl.len().alias("days"), (pl.col(s.OPEN) == 0).sum().alias("shut"))
    )
    wrong = sold.filter((pl.col("shut") > MOSTLY * pl.col("days")) & (pl.col("shut") >= MIN_DAYS_OF_STORE)).sort(
        s.STORE
    )
    if wrong.height:
        store, days, shut = wrong.row(0)
        raise DataError(
            f"train: the column {s.OPEN} is 0 on {shut} of {days} days on which {store_name(store)} has sales "
            f"({wrong.height} such stores in all); expected 1 where a store is open. Correct the column, or leave it out."
        )


def count_gaps(work: Work) -> None:
    """Count the days and stores that are missing; they are not filled with invented sales."""
    rows = work.sales.select(*s.KEYS, s.SALES).sort(s.KEYS)
    first, last = as_date(rows[s.DATE].min()), as_date(rows[s.DATE].max())
    gap = (pl.col(s.DATE).diff().over(s.STORE).dt.total_days() - 1).fill_null(0)
    breaks = rows.with_columns(gap.alias("gap")).filter(pl.col("gap") > 0)
    vanished, holes = breaks.filter(pl.col("gap") >= MIN_GAP_DAYS), breaks.filter(pl.col("gap") < MIN_GAP_DAYS)
    back = [
        f"{store_name(store)}: {days} days until {day}"
        for store, day, days in vanished.select(*s.KEYS, "gap").head(EXAMPLES).iter_rows()
    ]
    work.note("vanished_stores", "kept as a gap", int(vanished["gap"].sum()), back)
    after = day_names(holes.with_columns(pl.col(s.DATE) - pl.duration(days=1)))
    work.note("missing_days", "kept as missing", int(holes["gap"].sum()), after)
    spans = rows.group_by(s.STORE).agg(
        pl.col(s.DATE).min().alias("first"),
        pl.col(s.DATE).max().alias("last"),
        pl.col(s.DATE).filter(pl.col(s.SALES) > 0).min().alias("sold"),
    )
    spans = spans.sort(s.STORE)
    _note_spans(work, "late_stores", "kept as missing before", spans.filter(pl.col("first") > first), "first")
    idle = spans.filter((pl.col("sold") - pl.col("first")).dt.total_days() >= MIN_GAP_DAYS)
    _note_spans(work, "idle_starts", "kept; models do not learn from them", idle, "sold")
    inactive = inactive_stores(rows, work.stores)
    ended = spans.filter((pl.col("last") < last) & ~pl.col(s.STORE).is_in([each.store for each in inactive]))
    _note_spans(work, "ended_stores", "kept; forecast unless test.csv says otherwise", ended, "last")
    work.repairs += [line for line in inactive_repairs(inactive) if line.rule not in work.skip]


def _note_spans(work: Work, rule: str, action: str, spans: pl.DataFrame, day: str) -> None:
    word = "until" if day == "last" else "from"
    days = spans.select(s.STORE, day).head(EXAMPLES).iter_rows()
    work.note(rule, action, spans.height, [f"{store_name(store)}: {word} {date}" for store, date in days])


def _not_all(name: str, column: str, empty: int, rows: int, remedy: str) -> None:
    if empty == rows:
        raise DataError(f"{name}: the column {column} is empty in every row. {remedy}")


def fill_open(frame: pl.DataFrame, known: pl.Expr, filled: pl.DataFrame) -> pl.DataFrame:
    """Return a table with Open filled in: as known, else by the store's habit, else open on weekdays but not on holidays.

    Parameters
    ----------
    frame : the table
    known : Open where it is known
    filled : past days whose cell Open is filled, which show the habit
    """
    no_holiday = pl.col(s.STATE_HOLIDAY) == s.NO_HOLIDAY
    kind = pl.when(no_holiday).then(pl.col(s.DATE).dt.weekday()).otherwise(HOLIDAY).cast(pl.Int8).alias("kind")
    by = [s.STORE, "kind"]
    before = filled.select(*s.KEYS, s.OPEN, kind).sort(s.DATE)
    days, opened = pl.int_range(1, pl.len() + 1).over(by), pl.col(s.OPEN).cast(pl.Int64).cum_sum().over(by)
    habits = before.select(s.DATE, *by, (2 * opened >= days).alias("habit"))
    empty = frame.filter(pl.col(s.OPEN).is_null()).select(*s.KEYS, kind).sort(s.DATE)
    habit = empty.join_asof(habits, on=s.DATE, by=by, allow_exact_matches=False, check_sortedness=False)
    usual = ~pl.col("kind").is_in([HOLIDAY, SUNDAY])
    worked_out = habit.select(*s.KEYS, pl.coalesce("habit", usual).cast(pl.Int8).alias(s.OPEN))
    aligned = frame.select(s.KEYS).join(worked_out, on=s.KEYS, how="left", maintain_order="left")[s.OPEN]
    return frame.with_columns(
        pl.coalesce(known, aligned).alias(s.OPEN),
        (pl.col(s.ASSUMED) | pl.col(s.OPEN).is_null()).alias(s.ASSUMED),
    )
