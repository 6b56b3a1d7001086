"""The section on seasons: weekday, month, year and trend, Christmas, Easter, summer and pay day, and how strong each is."""

import calendar

import polars as pl

from storecast.questions.levels import CUSTOMERS, SALES
from storecast.questions.seasons import (
    AS_SOLD,
    BY_TREND,
    GROWTH,
    MONTH,
    MONTH_DAYS,
    MONTHS,
    OCCASION,
    PLAIN,
    QUIET_MONTH,
)
from storecast.questions.seasons_strength import LEFT, STRENGTH, VARIANCE, YEARLY
from storecast.questions.seasons_summer import SUMMER
from storecast.questions.tidy import GROUP, UNIT, VALUE, N
from storecast.report.answers.seasons_pictures import pictures
from storecast.report.section import NOTHING, Reader, Section, Shown, interval, number, said

FULL = {"Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday", "Sat": "Saturday"}
LONG_MONTHS = dict(zip(MONTHS, calendar.month_name[1:], strict=True))
SINGULAR = ("weekday", "time of the year", "trend")


def section(table: pl.DataFrame) -> Section:
    """Make the section of the tidy table."""
    reader = Reader(table)
    return Section(
        key="seasons",
        question="How do seasons move sales?",
        short="Seasons",
        answer=_answer(reader),
        pictures=pictures(reader),
        tables=_tables(reader),
        method=(
            "The chain's day is what all stores have in common on it, each beside its own usual level of that weekday. One "
            "regression explains it by promotions, holidays, days of the month, a yearly wave and a trend together; its errors "
            "may hang together from day to day (first-order autoregression). Months are means of what is left once promotions "
            "and days of the month are taken off, and their intervals come from how much the same month differs from year to "
            "year. Summer school holidays compare states on the same day, clustered by state. Shares of the variance are "
            "Shapley shares of the R² of the mean log sales of a usual store, Monday to Saturday, so that they add up. The "
            "strength of a season is 1 − var(rest) / var(season + rest) of an MSTL decomposition without promotions (Wang, Smith "
            "and Hyndman 2006); closed days are filled from the same weekday of the weeks about."
        ),
        unproven=_unproven(reader),
    )


def _answer(reader: Reader) -> str:
    """Say the largest of each kind, and what explains most of the differences between days."""
    work = reader.part(PLAIN).filter(pl.col(GROUP) != "Sun").sort(VALUE)
    parts = []
    if work.height > 1:
        low, high = work.row(0, named=True), work.row(-1, named=True)
        parts.append(
            f"without promotions {FULL[str(high[GROUP])]} is the strongest weekday, {said(high)} beside the mean of Monday to "
            f"Saturday, and {FULL[str(low[GROUP])]} the weakest, {said(low)}"
        )
    months = reader.part(MONTH).sort(VALUE)
    if months.height:
        top = months.row(-1, named=True)
        parts.append(f"{LONG_MONTHS[str(top[GROUP])]} is the strongest month, {said(top)} beside the average month")
    pay = reader.part(MONTH_DAYS).sort(VALUE)
    if pay.height:
        best = pay.row(-1, named=True)
        parts.append(f"days {best[GROUP]} are the strongest of a month, {said(best)} beside its middle")
    grown = reader.line(GROWTH, BY_TREND, SALES)
    if grown:
        parts.append(f"like for like, sales change by {said(grown)} a year")
    first = "; ".join(parts)
    shares = reader.part(VARIANCE).filter(pl.col(GROUP) != LEFT).sort(VALUE, descending=True)
    named = [(str(row[GROUP]), number(row[VALUE], str(row[UNIT]), 0)) for row in shares.head(4).iter_rows(named=True)]
    second = ""
    if named:
        (most, share), *others = named
        second = f"{most.capitalize()} explain{'s' if most in SINGULAR else ''} {share} of the differences between the chain's days"
        second += "".join(f", {name} {part}" for name, part in others) + "."
    return f"{first[:1].upper()}{first[1:]}. {second}".strip()


def _tables(reader: Reader) -> list[Shown]:
    shown = []
    days = reader.part(PLAIN)
    if days.height:
        raw = {str(row[GROUP]): row for row in reader.part(AS_SOLD).iter_rows(named=True)}
        shown.append(
            Shown(
                "Weekdays beside the mean of Monday to Saturday",
                ("Weekday", "Without promotions", "95 % interval", "As sold", "Stores"),
                [
                    (str(row[GROUP]), _value(row), interval(row), _value(raw[str(row[GROUP])]), number(row[N], "count"))
                    for row in days.iter_rows(named=True)
                ],
            )
        )
    if reader.has(MONTH):
        quiet = {str(row[GROUP]): row for row in reader.part(QUIET_MONTH).iter_rows(named=True)}
        shown.append(
            Shown(
                "Months beside the average month, promotions taken off",
                ("Month", "All days", "95 % interval", "Without holidays", "95 % interval", "Years"),
                [
                    (
                        str(row[GROUP]), _value(row), interval(row), _value(quiet.get(str(row[GROUP]))),
                        _interval(quiet.get(str(row[GROUP]))), number(row[N], "count"),
                    )
                    for row in reader.part(MONTH).iter_rows(named=True)
                ],
            )
        )  # fmt: skip
    rest = [
        (str(row[GROUP]) + (f" ({row['Measure']})" if part == GROWTH else ""), _value(row), interval(row))
        for part in (OCCASION, GROWTH, MONTH_DAYS)
        for row in reader.part(part).with_columns(
            pl.format("days {} of the month", GROUP).alias(GROUP) if part == MONTH_DAYS else pl.col(GROUP)
        ).iter_rows(named=True)
    ]  # fmt: skip
    if rest:
        shown.append(Shown("Times of the year, growth, days of the month", ("What", "Change", "95 % interval"), rest))
    strong = [
        (str(row[GROUP]), _value(row))
        for part in (VARIANCE, STRENGTH)
        for row in reader.part(part).iter_rows(named=True)
    ]
    if strong:
        shown.append(Shown("Shares of the variance, and strength of the seasons", ("What", "Share"), strong))
    return shown


def _unproven(reader: Reader) -> str:
    said_ = []
    if not reader.has(MONTH):
        said_.append(
            "These data hold less than a full set of months: what months, Christmas, Easter and summer do cannot be told "
            "from the trend."
        )
    else:
        least = min(reader.part(MONTH)[N].to_list())
        said_.append(
            f"Some months were seen in {least} {'year' if least == 1 else 'years'} only, so weather or a single campaign may "
            "stand in them, and Christmas and Easter, of which there were as few, are judged by the unrest of other days."
        )
    if not reader.has(GROWTH):
        said_.append("Growth cannot be told from the season in so short a time.")
    elif reader.line(GROWTH, measure=CUSTOMERS) is None:
        said_.append("Customers were not counted, so that growth cannot be split into customers and their spend.")
    chance = reader.line(STRENGTH, f"{YEARLY}, by chance")
    if chance:
        got = reader.line(STRENGTH, YEARLY)
        said_.append(
            f"The yearly strength of {said(got, 0)} is to be read beside the {said(chance, 0)} that noise alone would show over so "
            "few years."
        )
    if reader.has(MONTH) and reader.line(OCCASION, SUMMER) is None:
        said_.append("Summer school holidays cannot be told from summer, as no state had them while others did not.")
    said_.append("Days of the month stand for pay day; nobody's pay day was seen. Weather is not in the data.")
    return " ".join(said_)


def _value(row: dict[str, object] | None) -> str:
    return NOTHING if row is None else number(row[VALUE], str(row[UNIT]))


def _interval(row: dict[str, object] | None) -> str:
    return NOTHING if row is None else interval(row)
