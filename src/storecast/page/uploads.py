"""Files that the browser sends along with a callback."""

import base64
import binascii

from storecast.service.problems import unreadable


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
