"""The pictures of the section on data quality."""

import polars as pl

from storecast.exploration.quality.estimate import BINS
from storecast.exploration.quality.parts import Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, POSITION, VALUE
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.wording import short_text
from storecast.report import charts
from storecast.report.section import Picture

MAX_CURVES = 5


def pictures(estimates: EstimateTable) -> list[Picture]:
    """Draw what the table holds."""
    return [*_trading(estimates), *_outliers(estimates), *_histograms(estimates)]


def _trading(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.STORES_WITH_SALES)
    if rows.height < 4:
        return []
    low, high = rows.sort(VALUE).row(0, named=True), rows.sort(VALUE).row(-1, named=True)
    figure = charts.curves(
        [chart_series("stores", rows, bounds=False)],
        y_format=",.0f",
        y_title="stores",
        height=220,
        marks=False,
    )
    figure.update_yaxes(rangemode="tozero")
    return [
        Picture(
            "quality-trading",
            "Stores with sales, week by week",
            figure,
            alt=f"Line: at most {short_text(high)} stores in the week from {high[GROUP]}, at least {short_text(low)} in the week from {low[GROUP]}.",
            caption="The fullest day of each week, Sundays left out. A step down that lasts is a gap of many stores at once.",
        )
    ]


def _outliers(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.STORES_BY_OUTLIERS)
    if rows.is_empty() or rows[VALUE][0] == rows[VALUE].sum():  # no store has any
        return []
    names = [name.replace(" to ", "–").replace("over ", "> ") for name in rows[GROUP]]
    figure = charts.bars(
        [chart_series("stores", rows, names, bounds=False)],
        y_format=",.0f", y_title="stores", x_title="outliers of a store", height=240,
    )  # fmt: skip
    figure.update_xaxes(type="category", tickangle=0)
    none, many = rows.row(0, named=True), rows.row(-1, named=True)
    return [
        Picture(
            "quality-outliers",
            "How many stores have how many outliers",
            figure,
            alt=f"Bars: {short_text(none)} stores have no outlier, {short_text(many)} have {many[GROUP]}.",
            caption="Open days of a store that lie more than five robust standard deviations from like days.",
            wide=False,
        )
    ]


def _histograms(estimates: EstimateTable) -> list[Picture]:
    pictures = []
    for measure in (SALES, CUSTOMERS):
        rows = estimates.part(f"{Part.HISTOGRAM} {measure}")
        for word in ("type", "assortment"):
            names = [name for name in dict.fromkeys(rows[GROUP].to_list()) if name.startswith(f"{word} ")][:MAX_CURVES]
            if not names and (word == "assortment" or rows.is_empty()):
                continue
            series = []
            for name in names or ["all"]:
                part = rows.filter(pl.col(GROUP) == name)
                edges, share = part[POSITION].round(1).to_list(), part[VALUE].round(4).to_list()
                edges.append(2 * edges[-1] - edges[-2])  # the last bin ends where the next would begin
                series.append(charts.Series(name.removeprefix(f"{word} "), edges, [*share, share[-1]]))
            figure = charts.curves(series, y_format=".0%", x_title=f"{measure} of an open day", height=270, marks=False)
            figure.update_traces(line={"shape": "hv"})
            figure.update_xaxes(tickformat="~s")
            median = estimates.first(f"{Part.DISTRIBUTION} {measure}", "all", "median")
            pictures.append(
                Picture(
                    f"quality-{measure}-{word}",
                    f"{measure.capitalize()} of an open day"
                    + (f" by {'store type' if word == 'type' else word}" if names else ""),
                    figure,
                    alt=f"{f'Histograms, one for each {word}' if names else 'Histogram'}; half of all open days have less than {short_text(median)}. The table below has the quartiles.",
                    caption=f"Share of the open days{f' of each {word}' if names else ''} in each of {BINS} bins. What lies beyond the 99.5th percentile of all is not drawn.",
                    wide=False,
                )
            )
    return pictures
