"""Forecast value added: what each step from the naive forecast to the approved plan did to the error."""

import datetime as dt
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.page import charts, tables
from storecast.page.language import Words
from storecast.page.plan_memory import cached
from storecast.page.view import ViewRequest
from storecast.page.views.plan_figures import reason_name
from storecast.plan.value_added import LATEST, MODEL, PLANNER, STEPS, UP
from storecast.workflows.planning import plan_value

SLICES = ("overridden", "person", "reason", "direction")


def section(request: ViewRequest, weeks: int | None) -> Component:
    """Return what the steps did on the days whose sales are there.

    Parameters
    ----------
    request : whose database and language
    weeks : the last ones, that count; None: all
    """
    words = request.words
    end = request.snapshot.predictor.cutoff
    since = None if weeks is None else end - dt.timedelta(weeks=weeks) + dt.timedelta(days=1)
    value = cached(request.database, ("value", since), lambda: plan_value(request.database, since))
    whole = value.steps.filter(pl.col("Slice") == "all")
    if whole.is_empty():
        return html.P(words.text("No day of a published version has come yet."))
    return html.Div(
        [
            html.P(value_sentence(value.overrides, words), className="answer"),
            html.Div([_steps_chart(whole.row(0, named=True), words), _slices(value.steps, words)], className="pair"),
        ]
    )


def value_sentence(overrides: pl.DataFrame, words: Words) -> str:
    """Say what the last overrides did, as `plan.value_added` does, in a language.

    Parameters
    ----------
    overrides : as in `ValueAdded`, newest first
    words : the language
    """
    latest = overrides.head(LATEST)
    if latest.is_empty():
        return words.text("No day of an override has come yet.")
    added, sales = (float(latest[name].sum()) for name in ("Added", s.SALES))
    upward = latest.filter(pl.col("Direction") == UP)
    sentences = [
        words.plural(
            "Of the last {count} override whose days have come, {better} made the forecast better and {worse} worse.",
            "Of the last {count} overrides whose days have come, {better} made the forecast better and {worse} worse.",
            latest.height,
            better=words.number(_count(latest, pl.col("Added") > 0)),
            worse=words.number(_count(latest, pl.col("Added") < 0)),
        )
    ]
    if upward.height:
        sentences.append(
            words.plural(
                "Of the one upwards, {better} made it better.",
                "Of the {count} upwards, {better} made it better.",
                upward.height,
                better=words.number(_count(upward, pl.col("Added") > 0)),
            )
        )
    amount, share = words.money(abs(added)), words.percent(abs(added) / sales) if sales else "–"
    if added >= 0:
        text = words.text(
            "Together they made the error smaller by {amount}, {share} of what was sold.", amount=amount, share=share
        )
    else:
        text = words.text(
            "Together they made the error larger by {amount}, {share} of what was sold.", amount=amount, share=share
        )
    return " ".join([*sentences, text])


def _count(rows: pl.DataFrame, condition: pl.Expr) -> int:
    return rows.filter(condition).height


def step_name(step: str, words: Words) -> str:
    """Return what a step is called."""
    names = {
        "Naive": words.text("Same weekday before"),
        "Model": words.text("Model"),
        "Planner": words.text("Planner"),
        "Approved": words.text("Approved plan"),
    }
    return names[step]


def _steps_chart(whole: dict[str, float | None], words: Words) -> Component:
    known = [step for step in STEPS if whole[step] is not None]
    errors = [whole[step] or 0.0 for step in known]
    label = words.text(
        "Error (WAPE) of each step, on the days whose sales have come; of the approved plan, where it was approved"
    )
    bars = {
        "type": "bar",
        "y": [step_name(step, words) for step in known],
        "x": errors,
        "orientation": "h",
        "text": [words.percent(error) for error in errors],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {"color": [charts.GREY, charts.BLUE, charts.AMBER, charts.TEAL][: len(known)]},
    }
    chart = charts.chart(
        [bars],
        label,
        words,
        height=60 + 48 * len(known),
        x={"showticklabels": False, "range": [0, 1.25 * max(errors, default=1.0)]},
        y={"autorange": "reversed"},
    )
    note = words.plural("{count} store-day counts.", "{count} store-days count.", int(whole["Days"] or 0))
    return html.Div([html.P(f"{label}. {note}", className="soft"), chart])


def _slices(steps: pl.DataFrame, words: Words) -> Component:
    """Return what overrides did: in all, by person, by reason and by direction."""
    kinds = {
        "overridden": words.text("All overrides"),
        "person": words.text("By person"),
        "reason": words.text("By reason"),
        "direction": words.text("By direction"),
    }
    directions = {"up": words.text("upwards"), "down": words.text("downwards")}
    header = [words.text(name) for name in ("Overrides", "Store-days", "Model", "Planner", "Added")]
    lines: list[list[Any]] = []
    for kind in SLICES:
        rows = steps.filter(pl.col("Slice") == kind)
        if kind != "overridden" and rows.height:
            lines.append([html.Strong(kinds[kind]), "", "", "", ""])
        for row in rows.iter_rows(named=True):
            name = kinds[kind] if kind == "overridden" else row["Key"]
            name = directions[name] if kind == "direction" else name
            name = reason_name(name, words) if kind == "reason" else name
            errors = ("" if row[step] is None else words.percent(row[step]) for step in (MODEL, PLANNER))
            lines.append([name, words.number(row["Days"]), *errors, words.signed(row["Added"])])
    if not lines:
        return html.Div(html.P(words.text("No day of an override has come yet.")))
    note = words.text(
        "Error of the model, and with the override. Added: by how much money the errors became smaller; below 0, larger."
    )
    label = words.text("What overrides did")
    return html.Div([html.P(note, className="soft"), tables.table(header, lines, label=label)])
