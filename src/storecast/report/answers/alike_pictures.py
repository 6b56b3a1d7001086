"""The pictures of the section on past and ahead, and the words for columns and their levels."""

import plotly.graph_objects as go
import polars as pl

from storecast import schema as s
from storecast.questions.alike import (
    AHEAD,
    BY,
    BY_DATED,
    DATED,
    DAY_OF_YEAR,
    EFFECT,
    MONTH,
    PAST,
    PLAIN,
    SEASON,
    SHARES,
    TEST,
    USUAL,
)
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, VALUE
from storecast.report.charts import COLOURS, GRID, INK, MUTED, PERCENT, blank
from storecast.report.section import Picture, Reader, cell, interval

WORDS = {
    s.PROMO: "promotions", s.OPEN: "open days", s.STATE_HOLIDAY: "state holidays", s.SCHOOL_HOLIDAY: "school holidays",
    "Weekday": "weekdays", MONTH: "months", s.STORE_TYPE: "store types", s.ASSORTMENT: "assortments", s.STATE: "states",
    s.COMPETITION_DISTANCE: "competitor's distance", s.PROMO2: "Promo2", DAY_OF_YEAR: "day of the year",
}  # fmt: skip
LEVELS = {
    f"{s.OPEN}: 1": "open", f"{s.PROMO}: 1": "promotion", f"{s.SCHOOL_HOLIDAY}: 1": "school holiday",
    f"{s.STATE_HOLIDAY}: a": "public holiday", f"{s.STATE_HOLIDAY}: b": "Easter", f"{s.STATE_HOLIDAY}: c": "Christmas",
}  # fmt: skip
TOLD = 6  # columns that a model goes by, at most, in the picture
PALE = "#d3dae1"
LEGEND = {PAST: "past", SEASON: "same days, earlier years", AHEAD: "ahead"}


def pictures(read: Reader) -> list[Picture]:
    """Draw what the table holds."""
    return [_shares(read), *_effects(read), *_told_by(read)]


def _shares(read: Reader) -> Picture:
    rows = read.part(SHARES)
    names = [name for name in LEVELS if (rows[GROUP] == name).any()]
    series = {}
    for measure in (PAST, SEASON, AHEAD):
        found = dict(rows.filter(pl.col(MEASURE) == measure).select(GROUP, VALUE).iter_rows())
        if found:
            series[LEGEND[measure]] = [found.get(name, 0.0) for name in names]
    promo = [read.line(SHARES, f"{s.PROMO}: 1", measure) for measure in (PAST, AHEAD)]
    return Picture(
        "alike-shares",
        "What the days are made of",
        _sideways([LEVELS[name] for name in names], series, PERCENT),
        alt=(
            f"Bars side by side for the past, the same days of earlier years and the days ahead; promotions ran on {cell(promo[0])} of the past's "
            f"store-days and run on {cell(promo[1])} ahead."
        ),
        caption="Share of store-days. The same days of earlier years lie whole weeks apart, so that weekdays agree.",
    )


def _effects(read: Reader) -> list[Picture]:
    """Draw how much each column differs, beside what windows of the past do; the month differs in every window."""
    rows = read.part(TEST, EFFECT).filter(pl.col(GROUP) != MONTH).sort(VALUE, descending=True)
    if rows.is_empty():
        return []
    figure = blank(290)
    usual = [line for name in rows[GROUP] if (line := read.line(TEST, name, USUAL)) is not None]
    for k, line in enumerate(usual):
        word = WORDS[line[GROUP]]
        figure.add_scatter(
            x=[line[LOW], line[HIGH]], y=[word, word], mode="lines", name="windows of the past", showlegend=k == 0,
            line={"color": MUTED, "width": 9}, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=rows[VALUE].to_list(), y=[WORDS[name] for name in rows[GROUP]], mode="markers", name="ahead",
        marker={"color": COLOURS[0], "symbol": "diamond", "size": 10, "line": {"color": INK, "width": 0.6}},
    )  # fmt: skip
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(
        tickformat=".2f",
        nticks=5,
        range=[0, 1.05 * max(*(line[HIGH] for line in usual), *rows[VALUE], 0.01)],
        showgrid=True,
        gridcolor=GRID,
        title_text="Cramér's V",
    )
    figure.update_yaxes(
        categoryorder="array", categoryarray=[WORDS[name] for name in rows[GROUP]][::-1], ticklabelstandoff=4
    )
    first = rows.row(0, named=True)
    beside = read.line(TEST, first[GROUP], USUAL)
    past = f"; 95 % of the windows of the past lie from {interval(beside)}" if beside else ""
    return [
        Picture(
            "alike-effects",
            "How much each column differs",
            figure,
            alt=f"A mark for each column; the largest is {WORDS[first[GROUP]]}, Cramér's V {cell(first)}{past}.",
            caption=(
                "Cramér's V between ahead and past: up to 0.1 is hardly a difference, 0.5 a large one. Grey: 95 % of the windows of the past of the same length, each against the rest of the "
                "past. Months are left out: any window of some weeks differs in them."
            ),
            wide=False,
        )
    ]


def _told_by(read: Reader) -> list[Picture]:
    parts = {name: read.part(part) for name, part in ((PLAIN, BY), (DATED, BY_DATED)) if read.has(part)}
    if not parts:
        return []
    lost = {name: dict(rows.select(GROUP, VALUE).iter_rows()) for name, rows in parts.items()}
    best: dict[str, float] = {}
    for found in lost.values():
        best |= {column: max(value, best.get(column, value)) for column, value in found.items()}
    columns = sorted(best, key=lambda column: -best[column])[:TOLD]
    series = {name: [found.get(column) for column in columns] for name, found in lost.items()}
    most = "; ".join(f"{name}: {WORDS[max(found, key=lambda column: found[column])]}" for name, found in lost.items())
    return [
        Picture(
            "alike-told-by",
            "What a model goes by to tell them apart",
            _sideways([WORDS[column] for column in columns], series, ".2f", "AUC lost"),
            alt=f"Bars: what the AUC loses when a column is shuffled. The costliest to shuffle are, {most}.",
            caption="AUC that is lost when a column is shuffled. Where the AUC itself is near 0.5, this is noise.",
            wide=False,
        )
    ]


def _sideways(names: list[str], series: dict[str, list[float | None]] | dict[str, list[float]], form: str, title: str = "") -> go.Figure:  # fmt: skip
    """Draw bars that lie, so that their names can be read on a narrow page."""
    figure = blank(110 + 16 * len(names) * (1 + len(series)))
    for colour, (name, values) in zip((PALE, COLOURS[1], COLOURS[0])[-len(series) :], series.items(), strict=False):
        figure.add_bar(
            x=values,
            y=names,
            name=name,
            orientation="h",
            marker={"color": colour, "line": {"color": INK, "width": 0.4}},
        )
    figure.update_layout(barmode="group", bargap=0.3, showlegend=len(series) > 1, hovermode="y unified")
    figure.update_xaxes(tickformat=form, nticks=5, showgrid=True, gridcolor=GRID, title_text=title)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=4)
    return figure
