"""The plan as a grid of weeks: cells are changed in it, and taken as overrides with one reason."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid
import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.arrays import I64
from storecast.page import tables
from storecast.page.actions import action_button
from storecast.page.language import Words
from storecast.page.shell import control, control_id
from storecast.page.view import ViewRequest
from storecast.page.views.plan_budget import budget_undo
from storecast.page.views.plan_entry import DISCARD, EDITS, SAVE, edits_of, reason_fields
from storecast.page.views.plan_figures import PlanFigures, level_name, scope_name, undo_button
from storecast.plan.overrides import NOBODY, OVERRIDE, PLAN
from storecast.plan.scopes import CHAIN, STORE
from storecast.plan.store_days import CENT
from storecast.plan.workbook_changes import weeks_within

GRID = "plan-grid"
SHORT_GRID = 14  # rows that are shown without scrolling
ROW_HEIGHT = 40  # pixels
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--ground)', foregroundColor: 'var(--ink)', headerTextColor: 'var(--ink)', "
    "headerBackgroundColor: 'var(--faint)', borderColor: 'var(--line)', rowHoverColor: 'var(--faint)', "
    "accentColor: 'var(--blue)', fontFamily: 'inherit', spacing: 6})"
)
WHAT = ("plan", "forecast", "change")


def draw_grid(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return the grid with its controls, and the form that takes what was changed in it."""
    words = request.words
    level = request.query.get("level", CHAIN)
    level = level if level in plan.groups.groups else CHAIN
    what = request.query.get("what", "plan")
    what = what if what in WHAT else "plan"
    weeks = weeks_within(plan.figures)
    chosen = {day for day in request.query.get("weeks", "").split(",") if day} & {str(week[0]) for week in weeks}
    places = [place for place, week in enumerate(weeks) if not chosen or str(week[0]) in chosen]
    writes = plan.open and what == "plan" and request.may("write")
    names = {"plan": words.text("Plan"), "forecast": words.text("Forecast"), "change": words.text("Plan less forecast")}
    controls = [
        control(
            words.text("Rows by"),
            dcc.Dropdown(
                [{"label": level_name(each, words), "value": each} for each in (CHAIN, *_between(plan), STORE)],
                level,
                id=control_id("level"),
                clearable=False,
            ),
        ),
        control(
            words.text("Weeks"),
            dcc.Dropdown(
                [{"label": _week_name(week, request), "value": str(week[0])} for week in weeks],
                sorted(chosen),
                id=control_id("weeks"),
                multi=True,
                placeholder=words.text("All weeks"),
            ),
        ),
        control(
            words.text("Figures"),
            dcc.Dropdown(
                [{"label": names[each], "value": each} for each in WHAT], what, id=control_id("what"), clearable=False
            ),
        ),
    ]
    edits = edits_of(request.entries) if writes else []
    return html.Div(
        [
            html.Div(controls, className="controls"),
            _grid(request, plan, level, what, [weeks[place] for place in places], places, writes=writes, edits=edits),
            _form(request, plan, edits) if writes else _no_form(_why_not(request, plan)),
            _budget(request, plan),
        ]
    )


def week_sums(plan: PlanFigures, level: str, cells: I64) -> tuple[list[str], I64]:
    """Return the groups of a level, and the sums of cells by group and week.

    Parameters
    ----------
    plan : with the groups
    level : of the groups
    cells : (stores, days)
    """
    begins = [(first - plan.figures.first).days for first, _ in weeks_within(plan.figures)]
    by_week = np.add.reduceat(cells, begins, axis=1)
    groups = plan.groups.groups[level]
    keys = groups.to_list() if level == STORE else groups.unique().sort().to_list()
    place = {key: number for number, key in enumerate(keys)}
    sums = np.zeros((len(keys), by_week.shape[1]), np.int64)
    np.add.at(sums, [place[key] for key in groups.to_list()], by_week)
    return keys, sums


def _between(plan: PlanFigures) -> list[str]:
    return [level for level in plan.groups.groups if level not in (STORE, CHAIN)]


def _week_name(week: tuple[dt.date, dt.date], request: ViewRequest) -> str:
    return request.words.day(week[0])


def _grid(
    request: ViewRequest,
    plan: PlanFigures,
    level: str,
    what: str,
    weeks: Sequence[tuple[dt.date, dt.date]],
    places: Sequence[int],
    *,
    writes: bool,
    edits: Sequence[Mapping[str, Any]],
) -> Component:
    """Return the grid.

    Parameters
    ----------
    request, plan : of the view
    level : of the rows
    what : one of `WHAT`
    weeks : of the columns
    places : of these among all weeks
    writes : whether its cells can be changed
    edits : what was changed and not taken yet
    """
    words, cents = request.words, plan.figures.cents
    figures = {"plan": cents[PLAN], "forecast": cents[s.FORECAST], "change": cents[PLAN] - cents[s.FORECAST]}[what]
    keys, sums = week_sums(plan, level, figures)
    _, holders = week_sums(plan, level, (cents[OVERRIDE] != NOBODY).astype(np.int64))
    entered = {(each["key"], each["first"]): each["value"] for each in edits if each["level"] == level}
    rows = []
    for number, key in enumerate(keys):
        row: dict[str, Any] = {"level": level, "key": key, "name": scope_name(level, key, words)}
        for column, (place, week) in enumerate(zip(places, weeks, strict=True)):
            row[f"p{column}"] = int(sums[number, place]) / CENT
            row[f"w{column}"] = entered.get((key, str(week[0])), row[f"p{column}"])
            row[f"h{column}"] = bool(holders[number, place])
        row["total"] = int(sums[number, list(places)].sum()) / CENT
        rows.append(row)
    total: dict[str, Any] = {f"w{column}": int(sums[:, place].sum()) / CENT for column, place in enumerate(places)}
    total |= {"name": words.text("All stores"), "total": int(sums[:, list(places)].sum()) / CENT}
    money = {
        "valueFormatter": {"function": "storecastMoney(params)"},
        "type": "rightAligned",
        "minWidth": 118,
        "flex": 1,
    }
    columns = [
        {"field": "name", "headerName": level_name(level, words), "pinned": "left", "width": 130},
        *(
            {
                "field": f"w{column}",
                "headerName": _week_name(week, request),
                "editable": {"function": "!params.node.rowPinned"} if writes else False,
                "valueParser": {"function": "storecastAmount(params)"},
                **money,
                "cellClass": {"function": "storecastPlanCell(params)"},
                "context": {"first": str(week[0]), "last": str(week[1])},
            }
            for column, week in enumerate(weeks)
        ),
        {"field": "total", "headerName": words.text("Sum"), **money},
    ]
    short = len(rows) <= SHORT_GRID
    options = {
        "theme": {"function": THEME},
        "stopEditingWhenCellsLoseFocus": True,
        "enterNavigatesVerticallyAfterEdit": True,
        "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": False},
        "rowHeight": ROW_HEIGHT,
        **({"domLayout": "autoHeight"} if short else {}),
        **({"pinnedBottomRowData": [total]} if level != CHAIN else {}),
    }
    grid = dash_ag_grid.AgGrid(
        id=GRID,
        rowData=rows,
        columnDefs=columns,
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True},
        dashGridOptions=options,
        columnSize=None,
        className="",
        style={"height": None if short else f"{SHORT_GRID * ROW_HEIGHT}px", "width": "100%"},
    )
    hint = words.text("A bar at the left of a cell: an override holds some of its days.")
    return html.Figure(
        [grid, html.Figcaption(hint, className="soft")], role="group", **{"aria-label": words.text("Plan by week")}
    )


def _form(request: ViewRequest, plan: PlanFigures, edits: Sequence[Mapping[str, Any]]) -> Component:
    words = request.words
    seen = f"{plan.version.version}:{plan.revision}"
    lines = [html.Li(_edit_line(each, plan, words)) for each in edits]
    hint = words.text(
        "Change cells of the grid: press Enter on one, or click it twice. The new total is spread over stores and days as "
        "the forecast is; narrower overrides keep their days. Then say why."
    )
    return html.Section(
        [
            html.H2(words.text("Changed cells")),
            html.P(hint, className="soft"),
            html.Ul(lines, id=EDITS, className="edits"),
            html.Div(
                [
                    *reason_fields(request, plan),
                    action_button(words.text("Save as overrides"), SAVE, seen),
                    action_button(words.text("Discard"), DISCARD, kind="plain"),
                    undo_button(request, plan),
                ],
                className="controls",
            ),
        ]
    )


def _no_form(reason: str) -> Component:
    """Return why nothing can be entered; Dash misses the list of changed cells where there is a grid without it."""
    return html.Section([html.P(reason, className="soft"), html.Ul(id=EDITS, hidden=True)])


def _edit_line(edit: Mapping[str, Any], plan: PlanFigures, words: Words) -> str:
    """Return a cell that was changed; where others have changed it since, with what is there now."""
    line = f"{edit['name']}, {edit['week']}: {words.money(edit['old'])} → {words.money(edit['value'])}"
    firsts = [str(first) for first, _ in weeks_within(plan.figures)]
    if edit["level"] not in plan.groups.groups or edit["first"] not in firsts:
        return line
    keys, sums = week_sums(plan, edit["level"], plan.figures.cents[PLAN])
    if edit["key"] not in keys:
        return line
    now = int(sums[keys.index(edit["key"]), firsts.index(edit["first"])]) / CENT
    return line if now == edit["old"] else f"{line} ({words.text('now {amount}', amount=words.money(now))})"


def _budget(request: ViewRequest, plan: PlanFigures) -> Component:
    words = request.words
    title = words.text("Beside the budget, all stores")
    header = [
        words.text(name)
        for name in ("Week from", "Forecast", "Plan", "Plan less forecast", "Budget", "Plan less budget")
    ]
    rows = [
        [
            words.day(week["Start"]),
            words.money(week[s.FORECAST]),
            words.money(week[PLAN]),
            words.signed(week["Difference"]),
            *(
                "–" if each is None else write(each)
                for each, write in ((week["Budget"], words.money), (week["Variance"], words.signed))
            ),
        ]
        for week in plan.weeks.iter_rows(named=True)
    ]
    return html.Section([html.H2(title), tables.table(header, rows, label=title), budget_undo(request)])


def _why_not(request: ViewRequest, plan: PlanFigures) -> str:
    words = request.words
    if not request.may("write"):
        return words.text("Your key may look at the plan, and not write to it.")
    if not plan.newest:
        return words.text("This is an older version. Overrides are written on the newest one.")
    if not plan.open:
        return words.text(
            "This version is {state}: nothing of it is overridden any more.", state=words.text(plan.version.state)
        )
    return words.text("Show the plan to change it.")


def register(app: Dash) -> None:
    """Add the callback that notes which cells were changed, in the browser."""
    app.clientside_callback(
        ClientsideFunction("storecast", "edits"),
        Output("entries", "data", allow_duplicate=True),
        Output(EDITS, "children"),
        Input(GRID, "cellValueChanged"),
        State("entries", "data"),
        State(GRID, "columnDefs"),
        prevent_initial_call=True,
    )
