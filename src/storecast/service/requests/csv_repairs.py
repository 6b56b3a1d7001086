"""What the reader of CSV does with a body beyond reading it, said as `storecast check` says it of files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Repair, day_names, repair_of
from storecast.data.dialect import TextTable
from storecast.data.file_layout import Wide, is_wide_column
from storecast.data.notice_sentences import EXAMPLES
from storecast.data.target import BESIDE_TARGET
from storecast.errors import Enumeration, Message, quote


@dataclass(frozen=True, eq=False)
class CsvRows:
    """The rows of a body in CSV.

    Attributes
    ----------
    frame : the rows in their types
    repairs : what was done about rows and cells, by the cleaning rules that files follow
    left_out : a sentence on lines above the header, and one on columns, that are not used
    text : the cells that were read, as text
    cells : the same in their types, before rows were added up
    """

    frame: pl.DataFrame
    repairs: tuple[Repair, ...]
    left_out: tuple[Message, ...]
    text: pl.DataFrame
    cells: pl.DataFrame

    def converted(self) -> Message:
        """Return a sentence with the first value of each column that was written in another way than ours; empty without any."""
        examples = []
        for name, values in self.cells.to_dict().items():
            text = self.text[name].str.strip_chars()
            if values.dtype.is_numeric():
                same = text.cast(pl.Float64, strict=False).eq_missing(values.cast(pl.Float64))
            else:
                same = text.eq_missing(values.cast(pl.String))
            other = ~same & values.is_not_null()
            if other.any():
                row = int(other.arg_max() or 0)
                value = f"{values[row]:.15g}" if values.dtype.is_numeric() else str(values[row])
                examples.append(
                    Message("{column} {given} to {value}", column=name, given=quote(text[row]), value=value)
                )
        if not examples:
            return Message("")
        return Message("Values were converted, such as {examples}.", examples=Enumeration(tuple(examples)))


def dropped_totals(lines: Sequence[str]) -> list[Repair]:
    """Return the repair that rows of totals at the end were dropped.

    Parameters
    ----------
    lines : the place of each, such as ``line 4``
    """
    return [repair_of("total_rows", len(lines), lines[:EXAMPLES])] if lines else []


def cells_of_other_levels(cells: Mapping[str, int]) -> list[Repair]:
    """Return the repair that texts which the past does not have became none of its levels.

    Parameters
    ----------
    cells : how many there are, by column
    """
    examples = [f"{name}: {count}" for name, count in cells.items()]
    return [repair_of("other_levels", sum(cells.values()), examples)] if cells else []


def summed_rows(frame: pl.DataFrame) -> list[Repair]:
    """Return the repair that several rows of a store and day are added up.

    Parameters
    ----------
    frame : all rows, before they are
    """
    days = frame.filter(pl.struct(s.KEYS).is_duplicated())
    different = days.unique(s.KEYS)
    return [repair_of("summed_rows", days.height - different.height, day_names(different))] if days.height else []


def left_out(table: TextTable, given: TextTable, used: Collection[str], wide: Wide | None) -> tuple[Message, ...]:
    """Return sentences on the lines and columns of a body that are not used.

    Parameters
    ----------
    table : with a row for each store and day
    given : as it was sent, under our names
    used : the columns that are read
    wide : what the columns of the body are, where each is a store or a day
    """
    columns = [name for name in table.frame.columns if name not in used]
    unused = [s.SALES if name == BESIDE_TARGET else name for name in columns]
    if wide is not None:
        given_columns = [name for name in given.frame.columns if name not in table.frame.columns]
        unused += [name for name in given_columns if not is_wide_column(given.frame[name], wide)]
    sentences = []
    if given.above:
        line = given.above + 1
        sentences.append(Message("The header stands on line {line}; the lines above it are left out.", line=line))
    if unused:
        names = ", ".join(map(quote, unused))
        sentences.append(Message("Columns that storecast does not use are left out: {names}.", names=names))
    return tuple(sentences)
