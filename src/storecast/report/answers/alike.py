"""Whether the days to be forecast are like the days to learn from."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from storecast.questions.alike import (
    AHEAD,
    BY,
    BY_DATED,
    CONTROL,
    DATED,
    EFFECT,
    EMPTY,
    FACTS,
    MISSING,
    MONTH,
    NEW_STORES,
    P_VALUE,
    PLACEBO,
    PLAIN,
    SEASON,
    SEASON_EFFECT,
    SEASONS,
    SHARES,
    STORES_AHEAD,
    STORES_PAST,
    TELL,
    TEST,
    USUAL,
)
from storecast.questions.tidy import GROUP, LOW, MEASURE, VALUE
from storecast.report.answers.alike_pictures import LEVELS, WORDS, pictures
from storecast.report.section import Reader, Section, Shown, cell, crossed, interval, number, said

GUESSING = 0.5  # AUC
SMALL = 0.1  # Cramér's V, below which a difference is not worth a word (Cohen 1988)
RARE = 0.05  # share of past windows that differ as much, below which a difference is unusual
TINY = 0.001  # p-values below are told as such
SHIFTED = 0.03  # of the store-days, from which a share differs from that of the same days of earlier years
NAMED = 5  # levels named in a sentence


def section(table: pl.DataFrame) -> Section:
    """Answer whether the days ahead are like the past."""
    read = Reader(table)
    return Section(
        key="alike",
        question="Are the days to be forecast like the days to learn from?",
        short="Past and ahead",
        answer=f"{_columns(read)}{_model(read)}",
        pictures=pictures(read),
        tables=_tables(read),
        method=(
            "What is known ahead is compared between the past and the days of test.csv: shares, a chi-squared test, Cramér's V as the size of the effect (0: "
            "alike, 1: nothing in common; worked out as if there were as many store-days ahead as past). Rows of a day hang together, so that a p-value of rows is nearly always 0 and says little; the placebo does: how many "
            "windows of the past of the same length, a week apart and so overlapping, differ from the rest of the past as much. A column stands out where fewer "
            f"than one in twenty do and V is {SMALL:g} or more. The model is gradient-boosted trees on a sample of as many rows ahead as past, tested on whole days left out; AUC 0.5 is guessing, 1 is "
            "always right, and the interval is that of the mean over the folds, which hang together, so that it is a rough one. The yardstick is the same model "
            "asked to tell windows of the past from the rest of it. An AUC below 0.5 does not say that days differ: the kind of a day left out is then a little "
            "rarer among the days learned from, and the model leans the other way."
        ),
        unproven=_careful(read),
    )


def _columns(read: Reader) -> str:
    """Say in which columns the days ahead differ."""
    effects = read.part(TEST, EFFECT).filter(pl.col(GROUP) != MONTH).sort(VALUE, descending=True)
    unusual = _unusual(read)
    windows = "stand out among windows of the past of the same length"
    if read.part(TEST, PLACEBO).is_empty():
        text = "The past is too short to say which differences are unusual"
    elif unusual:
        text = f"Not in {_listed([WORDS[name] for name in unusual])}: there the days ahead {windows}"
    else:
        text = f"Yes, as far as the files tell: in no column do the days ahead {windows}"
    if effects.height:
        first = effects.row(0, named=True)
        usual = read.line(TEST, first[GROUP], USUAL)
        past = f"; windows of the past {interval(usual)}" if usual else ""
        text += f"; the largest difference, months aside, is in {WORDS[first[GROUP]]} (Cramér's V {cell(first)}{past})"
    return f"{text}."


def _model(read: Reader) -> str:
    """Say whether a model can tell the days ahead from the past, and by what."""
    plain, dated = read.line(TELL, PLAIN), read.line(TELL, DATED)
    if plain is None:
        return ""
    past = read.part(TELL).filter(pl.col(GROUP).str.starts_with(CONTROL)).sort(VALUE)
    told = _told(plain, past)
    if told:
        by = read.part(BY).sort(VALUE, descending=True)
        text = f" Without the season a model tells them from the past{f', mostly by {WORDS[by[GROUP][0]]}' if by.height else ''}"
    elif past.height:
        text = " Without the season a model tells them from the past no better than it tells windows of the past"
    else:
        text = " Without the season a model hardly tells them from the past"
    text += f": AUC {said(plain)}"
    if past.height:
        low, high = (number(value, "score") for value in (past[VALUE][0], past[VALUE][-1]))
        text += f", windows of the past {low} to {high}"
    return f"{text}; with the day of the year it is {said(dated)}." if dated else f"{text}."


def _told(plain: dict[str, Any], past: pl.DataFrame) -> bool:
    """Whether a model tells the days ahead better than by chance, and better than any window of the past."""
    better = plain[LOW] is not None and plain[LOW] > GUESSING
    return better and (past.is_empty() or plain[VALUE] > past[VALUE][-1])


def _unusual(read: Reader) -> list[str]:
    """Return the columns whose difference is not small, and such as windows of the past hardly ever show."""
    rare = read.part(TEST, PLACEBO).filter(pl.col(VALUE) < RARE)[GROUP]
    large = read.part(TEST, EFFECT).filter(pl.col(VALUE) >= SMALL).sort(VALUE, descending=True)[GROUP]
    return [name for name in large if name in set(rare)]


def _careful(read: Reader) -> str:
    """Say what a model must be careful of."""
    parts = []
    unusual = [WORDS[name] for name in _unusual(read)]
    if unusual:
        parts.append(
            f"A model must be careful with {_listed(unusual)}: what it learned there comes from days unlike those ahead."
        )
    parts += _season(read)
    absent = [row[GROUP] for row in read.part(MISSING).iter_rows(named=True) if not row[GROUP].startswith(MONTH)]
    if absent:
        names = [LEVELS.get(name, name) for name in absent]
        parts.append(
            f"The days ahead hold no {_listed(names, 'or')}: how well a model does on such days or stores will not show in them."
        )
    new, asked, known = (read.line(FACTS, name) for name in (NEW_STORES, STORES_AHEAD, STORES_PAST))
    if new and new[VALUE]:
        parts.append(f"{cell(new)} stores ahead have no past: they can only be forecast from stores like them.")
    if asked and known and asked[VALUE] < known[VALUE]:
        parts.append(
            f"Only {cell(asked)} of {cell(known)} stores are asked for: a score over the whole chain is not the score over these."
        )
    parts.append(
        "Only what is in the files can be compared. Prices, ranges, competitors yet to open and the weather ahead are not."
    )
    return " ".join(parts)


def _season(read: Reader) -> list[str]:
    """Say how often the past holds this season, and what was otherwise then."""
    seasons, empty = read.line(FACTS, SEASONS), read.line(FACTS, EMPTY)
    if seasons is None or not seasons[VALUE]:
        return [
            "The past holds the same days of no earlier year: what this season does to sales cannot be learned from it."
        ]
    gaps = f", and {cell(empty)} of their store-days have no row" if empty and empty[VALUE] > 0 else ""
    years = "year" if seasons[VALUE] == 1 else "years"
    parts = [
        f"The past holds the same days of {cell(seasons)} earlier {years}: what a model knows of this season comes from these alone{gaps}."
    ]
    found = []
    for level, word in LEVELS.items():
        then, now = (read.line(SHARES, level, measure) for measure in (SEASON, AHEAD))
        if then and now and abs(then[VALUE] - now[VALUE]) > SHIFTED:
            found.append(f"“{word}” holds on {cell(now)} of the store-days ahead and held on {cell(then)} then")
    if found:
        parts.append(f"Days do not carry over by their date: {_listed(found)}.")
    return parts


def _listed(names: Sequence[str], last: str = "and") -> str:
    """Join names; of a long list the first few, and how many more there are."""
    few = list(names) if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} others"]
    return few[0] if len(few) == 1 else f"{', '.join(few[:-1])} {last} {few[-1]}"


def _tables(read: Reader) -> list[Shown]:
    body = []
    for row in read.part(TEST, EFFECT).iter_rows(named=True):
        p, season, usual, placebo = (
            read.line(TEST, row[GROUP], name) for name in (P_VALUE, SEASON_EFFECT, USUAL, PLACEBO)
        )
        assert p
        small = p[VALUE] is not None and p[VALUE] < TINY
        body.append(
            (row[GROUP], cell(row), cell(usual), cell(placebo), cell(season), f"below {TINY}" if small else cell(p, 3))
        )
    head = (
        "column",
        EFFECT,
        "windows of the past (95 % of them)",
        PLACEBO,
        "to the same days of earlier years",
        P_VALUE,
    )
    tables = [Shown("Does the column differ? Cramér's V, and how unusual it is.", head, body)]
    if read.has(TELL):
        tables.append(crossed(read.part(TELL), "Can a model tell days from the rest of the past?", "which days"))
    lost = read.part(BY_DATED)
    if lost.height:
        rows = [(name, *(cell(read.line(part, name), 3) for part in (BY, BY_DATED))) for name in lost[GROUP]]
        tables.append(Shown("AUC lost when a column is shuffled.", ("column", PLAIN, DATED), rows, folded=True))
    tables += [
        crossed(read.part(SHARES), "Shares of store-days.", "column: level", across=MEASURE, folded=True),
        crossed(read.part(FACTS), "Days and stores.", "what", folded=True),
    ]
    missing = read.part(MISSING)
    if missing.height:
        rows = [(row[GROUP], cell(row)) for row in missing.iter_rows(named=True)]
        tables.append(
            Shown("Seen in the past and not ahead.", ("column: level", "share of the past"), rows, folded=True)
        )
    return tables
