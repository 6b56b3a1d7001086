"""Clean a chain: every repair is a named rule, counted, and can be switched off.

A rule looks at one row, or at rows of the same store on the same date and before: dropping stores from the input changes no
row of the others, and nothing is learned from days ahead. What learns a number (how far an outlier counts, say) is a step of
the fitted models. A day that is open without sales, or a store that vanished for months, is kept as it is: models do not
learn from it, and nobody fills it with invented sales.
"""

import datetime as dt
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.data.read import RawChain
from storecast.errors import ConfigError, DataError, quote

log = logging.getLogger(__name__)

EARLIEST_COMPETITOR = 1950
GAP = 28  # days without rows from which a store counts as vanished
EXAMPLES = 3


@dataclass(frozen=True)
class Repair:
    """What one rule did."""

    rule: str
    what: str  # one sentence
    action: str  # what was done about it
    rows: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A clean chain, and what it took.

    Attributes
    ----------
    asked : the rows of test.csv in its order: Id where there is one, Store, Date; None without a test.csv
    repairs : a line for each rule that found something
    """

    panel: Panel
    asked: pl.DataFrame | None
    repairs: tuple[Repair, ...]
    generated: bool

    def report(self) -> dict[str, Any]:
        """Return the check's findings as plain data."""
        panel = self.panel
        return {
            "stores": panel.stores.height,
            "rows": panel.sales.height,
            "first": panel.first.isoformat(),
            "last": panel.end.isoformat(),
            "days": (panel.end - panel.first).days + 1,
            "rows_ahead": 0 if self.asked is None else self.asked.height,
            "last_day_ahead": None if self.asked is None else str(self.asked[s.DATE].max()),
            "own_columns": list(panel.known),
            "generated": self.generated,
            "repairs": [{**vars(repair), "examples": list(repair.examples)} for repair in self.repairs],
        }


@dataclass
class _Work:
    """The tables under repair, and the repairs so far."""

    sales: pl.DataFrame
    stores: pl.DataFrame
    ahead: pl.DataFrame | None
    doubles: dict[str, int]
    repairs: list[Repair] = field(default_factory=list)

    def note(self, rule: str, action: str, rows: int, examples: Collection[str] = ()) -> None:
        if rows:
            self.repairs.append(Repair(rule, RULES[rule], action, rows, tuple(examples)[:EXAMPLES]))


RULES = {
    "double_rows": "The same row stands more than once.",
    "unknown_attributes": "A store has sales but no row in store.csv.",
    "competition_distance": "The distance of the nearest competitor is missing.",
    "competition_date": "The opening date of the competitor is missing, in part or whole.",
    "competition_year": f"The competitor opened before {EARLIEST_COMPETITOR}.",
    "promo2": "Promo2 and its dates contradict each other.",
    "open_missing": "The cell Open is empty.",
    "known_missing": "A cell of Promo, StateHoliday, SchoolHoliday or an own column is empty.",
    "closed_with_sales": "A day is closed and has sales.",
    "open_without_sales": "A day is open and has no sales.",
    "vanished_stores": f"A store has no rows for {GAP} days or more, and comes back.",
    "missing_days": f"A store has no row on single days, or for less than {GAP} days.",
    "late_stores": "A store has its first row after the chain's first day.",
    "stores_without_sales": "A store stands in store.csv and has no sales.",
}


def clean(raw: RawChain, *, skip: Collection[str] = ()) -> Cleaned:
    """Repair what can be repaired, by rule, and count it.

    Parameters
    ----------
    skip : rules to switch off; what one of them would have repaired is kept, or refused where nothing can be done with it

    Examples
    --------
    >>> sorted(RULES)[:3]
    ['closed_with_sales', 'competition_date', 'competition_distance']
    """
    unknown = [rule for rule in skip if rule not in RULES]
    if unknown:
        raise ConfigError(f"There is no cleaning rule {quote(unknown[0])}. There are: {', '.join(RULES)}.")
    work = _Work(raw.sales, raw.stores, raw.ahead, raw.doubles)
    for rules, repair in _REPAIRS:
        repair(work, frozenset(rules) - frozenset(skip))
    for found in work.repairs:
        log.info("%s: %d rows, %s", found.rule, found.rows, found.action)
    panel = _panel(work, raw.known)
    asked = None if work.ahead is None else work.ahead.select(pl.col("^Id$"), *s.KEYS)
    return Cleaned(panel, asked, tuple(work.repairs), raw.generated)


def _double_rows(work: _Work, on: frozenset[str]) -> None:
    total = sum(work.doubles.values())
    if total and not on:
        raise DataError(
            f"Found {total} exact double rows, and the rule double_rows is switched off. Remove them, or switch it on."
        )
    work.note("double_rows", "dropped", total, [f"{name}: {rows}" for name, rows in work.doubles.items() if rows])


def _unknown_attributes(work: _Work, on: frozenset[str]) -> None:
    bare = work.sales.select(pl.col(s.STORE).unique()).join(work.stores, on=s.STORE, how="anti").sort(s.STORE)
    if bare.height and not on:
        raise DataError(
            f"store.csv has no row for store {quote(bare[s.STORE][0])}, which has sales, and the rule unknown_attributes is "
            "switched off. Add the row, or switch it on."
        )
    work.stores = pl.concat([work.stores, bare], how="diagonal")
    work.note(
        "unknown_attributes",
        "attributes unknown",
        bare.height,
        [f"store {store}" for store in bare[s.STORE].head(EXAMPLES)],
    )
    if work.ahead is not None:
        strange = work.ahead.join(work.stores, on=s.STORE, how="anti")
        if strange.height:
            raise DataError(
                f"The test file asks for store {quote(strange[s.STORE][0])}, which stands neither in store.csv nor in the sales. "
                "Add it to store.csv, or remove its rows."
            )


def _competition(work: _Work, on: frozenset[str]) -> None:
    year, month = pl.col("CompetitionOpenSinceYear"), pl.col("CompetitionOpenSinceMonth")
    stores = work.stores.sort(s.STORE)
    nearby = stores.filter(pl.col(s.COMPETITION_DISTANCE).is_null())
    if "competition_distance" in on:
        work.note("competition_distance", "kept as unknown", nearby.height, _stores(nearby))
    half = stores.filter(pl.col(s.COMPETITION_DISTANCE).is_not_null() & (year.is_null() | month.is_null()))
    if "competition_date" in on:
        work.note("competition_date", "taken to have been there before the sales begin", half.height, _stores(half))
    early = year < EARLIEST_COMPETITOR
    if "competition_year" in on:
        odd = stores.filter(early)
        work.note(
            "competition_year",
            "date taken as unknown",
            odd.height,
            [f"store {r[s.STORE]}: {r['CompetitionOpenSinceYear']}" for r in odd.to_dicts()],
        )
        stores = stores.with_columns(pl.when(early).then(None).otherwise(year).alias("CompetitionOpenSinceYear"))
    work.stores = stores.with_columns(pl.date(year, month, 1).alias(s.COMPETITION_SINCE))


def _promo2(work: _Work, on: frozenset[str]) -> None:
    week, year = pl.col("Promo2SinceWeek"), pl.col("Promo2SinceYear")
    # 4 January lies in ISO week 1 of its year.
    since = (pl.date(year, 1, 4) + pl.duration(weeks=week - 1)).dt.truncate("1w")
    stores = work.stores.with_columns(
        pl.col(s.PROMO2).fill_null(0), pl.col(s.PROMO_INTERVAL).fill_null(""), since.alias(s.PROMO2_SINCE)
    )
    joined, dated = pl.col(s.PROMO2) == 1, pl.col(s.PROMO2_SINCE).is_not_null()
    odd = stores.filter(joined != dated)
    if odd.height and not on:
        raise DataError(
            f"store.csv: Promo2 of store {quote(odd[s.STORE][0])} contradicts its dates, and the rule promo2 is switched off. "
            "Mend the row, or switch it on."
        )
    work.note("promo2", "taken as not taking part", odd.height, _stores(odd))
    both = joined & dated
    work.stores = stores.with_columns(
        both.cast(pl.Int8).alias(s.PROMO2),
        pl.when(both).then(pl.col(s.PROMO2_SINCE)).alias(s.PROMO2_SINCE),
        pl.when(both).then(pl.col(s.PROMO_INTERVAL)).otherwise(pl.lit("")).alias(s.PROMO_INTERVAL),
    )


def _known(work: _Work, on: frozenset[str]) -> None:
    """Fill empty cells of what is known ahead: no promotion, no holiday; own columns are gaps that models can take."""
    defaults = {s.PROMO: 0, s.STATE_HOLIDAY: s.NO_HOLIDAY, s.SCHOOL_HOLIDAY: 0}
    rows, examples = 0, []
    for name, frame in _tables(work):
        for column in defaults:
            empty = frame.filter(pl.col(column).is_null())
            if empty.height == frame.height and frame.height:
                raise DataError(
                    f"{name}: the column {column} is empty in every row. Fill it in: a chain without any has 0 throughout."
                )
            rows += empty.height
            examples += _days(empty, column)
    if rows and not on:
        raise DataError(
            f"A known-ahead cell is empty ({examples[0]}), and the rule known_missing is switched off. Fill it in, or switch it on."
        )
    fill = [pl.col(column).fill_null(value) for column, value in defaults.items()]
    work.sales = work.sales.with_columns(fill)
    work.ahead = None if work.ahead is None else work.ahead.with_columns(fill)
    work.note("known_missing", "taken as none", rows, examples)


def _open(work: _Work, on: frozenset[str]) -> None:
    """Work an empty Open out from the store's own habit: what it did on that weekday on most days before."""
    rows, examples = 0, []
    for name, frame in _tables(work):
        empty = frame.filter(pl.col(s.OPEN).is_null())
        if empty.height == frame.height and frame.height:
            raise DataError(
                f"{name}: the column Open is empty in every row. Fill in 1 for open days and 0 for closed ones."
            )
        rows += empty.height
        examples += _days(empty, s.OPEN)
    if rows and not on:
        raise DataError(
            f"A cell Open is empty ({examples[0]}), and the rule open_missing is switched off. Fill it in, or switch it on."
        )
    work.sales = _with_habit(work.sales, work.sales)
    work.ahead = None if work.ahead is None else _with_habit(work.ahead, work.sales)
    work.note("open_missing", "worked out from the store's own weekdays and holidays", rows, examples)


def _with_habit(frame: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    marked = frame.with_columns(pl.col(s.OPEN).is_null().alias(s.ASSUMED))
    if not marked[s.ASSUMED].any():
        return marked
    like = (pl.col(s.DATE).dt.weekday().alias("weekday"), (pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY).alias("holiday"))
    empty = marked.with_row_index("row").filter(pl.col(s.ASSUMED)).select("row", *s.KEYS, *like)
    known = history.filter(pl.col(s.OPEN).is_not_null()).select(s.STORE, pl.col(s.DATE).alias("day"), s.OPEN, *like)
    known = known.join(empty.select(s.STORE).unique(), on=s.STORE)
    habit = (
        empty.join(known, on=[s.STORE, "weekday", "holiday"], how="left")
        .filter(pl.col("day").is_null() | (pl.col("day") < pl.col(s.DATE)))
        .group_by("row")
        .agg((pl.col(s.OPEN).mean() >= 0.5).alias("habit"))
    )
    usual = (pl.col(s.DATE).dt.weekday() < 7) & (pl.col(s.STATE_HOLIDAY) == s.NO_HOLIDAY)
    return (
        marked.with_row_index("row")
        .join(habit, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce(s.OPEN, pl.col("habit").cast(pl.Int8), usual.cast(pl.Int8)).alias(s.OPEN))
        .drop("row", "habit")
    )


def _sales_and_open(work: _Work, on: frozenset[str]) -> None:
    shut = work.sales.filter((pl.col(s.OPEN) == 0) & (pl.col(s.SALES) > 0))
    if "closed_with_sales" in on:
        work.note("closed_with_sales", "sales set to 0", shut.height, _days(shut, s.SALES))
        work.sales = work.sales.with_columns(
            pl.when(pl.col(s.OPEN) == 0).then(0.0).otherwise(pl.col(s.SALES)).alias(s.SALES)
        )
    idle = work.sales.filter((pl.col(s.OPEN) == 1) & (pl.col(s.SALES) == 0))
    if "open_without_sales" in on:
        work.note("open_without_sales", "kept; models do not learn from them", idle.height, _days(idle, s.SALES))


def _gaps(work: _Work, on: frozenset[str]) -> None:
    first, last = work.sales[s.DATE].min(), work.sales[s.DATE].max()
    rows = work.sales.sort(*s.KEYS).with_columns(
        (pl.col(s.DATE).diff().over(s.STORE).dt.total_days() - 1).fill_null(0).alias("gap")
    )
    vanished = rows.filter(pl.col("gap") >= GAP)
    if "vanished_stores" in on:
        work.note(
            "vanished_stores",
            "kept as a gap",
            int(vanished["gap"].sum()),
            [f"store {r[s.STORE]}: {r['gap']} days until {r[s.DATE]}" for r in vanished.head(EXAMPLES).to_dicts()],
        )
    holes = rows.filter(pl.col("gap").is_between(1, GAP - 1))
    if "missing_days" in on:
        work.note("missing_days", "kept as missing", int(holes["gap"].sum()), _days(holes, "the day before"))
    begin = rows.group_by(s.STORE).agg(pl.col(s.DATE).min(), pl.col(s.DATE).max().alias("end")).sort(s.STORE)
    late = begin.filter(pl.col(s.DATE) > first)
    if "late_stores" in on:
        work.note(
            "late_stores",
            "kept as missing before",
            late.height,
            [f"store {r[s.STORE]}: from {r[s.DATE]}" for r in late.head(EXAMPLES).to_dicts()],
        )
    assert last is not None
    without = work.stores.join(begin, on=s.STORE, how="anti").sort(s.STORE)
    if "stores_without_sales" in on:
        work.note("stores_without_sales", "kept; forecast from alike stores", without.height, _stores(without))


def _panel(work: _Work, known: tuple[str, ...]) -> Panel:
    calendar_columns = [*s.KEYS, *s.KNOWN, s.ASSUMED, *known]
    parts = [work.sales.select(calendar_columns)]
    if work.ahead is not None:
        end = work.sales[s.DATE].max()
        assert isinstance(end, dt.date)
        inside = work.ahead.filter(pl.col(s.DATE) <= end)
        if inside.height:
            row = inside.row(0, named=True)
            raise DataError(
                f"The test file asks for store {quote(row[s.STORE])} on {row[s.DATE]}; expected days after the end of the sales, "
                f"{end}. Remove the rows, or cut the sales."
            )
        parts.append(work.ahead.select(calendar_columns))
    return Panel(
        sales=work.sales.select(*s.KEYS, *s.SALES_SCHEMA).sort(*s.KEYS),
        stores=work.stores.select(
            s.STORE,
            *(
                pl.col(name).cast(dtype).fill_null("") if dtype == pl.String() else pl.col(name).cast(dtype)
                for name, dtype in s.STORES_SCHEMA.items()
            ),
        ).sort(s.STORE),
        calendar=pl.concat(parts).sort(*s.KEYS),
    )


def _tables(work: _Work) -> list[tuple[str, pl.DataFrame]]:
    tables = [("train", work.sales)]
    return tables if work.ahead is None else [*tables, ("test", work.ahead)]


def _stores(frame: pl.DataFrame) -> list[str]:
    return [f"store {store}" for store in frame[s.STORE].head(EXAMPLES)]


def _days(frame: pl.DataFrame, column: str) -> list[str]:
    return [f"store {row[s.STORE]}, {row[s.DATE]}, {column}" for row in frame.sort(*s.KEYS).head(EXAMPLES).to_dicts()]


_REPAIRS: tuple[tuple[tuple[str, ...], Callable[[_Work, frozenset[str]], None]], ...] = (
    (("double_rows",), _double_rows),
    (("unknown_attributes",), _unknown_attributes),
    (("competition_distance", "competition_date", "competition_year"), _competition),
    (("promo2",), _promo2),
    (("known_missing",), _known),
    (("open_missing",), _open),
    (("closed_with_sales", "open_without_sales"), _sales_and_open),
    (("vanished_stores", "missing_days", "late_stores", "stores_without_sales"), _gaps),
)
