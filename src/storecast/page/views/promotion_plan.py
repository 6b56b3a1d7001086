"""A plan of extra promotion days: what it brings, its days, the stores by what a day brings, and what is assumed."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.page import charts, tables
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.views.scenario_calendar import MOST_CHANGES, write_changes
from storecast.page.views.score_cells import signed_percent
from storecast.plan.scenarios import CalendarChange
from storecast.plan.scopes import STORE
from storecast.workflows.extra_promotions import (
    GAIN,
    GAIN_HIGH,
    GAIN_LOW,
    MEASURED,
    UPLIFT_OF_DAY,
    ExtraPromotions,
    PromotionPlan,
)

CSV_BUTTON = "promotions-csv-button"
STORES_IN_CHART = 15
MOST_DAYS = 200  # in the table; the file has all


def section(plan: PromotionPlan, extra: ExtraPromotions, weeks: Collection[dt.date], words: Words) -> Component:
    """Return the plan and the ranking that it is taken from.

    Parameters
    ----------
    plan : the days that are taken
    extra : all days that could be
    weeks : that are chosen, as Mondays; none: all
    words : the language
    """
    if extra.days.is_empty() or float(extra.days[GAIN].abs().max() or 0.0) == 0.0:  # type: ignore[arg-type]
        return html.P(
            words.text("The model in use expects nothing of an extra promotion day, or no day ahead could have one.")
        )
    if plan.days.is_empty():
        return html.P(words.text("No day pays as much as is asked for. Lower the uplift needed, or choose more weeks."))
    best = _best_by_store(extra.days, weeks)
    return html.Div(
        [
            html.P(_sentence(plan, words), className="answer"),
            _facts(plan, words),
            html.Div(
                [
                    html.Button(words.text("Download the plan as CSV"), id=CSV_BUTTON, n_clicks=0, className="plain"),
                    dcc.Link(words.text("Open the plan as a scenario"), href=scenario_address(plan))
                    if plan.days.height <= MOST_CHANGES
                    else None,
                ],
                className="actions",
            ),
            html.Div([_days(plan, words), _chart(best, words)], className="pair"),
            _stores(best, words),
            _assumptions(extra, words),
        ]
    )


def scenario_address(plan: PromotionPlan) -> str:
    """Return the address of the scenario that has the promotions of a plan."""
    days = plan.days.select(pl.col(s.STORE).cast(pl.String), s.DATE).iter_rows()
    changes = [CalendarChange(STORE, store, day, day, s.PROMO, 1) for store, day in days]
    return f"{BASE}scenarios?{urlencode({'a': write_changes(changes)})}"


def _sentence(plan: PromotionPlan, words: Words) -> str:
    days, together = plan.days, plan.together
    return words.plural(
        "{count} extra promotion day in {stores} would bring {amount}, as the model expects it.",
        "{count} extra promotion days in {stores} would bring {amount}, as the model expects it.",
        days.height,
        stores=words.plural("{count} store", "{count} stores", days[s.STORE].n_unique()),
        amount=words.signed(together),
    )


def _facts(plan: PromotionPlan, words: Words) -> Component:
    days = plan.days
    single = float(days[GAIN].sum())
    note = words.text("{amount} if their effects added up", amount=words.signed(single))
    entries = [
        (words.text("All days together"), words.signed(plan.together), note),
        (words.text("By day"), words.signed(plan.together / days.height), words.text("on average")),
    ]
    if days[GAIN_LOW].null_count() == 0:
        low, high = float(days[GAIN_LOW].sum()), float(days[GAIN_HIGH].sum())
        between = words.text("{low} to {high}", low=words.signed(low), high=words.signed(high))
        entries.append((words.text("If all stores err the same way"), between, words.text("95% intervals, added up")))
    usual = float(days[s.FORECAST].sum())
    share = words.text("of {amount} without promotion", amount=words.money(usual))
    entries.append((words.text("Uplift"), signed_percent(plan.together / usual if usual else None, words), share))
    return tables.facts(*entries)


def _days(plan: PromotionPlan, words: Words) -> Component:
    header = [words.text(name) for name in ("Store", "Day", "Gain", "From", "To", "Without")]
    lines = [
        [
            _store_link(row[s.STORE], row[s.DATE], words),
            words.day(row[s.DATE]),
            words.signed(row[GAIN]),
            *_bounds(row, words),
            words.money(row[s.FORECAST]),
        ]
        for row in plan.days.head(MOST_DAYS).iter_rows(named=True)
    ]
    title = words.text("The days of the plan")
    cut = words.plural("The best {count} day; the file has all.", "The best {count} days; the file has all.", MOST_DAYS)
    return html.Section(
        [
            html.H2(title),
            html.P(cut, className="soft") if plan.days.height > MOST_DAYS else None,
            tables.table(header, lines, text=(0, 1), label=title),
        ]
    )


def _best_by_store(days: pl.DataFrame, weeks: Collection[dt.date]) -> pl.DataFrame:
    """Return the best day of each store, the best store first, and how many days could have a promotion (Days)."""
    if weeks:
        days = days.filter(pl.col(s.DATE).dt.truncate("1w").is_in(list(weeks)))
    counts = days.group_by(s.STORE).agg(pl.len().alias("Days"))
    return days.unique(s.STORE, keep="first", maintain_order=True).join(counts, on=s.STORE, maintain_order="left")


def _chart(best: pl.DataFrame, words: Words) -> Component:
    top = best.head(STORES_IN_CHART)
    known = top[GAIN_LOW].null_count() == 0
    error = None
    if known:
        above, below = (top[GAIN_HIGH] - top[GAIN]).to_list(), (top[GAIN] - top[GAIN_LOW]).to_list()
        error = {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": charts.GREY}
    bars = {
        "type": "bar",
        "y": [words.text("Store {store}", store=store) for store in top[s.STORE].to_list()],
        "x": top[GAIN].to_list(),
        "orientation": "h",
        "error_x": error,
        "marker": {"color": charts.TEAL},
        "hovertemplate": "%{x:,.0f}<extra></extra>",
    }
    title = words.text("What the best extra day of a store brings")
    note = words.text("Bars: what the model expects. Lines: 95% intervals.") if known else ""
    return html.Section(
        [
            html.H2(title),
            html.P(note, className="soft") if note else None,
            charts.chart(
                [bars],
                title,
                words,
                height=90 + 26 * top.height,
                x={"rangemode": "tozero", "tickformat": ",.0f", "showgrid": True, "gridcolor": charts.GRID},
                y={"autorange": "reversed", "type": "category", "showgrid": False},
            ),
        ]
    )


def _stores(best: pl.DataFrame, words: Words) -> Component:
    header = [
        words.text(name)
        for name in (
            "Rank",
            "Store",
            "Best day",
            "Gain",
            "From",
            "To",
            "Uplift of the day",
            "Measured in the past",
            "Possible days",
        )
    ]
    lines = [
        [
            words.number(place + 1),
            _store_link(row[s.STORE], row[s.DATE], words),
            words.day(row[s.DATE]),
            words.signed(row[GAIN]),
            *_bounds(row, words),
            signed_percent(row[UPLIFT_OF_DAY], words),
            signed_percent(row[MEASURED], words),
            words.number(row["Days"]),
        ]
        for place, row in enumerate(best.head(MOST_DAYS).iter_rows(named=True))
    ]
    title = (
        words.text("All stores by their best day")
        if best.height <= MOST_DAYS
        else words.plural("The {count} best store", "The {count} best stores", MOST_DAYS)
    )
    return html.Details([html.Summary(title), tables.table(header, lines, text=(1, 2), label=title)])


def _store_link(store: object, day: dt.date, words: Words) -> Component:
    address = urlencode({"store": str(store), "day": day.isoformat()})
    return dcc.Link(words.text("Store {store}", store=store), href=f"{BASE}store?{address}")


def _bounds(row: dict[str, Any], words: Words) -> list[str]:
    return ["" if row[name] is None else words.signed(row[name]) for name in (GAIN_LOW, GAIN_HIGH)]


def _assumptions(extra: ExtraPromotions, words: Words) -> Component:
    """Say how the figures came about, and what they do not hold."""
    sentences = [
        words.text(
            "Gain: what the store would sell more over all days ahead, with the days around the promotion, from which it borrows."
        ),
        words.text("Only weekdays on which the chain ever had promotions are looked at."),
        words.text(
            "The plan takes the days with the largest gains until the budget is spent, as if their effects added up."
        ),
        words.text("What the model expects of all of them at once stands first."),
        _interval_sentence(extra, words),
        words.text("Margins are not in the data: from 30 to 25% of sales, a promotion needs 20% more sales to pay."),
        words.text(
            "Where all stores were promoted at once, none ever had such a day alone: advertising, supply and what it takes "
            "from its neighbours are not in these figures."
        ),
    ]
    title = words.text("What is assumed")
    return html.Section([html.H2(title), html.Ul([html.Li(sentence) for sentence in sentences])])


def _interval_sentence(extra: ExtraPromotions, words: Words) -> str:
    if extra.unanswered:
        return words.text("There are no intervals, as the past cannot tell: {reason}.", reason=extra.unanswered)
    return words.text(
        "The intervals say how surely the store's response to promotions is known from its past, and how far the model departs "
        "from it. What a day may bring by chance comes on top."
    )
