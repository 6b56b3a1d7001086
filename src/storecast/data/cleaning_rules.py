"""The cleaning rules by name, and what each of them leaves behind in the report.

Some rules repair: with one of them switched off the Panel differs, or the data are refused where they cannot be used without it.
The others (OBSERVATIONS) find what stays as it is, since inventing sales would be worse than a gap: switched off, they say nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.active_stores import SILENT_DAYS, InactiveStore
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.notice_sentences import EXAMPLES, SENTENCES, listed_examples, repair_sentence
from storecast.errors import ConfigError, DataError, hint, quote

EARLIEST_COMPETITOR = 1950
MIN_GAP_DAYS = 28  # days without rows, or without sales at the start, from which a store counts as away
MAX_STOCKOUT_SHARE = 0.5  # of the days with sales; more is another column than ours
MAX_NEGATIVE_SHARE = 0.1  # of the days with sales; more is another sign than ours
MIN_IDLE_WEEKDAYS = 8  # open days of one weekday, none of which sold anything, that show that the store is closed on it
MIN_IDLE_HOLIDAYS = 5  # the same for all holidays together
LONGEST_CLOSURE = 7  # days that a chain may shut at the end
MAX_LISTED = 10_000  # examples of a rule that are kept in all

RULES = {
    "total_rows": "A file ends in rows without a store and a date: totals, or empty cells.",
    "summed_rows": "A store has several rows on a day.",
    "double_rows": "The same row stands more than once.",
    "absent_columns": "The files have no column for something that is known ahead.",
    "unknown_attributes": "A store has sales but no row in store.csv.",
    "replaced_stores": "The file of stores says that a store took the place of another.",
    "competition_distance": "The distance of the nearest competitor is missing.",
    "competition_date": "The opening date of the competitor is missing, in part or whole.",
    "competition_year": f"The competitor opened before {EARLIEST_COMPETITOR}.",
    "promo2": "Promo2 is empty, or contradicts its dates or months.",
    "known_missing": "A cell of Promo, StateHoliday, SchoolHoliday or an own column is empty.",
    "other_levels": "A cell of an own text column holds no text that recurs in the past.",
    "store_countries": "The stores stand in several countries.",
    "unknown_countries": "The country of a store is none that is known.",
    "country_holidays": "A country is set, and StateHoliday marks no day.",
    "unknown_regions": "A region in State is none that the country is known to have.",
    "open_missing": "The cell Open is empty.",
    "closed_with_sales": "A day is closed and has sales.",
    "negative_sales": "The returns of a day are more than its sales.",
    "stockouts": "The column Stockout marks a day.",
    "open_without_sales": "A day is open and has no sales.",
    "weekday_without_sales": f"A weekday of a store is open and never sells, on {MIN_IDLE_WEEKDAYS} days or more "
    f"(holidays: {MIN_IDLE_HOLIDAYS}).",
    "chain_without_sales": "On a day stores are open, and none of the chain sells anything.",
    "broken_days": "Sales of a day are a quarter of what is usual on its weekday or less, or four times it or more, or "
    "weeks that are over were far from usual.",
    "unusual_last_days": "On some of the last two weeks' days nearly all stores sold far from what is usual.",
    "level_jump": "From one day on nearly all stores sell five times as much as before, or a fifth.",
    "store_level_jump": "From one day on a store sells five times as much as before, or a fifth.",
    "excluded_days": "The file of events says that models should not learn from a day.",
    "silent_days": "A day is open and has no sales, long after the last sale of its store.",
    "unsold_days": "On the last days no store sold anything, though stores were open.",
    "incomplete_days": "The last days have rows of a few stores only.",
    "closed_last_days": f"All stores are closed on the last days, more than {LONGEST_CLOSURE} of them.",
    "vanished_stores": f"A store has no rows for {MIN_GAP_DAYS} days or more, and comes back.",
    "missing_days": f"A store has no row on single days, or for less than {MIN_GAP_DAYS} days.",
    "late_stores": "A store has its first row after the chain's first day.",
    "idle_starts": f"The rows of a store begin with {MIN_GAP_DAYS} days or more without sales.",
    "ended_stores": "A store has its last row before the chain's last day.",
    "inactive_stores": f"A store has sold nothing for {SILENT_DAYS} days or more, up to the chain's last sale.",
    "stores_without_sales": "A store has no sales at all, or stands in store.csv alone.",
    "stores_without_group": "A store has no value in a column by which totals are made.",
    "school_holidays_ahead": "No published school holidays cover the days ahead of a store.",
    "own_columns_ahead": "A day ahead has no value of a column of your own.",
}
ACTIONS = {  # of the rules that rows which are sent to a service follow as well
    "total_rows": "dropped",
    "summed_rows": "added to the others of their day",
    "other_levels": "none of the levels holds on the day",
    "closed_with_sales": "sales set to 0",
    "negative_sales": "taken as unknown",
    "stockouts": "taken as unknown; no model learns from the day, and no score counts it",
}
NOTICED = frozenset(SENTENCES)  # rules of which a run's own summary speaks
NOT_FORECAST = "not forecast and in no total, unless the calendar ahead, a test file or a request opens it"
OBSERVATIONS = frozenset(
    {
        "competition_distance",
        "competition_date",
        "broken_days",
        "closed_last_days",
        "open_without_sales",
        "vanished_stores",
        "missing_days",
        "late_stores",
        "idle_starts",
        "level_jump",
        "store_level_jump",
        "unusual_last_days",
        "ended_stores",
        "inactive_stores",
        "other_levels",
        "school_holidays_ahead",
        "store_countries",
        "stores_without_sales",
        "unknown_countries",
        "unknown_regions",
    }
)


def check_rules(names: Collection[str]) -> None:
    """Refuse the name of a rule that does not exist.

    Raises
    ------
    ConfigError
        where there is no such rule
    """
    for name in names:
        if name not in RULES:
            raise ConfigError(
                f"There is no cleaning rule {quote(name)}.{hint(name, RULES)} There are: {', '.join(RULES)}."
            )


@dataclass(frozen=True)
class Repair:
    """What one rule did."""

    rule: str
    what: str  # one sentence
    action: str  # what was done about it
    rows: int
    examples: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # what follows the examples, where the rule lists all of them

    @property
    def listed(self) -> str:
        """The examples in one line, with the number of those that follow."""
        return listed_examples(self.examples, len(self.others))

    @property
    def sentence(self) -> str:
        """Say it in one line, as a run's own summary does."""
        return repair_sentence(self.rule, self.what, self.action, self.rows, self.examples, len(self.others))


def repair_of(rule: str, rows: int, examples: Collection[str] = (), action: str = "") -> Repair:
    """Return what a rule did.

    Parameters
    ----------
    rule : its name
    rows : how many rows it touched
    examples : of them, as text; the first few stand in every summary, the others in the check's JSON
    action : what was done; empty: as `ACTIONS` say
    """
    listed = tuple(examples)
    return Repair(rule, RULES[rule], action or ACTIONS[rule], rows, listed[:EXAMPLES], listed[EXAMPLES:MAX_LISTED])


@dataclass
class Work:
    """The tables under repair, the rules that are switched off, and the repairs so far."""

    sales: pl.DataFrame
    stores: pl.DataFrame
    ahead: pl.DataFrame | None
    known: tuple[str, ...]  # the chain's own known-ahead columns
    double_rows: dict[str, int]  # exact double rows that reading dropped, by file
    skip: frozenset[str] = frozenset()
    total_rows: dict[str, int] = field(default_factory=dict)  # rows of totals that reading dropped, by file
    summed_rows: dict[str, int] = field(
        default_factory=dict
    )  # rows that reading added to another of their day, by file
    absent: Mapping[str, frozenset[str]] = field(default_factory=dict)  # columns that train, store and test lack
    late: pl.DataFrame | None = None  # incomplete days after the end of the sales, which stay in the calendar
    excluded: tuple[ExcludedSpan, ...] = ()  # days that the user marked
    repairs: list[Repair] = field(default_factory=list)

    def note(self, rule: str, action: str, rows: int, examples: Collection[str] = ()) -> None:
        """Count what a rule found, unless that is nothing or the rule is switched off.

        Parameters
        ----------
        rule, action, rows, examples : as in `repair_of`
        """
        if rows and rule not in self.skip:
            self.repairs.append(repair_of(rule, rows, examples, action))

    def need(self, rule: str, problem: str, remedy: str) -> None:
        """Refuse the data where a rule that they cannot be used without is switched off.

        Parameters
        ----------
        rule : its name
        problem : what was found, for the message
        remedy : what the user can do, for the message

        Raises
        ------
        DataError
            where the rule is switched off
        """
        if rule in self.skip:
            raise DataError(f"{problem}, and the rule {rule} is switched off. {remedy}, or switch the rule on.")

    replaced: Mapping[Any, Any] = field(default_factory=dict)  # the store of today, by the id of one that it replaces
    other_levels: Mapping[str, int] = field(default_factory=dict)  # cells of own text columns, by column

    def is_absent(self, table: str, column: str) -> bool:
        """Return whether a file does without a column: train, store or test."""
        return column in self.absent.get(table, ())

    def tables(self) -> list[tuple[str, pl.DataFrame]]:
        """Return the tables with days, by the name of their file."""
        tables = [("train", self.sales)]
        return tables if self.ahead is None else [*tables, ("test", self.ahead)]


def inactive_repairs(inactive: Collection[InactiveStore]) -> list[Repair]:
    """Return a line for each of the two kinds of inactive stores that a chain has.

    Parameters
    ----------
    inactive : the inactive stores
    """
    ended = [store for store in inactive if store.last_sale is not None]
    never = [store for store in inactive if store.last_sale is None]
    lines = {
        "inactive_stores": [f"{store_name(store.store)}: last sale on {store.last_sale}" for store in ended],
        "stores_without_sales": [store_name(store.store) for store in never],
    }
    return [
        Repair(rule, RULES[rule], NOT_FORECAST, len(names), tuple(names[:EXAMPLES]))
        for rule, names in lines.items()
        if names
    ]


def store_name(store: object) -> str:
    """Name a store; a text id is escaped and kept short."""
    return f"store {store if isinstance(store, int) else quote(store)}"


def store_names(frame: pl.DataFrame) -> list[str]:
    """Name the first stores of a frame."""
    return [store_name(store) for store in frame[s.STORE].head(EXAMPLES)]


def day_names(frame: pl.DataFrame, *columns: str) -> list[str]:
    """Name the first days of a frame by store and date, and the columns in question."""
    days = frame.select(s.KEYS).sort(s.KEYS).head(EXAMPLES).iter_rows()
    return [", ".join((store_name(store), str(day), *columns)) for store, day in days]
