"""Clean a chain: every repair is a named rule, counted, and can be switched off.

A rule looks at one row, or at rows of the same store: dropping stores from the input changes no row of the others, and nothing
is learned from days ahead. Some rules look further: `incomplete_days` at how many stores report, `chain_without_sales` at
whether any sold, `weekday_without_sales` at all that a store has sold. What learns a number (how far an outlier counts, say) is
a step of the fitted models. A day that is open without sales, or a store that vanished for months, is kept as it is: nobody
fills it with invented sales.

absent_columns  columns that the files lack
cleaning_rules  the rules by name, and how a repair is noted; notice_sentences: in the words of a run's summary
repair_stores   the table of stores; replaced_stores: those that took the place of others
repair_days     the days: what is known ahead, sales, gaps
repair_countries the country of each store; repair_holidays: the holidays of a country that is set
repair_openings days that are written as open and never sell
end_of_sales    the last days, where only a few stores have reported
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data import absent_columns, repair_days, repair_openings, repair_stores
from storecast.data.breakdown import UNKNOWN_GROUP, Breakdown
from storecast.data.cleaning_rules import ACTIONS, NOTICED, OBSERVATIONS, RULES, Repair, Work, check_rules, store_name
from storecast.data.column_names import ColumnNames
from storecast.data.end_of_sales import day_counts, end_sales, note_closed_last_days, sales_end
from storecast.data.excluded_spans import without_excluded
from storecast.data.grid import Grid
from storecast.data.level_jump import in_last_unit, note_level_jump
from storecast.data.note_broken_days import note_broken_days, note_unusual_last_days
from storecast.data.panel import Panel
from storecast.data.read import RawChain
from storecast.data.repair_countries import place_stores_in_countries
from storecast.data.repair_holidays import add_country_holidays
from storecast.data.replaced_stores import join_replaced_stores, refuse_renumbered_stores
from storecast.data.store_countries import places_by_country
from storecast.data.whole_chain import WholeChain
from storecast.dates import as_date
from storecast.errors import DataError, quote
from storecast.notebook import Shown

__all__ = ["OBSERVATIONS", "RULES", "Cleaned", "Repair", "clean"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
class Cleaned(Shown):
    """A clean chain, and what it took.

    Attributes
    ----------
    requested_rows : the rows of test.csv in its order: Id where there is one, Store, Date; None without a test.csv
    repairs : a line for each rule that found something
    given_ahead : the rows of a test.csv that lacks a column which the sales have: what it gives is put over the calendar that is
        worked out; None where the Panel's calendar holds the rows as they are
    names : what storecast.toml says of the files
    unseen_seasons : a sentence on the seasons of the days ahead that the past does not hold; empty without any
    """

    panel: Panel
    requested_rows: pl.DataFrame | None
    repairs: tuple[Repair, ...]
    generated: bool
    given_ahead: pl.DataFrame | None = None
    names: ColumnNames = field(default_factory=ColumnNames)
    unseen_seasons: str = ""

    def _facts(self) -> dict[str, object]:
        """Return the chain and what was repaired, for `repr` and notebooks."""
        ahead = 0 if self.requested_rows is None else self.requested_rows.height
        repairs = ", ".join(f"{repair.rule} {repair.rows}" for repair in self.repairs)
        return {"chain": self.panel, "rows asked for": f"{ahead:,}", "repairs": repairs or "none"}

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user must know before using a forecast: a sentence for each rule that decides what is forecast, and on seasons."""
        repairs = (repair.sentence for repair in self.repairs if repair.rule in NOTICED)
        return (*repairs, self.unseen_seasons) if self.unseen_seasons else tuple(repairs)

    def report(self) -> dict[str, Any]:
        """Return the check's findings as plain data."""
        panel = self.panel
        return {
            "stores": panel.stores.height,
            "rows": panel.sales.height,
            "first": panel.first.isoformat(),
            "last": panel.end.isoformat(),
            "days": (panel.end - panel.first).days + 1,
            "rows_ahead": 0 if self.requested_rows is None else self.requested_rows.height,
            "last_day_ahead": None if self.requested_rows is None else str(self.requested_rows[s.DATE].max()),
            "country": panel.holiday_country or None,
            "stores_by_country": {
                code: len(places) for code, places in places_by_country(panel.stores, panel.holiday_country).items()
            },
            "own_columns": list(panel.known),
            "generated": self.generated,
            "repairs": [
                {**vars(repair), "examples": list(repair.examples), "others": list(repair.others)}
                for repair in self.repairs
            ],
            "unseen_seasons": self.unseen_seasons,
        }


def clean(raw: RawChain, *, skip: Collection[str] = (), whole: WholeChain | None = None) -> Cleaned:
    """Repair what can be repaired, by rule, and count it.

    Parameters
    ----------
    raw : the files as they were read
    skip : rules to switch off; what one of them would have repaired is kept, or refused where nothing can be done with it
    whole : what was decided for the whole chain, where these are the files of a part of it; None: they are all of it

    Raises
    ------
    ConfigError
        where there is no such rule
    DataError
        where the data cannot be repaired, or a rule that they need is switched off

    Examples
    --------
    >>> sorted(RULES)[:3]
    ['absent_columns', 'broken_days', 'chain_without_sales']
    """
    work, country = repaired(raw, skip)
    if whole is None:
        known = not work.is_absent("train", s.OPEN)
        stores = work.sales[s.STORE].n_unique()
        end = sales_end(day_counts(work.sales, openings_known=known), stores, openings_known=known, skip=skip)
    else:
        end = whole.end
    end_sales(work, end)
    note_closed_last_days(work)
    repair_openings.close_weekdays_without_sales(work)
    repair_openings.close_days_of_a_chain_without_sales(work)
    repair_openings.close_silent_days(work)
    repair_days.clear_sales_of_closed_days(work)
    repair_days.count_gaps(work)
    given_ahead = _given_ahead(work)
    _note_stores_without_group(work, raw.breakdown)
    panel = _panel(work, raw.names, country, raw.breakdown, whole, to_be_worked_out=given_ahead is not None)
    _note_excluded_days(work)
    grid = Grid.of(panel)
    grid = in_last_unit(grid, note_level_jump(work, grid))
    note_broken_days(work, grid)
    note_unusual_last_days(work, grid)
    for repair in work.repairs:
        if repair.rule not in NOTICED:  # who prepares a run warns of the others
            log.info("%s", repair.sentence)
    requested_rows = None if work.ahead is None else work.ahead.select(pl.col("^Id$"), *s.KEYS)
    return Cleaned(panel, requested_rows, tuple(work.repairs), raw.generated, given_ahead, raw.names)


def repaired(raw: RawChain, skip: Collection[str]) -> tuple[Work, str | None]:
    """Return the tables with the repairs that look at single days, and the country of the chain; the end of the sales is open.

    Parameters
    ----------
    raw, skip : as in `clean`

    Raises
    ------
    ConfigError, DataError
        as `clean`
    """
    check_rules(skip)
    work = Work(
        raw.sales, raw.stores.sort(s.STORE), raw.ahead, raw.known, raw.double_rows, frozenset(skip),
        raw.total_rows, raw.summed_rows, raw.absent, other_levels=raw.other_levels,
        excluded=() if "excluded_days" in skip else raw.excluded,
    )  # fmt: skip
    _count_rows(work)
    join_replaced_stores(work)
    refuse_renumbered_stores(work)
    repair_stores.date_competition(work)
    repair_stores.date_promo2(work)
    repair_stores.add_unknown_stores(work)
    country = place_stores_in_countries(work, raw.names)
    absent_columns.fill_absent_columns(work, country)
    work.note(
        "other_levels",
        ACTIONS["other_levels"],
        sum(work.other_levels.values()),
        [f"{name}: {cells}" for name, cells in work.other_levels.items()],
    )
    repair_days.fill_known_ahead(work)
    add_country_holidays(work, country)
    repair_days.fill_openings(work)
    repair_days.forget_negative_sales(work)
    repair_days.leave_out_stockouts(work)
    return work, country


def _given_ahead(work: Work) -> pl.DataFrame | None:
    """Return what test.csv gives of its days, where it lacks columns that must be worked out."""
    lacking = work.absent.get("test", frozenset())
    if work.ahead is None or not (s.OPEN in lacking or lacking - work.absent.get("train", frozenset())):
        return None
    return work.ahead.select(*s.KEYS, *(name for name in (*s.KNOWN, *work.known) if name not in lacking))


def _count_rows(work: Work) -> None:
    """Count the rows that reading dropped or added up."""
    of_totals, summed = ACTIONS["total_rows"], ACTIONS["summed_rows"]
    for rule, counts, what, remedy, action in (
        (
            "total_rows",
            work.total_rows,
            "rows without a store and a date at the end of a file",
            "Remove them",
            of_totals,
        ),
        ("summed_rows", work.summed_rows, "more rows of a store and day", "Add them up", summed),
        ("double_rows", work.double_rows, "exact double rows", "Remove them", "dropped"),
    ):
        total = sum(counts.values())
        if total:
            work.need(rule, f"Found {total} {what}", remedy)
        work.note(rule, action, total, [f"{name}: {rows}" for name, rows in counts.items() if rows])


def _note_excluded_days(work: Work) -> None:
    """Name the days that the user marked, with the rows of sales in them; a span may hold none yet."""
    rows = work.sales.height - without_excluded(work.sales, work.excluded).height
    examples = [span.sentence(work.sales.filter(span.rows()).height) for span in work.excluded]
    if rows == work.sales.height:
        raise DataError(
            f"The file of events excludes all {rows} rows of sales ({examples[0]}); expected some to learn from. Remove the row."
        )
    work.note("excluded_days", "models do not learn from them, and no score counts them", rows, examples)


def _note_stores_without_group(work: Work, breakdown: Breakdown) -> None:
    """Name the stores for which a column of groups has no value."""
    lacking = [
        f"{store_name(store)}: {quote(group.name)}"
        for group in breakdown.groups
        for store in work.stores[s.STORE].to_list()
        if store not in group.of_store
    ]
    if lacking:
        work.need("stores_without_group", f"A column of groups has no value for {lacking[0]}", "Fill it in")
    work.note("stores_without_group", f"totals count them in the group {quote(UNKNOWN_GROUP)}", len(lacking), lacking)


def _panel(
    work: Work,
    names: ColumnNames,
    country: str | None,
    breakdown: Breakdown,
    whole: WholeChain | None,
    *,
    to_be_worked_out: bool,
) -> Panel:
    calendar_columns = [*s.KEYS, *s.KNOWN, s.ASSUMED, *work.known]
    parts = [work.sales.select(calendar_columns)]
    if work.ahead is not None:
        end = as_date(work.sales[s.DATE].max()) if whole is None else whole.last
        inside = work.ahead.filter(pl.col(s.DATE) <= end)
        if inside.height:
            row = inside.row(0, named=True)
            raise DataError(
                f"The test file asks for {store_name(row[s.STORE])} on {row[s.DATE]}; expected days after the end of the sales, "
                f"{end}. Remove the rows, or cut the sales."
            )
        if not to_be_worked_out:
            parts.append(work.ahead.select(calendar_columns))
    if work.late is not None:
        late = work.late.select(calendar_columns)
        parts.append(late if work.ahead is None else late.join(work.ahead, on=s.KEYS, how="anti"))
    names.target.check(work.sales[s.SALES])
    return Panel(
        sales=work.sales.filter(pl.col(s.SALES).is_not_null()).select(*s.KEYS, *s.SALES_SCHEMA).sort(*s.KEYS),
        stores=work.stores.select(
            s.STORE,
            *(_stores_column(column) for column in s.COLUMNS if column.table == "stores"),
        ).sort(s.STORE),
        calendar=pl.concat(parts).sort(*s.KEYS),
        known_until=None if whole is None else whole.last,
        excluded=work.excluded,
        country=country if whole is None or whole.country is None else whole.country,
        feasts=names.feasts,
        breakdown=breakdown,
        target=names.target,
        known_from=None if whole is None else whole.first,
    )


def _stores_column(column: s.Column) -> pl.Expr:
    """Return an attribute in its type; its default where it is unknown."""
    value = pl.col(column.name).cast(column.dtype)
    return value if column.default is None else value.fill_null(column.default)
