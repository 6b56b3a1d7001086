"""Comments on the plan: read, and written, on a version as a whole or on a store."""

from dash import dcc, html
from dash.development.base_component import Component

from storecast.database.plan_comments import add_comment, read_comments
from storecast.database.plan_versions import all_versions
from storecast.page import tables
from storecast.page.actions import action_button, button_number, field_id, text_entry, write
from storecast.page.view import ViewRequest
from storecast.page.views.plan_entry import labelled
from storecast.page.views.plan_figures import PlanFigures, moment
from storecast.plan.versions import MAX_NOTE
from storecast.service.problems import unreadable

TEXT = "comment-text"
COMMENT = "plan-comment"  # the action
MOST_SHOWN = 100


def draw_comments(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return what people said about the plan, and the form to write on the version that is shown."""
    form = _form(request, f"{plan.version.version}:")
    return html.Div([_list(request, None), form])


def store_section(request: ViewRequest, store: object) -> Component:
    """Return what people said about a store, and the form to write on it.

    Parameters
    ----------
    request : whose session it is
    store : its id
    """
    with request.database.reading() as conn:
        versions = all_versions(conn)
    form = _form(request, f"{versions[0].version}:{store}") if versions else None
    return html.Section([html.H2(request.words.text("Comments")), _list(request, str(store)), form])


def comment(request: ViewRequest, key: str) -> str:
    """Write a comment; the key says on which version, and on which store."""
    number, _, store = key.partition(":")
    version = button_number(number, unreadable("The page has no such version. Load the page again."))
    text = text_entry(request.entries, _field(key))
    write(
        request,
        "plan commented",
        lambda conn: add_comment(conn, text, by=request.key.name, version=version, store=store or None),
    )
    return request.words.text("The comment is written.")


def _list(request: ViewRequest, store: str | None) -> Component:
    words = request.words
    with request.database.reading() as conn:
        rows = read_comments(conn, None, store).head(MOST_SHOWN)
    if rows.is_empty():
        return html.P(words.text("Nobody has said anything yet."), className="soft")
    header = [words.text(name) for name in ("When", "By whom", "About", "Comment")]
    lines = []
    for row in rows.iter_rows(named=True):
        about = [words.text("version {version}", version=row["Version"])]
        if row["Store"] is not None:
            about.append(words.text("Store {store}", store=row["Store"]))
        if row["Start"] is not None:
            about.append(f"{words.day(row['Start'])} – {words.day(row['End'])}")
        lines.append([moment(row["At"], words), row["By"], ", ".join(about), row["Text"]])
    return tables.table(header, lines, text=(0, 1, 2, 3), label=words.text("Comments"), stacked=True)


def _form(request: ViewRequest, key: str) -> Component | None:
    """Return the field and the button that write a comment; nothing where the key may not write."""
    if not request.may("write"):
        return None
    words = request.words
    name = _field(key)
    field = dcc.Input(
        id=field_id(name), value=text_entry(request.entries, name), maxLength=MAX_NOTE, autoComplete="off", type="text"
    )
    button = action_button(words.text("Write the comment"), COMMENT, key, kind="plain")
    return html.Div([labelled(words.text("Comment"), field), button], className="controls")


def _field(key: str) -> str:
    """Return the name of the field: what was refused on one store is not to stand in the field of the next."""
    return f"{TEXT} {key}"
