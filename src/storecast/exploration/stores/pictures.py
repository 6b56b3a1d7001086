"""The pictures of the section on the stores."""

import polars as pl

from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, MEASURE, VALUE
from storecast.exploration.shared.wording import short_text
from storecast.exploration.stores.parts import Part, Trait
from storecast.report import charts
from storecast.report.section import Picture


def pictures(estimates: EstimateTable) -> list[Picture]:
    """Draw what the table holds."""
    return [*_groups(estimates), *_correlations(estimates), *_growth(estimates)]


def _groups(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.GROUP_PROFILE)
    if rows.is_empty():
        return []
    names, measures = (list(dict.fromkeys(rows[column].to_list())) for column in (GROUP, MEASURE))
    values = {(row[GROUP], row[MEASURE]): row[VALUE] for row in rows.iter_rows(named=True)}
    figure = charts.heatmap(
        measures,
        [f"group {name}" for name in names],
        [[values[name, measure] for measure in measures] for name in names],
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


def _correlations(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.RANK_CORRELATION)
    names = list(dict.fromkeys(rows[GROUP].to_list()))
    if len(names) < 2:
        return []
    values = {(row[GROUP], row[MEASURE]): row[VALUE] for row in rows.iter_rows(named=True)}
    figure = charts.heatmap(
        names,
        names,
        [[values.get((name, other)) for other in names] for name in names],
        z_format=".1f",
        z_title="correlation",
        around_zero=True,
        texts=True,
        height=380,
    )
    pairs = rows.filter(pl.col(GROUP) != pl.col(MEASURE)).sort(pl.col(VALUE).abs(), descending=True)
    strong = pairs.row(0, named=True)
    return [
        Picture(
            "correlations",
            "What goes with what, over the stores",
            figure,
            alt=f"Heatmap of rank correlations; the strongest is {strong[GROUP]} with {strong[MEASURE]}: {short_text(strong)}.",
            caption="Spearman's rank correlation over the stores.",
            wide=True,
        )
    ]


def _growth(estimates: EstimateTable) -> list[Picture]:
    level, growth = estimates.part(Part.STORE, Trait.SALES_A_DAY), estimates.part(Part.STORE, Trait.GROWTH)
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
    sure = estimates.first(Part.SURE_DIRECTION, "growing")
    return [
        Picture(
            "growth",
            "Growth against size",
            figure,
            alt=f"A point a store: growth a year against sales a day{f'; {short_text(sure)} stores surely grow' if sure else ''}.",
            caption="A point is a store; growth before it is drawn to the mean.",
            wide=False,
        )
    ]
