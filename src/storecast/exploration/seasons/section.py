"""The section on seasons: weekday, month, year and trend, Christmas, Easter, summer and pay day, and how strong each is."""

import calendar

import polars as pl

from storecast.dates import MONTHS
from storecast.exploration.seasons.parts import BY_TREND, SUMMER, UNEXPLAINED, YEARLY, Part
from storecast.exploration.seasons.pictures import pictures
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, UNIT, VALUE, N
from storecast.exploration.shared.evidence import (
    TRADES_ON_SUNDAYS,
    compared_days,
    effect_text,
    has_promotions,
    names_of,
    no_growth,
    rank,
    seen_in_enough_years,
    stands_out,
)
from storecast.exploration.shared.like_for_like import competitor_sentence
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.wording import count_text, format_value, full_text, interval_text, value_text
from storecast.report.section import SectionBody, TextTable
from storecast.wording import in_words

WEEKDAY_NAMES = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
MONTH_NAMES = dict(zip(MONTHS, calendar.month_name[1:], strict=True))
SINGULAR = ("weekday", "time of the year", "trend", "time of the year or trend")
MIN_SHARE = 0.01  # of the differences between days, below which a cause is not named
MOST_SHARES = 4


def seasons_section(table: pl.DataFrame) -> SectionBody:
    """Make the section of the tidy table."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=pictures(estimates),
        tables=_tables(estimates),
        method=(
            "The chain's day is what all stores have in common on it, each beside its own usual level of that weekday. One "
            "regression explains it by promotions, holidays, days of the month, a yearly wave and a trend together; its errors "
            "may hang together from day to day (first-order autoregression). Months are means of what is left once promotions "
            "and days of the month are taken off, and their intervals come from how much the same month differs from year to "
            "year. Summer school holidays compare states on the same day, clustered by state. Shares of the variance are "
            "Shapley shares of the R² of the mean log sales of a usual store on the weekdays on which the chain trades, so that they add up. The "
            "strength of a season is 1 − var(rest) / var(season + rest) of an MSTL decomposition without promotions (Wang, Smith "
            "and Hyndman 2006); closed days are filled from the same weekday of the weeks about."
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    """Return the largest effect of each kind that stands apart, and what explains most of the differences between days."""
    named = [_weekdays(estimates), _months(estimates), _month_days(estimates), _growth(estimates)]
    first = "; ".join(text for text in named if text) or "no weekday, month or part of the month stands out"
    return f"{first[:1].upper()}{first[1:]}. {_shares(estimates)}".strip()


def _weekdays(estimates: EstimateTable) -> str:
    weekdays = estimates.part(Part.WEEKDAY)
    work = rank(weekdays if estimates.has(TRADES_ON_SUNDAYS) else weekdays.filter(pl.col(GROUP) != "Sun"))
    ends = [
        f"{_strongest([WEEKDAY_NAMES[str(row[GROUP])] for row in rows], word, 'weekday')}, {full_text(rows[0])}"
        for rows, word in ((work.highest, "strongest"), (work.lowest, "weakest"))
        if rows
    ]
    plain = "without promotions " if has_promotions(estimates) else ""
    return f"{plain}{' and '.join(ends)} beside the mean of {compared_days(estimates)}" if ends else ""


def _months(estimates: EstimateTable) -> str:
    """Return the strongest month, where every month was seen often enough to tell the season from one year's events."""
    months = estimates.part(Part.MONTH)
    top = rank(months).highest
    if not seen_in_enough_years(months[N].to_list()) or not top or top[0][VALUE] <= 0:
        return ""
    names = [MONTH_NAMES[str(row[GROUP])] for row in top]
    return f"{_strongest(names, 'strongest', 'month')}, {full_text(top[0])} beside the average month"


def _month_days(estimates: EstimateTable) -> str:
    top = rank(estimates.part(Part.DAYS_OF_MONTH)).highest
    if not top or top[0][VALUE] <= 0 or not stands_out(top[0]):
        return ""
    return f"days {names_of(top)} are the strongest of a month, {full_text(top[0])} beside its middle"


def _growth(estimates: EstimateTable) -> str:
    grown = estimates.first(Part.GROWTH, BY_TREND, SALES)
    return f"like for like, sales change in a year by {effect_text(grown)}" if grown else ""


def _strongest(names: list[str], word: str, what: str) -> str:
    """Return which weekday or month is at an end; several where they cannot be told apart, and whose figure comes first."""
    if len(names) == 1:
        return f"{names[0]} is the {word} {what}" if word == "strongest" else f"{names[0]} the {word}"
    return f"{in_words(names)} are the {word} {what}s, not to be told apart, {names[0]}"


def _shares(estimates: EstimateTable) -> str:
    shares = estimates.part(Part.VARIANCE_SHARE).filter(pl.col(GROUP) != UNEXPLAINED).sort(VALUE, descending=True)
    seen = shares.filter(pl.col(VALUE) >= MIN_SHARE).head(MOST_SHARES)
    named = [(str(row[GROUP]), format_value(row[VALUE], str(row[UNIT]), 0)) for row in seen.iter_rows(named=True)]
    if not named:
        return ""
    (most, share), *others = named
    text = f"{most.capitalize()} explain{'s' if most in SINGULAR else ''} {share} of the differences between the chain's days"
    return text + "".join(f", {name} {part}" for name, part in others) + "."


def _tables(estimates: EstimateTable) -> list[TextTable]:
    tables = []
    days = estimates.part(Part.WEEKDAY)
    if days.height:
        raw = {str(row[GROUP]): row for row in estimates.part(Part.WEEKDAY_AS_SOLD).iter_rows(named=True)}
        plain = "Without promotions" if has_promotions(estimates) else "Without holidays"
        tables.append(
            TextTable(
                f"Weekdays beside the mean of {compared_days(estimates)}",
                ("Weekday", plain, "95% interval", "As sold", "Stores"),
                [
                    (
                        str(row[GROUP]),
                        value_text(row),
                        interval_text(row),
                        value_text(raw[str(row[GROUP])]),
                        count_text(row[N]),
                    )
                    for row in days.iter_rows(named=True)
                ],
            )
        )
    if estimates.has(Part.MONTH):
        quiet = {str(row[GROUP]): row for row in estimates.part(Part.MONTH_WITHOUT_HOLIDAYS).iter_rows(named=True)}
        tables.append(
            TextTable(
                f"Months beside the average month{', promotions taken off' if has_promotions(estimates) else ''}",
                ("Month", "All days", "95% interval", "Without holidays", "95% interval", "Years"),
                [
                    (
                        str(row[GROUP]), value_text(row), interval_text(row), value_text(quiet.get(str(row[GROUP]))),
                        interval_text(quiet.get(str(row[GROUP]))), count_text(row[N]),
                    )
                    for row in estimates.part(Part.MONTH).iter_rows(named=True)
                ],
            )
        )  # fmt: skip
    times = [
        (str(row[GROUP]) + (f" ({row['Measure']})" if part == Part.GROWTH else ""), value_text(row), interval_text(row))
        for part in (Part.OCCASION, Part.GROWTH, Part.DAYS_OF_MONTH)
        for row in estimates.part(part).with_columns(
            pl.format("days {} of the month", GROUP).alias(GROUP) if part == Part.DAYS_OF_MONTH else pl.col(GROUP)
        ).iter_rows(named=True)
    ]  # fmt: skip
    if times:
        tables.append(
            TextTable("Times of the year, growth, days of the month", ("What", "Change", "95% interval"), times)
        )
    strong = [
        (str(row[GROUP]), value_text(row))
        for part in (Part.VARIANCE_SHARE, Part.STRENGTH)
        for row in estimates.part(part).iter_rows(named=True)
    ]
    if strong:
        tables.append(TextTable("Shares of the variance, and strength of the seasons", ("What", "Share"), strong))
    return tables


def _few_feasts(estimates: EstimateTable) -> str:
    """Say how Christmas and Easter are judged, where the data mark them."""
    times = " ".join(estimates.part(Part.OCCASION)[GROUP].to_list())
    feasts = [name for name in ("Christmas", "Easter") if name in times]
    if not feasts:
        return ""
    return f", and {' and '.join(feasts)}, of which there were as few, {'are' if len(feasts) > 1 else 'is'} judged by the unrest of other days"


def _unproven(estimates: EstimateTable) -> str:
    words = []
    months = estimates.part(Part.MONTH)
    if months.is_empty():
        words.append(
            "These data hold less than a full set of months: what months, feasts and summer do cannot be told "
            "from the trend."
        )
    else:
        least = min(months[N].to_list())
        words.append(
            f"Some months were seen in {least} {'year' if least == 1 else 'years'} only, so weather or a single campaign may "
            f"stand in them{_few_feasts(estimates)}."
            f"{'' if seen_in_enough_years(months[N].to_list()) else ' So none is called the strongest.'}"
        )
    words.append(competitor_sentence(estimates))
    if not estimates.has(Part.GROWTH):
        words.append(no_growth(estimates))
    elif estimates.first(Part.GROWTH, measure=CUSTOMERS) is None:
        words.append("Growth cannot be split into customers and their spend: only sales are known.")
    chance = estimates.first(Part.STRENGTH, f"{YEARLY}, by chance")
    if chance:
        strength = estimates.first(Part.STRENGTH, YEARLY)
        words.append(
            f"The yearly strength of {full_text(strength, 0)} is to be read beside the {full_text(chance, 0)} that noise alone would show over so "
            "few years."
        )
    marks_schools = "school holidays" in estimates.part(Part.VARIANCE_SHARE)[GROUP].to_list()
    if months.height and marks_schools and estimates.first(Part.OCCASION, SUMMER) is None:
        words.append("Summer school holidays cannot be told from summer, as no region had them while others did not.")
    words.append("Days of the month stand for pay day; nobody's pay day was seen. Weather is not in the data.")
    return " ".join(word for word in words if word)
