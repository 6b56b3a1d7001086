"""Whether the days to be forecast are like the days to learn from."""

import polars as pl

from storecast.questions.alike import (
    AHEAD,
    BY,
    CONTROL,
    DATED,
    EFFECT,
    FACTS,
    MISSING,
    P_VALUE,
    PAST,
    PLACEBO,
    PLAIN,
    SEASON,
    SHARES,
    TELL,
    TEST,
)  # fmt: skip
from storecast.questions.tidy import GROUP, LOW, MEASURE, VALUE
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said

SHOWN_SHARES = ("Promo: 1", "Open: 1", "SchoolHoliday: 1", "StateHoliday: a", "StateHoliday: b", "StateHoliday: c")
WORDS = {"Promo: 1": "promotion", "Open: 1": "open", "SchoolHoliday: 1": "school holidays", "StateHoliday: a": "public holiday", "StateHoliday: b": "Easter", "StateHoliday: c": "Christmas"}  # fmt: skip
GUESSING = 0.5  # AUC
RARE = 0.05  # share of past windows that differ as much, below which a difference is unusual


def section(table: pl.DataFrame) -> Section:
    """Answer whether the days ahead are like the past."""
    read = Reader(table)
    return Section(
        key="alike",
        question="Are the days to be forecast like the days to learn from?",
        short="Past and ahead",
        answer=_answer(read),
        pictures=[_shares(read), _effects(read), *_told_by(read)],
        tables=_tables(read),
        method=(
            "What is known ahead is compared between the past and the days of test.csv: shares, a chi-squared test, Cramér's V as the size of the effect (0: "
            "alike, 1: nothing in common). Rows of a day hang together, so that a p-value of rows is nearly always 0 and says little; the placebo does: how many "
            "windows of the past, of the same length, differ from the rest of the past as much. The model is gradient-boosted trees that try to tell days ahead "
            "from the past, tested on whole weeks left out; AUC 0.5 is guessing, 1 is always right. As a yardstick the same for the last window of the past."
        ),
        unproven=_careful(read),
    )


def _careful(read: Reader) -> str:
    """Say what a model must be careful of."""
    parts = []
    unusual = _unusual(read)
    if unusual:
        parts.append(
            f"A model must be careful with {_listed(unusual)}: what it learned there comes from days that were unlike those ahead."
        )
    absent = [row[GROUP] for row in read.part(MISSING).iter_rows(named=True) if not row[GROUP].startswith("Month")]
    if absent:
        parts.append(
            f"The days ahead hold no {_listed(absent)}: how well a model does on such days will not show in them."
        )
    parts.append(
        "Only what is in the files can be compared. Prices, ranges, competitors yet to open and the weather ahead are not; a season that the past has seen once "
        "or twice is known from those years alone."
    )
    return " ".join(parts)


def _unusual(read: Reader) -> list[str]:
    rows = read.part(TEST, PLACEBO).filter(pl.col(VALUE) < RARE)
    effects = {row[GROUP]: row[VALUE] for row in read.part(TEST, EFFECT).iter_rows(named=True)}
    return sorted(rows[GROUP].to_list(), key=lambda name: -effects[name])


def _answer(read: Reader) -> str:
    effects = read.part(TEST, EFFECT).sort(VALUE, descending=True)
    first = effects.row(0, named=True)
    unusual = _unusual(read)
    if unusual:
        text = f"Unlike the past in {_listed(unusual)}: fewer than one in twenty windows of the past differ as much from the rest"
    else:
        text = "In no column do the days ahead differ more than windows of the past do among themselves"
    text += f"; the largest effect is that of {first[GROUP]} (Cramér's V {cell(first)})."
    plain, control, dated = (read.line(TELL, name) for name in (PLAIN, CONTROL, DATED))
    if plain:
        by = read.part(BY).sort(VALUE, descending=True)
        told = plain[LOW] is not None and plain[LOW] > GUESSING
        text += f" {'A model tells them apart' if told else 'A model can hardly tell them apart'}, AUC {said(plain)}"
        text += f", mostly by {by[GROUP][0]}" if told and by.height else ""
        text += f"; for the last window of the past it is {said(control)}" if control else ""
        text += f". With the day of the year it is {said(dated)}." if dated else "."
    return text


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _shares(read: Reader) -> Picture:
    series = []
    rows = read.part(SHARES).filter(pl.col(GROUP).is_in(SHOWN_SHARES))
    for measure in (PAST, SEASON, AHEAD):
        part = rows.filter(pl.col(MEASURE) == measure)
        if part.height:
            series.append(charts.Series(measure, [WORDS[name] for name in part[GROUP]], part[VALUE].to_list()))
    promo = [read.line(SHARES, "Promo: 1", measure) for measure in (PAST, AHEAD)]
    return Picture(
        "shares",
        "What the days are made of",
        charts.bars(series, y_format=".0%", height=290),
        alt=f"Bars side by side: past, same days of earlier years, ahead; promotions ran on {cell(promo[0])} of the past's store-days and run on {cell(promo[1])} ahead.",
        caption="Share of store-days. The same days of earlier years lie whole weeks apart, so that weekdays agree.",
    )


def _effects(read: Reader) -> Picture:
    rows = read.part(TEST, EFFECT).sort(VALUE, descending=True)
    figure = charts.bars(
        [charts.Series("effect", rows[GROUP].to_list(), rows[VALUE].to_list())], y_format=".2f", height=270
    )
    first = rows.row(0, named=True)
    return Picture(
        "effects",
        "How much each column differs",
        figure,
        alt=f"Bars of Cramér's V; the largest is {first[GROUP]}: {cell(first)}.",
        caption="Cramér's V between past and ahead: below 0.1 is small.",
        wide=False,
    )


def _told_by(read: Reader) -> list[Picture]:
    rows = read.part(BY).sort(VALUE, descending=True).head(8)
    if rows.is_empty():
        return []
    return [
        Picture(
            "told-by",
            "By what a model tells them apart",
            charts.bars(
                [charts.Series("lost", rows[GROUP].to_list(), rows[VALUE].to_list())], y_format=".2f", height=270
            ),
            alt=f"Bars: what the AUC loses when a column is shuffled; most by {rows[GROUP][0]}.",
            caption="AUC that is lost when the column is shuffled, season left out.",
            wide=False,
        )
    ]


def _tables(read: Reader) -> list[Shown]:
    body = []
    for row in read.part(TEST, EFFECT).iter_rows(named=True):
        p = read.line(TEST, row[GROUP], P_VALUE)
        placebo = read.line(TEST, row[GROUP], PLACEBO)
        body.append(
            (
                row[GROUP],
                cell(row),
                "below 0.001" if p and p[VALUE] < 0.001 else number(p[VALUE] if p else None, "score", 3),
                cell(placebo),
            )
        )
    tables = [
        Shown("Does the column differ?", ("column", EFFECT, P_VALUE, PLACEBO), body),
        crossed(read.part(SHARES), "Shares of store-days.", "column: level", folded=True),
        crossed(read.part(FACTS), "Days and stores.", "what", folded=True),
    ]
    if read.has(TELL):
        tables.append(crossed(read.part(TELL), "Can a model tell the days ahead from the past?", "model"))
    missing = read.part(MISSING)
    if missing.height:
        rows = [(row[GROUP], cell(row)) for row in missing.iter_rows(named=True)]
        tables.append(
            Shown("Seen in the past and not ahead.", ("column: level", "share of the past"), rows, folded=True)
        )
    return tables
