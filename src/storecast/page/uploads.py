"""Files that the browser sends along with a callback: where they are dropped, and their bytes."""

import base64
import binascii
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from storecast.page.language import Words
from storecast.service.problems import unreadable
from storecast.service.settings import Settings


def most_bytes(settings: Settings) -> int:
    """Return how large a file may be: it comes in Base64, and goes back for the write."""
    return settings.body_limit // 2


def file_size(size: int, words: Words) -> str:
    """Return a number of bytes in megabytes, as in 16 MB."""
    megabytes = size / 2**20
    return words.text("{size} MB", size=words.number(megabytes, 0 if megabytes >= 1 else 2))


def upload(name: str, text: str, limit: int, too_large: str, **more: Any) -> Component:
    """Return the place where a file is dropped, with what is said of one that is too large: Dash drops it without a word.

    Parameters
    ----------
    name : the id of the upload
    text : on its button
    limit : most bytes of a file
    too_large : what is said, once a larger file is chosen
    more : properties of the upload
    """
    button = html.Button(text, className="plain", type="button")
    refusal = html.P(too_large, className="message too-large", role="alert", hidden=True, **{"data-limit": str(limit)})
    return html.Div(
        [dcc.Upload(button, id=name, className="upload", max_size=limit, **more), refusal], className="uploads"
    )


def file_bytes(contents: str) -> bytes:
    """Return the bytes of a file as browsers give it: ``data:text/csv;base64,…``.

    Raises
    ------
    Problem
        where the text is cut or is no Base64
    """
    try:
        return base64.b64decode(contents.partition("base64,")[2], validate=True)
    except binascii.Error as error:
        raise unreadable("The file did not come whole. Choose it again.") from error
