"""Target: which figure is forecast, what it is counted in, and whether it comes in whole numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.file_columns import FILE_COLUMNS
from storecast.errors import DataError, quote

TARGET, UNIT, WHOLE_NUMBERS = "target", "unit", "whole_numbers"  # as storecast.toml calls them
TARGET_SETTINGS = (TARGET, UNIT, WHOLE_NUMBERS)
BESIDE_TARGET = (
    "Sales, beside the target"  # what a column Sales is called where another figure is forecast: it is not used
)
MAX_UNIT_LENGTH = 20  # characters
SALES_IN_TEXTS = re.compile(r"\b(?:[Ss]ales|Umsatz(?:es)?|Umsätzen?)\b")  # English and German


@dataclass(frozen=True)
class Target:
    """The figure that is forecast. Every table holds it in the column Sales, whatever it is called.

    Attributes
    ----------
    name : of its column, such as Customers
    unit : what it is counted in, such as pieces or EUR; empty where nobody says it
    whole_numbers : whether every value is a whole number; quantiles and bounds of a store's day are whole then, and expected
        values may still be fractions
    """

    name: str = s.SALES
    unit: str = ""
    whole_numbers: bool = False

    @property
    def is_sales(self) -> bool:
        """Whether sales are forecast, and no other figure."""
        return self.name == s.SALES

    @property
    def noun(self) -> str:
        """What the figure is called inside a sentence: ``sales``, or the name of another figure as it is written."""
        return self.name.lower() if self.is_sales else self.name

    @property
    def moved(self) -> str:
        """What an exploration is about: sales and customers, or another figure alone."""
        return "sales and customers" if self.is_sales else self.name

    @property
    def title(self) -> str:
        """What stands at an axis or above a column.

        Examples
        --------
        >>> Target().title, Target("Customers").title, Target(unit="pieces").title
        ('Sales', 'Customers', 'Sales (pieces)')
        """
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def worded(self, text: str) -> str:
        """Return a text about sales as one about this figure.

        Parameters
        ----------
        text : in which `sales`, `Sales` or a form of `Umsatz` stand for the figure

        Examples
        --------
        >>> Target("Pieces").worded("Sales of Mondays, and no salesman's")
        "Pieces of Mondays, and no salesman's"
        """
        return text if self.is_sales else SALES_IN_TEXTS.sub(lambda _: self.name, text)

    @property
    def described(self) -> str:
        """The figure, and whether it comes in whole numbers."""
        return f"{self.noun} in whole numbers" if self.whole_numbers else self.noun

    def to_plain(self) -> dict[str, Any]:
        """Return it as settings, by name; empty where nobody has set anything."""
        given = {TARGET: self.name, UNIT: self.unit, WHOLE_NUMBERS: self.whole_numbers}
        return {} if self == Target() else given

    def check(self, values: pl.Series) -> None:
        """Refuse fractions where whole numbers are promised.

        Parameters
        ----------
        values : of the figure, null where it is unknown

        Raises
        ------
        DataError
            with the first fraction
        """
        fractions = values.filter(values != values.round()) if self.whole_numbers else values.clear()
        if len(fractions):
            raise DataError(
                f"whole_numbers = true, and {self.name} holds {fractions[0]:g}; expected whole numbers. Remove the setting, or "
                "correct the values."
            )


def read_target(settings: Mapping[str, Any], where: str, own: tuple[str, ...] = ()) -> Target:
    """Read the settings `target`, `unit` and `whole_numbers`.

    Parameters
    ----------
    settings : by name; those that are left out have their defaults
    where : they stand, for messages
    own : columns that have another meaning already

    Raises
    ------
    DataError
        with the setting, what was found and what was expected
    """
    name, unit = settings.get(TARGET, s.SALES), settings.get(UNIT, "")
    whole_numbers = settings.get(WHOLE_NUMBERS, False)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= s.MAX_TEXT_LENGTH:
        raise DataError(f'{where}, {TARGET}: found {quote(name)}; expected the name of a column, such as "Customers".')
    if name in FILE_COLUMNS and name not in (s.SALES, s.CUSTOMERS):
        raise DataError(
            f"{where}, {TARGET}: {quote(name)} is no figure that could be forecast; expected Sales, Customers or a numeric column "
            "of your own."
        )
    if name in own:
        raise DataError(
            f"{where}, {TARGET}: {quote(name)} is an own column, too; expected one of both. Remove the other."
        )
    if not isinstance(unit, str) or len(unit) > MAX_UNIT_LENGTH or not unit.isprintable():
        raise DataError(
            f'{where}, {UNIT}: found {quote(unit)}; expected a text of at most {MAX_UNIT_LENGTH} characters, such as "pieces".'
        )
    if not isinstance(whole_numbers, bool):
        raise DataError(f"{where}, {WHOLE_NUMBERS}: found {quote(whole_numbers)}; expected true or false.")
    return Target(name.strip(), unit.strip(), whole_numbers)


def names_with_target(file_names: dict[str, str], target: Target, *, whole: bool = True) -> dict[str, str]:
    """Return the files' names of our columns, so that the target is read as Sales.

    Parameters
    ----------
    file_names : what the files call our columns
    target : the figure that is forecast
    whole : whether these names hold for all files: then the target is looked for even where they do not name it

    Examples
    --------
    >>> names_with_target({"Sales": "Umsatz", "Customers": "Kunden"}, Target("Customers"))
    {'Sales': 'Kunden'}
    """
    if target.is_sales:
        return file_names
    others = {name: of_file for name, of_file in file_names.items() if name not in (s.SALES, target.name)}
    return (
        {**others, s.SALES: file_names.get(target.name, target.name)} if whole or target.name in file_names else others
    )
