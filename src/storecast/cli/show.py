"""Results on stdout: tables for people, or JSON. `tables` lays them out, `progress` says what is being done meanwhile."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
from rich.markup import escape

from storecast import schema as s
from storecast.cli.progress import working
from storecast.cli.tables import printable, table, terminal
from storecast.data.target import Target

__all__ = [
    "as_json",
    "contributions",
    "importance",
    "plain_values",
    "printable",
    "scenario",
    "scores",
    "stores",
    "table",
    "working",
]

MOST_COLUMNS = 20
LARGE = 1000  # a forecast of so much is printed without decimals in a row of many columns
SHOWN = {
    "rmspe": "rmspe",
    "rmspe_without_worst5": "rmspe_without_worst5",
    "wape": "wape",
    "mase": "mase",
    "sql": "sql",
    "bias": "bias",
    "coverage80": "80%",
    "coverage95": "95%",
}
SPARE_SCORES = ("rows", "open", "sold", "rmspe_without_worst5", "mase", "cutoff")


def plain_values(value: Any) -> Any:
    """Return a dataclass's values with its days and times as text."""
    if isinstance(value, dict):
        return {name: plain_values(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(each) for each in value]
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, dt.date) else value


def as_json(value: object) -> None:
    """Print plain data as JSON."""
    print(json.dumps(value, indent=1))


def scores(summary: dict[str, Any]) -> None:
    """Print the scores of a backtest, window by window, and the model that won it."""
    lines = [line for line in summary["scores"] if line["slice"] == "all"]
    rows = [
        [
            line["model"],
            line["cutoff"],
            line["rows"],
            line["open_rows"],
            line["sold_rows"],
            *(line[name] for name in SHOWN),
        ]
        for line in lines
    ]
    table(
        "Scores by window (bias above 0: too high; 80%, 95%: the share of days within the interval)",
        ["model", "cutoff", "rows", "open", "sold", *SHOWN.values()],
        rows,
        spare=SPARE_SCORES,
    )
    terminal().print(escape(summary["selected"]["reason"]))
    _permutation_importance(summary["importance"], summary["selected"]["model"])
    for notice in summary.get("notices", ()):
        terminal().print(escape(printable(f"Note: {notice}")))


def _permutation_importance(importance: dict[str, Any], model: str) -> None:
    """Print by how much the error of a model grows without each driver, the largest first."""
    losses = importance["models"].get(model, {})
    if not losses:
        return
    rows = [
        [
            driver,
            f"{losses[driver] * 100:+.2f}",
            "–" if None in (interval := importance["interval"][model][driver]) else _points(*interval),
            "yes" if importance["beyond_chance"][model][driver] else "no: indistinguishable from none",
        ]
        for driver in sorted(losses, key=lambda name: -losses[name])
    ]
    head = ["driver", "WAPE grows by (points)", "95% interval", "beyond chance"]
    title = f"What drivers are worth to {model}, after {importance['cutoff']}"
    table(title, head, rows)


def _points(low: float, high: float) -> str:
    return f"{low * 100:+.2f} to {high * 100:+.2f}"


def contributions(days: pl.DataFrame, target: Target, trained_until: dt.date | None) -> None:
    """Print what forecasts are made of: one below the other for a day, a line a day for several.

    Parameters
    ----------
    days : as `explain.explanations.explain` returns them, with the columns of `explain.counterfactuals`; or a day of the past, as
        `bundle.past_days.explain_past_day`
    target : the figure that the model forecasts
    trained_until : the last day whose sales it learned from; None where that is not recorded
    """
    if days.height > 1:
        _contributions_by_day(days, target)
        return
    day = days.row(0, named=True)
    beside = (*s.KEYS, s.FORECAST, *s.OUTCOME)
    drivers = [
        (name, day[name]) for name in days.columns if name not in beside and not name.startswith(s.COUNTERFACTUAL)
    ]
    parts = [[name, f"{value:,.2f}" if name == "Usual" else f"{value:+,.2f}"] for name, value in drivers]
    parts[0][0] = "the chain's usual day"
    parts.append(["forecast", f"{day[s.FORECAST]:,.2f}"])
    if day.get(s.SALES) is not None:
        parts += [["not explained", f"{day[s.UNEXPLAINED]:+,.2f}"], [target.noun, f"{day[s.SALES]:,.2f}"]]
    title = f"Store {day['Store']} on {day['Date']}"
    table(title, ["what it is made of", target.unit or target.noun], parts)
    if s.CUTOFF in day:
        known = f"The forecast knows the {target.noun} up to {day[s.CUTOFF]}{_hindsight(day, trained_until)}."
        terminal().print(escape(printable(known)))
    answers = {name: value for name, value in day.items() if name.startswith(s.COUNTERFACTUAL) and value is not None}
    for name, value in answers.items():
        terminal().print(escape(printable(f"{name}: {value:,.2f} ({value - day['Forecast']:+,.2f})")))
    if answers:
        terminal().print(
            "A contribution compares with the chain's usual day, on which promotions count too; what a promotion adds is the "
            "difference from the forecast without it."
        )


def _hindsight(day: dict[str, Any], trained_until: dt.date | None) -> str:
    """Say whether a model learned from a day of the past."""
    if trained_until is None:
        return ""
    if day[s.DATE] <= trained_until:
        return f"; the model learned from those up to {trained_until}, this day among them: it explains in hindsight"
    return f"; the model learned from those up to {trained_until}, and not from this day"


def _contributions_by_day(days: pl.DataFrame, target: Target) -> None:
    """Print a line a day; drivers that contribute nothing on any day have no column."""
    drivers = [name for name in days.columns[4:] if (days[name].fill_null(0.0) != 0).any()]
    spare = [name for name in drivers if name.startswith(s.COUNTERFACTUAL)]
    digits = 0 if (days["Forecast"] >= LARGE).any() else 2
    rows = [
        [str(line[0]), *("–" if value is None else f"{value:,.{digits}f}" for value in line[1:])]
        for line in days.select("Date", "Forecast", "Usual", *drivers).iter_rows()
    ]
    of = days["Store"].unique()
    title = f"What each day's forecast of store {of[0]} is made of ({target.unit or target.noun})"
    table(title, ["day", "Forecast", "Usual", *drivers], rows, spare=[*spare[::-1], "Usual"])


def importance(importances: pl.DataFrame) -> None:
    """Print what matters to a model: drivers, and the first columns of its trees."""
    for kind, what in (("driver", "drivers"), ("column", "columns (TreeSHAP)")):
        of = importances.filter(pl.col("Kind") == kind).head(MOST_COLUMNS)
        if not of.is_empty():
            rows = [[name, f"± {share * 100:.1f}%"] for _, name, share in of.iter_rows()]
            table(f"What moves the model's forecasts: {what}", ["name", "usual size"], rows)


def scenario(differences: pl.DataFrame, out: Path, target: Target) -> None:
    """Print what another calendar changes, for the chain and its weeks; the file holds the rest.

    Parameters
    ----------
    differences : as `explain.scenario.compare` returns them
    out : the file that holds them
    target : the figure that the model forecasts
    """
    if (differences["Difference"] == 0).all():
        text = f"The other calendar changes no forecast; {out} has the two beside each other, and the log says why."
        terminal().print(escape(text))
        return
    chain = differences.filter(pl.col("Level").str.starts_with("chain"))
    bounds = [("Lower95", "Upper95"), ("PossibleLower95", "PossibleUpper95")]
    if chain["Lower95"].equals(chain["PossibleLower95"]) and chain["Upper95"].equals(chain["PossibleUpper95"]):
        bounds.pop()  # no opening changes
    rows = [
        [
            f"{line['Start']} to {line['End']}",
            *(f"{line[name]:,.0f}" for name in ("Stored", "Scenario")),
            f"{line['Difference']:+,.0f}",
            *(_interval(line[low], line[high]) for low, high in bounds),
        ]
        for line in chain.iter_rows(named=True)
    ]
    head = ["days", "stored calendar", "scenario", "difference", "95% interval", "possible, 95%"][: 4 + len(bounds)]
    unit = f" ({target.title})" if target != Target() else ""
    table(f"What the model expects the other calendar to change, all stores{unit}", head, rows)
    days = differences.filter(pl.col("Level") == "store-day")
    stored, difference = (float(days[name].sum()) for name in ("Stored", "Difference"))
    change = f"{difference / stored:+.1%}" if stored else f"{difference:+,.0f}"
    terminal().print(
        f"The model expects {change} on {days.height} store-days; {escape(str(out))} has every store. That is what it learned from "
        "the past, and no proof: nothing in a calendar was ever dealt out at random."
    )
    if len(bounds) > 1:
        terminal().print("The possible difference has the noise of days that are sold under one calendar alone.")


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:+,.0f} to {high:+,.0f}"


def stores(count: int) -> str:
    """Return a number of stores in words: 1 store, 2 stores."""
    return "1 store" if count == 1 else f"{count} stores"
