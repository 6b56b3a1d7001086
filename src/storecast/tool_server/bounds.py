"""How much one reply may hold: an assistant reads every row of it."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

MOST_ROWS = 120  # of a reply
MOST_STORE_DAYS = 100_000  # that a request to the service may name


def first_rows(rows: Iterable[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Return the first rows without the cells that are empty, and whether there are more.

    Raises
    ------
    ToolError
        where the limit is more than a reply may hold
    """
    if not 1 <= limit <= MOST_ROWS:
        raise ToolError(f"limit is {limit}; expected 1 to {MOST_ROWS}.")
    some = list(islice(rows, limit + 1))
    plain = [{name: value for name, value in row.items() if value not in (None, "")} for row in some[:limit]]
    return plain, len(some) > limit


def check_rows(count: int, what: str, remedy: str) -> None:
    """Refuse a reply of too many rows.

    Parameters
    ----------
    count : of the rows
    what : they are
    remedy : how to ask for fewer

    Raises
    ------
    ToolError
        where there are too many
    """
    if count > MOST_ROWS:
        raise ToolError(f"There are {count:,} {what}, and a reply holds at most {MOST_ROWS}. {remedy}")


def check_store_days(stores: int, days: int) -> None:
    """Refuse a request of too many days of stores.

    Raises
    ------
    ToolError
        where there are too many
    """
    if stores * days > MOST_STORE_DAYS:
        raise ToolError(
            f"{stores:,} stores × {days} days are {stores * days:,} days of stores; at most {MOST_STORE_DAYS:,} are worked out "
            "at once. Ask for fewer days, or for some of the stores."
        )
