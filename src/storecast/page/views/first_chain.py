"""The first chain of a database that holds none, from one file of sales: shown as it was read and repaired, then taken."""

import tempfile
from pathlib import Path

from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.data.clean import Cleaned
from storecast.data.dialect import SEPARATORS, TITLE_LINES, as_utf8
from storecast.database.panel_io import fill_empty
from storecast.errors import DataError
from storecast.evaluate.cutoffs import WINDOWS, days_needed
from storecast.page import tables
from storecast.page.actions import action_button, field_id, text_entry, write
from storecast.page.language import Words
from storecast.page.shell import message
from storecast.page.uploads import file_bytes
from storecast.page.view import ViewRequest
from storecast.page.views import file_parts
from storecast.service.problems import Problem
from storecast.service.requests.csv_rows import BODY, refusal_of_file
from storecast.workflows.preparation import USUAL_HORIZON, check

TAKE = "data-first"  # an action
FILE = "data-first-file"  # a field
FILE_NAME = "sales.csv"  # by which refusals name the file
MOST_COLUMNS = 200  # each costs kilobytes


def introduction(words: Words, limit: int) -> list[Component]:
    """Return what is said where the database is empty.

    Parameters
    ----------
    words : the language
    limit : most bytes of a file
    """
    return [
        html.P(
            words.text("The database holds no sales yet. Begin with the past sales of your stores, as one CSV file:")
        ),
        html.Ul(
            [
                html.Li(words.text("A row for each store and day, with the columns Store, Date and Sales.")),
                html.Li(
                    words.text(
                        "If you have them, Open, Promo, StateHoliday and SchoolHoliday of the day, and StoreType and State of "
                        "the store. What is missing is assumed, and you see how."
                    )
                ),
                html.Li(
                    words.text(
                        "Up to {size} MB. Larger files, several files, or files of another layout are loaded by command: "
                        "`storecast init`, then `storecast db load`.",
                        size=words.number(limit // 2**20),
                    )
                ),
            ]
        ),
    ]


def preview(request: ViewRequest, contents: str) -> Component:
    """Return the chain that a file holds, with what was repaired in it, and the button that takes it.

    Parameters
    ----------
    request : whose session it is
    contents : of the file, as browsers give it

    Raises
    ------
    Problem
        where the file cannot be read
    """
    words = request.words
    cleaned = _read(request, contents)
    panel = cleaned.panel
    columns = (*s.KEYS, s.SALES)
    lines = [
        [str(store), words.date(day), words.money(sales)]
        for store, day, sales in panel.sales.select(columns).head(file_parts.SHOWN_ROWS).iter_rows()
    ]
    return html.Div(
        [
            tables.facts(
                (words.text("Stores"), words.number(panel.stores.height), ""),
                (
                    words.text("Sales until"),
                    words.date(panel.end),
                    words.text("from {first}", first=words.date(panel.first)),
                ),
                (words.text("New rows"), words.number(panel.sales.height), ""),
            ),
            *_shortness((panel.end - panel.first).days + 1, words),
            *_remarks(cleaned, words),
            *file_parts.first_rows(columns, lines, words, text=(0, 1)),
            dcc.Textarea(id=field_id(FILE), value=contents, hidden=True),
            html.Div([action_button(words.text("Take these sales"), TAKE)], className="actions"),
        ]
    )


def take(request: ViewRequest, _key: str) -> str:
    """Put the chain that was shown into the database, which is still empty.

    Raises
    ------
    ConflictError
        where somebody else has filled it since
    """
    cleaned = _read(request, text_entry(request.entries, FILE))
    outcome = write(request, "chain", lambda conn: fill_empty(conn, cleaned.panel, cleaned.names), of_chain=True)
    return request.words.text(
        "{rows} rows of sales were taken.",
        rows=request.words.number(outcome.inserted),
    )


def _shortness(days: int, words: Words) -> list[Component]:
    """Return a warning where the past is too short for the weekly job."""
    least = days_needed(WINDOWS, USUAL_HORIZON, USUAL_HORIZON)
    if days >= least:
        return []
    text = words.text(
        "`storecast weekly` needs {least} days of sales to train a model for six weeks ahead, and the file holds {days}; with "
        "fewer, `storecast run --horizon` trains one for less. If you have more history, bring it now: no day before the "
        "first one can be added later.",
        days=words.number(days),
        least=words.number(least),
    )
    return [message(text, kind="hint")]


def _remarks(cleaned: Cleaned, words: Words) -> list[Component]:
    """Return what was repaired or noticed, a line each."""
    sentences = [repair.sentence for repair in cleaned.repairs]
    if cleaned.unseen_seasons:
        sentences.append(cleaned.unseen_seasons)
    return file_parts.remarks(html.H2(words.text("What was repaired or noticed")), [*map(words.message, sentences)])


def _read(request: ViewRequest, contents: str) -> Cleaned:
    """Read and clean the file as `storecast db load` does.

    Raises
    ------
    DataError
        where it cannot be read
    Problem
        the same in the language of the reader, where it has the words; or where the file is too large
    """
    try:
        text = as_utf8(FILE_NAME, file_bytes(contents))  # packed files end here, before anything is unpacked
        _check_size(request, text)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / FILE_NAME
            path.write_bytes(text)
            return check(path)
    except DataError as error:
        refusal = refusal_of_file(str(error).replace(FILE_NAME, BODY))
        # Translations are of the words without what was sent.
        if request.words.message(refusal.detail) != refusal.detail:
            raise refusal from error
        raise


def _check_size(request: ViewRequest, text: bytes) -> None:
    """Refuse too many rows or columns before any is made."""
    words, most_rows = request.words, request.service.settings.row_limit
    if text.count(b"\n") > most_rows + TITLE_LINES:
        raise Problem(
            "too-large",
            words.text(
                "The file holds more than {rows} rows. Load it by command: `storecast db load`.",
                rows=words.number(most_rows),
            ),
        )
    top = text.split(b"\n", TITLE_LINES)[:TITLE_LINES]
    if max(line.count(separator.encode()) for line in top for separator in SEPARATORS) > MOST_COLUMNS:
        raise Problem(
            "too-large",
            words.text(
                "The file has more than {columns} columns; expected a row for each store and day.",
                columns=words.number(MOST_COLUMNS),
            ),
        )
