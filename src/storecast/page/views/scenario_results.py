"""What another calendar would change, by week, by day and by store, with its interval; two of them beside each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from storecast.page import charts, tables
from storecast.page.language import Words
from storecast.page.shell import message
from storecast.page.views.plan_figures import scope_name
from storecast.plan.scopes import STORE

MOST_STORES = 20  # that are listed


@dataclass(frozen=True, eq=False)
class ScenarioDifferences:
    """What another calendar would change.

    Attributes
    ----------
    differences : as `explain.scenario.compare` returns them
    warnings : where it leaves what was ever seen
    """

    differences: pl.DataFrame
    warnings: list[str]

    def whole(self) -> dict[str, Any]:
        """Return the row of all stores and days."""
        return self.differences.filter(pl.col("Level") == "chain-horizon").row(0, named=True)

    def days(self) -> pl.DataFrame:
        """Return the rows of the stores and days whose forecasts differ."""
        return self.differences.filter(pl.col("Level") == "store-day")

    def weeks(self) -> pl.DataFrame:
        """Return the rows of all stores by week."""
        return self.differences.filter(pl.col("Level") == "chain-week").sort("Start")


def show_results(results: Mapping[str, ScenarioDifferences], words: Words) -> Component:
    """Return scenarios with what they change, and two of them beside each other.

    Parameters
    ----------
    results : by their letter
    words : the language
    """
    parts = [_one(letter, result, words) for letter, result in results.items()]
    if len(results) < 2:
        return html.Div(parts)
    return html.Div([_both(results, words), html.Div(parts, className="pair")])


def _one(letter: str, result: ScenarioDifferences, words: Words) -> Component:
    whole = result.whole()
    figures = [
        (
            words.text("Expected difference"),
            words.signed(whole["Difference"]),
            words.text(
                "{lower} to {upper}, 80% interval",
                lower=words.signed(whole["Lower80"]),
                upper=words.signed(whole["Upper80"]),
            ),
        ),
        (words.text("As the calendar is"), words.money(whole["Stored"]), words.text("all stores and days")),
        (words.text("With the changes"), words.money(whole["Scenario"]), _share(whole, words)),
    ]
    lower, upper = whole["PossibleLower80"], whole["PossibleUpper80"]
    if lower is not None and upper is not None:
        span = f"{words.signed(lower)} … {words.signed(upper)}"
        figures.append((words.text("Possible difference"), span, words.text("of what is sold, 80% interval")))
    title = words.text("What scenario {letter} changes", letter=letter)
    heading = html.H2(title)
    warnings = [message(words.message(warning), kind="hint") for warning in result.warnings]
    if result.days().is_empty():
        nothing = message(words.text("Nothing changes: the calendar is so already."), kind="hint")
        return html.Section([heading, *warnings, nothing])
    return html.Section(
        [
            heading,
            *warnings,
            tables.facts(*figures),
            charts.chart(_by_day(result), words.text("Difference by day"), words, height=240),
            _weeks(result, letter, words),
            _stores(result, letter, words),
        ]
    )


def _share(whole: Mapping[str, Any], words: Words) -> str:
    if not whole["Stored"]:
        return ""
    share = whole["Difference"] / whole["Stored"]
    return words.signed_percent(share)


def _by_day(result: ScenarioDifferences) -> list[charts.Trace]:
    weeks = result.weeks()
    sums = pl.DataFrame({"Start": pl.date_range(weeks["Start"][0], weeks["End"][-1], eager=True)})
    changed = result.days().group_by("Start").agg(pl.col("Difference").sum())
    sums = sums.join(changed, on="Start", how="left", maintain_order="left").with_columns(
        pl.col("Difference").fill_null(0.0)
    )
    colours = [charts.BLUE if value >= 0 else charts.RED for value in sums["Difference"]]
    bars = {
        "type": "bar",
        "x": sums["Start"].to_list(),
        "y": sums["Difference"].to_list(),
        "marker": {"color": colours},
        "hovertemplate": "%{y:,.0f}<extra></extra>",
        "showlegend": False,
    }
    return [bars]


def _weeks(result: ScenarioDifferences, letter: str, words: Words) -> Component:
    title = words.text("By week, scenario {letter}", letter=letter)
    header = [
        words.text(name)
        for name in ("Week from", "As the calendar is", "With the changes", "Difference", "Lower", "Upper")
    ]
    rows = [
        [
            words.day(row["Start"]),
            words.money(row["Stored"]),
            words.money(row["Scenario"]),
            *(words.signed(row[name]) for name in ("Difference", "Lower80", "Upper80")),
        ]
        for row in result.weeks().iter_rows(named=True)
    ]
    return tables.table(header, rows, label=title)


def _stores(result: ScenarioDifferences, letter: str, words: Words) -> Component:
    rows = result.differences.filter(pl.col("Level") == "store-horizon")
    rows = rows.sort(pl.col("Difference").abs(), descending=True)
    title = words.plural("{count} store changes", "{count} stores change", rows.height)
    header = [words.text(name) for name in ("Store", "Difference", "Lower", "Upper")]
    lines = [
        [
            scope_name(STORE, row["Key"], words),
            *(words.signed(row[name]) for name in ("Difference", "Lower80", "Upper80")),
        ]
        for row in rows.head(MOST_STORES).iter_rows(named=True)
    ]
    label = words.text("By store, scenario {letter}", letter=letter)
    return html.Details([html.Summary(title), tables.table(header, lines, label=label)])


def _both(results: Mapping[str, ScenarioDifferences], words: Words) -> Component:
    (first, one), (second, other) = results.items()
    weeks = one.weeks().select("Start", pl.col("Difference").alias("one"))
    weeks = weeks.join(other.weeks().select("Start", pl.col("Difference").alias("other")), on="Start").sort("Start")
    totals = [(words.text("All weeks"), one.whole()["Difference"], other.whole()["Difference"])]
    lines = [(words.day(row["Start"]), row["one"], row["other"]) for row in weeks.iter_rows(named=True)]
    title = words.text("Two scenarios beside each other")
    letters = {"first": first, "second": second}
    header = [
        words.text("Week from"),
        words.text("Scenario {letter}", letter=first),
        words.text("Scenario {letter}", letter=second),
        words.text("{second} less {first}", **letters),
    ]
    rows = [
        [name, words.signed(left), words.signed(right), words.signed(right - left)]
        for name, left, right in [*lines, *totals]
    ]
    hint = words.text("Differences from the calendar as it is. What lies between the two has no interval of its own.")
    return html.Section([html.H2(title), html.P(hint, className="soft"), tables.table(header, rows, label=title)])
