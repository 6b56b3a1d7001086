"""What the forecast of a store's day is made of: from the chain's usual day, driver by driver, to the forecast."""

import datetime as dt
from collections.abc import Sequence

import polars as pl
from dash import html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.explain.counterfactuals import NO_PROMOTION, NO_SCHOOL_HOLIDAY
from storecast.explain.explanations import USUAL
from storecast.page import charts, tables
from storecast.page.language import Words
from storecast.page.store_figures import explained_days
from storecast.service.live.snapshot import Snapshot

TEXT_SHARE = 0.6  # of the range of the bars, left free for the texts beside them: on a phone there is little else


def section(snapshot: Snapshot, store: object, day: dt.date, words: Words) -> Component:
    """Return the chart and the table of a day.

    Parameters
    ----------
    snapshot : the model and its forecast
    store : its id
    day : of the forecast
    words : the language

    Raises
    ------
    ConfigError
        where the model does not tell what its forecasts are made of
    """
    row = explained_days(snapshot, store).filter(pl.col(s.DATE) == day).row(0, named=True)
    if row[s.FORECAST] == 0 and row[USUAL] == 0:
        return html.P(words.text("The store is closed: the forecast is 0."))
    drivers = [
        name for name in row if name not in (*s.KEYS, s.FORECAST, USUAL) and not name.startswith(s.COUNTERFACTUAL)
    ]
    names = [driver_name(driver, words) for driver in drivers]
    amounts = [float(row[driver]) for driver in drivers]
    usual, total = words.text("Usual day of the chain"), words.text("Forecast")
    lines = [
        [usual, words.number(row[USUAL], 2)],
        *([name, _signed_cents(amount, words)] for name, amount in zip(names, amounts, strict=True)),
        [html.Strong(total), html.Strong(words.number(row[s.FORECAST], 2))],
    ]
    label = words.text("From the usual day of the chain to the forecast, driver by driver")
    return html.Div(
        [
            _waterfall((usual, *names, total), (row[USUAL], *amounts), label, words),
            html.Div(
                [
                    tables.table([words.text("Driver"), words.text("Amount")], lines, label=label),
                    html.P([*_without(row, words)]),
                    html.P(
                        words.text(
                            "Each amount compares with the usual day of the chain, on which promotions count, too."
                        ),
                        className="soft",
                    ),
                ]
            ),
        ],
        className="pair",
    )


def driver_name(driver: str, words: Words) -> str:
    """Return a planner's word for a driver; a column of the chain's own keeps its name."""
    known = {
        "Level": words.text("Level of the store"),
        "Weekday": words.text("Weekday"),
        "Season": words.text("Season"),
        "Promotion": words.text("Promotion"),
        "Holidays": words.text("Holidays"),
        "Competition": words.text("Competition"),
        "Trend": words.text("Trend"),
        "Own columns": words.text("Own columns"),
    }
    return known.get(driver, driver.removeprefix("Own: "))


def _waterfall(names: Sequence[str], amounts: Sequence[float], label: str, words: Words) -> Component:
    """Return a chart of steps from the first amount to the sum of all.

    Parameters
    ----------
    names : of the steps and of the sum
    amounts : of the steps
    label : what the chart shows
    words : the language
    """
    texts = [words.money(amounts[0]), *(words.signed(amount) for amount in amounts[1:]), words.money(sum(amounts))]
    steps = {
        "type": "waterfall",
        "y": list(names),
        "x": [*amounts, 0.0],
        "measure": ["absolute", *("relative" for _ in amounts[1:]), "total"],
        "orientation": "h",
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "increasing": {"marker": {"color": charts.TEAL}},
        "decreasing": {"marker": {"color": charts.RED}},
        "totals": {"marker": {"color": charts.BLUE}},
        "connector": {"line": {"color": charts.GREY, "width": 1}},
        "showlegend": False,
    }
    edges = [sum(amounts[: k + 1]) for k in range(len(amounts))]
    most, least = max(0.0, *edges), min(0.0, *edges)
    room = TEXT_SHARE * (most - least)
    return charts.chart(
        [steps],
        label,
        words,
        height=340,
        x={"range": [least - room * (least < 0), most + room], "showticklabels": False},
        y={"autorange": "reversed"},
    )


def _without(row: dict[str, float | None], words: Words) -> list[str]:
    """Say what would be forecast without the promotion, or without the school holidays."""
    sentences = []
    without_promotion, without_holidays = row.get(NO_PROMOTION), row.get(NO_SCHOOL_HOLIDAY)
    if without_promotion is not None:
        text = words.text(
            "Without its promotion, {amount} would be expected.", amount=words.number(without_promotion, 2)
        )
        sentences.append(text + " ")
    if without_holidays is not None:
        sentences.append(
            words.text("Without school holidays, {amount} would be expected.", amount=words.number(without_holidays, 2))
        )
    return sentences


def _signed_cents(amount: float, words: Words) -> str:
    return ("+" if amount > 0 else "") + words.number(amount, 2)
