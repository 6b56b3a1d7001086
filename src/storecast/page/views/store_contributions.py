"""What a store's day is made of: from the chain's usual day, driver by driver, to the forecast, and of a day past to its sales."""

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from dash import html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.bundle.predictor import Predictor
from storecast.explain.counterfactuals import NO_PROMOTION, NO_SCHOOL_HOLIDAY
from storecast.explain.explanations import USUAL
from storecast.page import charts, tables
from storecast.page.language import MONEY, Shown, Words
from storecast.page.store_figures import explained_day
from storecast.service.live.snapshot import Snapshot

TEXT_SHARE = 0.6  # of the range of the bars, left free for the texts beside them: on a phone there is little else
USUAL_STEPS = 9  # of a chart of the usual height


def heading(day: dt.date, predictor: Predictor, words: Words) -> str:
    """Return what stands above the section of a day.

    Parameters
    ----------
    day : of the past or ahead
    predictor : the model and its forecast
    words : the language
    """
    if day > predictor.cutoff:
        return words.text("What the forecast of {day} is made of", day=words.day(day))
    return words.text("What {day} was made of", day=day_name(day, predictor, words))


def day_name(day: dt.date, predictor: Predictor, words: Words) -> str:
    """Return a day in words, with its year where it lies in the past.

    Parameters
    ----------
    day : of the past or ahead
    predictor : the model and its forecast
    words : the language
    """
    return words.day(day) if day > predictor.cutoff else f"{words.day(day)} {day.year}"


def section(snapshot: Snapshot, store: object, day: dt.date, words: Words) -> Component:
    """Return the chart and the table of a day.

    Parameters
    ----------
    snapshot : the model and its forecast
    store : its id
    day : of the past or of the forecast
    words : the language

    Raises
    ------
    UserError
        where the model does not tell what its forecasts are made of, or nothing is known of the day
    """
    row = explained_day(snapshot, store, day)
    past = day <= snapshot.predictor.cutoff
    if row[s.FORECAST] == 0 and row[USUAL] == 0 and not row.get(s.SALES):
        closed = words.text("The store was closed on this day.") if past else None
        return html.P(closed or words.text("The store is closed: the forecast is 0."))
    beside = (*s.KEYS, s.FORECAST, USUAL, *s.OUTCOME)
    drivers = [name for name in row if name not in beside and not name.startswith(s.COUNTERFACTUAL)]
    steps = [(driver_name(driver, words), float(row[driver])) for driver in drivers]
    target = snapshot.predictor.panel.target
    usual, total = words.text("Usual day of the chain"), words.text("Forecast")
    sold = words.text("Sales") if target.is_sales else target.title
    lines: list[tuple[str, str, str]] = [
        ("absolute", usual, words.number(row[USUAL], 2)),
        *(("relative", name, _signed_cents(amount, words)) for name, amount in steps),
        ("total", total, words.number(row[s.FORECAST], 2)),
    ]
    amounts = [row[USUAL], *(amount for _, amount in steps), row[s.FORECAST]]
    if row.get(s.SALES) is not None:
        rest = words.text("Not explained")
        lines += [
            ("relative", rest, _signed_cents(row[s.UNEXPLAINED], words)),
            ("total", sold, words.number(row[s.SALES], 2)),
        ]
        amounts += [row[s.UNEXPLAINED], row[s.SALES]]
    label = words.text("From the usual day of the chain to the forecast, driver by driver")
    cells = [[html.Strong(cell) if kind == "total" else cell for cell in line] for kind, *line in lines]
    waterfall = _waterfall([line[:2] for line in lines], amounts, label, words)
    table = tables.table([words.text("Driver"), words.text("Amount")], cells, label=label)
    remarks = html.P([*_without(row, words)])
    base = words.text("Each amount compares with the usual day of the chain, on which promotions count, too.")
    parts = html.Div([waterfall, html.Div([table, remarks, html.P(base, className="soft")])], className="pair")
    return html.Div([html.P(_origin(row, day, snapshot.predictor, words)), parts]) if past else parts


def _origin(row: dict[str, Any], day: dt.date, predictor: Predictor, words: Words) -> str:
    """Say from what a day of the past is forecast, and whether the model learned from it."""
    model = predictor.bundle
    values = {"model": model.model.name, "cutoff": words.date(row[s.CUTOFF])}
    known = words.text("This is what the model {model} expects of the day from the sales up to {cutoff}.", **values)
    if model.trained_until is None:
        return known
    trained = words.date(model.trained_until)
    if day <= model.trained_until:
        learned = words.text(
            "It learned from sales up to {day}, this day among them: it speaks in hindsight.", day=trained
        )
    else:
        learned = words.text("It learned from sales up to {day}, and not from this day.", day=trained)
    unknown = "" if row[s.SALES] is not None else words.text("What was sold on the day is not known.")
    return " ".join(filter(None, (known, learned, unknown)))


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


def _waterfall(steps: Sequence[tuple[str, str]], amounts: Sequence[float], label: str, words: Words) -> Component:
    """Return a chart of steps from an amount to sums.

    Parameters
    ----------
    steps : of each how Plotly measures it (absolute, relative or total) and its name
    amounts : of the steps
    label : what the chart shows
    words : the language
    """
    kinds, names = [kind for kind, _ in steps], [name for _, name in steps]
    relative = [kind == "relative" for kind in kinds]
    ends = list(accumulate(amount if step else 0.0 for amount, step in zip(amounts[1:], relative[1:], strict=True)))
    edges = [amounts[0], *(amounts[0] + end for end in ends)]
    trace = {
        "type": "waterfall",
        "y": names,
        "x": [0.0 if kind == "total" else amount for kind, amount in zip(kinds, amounts, strict=True)],
        "measure": kinds,
        "orientation": "h",
        "text": [
            words.signed(each) if step else words.money(each) for each, step in zip(amounts, relative, strict=True)
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "increasing": {"marker": {"color": charts.TEAL}},
        "decreasing": {"marker": {"color": charts.RED}},
        "totals": {"marker": {"color": charts.BLUE}},
        "connector": {"line": {"color": charts.GREY, "width": 1}},
        "showlegend": False,
    }
    most, least = max(0.0, *edges), min(0.0, *edges)
    room = TEXT_SHARE * (most - least)
    return charts.chart(
        [trace],
        label,
        words,
        height=340 + 24 * (len(steps) - USUAL_STEPS),
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
    text = words.number(amount, 2)
    return Shown(f"+{text}", amount, MONEY) if amount > 0 else text
