"""The figures of the report's first page: weeks with their calendar, earlier tests, stores to look at, what moved."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.dates import as_date
from storecast.report.week_calendar import YEAR, WeekCalendar, week_calendars

LEAST_DAYS = 3  # of a week at an end of the forecast; a shorter one is no row of its own
MANY_PROMOTIONS, FEW_PROMOTIONS = 3.0, 0.5  # days of a week with, and of a week without promotions
OTHER_WEEK = 2.0  # promotion days by which a week differs from the same week of last year
MOST = 0.5  # holidays of a store, by which a week differs from that of last year


@dataclass(frozen=True)
class Week:
    """One week of the forecast, Monday to Sunday, cut at its ends.

    Attributes
    ----------
    first, last : its days
    expected : the forecast
    lower, upper : its 80% bounds; None where the totals have none
    change : against the same weekdays of last year, of the stores that can be compared, a share; None where there are none
    ahead, before : the calendar of the week, and of the same week of last year where it is known
    """

    first: dt.date
    last: dt.date
    expected: float
    lower: float | None
    upper: float | None
    change: float | None
    ahead: WeekCalendar
    before: WeekCalendar | None

    @property
    def whole(self) -> bool:
        """Whether it has all seven days."""
        return (self.last - self.first).days == 6

    @property
    def number(self) -> int:
        """The number of the week, as ISO 8601 counts them."""
        return self.first.isocalendar().week

    @property
    def last_year(self) -> float | None:
        """The sales of last year that the change is against, as if all stores had sold then; None where there is no change."""
        return None if self.change is None else self.expected / (1 + self.change)

    @property
    def promoted(self) -> bool | None:
        """Whether it is a week with promotions; None: neither with nor without."""
        days = self.ahead.promotion_days
        return True if days >= MANY_PROMOTIONS else False if days <= FEW_PROMOTIONS else None


@dataclass(frozen=True)
class PastTest:
    """A stretch of the past that was forecast from the data before it.

    Attributes
    ----------
    first, last : its days
    forecast, sold : sums over the stores and days that have both
    """

    first: dt.date
    last: dt.date
    forecast: float
    sold: float

    @property
    def error(self) -> float:
        """By how much the forecast was too high, as a share of what was sold."""
        return self.forecast / self.sold - 1 if self.sold else 0.0


def weeks_ahead(panel: Panel, stores: pl.Series, lines: Sequence[dict[str, Any]]) -> list[Week]:
    """Return the weeks of a forecast with their calendars.

    Parameters
    ----------
    panel : the chain
    stores : ids of those that are forecast
    lines : the weeks of `facts.outlook`
    """
    spans = [(as_date(line["Start"]), as_date(line["End"])) for line in lines]
    ahead, before = week_calendars(panel, stores, spans), week_calendars(panel, stores, spans, back=YEAR)
    return [
        Week(
            *span,
            line[s.FORECAST],
            line["Lower80"],
            line["Upper80"],
            line["Change"],
            calendar or WeekCalendar(0.0, (), 0.0),
            then,
        )
        for span, line, calendar, then in zip(spans, lines, ahead, before, strict=True)
    ]


def rows_and_edges(weeks: Sequence[Week]) -> tuple[list[Week], list[Week]]:
    """Tell the weeks that are rows of a table from days at the ends, such as one Sunday, that are none."""
    short = [week for week in (weeks[0], weeks[-1]) if (week.last - week.first).days + 1 < LEAST_DAYS]
    rows = [week for week in weeks if week not in short]
    return (rows, [week for week in weeks if week in short]) if rows else (list(weeks), [])


def promotion_effect(weeks: Sequence[Week]) -> tuple[float, float] | None:
    """Return what a whole week with promotions, and one without, is expected to sell on the mean; None where there are not both."""
    whole = [week for week in weeks if week.whole]
    sides = [[week.expected for week in whole if week.promoted is side] for side in (True, False)]
    if not all(sides):
        return None
    return sum(sides[0]) / len(sides[0]), sum(sides[1]) / len(sides[1])


def promotions_moved(weeks: Sequence[Week]) -> list[Week]:
    """Return the weeks that have promotions where last year had none, or none where last year had them."""
    return [
        week
        for week in weeks
        if week.before and abs(week.ahead.promotion_days - week.before.promotion_days) >= OTHER_WEEK
    ]


def holidays_moved(weeks: Sequence[Week], stores: int) -> tuple[list[Week], list[Week]]:
    """Return the weeks in which most stores have more public holidays than last year, and those in which they have fewer.

    Parameters
    ----------
    weeks : of the forecast
    stores : how many there are
    """

    def more(week: Week) -> float:
        before = week.before or week.ahead
        return sum(h.stores for h in week.ahead.holidays) / stores - sum(h.stores for h in before.holidays) / stores

    return [week for week in weeks if more(week) >= MOST], [week for week in weeks if more(week) <= -MOST]


def past_tests(tested: pl.DataFrame) -> list[PastTest]:
    """Return the tests of the model in use, the newest first.

    Parameters
    ----------
    tested : Cutoff, Store, Date, Forecast, Sales
    """
    if tested.is_empty():
        return []
    sums = tested.group_by(s.CUTOFF).agg(
        pl.col(s.DATE).min().alias("first"), pl.col(s.DATE).max().alias("last"), pl.col(s.FORECAST, s.SALES).sum()
    )
    return [
        PastTest(first, last, forecast, sold)
        for first, last, forecast, sold in sums.sort(s.CUTOFF, descending=True)
        .select("first", "last", s.FORECAST, s.SALES)
        .iter_rows()
    ]
