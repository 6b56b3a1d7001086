"""Whether the days to be forecast are like the days to learn from."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from storecast.exploration.covariate_shift.parts import (
    MONTH,
    PAST_WINDOW,
    WITH_DAY_OF_YEAR,
    WITHOUT_SEASON,
    ColumnTest,
    Fact,
    Part,
    Span,
)
from storecast.exploration.covariate_shift.pictures import LEVELS, WORDS, pictures
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, LOW, MEASURE, VALUE, Unit
from storecast.exploration.shared.wording import cross_table, format_value, full_text, interval_text, short_text
from storecast.report.section import SectionBody, TextTable

ABSENT_LEVELS = LEVELS | {"Open: 0": "closed day", "Open: 1": "open day"}
GUESSING = 0.5  # AUC
SMALL = 0.1  # Cramér's V, below which a difference is not worth a word (Cohen 1988)
RARE = 0.05  # share of past windows that differ as much, below which a difference is unusual
TINY = 0.001  # p-values below are told as such
SHIFTED = 0.03  # of the store-days, from which a share differs from that of the same days of earlier years
NAMED = 5  # levels named in a sentence


def covariate_shift_section(table: pl.DataFrame) -> SectionBody:
    """Answer whether the days ahead are like the past."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=f"{_columns(estimates)}{_model(estimates)}",
        pictures=pictures(estimates),
        tables=_tables(estimates),
        method=(
            "What is known ahead is compared between the past and the days of test.csv: shares, a chi-squared test, Cramér's V as the size of the effect (0: "
            "alike, 1: nothing in common; worked out as if there were as many store-days ahead as past). Rows of a day hang together, so that a p-value of rows is nearly always 0 and says little; the placebo does: how many "
            "windows of the past of the same length, a week apart and so overlapping, differ from the rest of the past as much. A column stands out where fewer "
            f"than one in twenty do and V is {SMALL:g} or more. The model is gradient-boosted trees on a sample of as many rows ahead as past, tested on whole days left out; AUC 0.5 is guessing, 1 is "
            "always right, and the interval is that of the mean over the folds, which hang together, so that it is a rough one. The yardstick is the same model "
            "asked to tell windows of the past from the rest of it. An AUC below 0.5 does not say that days differ: the kind of a day left out is then a little "
            "rarer among the days learned from, and the model leans the other way."
        ),
        unproven=_cautions(estimates),
    )


def _columns(estimates: EstimateTable) -> str:
    """Return in which columns the days ahead differ."""
    effects = (
        estimates.part(Part.TEST, ColumnTest.CRAMERS_V).filter(pl.col(GROUP) != MONTH).sort(VALUE, descending=True)
    )
    unusual = _unusual(estimates)
    windows = "stand out among windows of the past of the same length"
    if estimates.part(Part.TEST, ColumnTest.SHARE_AS_DIFFERENT).is_empty():
        text = "The past is too short to say which differences are unusual"
    elif unusual:
        text = f"Not in {_enumerate([WORDS[name] for name in unusual])}: there the days ahead {windows}"
    else:
        text = f"Yes, as far as the files tell: in no column do the days ahead {windows}"
    if effects.height:
        first = effects.row(0, named=True)
        usual = estimates.first(Part.TEST, first[GROUP], ColumnTest.CRAMERS_V_WINDOWS)
        past = f"; windows of the past {interval_text(usual)}" if usual else ""
        text += f"; the largest difference, months aside, is in {WORDS[first[GROUP]]} (Cramér's V {short_text(first)}{past})"
    return f"{text}."


def _model(estimates: EstimateTable) -> str:
    """Return whether a model can tell the days ahead from the past, and by which columns."""
    plain, dated = estimates.first(Part.MODEL, WITHOUT_SEASON), estimates.first(Part.MODEL, WITH_DAY_OF_YEAR)
    if plain is None:
        return ""
    past = estimates.part(Part.MODEL).filter(pl.col(GROUP).str.starts_with(PAST_WINDOW)).sort(VALUE)
    tells = _tells_better(plain, past)
    if tells:
        importance = estimates.part(Part.IMPORTANCE).sort(VALUE, descending=True)
        text = f" Without the season a model tells them from the past{f', mostly by {WORDS[importance[GROUP][0]]}' if importance.height else ''}"
    elif past.height:
        text = " Without the season a model tells them from the past no better than it tells windows of the past"
    else:
        text = " Without the season a model hardly tells them from the past"
    text += f": AUC {full_text(plain)}"
    if past.height:
        low, high = (format_value(value, Unit.SCORE) for value in (past[VALUE][0], past[VALUE][-1]))
        text += f", windows of the past {low} to {high}"
    return f"{text}; with the day of the year it is {full_text(dated)}." if dated else f"{text}."


def _tells_better(plain: dict[str, Any], past: pl.DataFrame) -> bool:
    """Whether a model tells the days ahead better than by chance, and better than any window of the past."""
    better = plain[LOW] is not None and plain[LOW] > GUESSING
    return better and (past.is_empty() or plain[VALUE] > past[VALUE][-1])


def _unusual(estimates: EstimateTable) -> list[str]:
    """Return the columns whose difference is not small, and such as windows of the past hardly ever show."""
    rare = estimates.part(Part.TEST, ColumnTest.SHARE_AS_DIFFERENT).filter(pl.col(VALUE) < RARE)[GROUP]
    large = (
        estimates.part(Part.TEST, ColumnTest.CRAMERS_V)
        .filter(pl.col(VALUE) >= SMALL)
        .sort(VALUE, descending=True)[GROUP]
    )
    return [name for name in large if name in set(rare)]


def _cautions(estimates: EstimateTable) -> str:
    """Return what to be careful about when a model is used."""
    parts = []
    unusual = [WORDS[name] for name in _unusual(estimates)]
    if unusual:
        parts.append(
            f"A model must be careful with {_enumerate(unusual)}: what it learned there comes from days unlike those ahead."
        )
    parts += _season(estimates)
    absent = [
        row[GROUP] for row in estimates.part(Part.NOT_AHEAD).iter_rows(named=True) if not row[GROUP].startswith(MONTH)
    ]
    if absent:
        names = [ABSENT_LEVELS.get(name, name) for name in absent]
        parts.append(
            f"The days ahead hold no {_enumerate(names, 'or')}: how well a model does on such days or stores will not show in them."
        )
    new, ahead, known = (
        estimates.first(Part.FACTS, name) for name in (Fact.NEW_STORES, Fact.STORES_AHEAD, Fact.STORES_PAST)
    )
    if new and new[VALUE]:
        parts.append(f"{short_text(new)} stores ahead have no past: they can only be forecast from stores like them.")
    if ahead and known and ahead[VALUE] < known[VALUE]:
        parts.append(
            f"Only {short_text(ahead)} of {short_text(known)} stores are asked for: a score over the whole chain is not the score over these."
        )
    parts.append(
        "Only what is in the files can be compared. Prices, ranges, competitors yet to open and the weather ahead are not."
    )
    return " ".join(parts)


def _season(estimates: EstimateTable) -> list[str]:
    """Return how often this season was observed before, and what was different then."""
    seasons, empty = (
        estimates.first(Part.FACTS, Fact.YEARS_WITH_SAME_DAYS),
        estimates.first(Part.FACTS, Fact.WITHOUT_ROW),
    )
    if seasons is None or not seasons[VALUE]:
        return [
            "The past holds the same days of no earlier year: what this season does to sales cannot be learned from it."
        ]
    gaps = f", and {short_text(empty)} of their store-days have no row" if empty and empty[VALUE] > 0 else ""
    years = "year" if seasons[VALUE] == 1 else "years"
    parts = [
        f"The past holds the same days of {short_text(seasons)} earlier {years}: what a model knows of this season comes from these alone{gaps}."
    ]
    shifts = []
    for level, word in LEVELS.items():
        then, now = (estimates.first(Part.SHARES, level, measure) for measure in (Span.SAME_DAYS, Span.AHEAD))
        if then and now and abs(then[VALUE] - now[VALUE]) > SHIFTED:
            shifts.append(
                f"“{word}” holds on {short_text(now)} of the store-days ahead and held on {short_text(then)} then"
            )
    if shifts:
        parts.append(f"Days do not carry over by their date: {_enumerate(shifts)}.")
    return parts


def _enumerate(names: Sequence[str], last: str = "and") -> str:
    """Join names; of a long list the first few, and how many more there are."""
    named = list(names) if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} others"]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} {last} {named[-1]}"


def _tables(estimates: EstimateTable) -> list[TextTable]:
    body = []
    for row in estimates.part(Part.TEST, ColumnTest.CRAMERS_V).iter_rows(named=True):
        p, season, usual, placebo = (
            estimates.first(Part.TEST, row[GROUP], name)
            for name in (
                ColumnTest.P_VALUE,
                ColumnTest.CRAMERS_V_SAME_DAYS,
                ColumnTest.CRAMERS_V_WINDOWS,
                ColumnTest.SHARE_AS_DIFFERENT,
            )
        )
        assert p
        small = p[VALUE] is not None and p[VALUE] < TINY
        body.append(
            (
                row[GROUP],
                short_text(row),
                short_text(usual),
                short_text(placebo),
                short_text(season),
                f"below {TINY}" if small else short_text(p, 3),
            )
        )
    head = (
        "column",
        ColumnTest.CRAMERS_V,
        "windows of the past (95% of them)",
        ColumnTest.SHARE_AS_DIFFERENT,
        "to the same days of earlier years",
        ColumnTest.P_VALUE,
    )
    tables = [TextTable("Does the column differ? Cramér's V, and how unusual it is.", head, body)]
    if estimates.has(Part.MODEL):
        tables.append(
            cross_table(estimates.part(Part.MODEL), "Can a model tell days from the rest of the past?", "which days")
        )
    lost = estimates.part(Part.IMPORTANCE_WITH_DAY_OF_YEAR)
    if lost.height:
        rows = [
            (
                name,
                *(
                    short_text(estimates.first(part, name), 3)
                    for part in (Part.IMPORTANCE, Part.IMPORTANCE_WITH_DAY_OF_YEAR)
                ),
            )
            for name in lost[GROUP]
        ]
        tables.append(
            TextTable(
                "AUC lost when a column is shuffled.", ("column", WITHOUT_SEASON, WITH_DAY_OF_YEAR), rows, folded=True
            )
        )
    tables += [
        cross_table(estimates.part(Part.SHARES), "Shares of store-days.", "column: level", across=MEASURE, folded=True),
        cross_table(estimates.part(Part.FACTS), "Days and stores.", "what", folded=True),
    ]
    missing = estimates.part(Part.NOT_AHEAD)
    if missing.height:
        rows = [(row[GROUP], short_text(row)) for row in missing.iter_rows(named=True)]
        tables.append(
            TextTable("Seen in the past and not ahead.", ("column: level", "share of the past"), rows, folded=True)
        )
    return tables
