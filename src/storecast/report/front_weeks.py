"""The table of weeks on the first page, its holidays, and why one week sells more than the next."""

from collections.abc import Sequence
from typing import Any

from storecast import schema as s
from storecast.report.front_facts import FrontFacts
from storecast.report.front_page import Week, holidays_moved, promotion_effect, promotions_moved, rows_and_edges
from storecast.report.week_calendar import Holiday, WeekCalendar

SCHOOL_SHOWN = 0.05  # of the stores' days in school holidays, from which a week says so


def week_rows(facts: FrontFacts) -> list[dict[str, Any]]:
    """Return the rows of the table of weeks."""
    rows, _ = rows_and_edges(facts.weeks)
    return [_week_row(facts, week) for week in rows]


def _week_row(facts: FrontFacts, week: Week) -> dict[str, Any]:
    amounts = facts.weekly
    return {
        "number": facts.words.text("W{number}", number=week.number),
        "span": facts.words.span(week.first, week.last),
        "short": not week.whole,
        "expected": amounts.bare(week.expected),
        "interval": None if week.lower is None else f"{amounts.bare(week.lower)}–{amounts.bare(week.upper or 0.0)}",
        "change": None if week.change is None else facts.words.signed_percent(week.change),
        "promotions": _days(facts, week.ahead),
        "promotions_before": None if week.before is None else _days(facts, week.before),
        "promoted": week.promoted is True,
    }


def _days(facts: FrontFacts, calendar: WeekCalendar) -> str:
    whole = calendar.promotion_days == round(calendar.promotion_days)
    return facts.words.number(calendar.promotion_days, 0 if whole else 1)


def holidays_ahead(facts: FrontFacts) -> str:
    """Return the holidays of the days ahead; empty where there are none."""
    return _holidays(facts, [(week, week.ahead) for week in facts.weeks])


def holidays_before(facts: FrontFacts) -> str:
    """Return the holidays of the same days of last year; empty where there are none, or they are not known."""
    return _holidays(facts, [(week, week.before) for week in facts.weeks if week.before])


def _holidays(facts: FrontFacts, calendars: Sequence[tuple[Week, WeekCalendar]]) -> str:
    parts = [
        f"{_number(facts, week)} {_holiday(facts, holiday)}"
        for week, calendar in calendars
        for holiday in calendar.holidays
    ]
    school = [
        f"{_number(facts, week)}: {facts.words.percent(calendar.school, 0)}"
        for week, calendar in calendars
        if calendar.school >= SCHOOL_SHOWN
    ]
    if school:
        parts = parts or [facts.words.text("no public holiday")]
        parts.append(facts.words.text("school holidays ({weeks} of the stores)", weeks=", ".join(school)))
    return "; ".join(parts)


def _holiday(facts: FrontFacts, holiday: Holiday) -> str:
    name = holiday.name or facts.words.text("public holiday")
    day = facts.words.day(holiday.day)
    if holiday.stores == facts.report.panel.stores.height:
        return f"{day} {name}"
    stores = facts.words.plural("one store", "{count} stores", holiday.stores)
    return f"{day} {name} ({stores})"


def total_row(facts: FrontFacts) -> dict[str, Any]:
    """Return the last row of the table of weeks: all days, with those that are no row of their own."""
    chain, amounts = facts.outlook["chain"], facts.weekly
    _, edges = rows_and_edges(facts.weeks)
    besides = ", ".join(f"{facts.words.span(week.first, week.last)} ({amounts.bare(week.expected)})" for week in edges)
    return {
        "label": facts.words.text("Total, with {days}", days=besides) if besides else facts.words.text("Total"),
        "expected": amounts.bare(chain[s.FORECAST]),
        "interval": None
        if chain["Lower80"] is None
        else f"{amounts.bare(chain['Lower80'])}–{amounts.bare(chain['Upper80'])}",
        "change": None if chain["Change"] is None else facts.words.signed_percent(chain["Change"]),
    }


def why_weeks_differ(facts: FrontFacts) -> list[str]:
    """Return why one week is high and the next is low."""
    sentences = []
    effect, amounts = promotion_effect(facts.weeks), facts.weekly
    if effect:
        high, low = effect
        sentences.append(
            facts.words.text(
                "A whole week with promotions ({weeks}) is expected to sell {high} on average, one without {low}: "
                "that explains the swings from week to week.",
                weeks=_numbers(facts, [week for week in facts.weeks if week.promoted and week.whole]),
                high=amounts.full(high),
                low=amounts.full(low),
            )
        )
    moved = promotions_moved(facts.weeks)
    if moved:
        sentences.append(
            facts.words.text(
                "Last year the promotions lay in other weeks ({weeks} differ), so judge against last year by the total "
                "and not by the week.",
                weeks=_numbers(facts, moved),
            )
        )
    more, fewer = holidays_moved(facts.weeks, facts.report.panel.stores.height)
    if more or fewer:
        sentences.append(_other_holidays(facts, more, fewer))
    return sentences


def _other_holidays(facts: FrontFacts, more: Sequence[Week], fewer: Sequence[Week]) -> str:
    words = facts.words
    if not fewer:
        return words.text("More holidays than last year in {weeks}: compare with care.", weeks=_numbers(facts, more))
    if not more:
        return words.text("Fewer holidays than last year in {weeks}: compare with care.", weeks=_numbers(facts, fewer))
    return words.text(
        "Holidays fall in other weeks than last year (more in {more}, fewer in {fewer}): compare these weeks with care.",
        more=_numbers(facts, more),
        fewer=_numbers(facts, fewer),
    )


def _numbers(facts: FrontFacts, weeks: Sequence[Week]) -> str:
    return ", ".join(_number(facts, week) for week in weeks)


def _number(facts: FrontFacts, week: Week) -> str:
    return facts.words.text("W{number}", number=week.number)
