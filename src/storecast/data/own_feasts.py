"""Feasts of the user's own: the table `feasts` of storecast.toml adds some to those of the country, replaces or drops others.

[feasts]
"Town fair" = "2 Sunday 9"                             # each second Sunday of September
"Anniversary sale" = ["2015-07-01 .. 2015-07-04", "2016-06-29 .. 2016-07-02"]
"Black Friday" = { on = "4 Thursday 11 +1", run_up = 10 }
"Halloween" = false                                    # not kept
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storecast.data.feast_table import (
    MAX_RUN_UP,
    USUAL_RUN_UP,
    RetailFeast,
    feast_days,
    is_description,
    retail_feasts,
)
from storecast.errors import DataError, quote

MAX_NAME_LENGTH = 60
EXPECTED = (
    'days such as "2 Sunday 9", "09-15 .. 09-20", "Easter -47" or "2015-07-01", one or a list; such days with a run_up, as in '
    f'{{ on = "2 Sunday 9", run_up = 6 }} (0 to {MAX_RUN_UP} days); or false, for a feast that is not kept'
)


@dataclass(frozen=True)
class OwnFeast:
    """A feast of the user's own.

    Attributes
    ----------
    name : of the feast; one of the country's own name takes its place
    on : descriptions of its days, as in `feasts.toml`, or dates; none where it is not kept
    run_up : days before it on which sales may rise towards it
    """

    name: str
    on: tuple[str, ...]
    run_up: int = USUAL_RUN_UP

    def days(self, years: range) -> tuple[dt.date, ...]:
        """Return its days in some years, sorted."""
        return tuple(sorted({day for year in years for text in self.on for day in feast_days(text, year)}))


def kept_feasts(country: str, years: range, own: tuple[OwnFeast, ...]) -> list[RetailFeast]:
    """Return the retail feasts of a country in some years, with the user's own beside them or in place of them.

    Parameters
    ----------
    country : ISO code
    years : in which they begin
    own : of the user
    """
    named = {feast.name for feast in own}
    table = [feast for feast in retail_feasts(country, years) if feast.name not in named]
    return [*table, *(RetailFeast(feast.name, feast.days(years), feast.run_up) for feast in own if feast.on)]


def read_own_feasts(value: object, where: str) -> tuple[OwnFeast, ...]:
    """Check the feasts that a user names.

    Parameters
    ----------
    value : by name, days, a table with `on` and `run_up`, or False
    where : they stand, for messages

    Raises
    ------
    DataError
        where a name or a description has no meaning
    """
    if not isinstance(value, Mapping):
        raise DataError(f'{where}: found {quote(value)}; expected lines such as "Town fair" = "2 Sunday 9".')
    return tuple(_feast(name, entry, where) for name, entry in value.items())


def _feast(name: object, entry: Any, where: str) -> OwnFeast:
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_LENGTH:
        raise DataError(
            f"{where}: found the name {quote(name)}; expected a text of at most {MAX_NAME_LENGTH} characters."
        )
    if entry is False:
        return OwnFeast(name, (), 0)
    table = dict(entry) if isinstance(entry, Mapping) else {"on": entry}
    on, run_up = table.pop("on", None), table.pop("run_up", USUAL_RUN_UP)
    texts = tuple(str(text) for text in (on if isinstance(on, list | tuple) else (on,)))
    known = bool(texts) and all(is_description(text) for text in texts)
    if table or not known or not isinstance(run_up, int) or not 0 <= run_up <= MAX_RUN_UP:
        raise DataError(f"{where}, {quote(name)}: found {quote(entry)}; expected {EXPECTED}.")
    return OwnFeast(name, texts, run_up)
