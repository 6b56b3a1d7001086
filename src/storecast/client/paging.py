"""Lists that the service tells page by page."""

from collections.abc import Iterator, Mapping

from storecast.client.errors import BadReplyError
from storecast.client.replies import Row
from storecast.client.sending import Sender

PAGE = 1000  # rows of one page


def pages(sender: Sender, path: str, query: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Yield the pages of a list, each as it comes.

    Parameters
    ----------
    sender : of the client
    path : of the list
    query : what is asked of it, beside the page

    Raises
    ------
    BadReplyError
        where a page names itself as the next
    """
    cursor: str | None = None
    while True:
        page_query = {**(query or {}), "limit": str(PAGE), **({} if cursor is None else {"cursor": cursor})}
        page: Row = sender.send("GET", path, query=page_query)
        before, cursor = cursor, page.get("next")
        yield page
        if cursor is None:
            return
        if cursor == before:
            raise BadReplyError(f"{path}: found the same page twice; expected another, or no `next`.")
