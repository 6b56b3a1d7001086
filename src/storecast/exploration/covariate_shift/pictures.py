"""The pictures of the section on past and ahead, and the words for columns and their levels."""

import polars as pl

from storecast import schema as s
from storecast.exploration.covariate_shift.parts import (
    DAY_OF_YEAR,
    MONTH,
    WITH_DAY_OF_YEAR,
    WITHOUT_SEASON,
    ColumnTest,
    Part,
    Span,
)
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, VALUE
from storecast.exploration.shared.wording import interval_text, short_text
from storecast.report.blank_figure import INK
from storecast.report.charts import COLOURS, GRID, MUTED, PERCENT, blank, horizontal_bars
from storecast.report.section import Picture

WORDS = {
    s.PROMO: "promotions", s.OPEN: "open days", s.STATE_HOLIDAY: "state holidays", s.SCHOOL_HOLIDAY: "school holidays",
    "Weekday": "weekdays", MONTH: "months", s.STORE_TYPE: "store types", s.ASSORTMENT: "assortments", s.STATE: "states",
    s.COMPETITION_DISTANCE: "competitor's distance", s.PROMO2: "Promo2", DAY_OF_YEAR: "day of the year",
}  # fmt: skip
LEVELS = {
    f"{s.OPEN}: 1": "open", f"{s.PROMO}: 1": "promotion", f"{s.SCHOOL_HOLIDAY}: 1": "school holiday",
    f"{s.STATE_HOLIDAY}: a": "public holiday", f"{s.STATE_HOLIDAY}: b": "Easter", f"{s.STATE_HOLIDAY}: c": "Christmas",
}  # fmt: skip
COLUMNS_SHOWN = 6  # columns that a model goes by, at most, in the picture
LEGEND = {Span.PAST: "past", Span.SAME_DAYS: "same days, earlier years", Span.AHEAD: "ahead"}


def pictures(estimates: EstimateTable) -> list[Picture]:
    """Draw what the table holds."""
    return [_shares(estimates), *_effects(estimates), *_importance(estimates)]


def _shares(estimates: EstimateTable) -> Picture:
    rows = estimates.part(Part.SHARES)
    names = [name for name in LEVELS if (rows[GROUP] == name).any()]
    series = {}
    for measure in (Span.PAST, Span.SAME_DAYS, Span.AHEAD):
        values = dict(rows.filter(pl.col(MEASURE) == measure).select(GROUP, VALUE).iter_rows())
        if values:
            series[LEGEND[measure]] = [values.get(name, 0.0) for name in names]
    promo = [estimates.first(Part.SHARES, f"{s.PROMO}: 1", measure) for measure in (Span.PAST, Span.AHEAD)]
    return Picture(
        "alike-shares",
        "What the days are made of",
        horizontal_bars([LEVELS[name] for name in names], series, PERCENT),
        alt=(
            f"Bars side by side for the past, the same days of earlier years and the days ahead; promotions ran on {short_text(promo[0])} of the past's "
            f"store-days and run on {short_text(promo[1])} ahead."
        ),
        caption="Share of store-days. The same days of earlier years lie whole weeks apart, so that weekdays agree.",
    )


def _effects(estimates: EstimateTable) -> list[Picture]:
    """Draw how much each column differs, compared with windows of the past; months, which always differ, are left out."""
    rows = estimates.part(Part.TEST, ColumnTest.CRAMERS_V).filter(pl.col(GROUP) != MONTH).sort(VALUE, descending=True)
    if rows.is_empty():
        return []
    figure = blank(290)
    usual = [
        line
        for name in rows[GROUP]
        if (line := estimates.first(Part.TEST, name, ColumnTest.CRAMERS_V_WINDOWS)) is not None
    ]
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
    usual_range = estimates.first(Part.TEST, first[GROUP], ColumnTest.CRAMERS_V_WINDOWS)
    past = f"; 95% of the windows of the past lie from {interval_text(usual_range)}" if usual_range else ""
    return [
        Picture(
            "alike-effects",
            "How much each column differs",
            figure,
            alt=f"A mark for each column; the largest is {WORDS[first[GROUP]]}, Cramér's V {short_text(first)}{past}.",
            caption=(
                "Cramér's V between ahead and past: up to 0.1 is hardly a difference, 0.5 a large one. Grey: 95% of the windows of the past of the same length, each against the rest of the "
                "past. Months are left out: any window of some weeks differs in them."
            ),
            wide=False,
        )
    ]


def _importance(estimates: EstimateTable) -> list[Picture]:
    parts = {
        name: estimates.part(part)
        for name, part in ((WITHOUT_SEASON, Part.IMPORTANCE), (WITH_DAY_OF_YEAR, Part.IMPORTANCE_WITH_DAY_OF_YEAR))
        if estimates.has(part)
    }
    if not parts:
        return []
    lost = {name: dict(rows.select(GROUP, VALUE).iter_rows()) for name, rows in parts.items()}
    best: dict[str, float] = {}
    for values in lost.values():
        best |= {column: max(value, best.get(column, value)) for column, value in values.items()}
    columns = sorted(best, key=lambda column: -best[column])[:COLUMNS_SHOWN]
    series = {name: [values.get(column) for column in columns] for name, values in lost.items()}
    most = "; ".join(
        f"{name}: {WORDS[max(values, key=lambda column: values[column])]}" for name, values in lost.items()
    )
    return [
        Picture(
            "alike-told-by",
            "What a model goes by to tell them apart",
            horizontal_bars([WORDS[column] for column in columns], series, ".2f", "AUC lost"),
            alt=f"Bars: what the AUC loses when a column is shuffled. The costliest to shuffle are, {most}.",
            caption="AUC that is lost when a column is shuffled. Where the AUC itself is near 0.5, this is noise.",
            wide=False,
        )
    ]
