"""What another calendar may ask of own columns: one that has never changed is refused."""

from storecast.data.ahead_own import never_changed
from storecast.data.panel import Panel
from storecast.errors import DataError, quote


def refuse_unknown_effects(panel: Panel, other: Panel, name: str) -> None:
    """Refuse another value of an own column that has never changed: a difference of 0 would be taken for an answer.

    Parameters
    ----------
    panel, other : the chain under its stored calendar and under the other
    name : of the other calendar, for messages

    Raises
    ------
    DataError
        with the column
    """
    for column in panel.known:
        if other.calendar[column].ne_missing(panel.calendar[column]).any() and never_changed(panel, column):
            raise DataError(
                f"{name} changes {quote(column)}, which has never changed in any store up to {panel.end}: no effect of it is "
                "known. Leave the column out."
            )
