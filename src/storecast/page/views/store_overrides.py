"""The overrides of the plan that hold on a store."""

from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.errors import MissingError
from storecast.page import tables
from storecast.page.addresses import BASE
from storecast.page.plan_memory import cached
from storecast.page.view import ViewRequest
from storecast.page.views.plan_figures import reason_name, scope_name, standing_overrides
from storecast.plan.overrides import OVERRIDE, PLAN
from storecast.workflows.planning import show_version


def section(request: ViewRequest, store: Any) -> Component:
    """Return what overrides do to a store in the newest version of the plan, and the way to change that.

    Parameters
    ----------
    request : whose database and language
    store : its id
    """
    words = request.words
    link = dcc.Link(words.text("Open in the plan"), href=f"{BASE}plan?level=store")
    return html.Section([html.H2(words.text("Overrides")), _overrides(request, store), html.P(link)])


def _overrides(request: ViewRequest, store: Any) -> Component:
    words = request.words
    try:
        days = cached(request.database, "version", lambda: show_version(request.database)).days.filter(
            pl.col(s.STORE) == store
        )
        overrides = standing_overrides(request)
    except MissingError:  # nothing has been published yet, so nothing can be overridden
        return html.P(words.text("No forecast has been published yet."))
    effects = (
        days.filter(pl.col(OVERRIDE).is_not_null())
        .group_by(OVERRIDE)
        .agg(
            pl.col(s.DATE).min().alias("First"),
            pl.col(s.DATE).max().alias("Last"),
            (pl.col(PLAN) - pl.col(s.FORECAST)).sum().alias("Effect"),
        )
    )
    holding = effects.join(overrides, on=OVERRIDE, how="inner").sort("First", OVERRIDE)
    if holding.is_empty():
        return html.P(words.text("No override holds on this store: the plan is the forecast."))
    header = [words.text(name) for name in ("Days", "Effect here", "Reason", "By", "Note", "Meant for", "Fits")]
    lines = [
        [
            words.text("{first} to {last}", first=words.day(row["First"]), last=words.day(row["Last"])),
            words.signed(row["Effect"]),
            reason_name(row["Reason"], words),
            row["By"],
            row["Note"],
            scope_name(row["Level"], row["Key"], words),
            row["Stale"] or words.text("yes"),
        ]
        for row in holding.iter_rows(named=True)
    ]
    return tables.table(header, lines, text=(0, 2, 3, 4, 5, 6), label=words.text("Overrides"))
