"""What moved since another version, by how much, and because of what."""

from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast.page import tables
from storecast.page.language import Words
from storecast.page.plan_memory import cached
from storecast.page.shell import control, control_id, message
from storecast.page.view import ViewRequest
from storecast.page.views.plan_figures import PlanFigures, scope_name
from storecast.plan.comparison import DRIVER_NAMES, MOST_NAMED
from storecast.plan.scopes import STORE
from storecast.plan.totals import in_words
from storecast.workflows.planning import compare_versions

MOST_CHANGES = 25  # of stores and weeks


def draw_moves(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return the comparison of the version with an earlier one."""
    words = request.words
    earlier = [each for each in plan.versions if each.version < plan.version.version]
    if not earlier:
        return html.P(words.text("This is the first version: there is none to compare it with."))
    numbers = {str(each.version) for each in earlier}
    before = request.query.get("before", "")
    before = before if before in numbers else str(earlier[0].version)
    options = [
        {
            "label": words.text("{version}: after {cutoff}", version=each.version, cutoff=words.date(each.cutoff)),
            "value": str(each.version),
        }
        for each in earlier
    ]
    chooser = dcc.Dropdown(options, before, id=control_id("before"), clearable=False)
    pair = (int(before), plan.version.version)
    compared = cached(request.database, ("compared", *pair), lambda: compare_versions(request.database, *pair))
    changes = compared.changes
    of_stores = changes.filter((pl.col("Level") == "store-week") & (pl.col("Change") != 0)).head(MOST_CHANGES)
    of_chain = changes.filter(pl.col("Level").str.starts_with("chain"))
    return html.Div(
        [
            html.Div(control(words.text("Compared with"), chooser), className="controls"),
            *(message(words.message(notice), kind="hint") for notice in compared.notices),
            *(
                html.P(words.text("Version {version}: {total}", version=number, total=words.message(in_words(total))))
                for number, total in zip(pair, compared.totals, strict=True)
                if total is not None
            ),
            _table(of_chain, words.text("The forecast of all stores"), words, explained=compared.explained),
            _table(of_stores, words.text("Stores and weeks that moved most"), words, explained=compared.explained),
        ]
    )


def _table(rows: pl.DataFrame, title: str, words: Words, *, explained: bool) -> Component:
    header = [words.text(name) for name in ("For", "Days", "Before", "After", "Change")]
    if explained:
        header.append(words.text("Because of"))
    lines = [_line(row, words, explained=explained) for row in rows.iter_rows(named=True)]
    return html.Section([html.H2(title), tables.table(header, lines, text=(0, 1, 5), label=title, stacked=True)])


def _line(row: dict[str, Any], words: Words, *, explained: bool) -> list[Any]:
    level = STORE if row["Level"].startswith(STORE) else "chain"
    cells = [
        scope_name(level, row["Key"], words),
        f"{words.day(row['Start'])} – {words.day(row['End'])}",
        words.money(row["Before"]),
        words.money(row["After"]),
        words.signed(row["Change"]),
    ]
    if explained:
        moved = sorted(row["Drivers"].items(), key=lambda item: -abs(item[1] or 0.0))[:MOST_NAMED]
        cells.append(
            ", ".join(
                f"{words.text(DRIVER_NAMES.get(name, name))} {words.signed(value)}" for name, value in moved if value
            )
        )
    return cells
