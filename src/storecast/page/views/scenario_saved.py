"""Scenarios that are kept by name: saved, opened, set beside each other, deleted, and made versions of the plan."""

from collections.abc import Mapping
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from storecast.database.scenarios import (
    all_scenarios,
    delete_scenario,
    deleted_scenarios,
    publish_scenario,
    read_scenarios,
    restore_scenario,
    save_scenario,
)
from storecast.page import tables
from storecast.page.actions import action_button, button_number, field_id, text_entry, write
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.shell import control, dropdown, message
from storecast.page.view import ViewRequest
from storecast.page.views.plan_entry import labelled
from storecast.page.views.plan_figures import moment
from storecast.page.views.scenario_calendar import (
    MOST_CHANGES,
    calendar_rows,
    change_names,
    read_changes,
    write_changes,
)
from storecast.page.views.scenario_results import ScenarioDifferences
from storecast.plan.scenarios import MAX_NAME, MOST_COMPARED, SavedScenario, ScenarioSpan, compare_weeks
from storecast.plan.scopes import StoreGroups
from storecast.service.problems import unreadable
from storecast.workflows.scenarios import work_out

NAME, NOTE, SAVED = "scenario-name", "scenario-note", "saved"
SAVE, DELETE, RESTORE, PUBLISH = "scenario-save", "scenario-delete", "scenario-restore", "scenario-publish"  # actions


def save_form(request: ViewRequest, results: Mapping[str, ScenarioDifferences]) -> Component | None:
    """Return the fields and buttons that keep scenarios which were worked out; nothing where the key may not write.

    Parameters
    ----------
    request : whose session it is
    results : by their letter
    """
    changing = [letter for letter, result in results.items() if not result.days().is_empty()]
    if not changing or not request.may("write"):
        return None
    words = request.words
    fields = [
        labelled(words.text("Name"), _input(NAME, MAX_NAME, request)),
        labelled(words.text("Note"), _input(NOTE, 1000, request)),
        *(
            action_button(words.text("Save scenario {letter}", letter=letter), SAVE, letter, kind="plain")
            for letter in changing
        ),
    ]
    return html.Section([html.H2(words.text("Keep it by name")), html.Div(fields, className="controls")])


def save(request: ViewRequest, result: ScenarioDifferences, text: str) -> str:
    """Keep a scenario that was worked out under the name that was entered.

    Parameters
    ----------
    request : whose session it is
    result : what it changes
    text : of its changes, as the address has them
    """
    request.require("write")
    words, snapshot = request.words, request.snapshot
    predictor, changes = snapshot.predictor, read_changes(text, words)
    rows = calendar_rows(predictor, StoreGroups.of(predictor.panel.stores, predictor.panel.breakdown), changes)
    scenario = work_out(
        predictor,
        rows,
        model=snapshot.name,
        chain_version=snapshot.version,
        changes=changes,
        differences=result.differences,
    )
    name, note = text_entry(request.entries, NAME), text_entry(request.entries, NOTE)
    written = write(
        request, "scenario saved", lambda conn: save_scenario(conn, scenario, name, by=request.key.name, note=note)
    )
    return words.text("Scenario {name} is saved.", name=written.name)


def delete(request: ViewRequest, key: str) -> str:
    """Delete a scenario; the key of the button is its number."""
    number = _number(key)
    written = write(request, "scenario deleted", lambda conn: delete_scenario(conn, number))
    return request.words.text("Scenario {name} is deleted. It can be restored below.", name=written.name)


def restore(request: ViewRequest, key: str) -> str:
    """Bring a scenario back that was deleted; the key of the button is its number."""
    number = _number(key)
    written = write(request, "scenario restored", lambda conn: restore_scenario(conn, number))
    return request.words.text("Scenario {name} is back.", name=written.name)


def publish(request: ViewRequest, key: str) -> str:
    """Make a version of the plan of a scenario; the key of the button is its number."""
    number, words = _number(key), request.words
    done = write(request, "scenario published", lambda conn: publish_scenario(conn, number, by=request.key.name))
    if not done.new:
        return words.text("This scenario was published before, as version {version}.", version=done.version)
    return words.text("Version {version} of the plan is made of it, a draft.", version=done.version)


def draw_saved(request: ViewRequest) -> Component:
    """Return the scenarios that are kept, those that are chosen beside each other, and those that were deleted."""
    words = request.words
    with request.database.reading() as conn:
        scenarios, deleted = all_scenarios(conn), deleted_scenarios(conn)
    parts: list[Component | None] = [html.H2(words.text("Saved scenarios"))]
    if scenarios:
        parts += [_list(request, scenarios), _comparison(request, scenarios)]
    else:
        parts.append(html.P(words.text("None is saved yet. Work one out and give it a name."), className="soft"))
    if deleted and request.may("write"):
        lines = [
            html.Li([each.name, " ", action_button(words.text("Restore"), RESTORE, str(each.scenario), kind="quiet")])
            for each in deleted
        ]
        parts.append(html.Details([html.Summary(words.text("Deleted scenarios")), html.Ul(lines)]))
    return html.Section(parts)


def _list(request: ViewRequest, scenarios: list[SavedScenario]) -> Component:
    words = request.words
    header = [
        words.text(name) for name in ("Name", "Days", "Difference", "80% interval", "Sales up to", "By whom", "When")
    ]
    rows = []
    for each in scenarios:
        buttons = [
            action_button(words.text("Make it a plan version"), PUBLISH, str(each.scenario), kind="quiet"),
            action_button(words.text("Delete"), DELETE, str(each.scenario), kind="quiet"),
        ]
        rows.append(
            [
                _name(each, words),
                f"{words.day(each.whole.first)} – {words.day(each.whole.last)}",
                words.signed(each.whole.difference),
                _interval(each.whole, words),
                words.date(each.cutoff),
                each.by,
                moment(each.at, words),
                *([html.Div(buttons, className="actions")] if request.may("write") else []),
            ]
        )
    if request.may("write"):
        header.append(words.text("What to do"))
    return tables.table(header, rows, text=(0, 1, 5, 6, 7), label=words.text("Saved scenarios"))


def _comparison(request: ViewRequest, scenarios: list[SavedScenario]) -> Component | None:
    """Return the choice of those that are set beside each other, and their weeks."""
    if len(scenarios) < 2:
        return None
    words, names = request.words, {str(each.scenario): each.name for each in scenarios}
    chosen = [number for number in request.query.get(SAVED, "").split(",") if number in names][:MOST_COMPARED]
    options = [{"label": name, "value": number} for number, name in names.items()]
    choice = control(
        words.text("Beside each other"), dropdown(options, chosen, SAVED, words, multi=True, clearable=True)
    )
    if len(chosen) < 2:
        return html.Div(choice, className="controls")
    with request.database.reading() as conn:
        compared = read_scenarios(conn, list(chosen))
    header = [words.text("Week from"), *(each.name for each in compared)]
    rows = [
        [words.day(week.first), *("–" if value is None else words.signed(value) for value in week.differences)]
        for week in compare_weeks(compared)
    ]
    rows.append([words.text("All weeks"), *(words.signed(each.whole.difference) for each in compared)])
    rows.append([words.text("80% interval"), *(_interval(each.whole, words) for each in compared)])
    hint = words.text("Differences from the calendar as it is. What lies between the two has no interval of its own.")
    parts = [html.Div(choice, className="controls"), html.P(hint, className="soft")]
    if len({(each.model, each.cutoff, each.chain_version) for each in compared}) > 1:
        parts.append(message(words.text("They were worked out on different forecasts."), kind="hint"))
    return html.Div([*parts, tables.table(header, rows, label=words.text("Saved scenarios beside each other"))])


def _name(each: SavedScenario, words: Words) -> Component | str:
    """Return the name, with a link that opens the scenario where the page can show all its changes."""
    known = change_names(words)
    if len(each.changes) > MOST_CHANGES or any(
        f"{change.column}={change.value}" not in known for change in each.changes
    ):
        return each.name
    return dcc.Link(each.name, href=f"{BASE}scenarios?{urlencode({'a': write_changes(each.changes), 'run': 'yes'})}")


def _interval(span: ScenarioSpan, words: Words) -> str:
    if span.lower80 is None or span.upper80 is None:
        return "–"
    return f"{words.signed(span.lower80)} … {words.signed(span.upper80)}"


def _input(name: str, longest: int, request: ViewRequest) -> Component:
    value = text_entry(request.entries, name)
    return dcc.Input(id=field_id(name), value=value, maxLength=longest, autoComplete="off", type="text")


def _number(key: str) -> int:
    return button_number(key, unreadable("The page has no such scenario. Load the page again."))
