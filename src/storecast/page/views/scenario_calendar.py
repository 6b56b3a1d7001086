"""Another calendar, as the address of a page holds it: changes of stores and days, and the rows that follow from them.

A change is written STORES~FIRST~LAST~COLUMN=VALUE, several with semicolons between them, as in
``store:12~2015-06-15~2015-06-20~Promo=1;type:a~2015-06-22~2015-06-22~Open=0``. Where two are of the same day, the later one holds.
"""

import datetime as dt
from collections.abc import Sequence
from urllib.parse import quote, unquote

import polars as pl

from storecast import schema as s
from storecast.bundle.predictor import Predictor
from storecast.errors import DataError
from storecast.page.language import Words
from storecast.page.views.plan_figures import scope_name
from storecast.plan.scenarios import CalendarChange, change_rows
from storecast.plan.scopes import StoreGroups

COLUMNS = (s.PROMO, s.OPEN, s.SCHOOL_HOLIDAY)
MOST_CHANGES = 100


def change_text(change: CalendarChange) -> str:
    """Return a change as the address has it."""
    scope = scope_value(change.level, change.key)
    return f"{scope}~{change.first}~{change.last}~{change.column}={change.value}"


def change_name(change: CalendarChange, words: Words) -> str:
    """Return a change for people."""
    days = words.day(change.first)
    if change.last != change.first:
        days = f"{days} – {words.day(change.last)}"
    what = f"{change.column}={change.value}"
    return f"{scope_name(change.level, change.key, words)}, {days}: {change_names(words).get(what, what)}"


def scope_value(level: str, key: str) -> str:
    """Return stores as the address has them."""
    return f"{level}:{quote(key, safe='')}"


def change_names(words: Words) -> dict[str, str]:
    """Return what can be changed, by how the address has it."""
    return {
        f"{s.PROMO}=1": words.text("promotion"),
        f"{s.PROMO}=0": words.text("no promotion"),
        f"{s.OPEN}=0": words.text("closed"),
        f"{s.OPEN}=1": words.text("open"),
        f"{s.SCHOOL_HOLIDAY}=1": words.text("school holiday"),
        f"{s.SCHOOL_HOLIDAY}=0": words.text("no school holiday"),
    }


def read_changes(text: str, words: Words) -> list[CalendarChange]:
    """Return the changes of an address.

    Parameters
    ----------
    text : as in the address; empty: none
    words : the language of a refusal

    Raises
    ------
    DataError
        where one cannot be read
    """
    parts = [part for part in text.split(";") if part]
    if len(parts) > MOST_CHANGES:
        raise DataError(words.text("The address holds more than {most} changes.", most=MOST_CHANGES))
    return [_read_change(part, words) for part in parts]


def write_changes(changes: Sequence[CalendarChange]) -> str:
    """Return changes as the address has them."""
    return ";".join(change_text(change) for change in changes)


def calendar_rows(predictor: Predictor, groups: StoreGroups, changes: Sequence[CalendarChange]) -> pl.DataFrame:
    """Return the rows that changes ask for: Store, Date and the columns they name; null leaves what is stored.

    Parameters
    ----------
    predictor : whose days ahead they are of
    groups : of its stores
    changes : at least one

    Raises
    ------
    DataError
        where the chain has no such stores, or a change is not of the days ahead
    """
    first, last = predictor.cutoff + dt.timedelta(days=1), predictor.last
    if any(
        change.first < first or change.last > last for change in changes
    ):  # before a row is made of each of their days
        raise DataError(
            "A change lies outside the days ahead, {first} to {last}. Enter it again.", first=first, last=last
        )
    return change_rows(changes, groups, predictor.panel.calendar.schema)


def _read_change(text: str, words: Words) -> CalendarChange:
    refusal = DataError(words.text("A change in the address cannot be read. Enter it again."))
    parts = text.split("~")
    if len(parts) != 4 or parts[3] not in change_names(words):
        raise refusal
    level, _, key = parts[0].partition(":")
    column, _, value = parts[3].partition("=")
    try:
        first, last = dt.date.fromisoformat(parts[1]), dt.date.fromisoformat(parts[2])
    except ValueError as error:
        raise refusal from error
    if last < first:
        raise DataError(words.text("A change ends before it begins. Enter it again."))
    return CalendarChange(level, unquote(key), first, last, column, int(value))
