"""Which stores are alike, and which stand out."""

import polars as pl

from storecast.questions.stores import (
    CORRELATIONS,
    GROUPS,
    GROWING,
    GROWTH,
    LEVEL,
    LOW_END,
    MEMBERS,
    SCORES,
    SHRINKING,
    STORE,
    SURE,
    TOP,
    VOLATILE,
)  # fmt: skip
from storecast.questions.tidy import GROUP, MEASURE, VALUE, N
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said

UNUSUAL = 0.5  # standard deviations from all stores, from which a group is called more or less of something
LISTS = (
    (TOP, "The ten largest stores, by sales of an open day."), (LOW_END, "The ten smallest."),
    (GROWING, "The ten fastest growing, like for like, drawn to the chain's mean for noise."), (SHRINKING, "The ten fastest shrinking."),
    (VOLATILE, "The ten most volatile: one standard deviation of what is left of a day after level, calendar and the chain's day."),
)  # fmt: skip


def section(table: pl.DataFrame) -> Section:
    """Answer which stores are alike, and which stand out."""
    read = Reader(table)
    return Section(
        key="stores",
        question="Which stores are alike, and which stand out?",
        short="Stores",
        answer=_answer(read),
        pictures=[*_groups(read), *_correlations(read), *_growth(read)],
        tables=_tables(read),
        method=(
            "Each store is measured like with like: sales of an open day, growth a year (a line through its departures from the chain's days), "
            "volatility (a robust standard deviation of the same), answer to promotions, Saturday beside Monday to Friday, December beside the rest of the "
            "year, spend per customer. Groups by k-means on standardised measures, their number by the best silhouette; stability is the adjusted Rand "
            "index of groupings of resampled stores (1: the same each time). Growth is drawn to the mean by as much as its error says. Correlations are "
            "Spearman's."
        ),
        unproven=_unproven(read),
    )


def _answer(read: Reader) -> str:
    top, low = read.line(TOP), read.line(LOW_END)
    assert top is not None
    assert low is not None
    parts = [f"Store {top[GROUP]} sells most, {said(top)} a day, store {low[GROUP]} least, {said(low)}"]
    fast, slow = read.line(GROWING), read.line(SHRINKING)
    if fast and slow:
        surely, falling = read.line(SURE, "growing"), read.line(SURE, "shrinking")
        parts.append(
            f"store {fast[GROUP]} grows fastest, {cell(fast)} a year, and store {slow[GROUP]} changes by {cell(slow)}"
        )
        if surely and falling:
            parts.append(
                f"{number(surely[VALUE], 'count')} stores surely grow and {number(falling[VALUE], 'count')} surely shrink"
            )
    text = "; ".join(parts) + "."
    groups = read.part(MEMBERS, "stores")
    stable = read.part(SCORES, "stability")
    if groups.height and stable.height:
        text += f" They fall into {_count(groups.height)} groups that are {_firm(stable[VALUE][0])} (stability {said(stable.row(0, named=True), inside=True)})."
    return text


def _count(groups: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}[groups]


def _firm(stability: float) -> str:
    return (
        "firm"
        if stability > 0.8
        else "fairly firm"
        if stability > 0.6
        else "loose: a way to look at them, not kinds of their own"
    )


def _unproven(read: Reader) -> str:
    text = "What makes a store grow or swing is not in these data: a new road, a rebuilt street and a good manager look alike."
    if not read.has(GROUPS):
        return "There are too few stores, or too few measures of each, to group them. " + text
    scores = read.part(SCORES, "silhouette").sort(VALUE, descending=True)
    best = scores.row(0, named=True)
    return (
        f"The best silhouette is {cell(best)} where 1 would be clear-cut groups: stores shade into each other. {text}"
    )


def _groups(read: Reader) -> list[Picture]:
    rows = read.part(GROUPS)
    if rows.is_empty():
        return []
    names, measures = (list(dict.fromkeys(rows[column].to_list())) for column in (GROUP, MEASURE))
    of = {(row[GROUP], row[MEASURE]): row[VALUE] for row in rows.iter_rows(named=True)}
    figure = charts.heatmap(
        measures,
        [f"group {name}" for name in names],
        [[of[name, measure] for measure in measures] for name in names],
        z_format="+.1f",
        z_title="z",
        around_zero=True,
        texts=True,
        height=110 + 34 * len(names),
    )
    return [
        Picture(
            "groups",
            "What is unusual about each group",
            figure,
            alt="Heatmap: the mean of each measure in each group, in standard deviations from all stores. The table below says it in words.",
            caption="Standard deviations from the mean of all stores: 0 is usual.",
        )
    ]


def _correlations(read: Reader) -> list[Picture]:
    rows = read.part(CORRELATIONS)
    names = list(dict.fromkeys(rows[GROUP].to_list()))
    if len(names) < 2:
        return []
    of = {(row[GROUP], row[MEASURE]): row[VALUE] for row in rows.iter_rows(named=True)}
    figure = charts.heatmap(
        names,
        names,
        [[of.get((one, other)) for other in names] for one in names],
        z_format=".1f",
        around_zero=True,
        texts=True,
        height=380,
    )
    apart = rows.filter(pl.col(GROUP) != pl.col(MEASURE)).sort(pl.col(VALUE).abs(), descending=True)
    strong = apart.row(0, named=True)
    return [
        Picture(
            "correlations",
            "What goes with what, over the stores",
            figure,
            alt=f"Heatmap of rank correlations; the strongest is {strong[GROUP]} with {strong[MEASURE]}: {cell(strong)}.",
            caption="Spearman's rank correlation over the stores.",
            wide=True,
        )
    ]


def _growth(read: Reader) -> list[Picture]:
    level, growth = read.part(STORE, LEVEL), read.part(STORE, GROWTH)
    both = level.join(growth, on=GROUP, suffix=" of growth", maintain_order="left")
    if both.height < 3:
        return []
    figure = charts.scatter(
        [charts.Series("stores", both[VALUE].round(0).to_list(), both[f"{VALUE} of growth"].round(4).to_list())],
        x_format="~s",
        y_format=charts.PERCENT_CHANGE,
        x_title="sales a day",
        y_title="growth a year",
        texts=[[f"store {name}" for name in both[GROUP]]],
        height=380,
    )
    sure = read.line(SURE, "growing")
    return [
        Picture(
            "growth",
            "Growth against size",
            figure,
            alt=f"A point a store: growth a year against sales a day{f'; {cell(sure)} stores surely grow' if sure else ''}.",
            caption="A point is a store; growth before it is drawn to the mean.",
            wide=False,
        )
    ]


def _tables(read: Reader) -> list[Shown]:
    tables = []
    members = read.part(MEMBERS, "stores")
    if members.height:
        body = []
        for row in members.iter_rows(named=True):
            profile = read.part(GROUPS).filter(pl.col(GROUP) == row[GROUP]).sort(pl.col(VALUE).abs(), descending=True)
            shares = read.part(MEMBERS).filter((pl.col(GROUP) == row[GROUP]) & pl.col(MEASURE).str.starts_with("type "))
            kinds = ", ".join(
                f"{share[MEASURE].removeprefix('type ')} {number(share[VALUE], 'share', 0)}"
                for share in shares.iter_rows(named=True)
                if share[VALUE] > 0.05
            )
            body.append((row[GROUP], number(row[N], "count"), _words(profile), kinds))
        tables.append(
            Shown(
                "The groups in words: more or less of something than other stores.",
                ("group", "stores", "unusual", "store types"),
                body,
                words=True,
            )
        )
    for part, caption in LISTS:
        rows = read.part(part)
        if rows.height:
            tables.append(crossed(rows, caption, "store", folded=True))
    if read.has(SCORES):
        tables.append(crossed(read.part(SCORES), "How well stores fall into groups.", "number", folded=True))
    return tables


def _words(profile: pl.DataFrame) -> str:
    found = [
        f"{'more' if row[VALUE] > 0 else 'less'} {row[MEASURE]}"
        for row in profile.iter_rows(named=True)
        if abs(row[VALUE]) >= UNUSUAL
    ]
    return ", ".join(found[:4]) or "like the mean of all stores"
