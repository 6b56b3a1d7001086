"""CSV for people: money with two decimals, ISO dates, and names that a spreadsheet takes as text, never as a formula."""

import logging
import re
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.errors import quote
from storecast.files import atomic_write

log = logging.getLogger(__name__)

FORMULA = r"^[=+\-@\t\r]"


def write_csv(table: pl.DataFrame, path: Path, *, decimals: int = 2) -> None:
    """Write a table: ISO dates, text that a spreadsheet takes as text, and numbers with two decimals, as money, or others.

    Parameters
    ----------
    table : to write; texts that a spreadsheet would run as formulas are escaped
    path : of the file
    decimals : of floating-point columns
    """
    with atomic_write(path) as draft:
        escape_formulas(table).write_csv(draft, float_precision=decimals)


def escape_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose text a spreadsheet takes as text: an apostrophe stands before what it would run."""
    text = [name for name, dtype in table.schema.items() if dtype == pl.String]
    return table.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in text
    )


def escape_formula(text: str) -> str:
    """Return a text that a spreadsheet takes as text, as `escape_formulas` does."""
    return f"'{text}" if re.match(FORMULA, text) else text


def read_forecast(path: Path, *, text_ids: bool) -> pl.DataFrame | None:
    """Read the forecast of an earlier run; None where there is none, or none that can be read.

    It only tells what moved. A run that has done its work does not fail over what another left behind: it says so and goes on.
    """
    if not path.exists():
        return None
    types = {s.STORE: pl.String() if text_ids else pl.Int64(), s.DATE: pl.Date(), s.FORECAST: pl.Float64()}
    try:
        forecast = pl.read_csv(path, columns=list(types), schema_overrides=types)
    except (pl.exceptions.PolarsError, OSError) as error:
        log.warning("%s of the run before cannot be read, and changes.csv is not made: %s", path.name, quote(error))
        return None
    # write_csv put an apostrophe before text that a spreadsheet would run.
    return forecast.with_columns(pl.col(s.STORE).str.replace(rf"^'({FORMULA[1:]})", "$1")) if text_ids else forecast
