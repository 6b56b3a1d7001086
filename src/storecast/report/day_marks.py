"""Days with promotions and public holidays, as every chart of the report marks them: shaded, and dotted lines."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.language import Words
from storecast.report.blank_figure import INK
from storecast.report.week_calendar import IS_HOLIDAY

MOST, SOME = 0.5, 0.1  # of the open stores with a promotion; of all stores on holiday, for a day to be marked
PROMOTED = "rgba(217,138,31,0.16)"
LAST = 2000  # in the legend, behind what is drawn
HALF = dt.timedelta(hours=12)


@dataclass(frozen=True)
class DayMarks:
    """Days that a chart marks.

    Attributes
    ----------
    promotions : the first and the last day of each span with promotions
    holidays : public holidays
    """

    promotions: Sequence[tuple[dt.date, dt.date]] = ()
    holidays: Sequence[dt.date] = ()


NO_MARKS = DayMarks()


def marks_of(calendar: pl.DataFrame, first: dt.date, last: dt.date) -> DayMarks:
    """Return the days to be marked in a span.

    Parameters
    ----------
    calendar : of all stores that the chart shows, one or many
    first, last : day of the span
    """
    days = (
        calendar.filter(pl.col(s.DATE).is_between(first, last))
        .group_by(s.DATE)
        .agg(
            (pl.col(s.PROMO) == 1).filter(pl.col(s.OPEN) == 1).mean().fill_null(0.0).alias("promoted"),
            IS_HOLIDAY.mean().alias("holiday"),
        )
        .sort(s.DATE)
    )
    spans: list[tuple[dt.date, dt.date]] = []
    for day in days.filter(pl.col("promoted") >= MOST)[s.DATE]:
        if spans and day - spans[-1][1] <= dt.timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return DayMarks(spans, days.filter(pl.col("holiday") >= SOME)[s.DATE].to_list())


def shapes(marks: DayMarks, words: Words) -> list[dict[str, Any]]:
    """Return the marks as Plotly's shapes; the first of each kind stands in the legend."""
    high = {"xref": "x", "yref": "y domain", "y0": 0, "y1": 1}
    promotion = {**high, "type": "rect", "fillcolor": PROMOTED, "layer": "below", "line": {"width": 0}}
    holiday = {**high, "type": "line", "line": {"color": INK, "width": 1, "dash": "dot"}}
    kinds = (
        (words.text("promotion"), [{**promotion, **_ends(*span)} for span in marks.promotions]),
        (words.text("public holiday"), [{**holiday, "x0": day, "x1": day} for day in marks.holidays]),
    )
    return [
        shape if place else {**shape, "name": name, "showlegend": True, "legendrank": LAST}
        for name, drawn in kinds
        for place, shape in enumerate(drawn)
    ]


def _ends(first: dt.date, last: dt.date) -> dict[str, dt.datetime]:
    """Return a span from half a day before its first noon to half a day after its last, as wide as the bars of its days."""
    return {"x0": _midnight(first) - HALF, "x1": _midnight(last) + HALF}


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())
