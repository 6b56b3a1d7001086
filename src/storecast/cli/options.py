"""What several commands take: options with their help, and how text becomes their values."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storecast.errors import ConfigError, quote

if TYPE_CHECKING:
    from storecast.workflows.preparation import Source


class LogFormat(StrEnum):
    """How log lines look."""

    text = "text"
    json = "json"


Data = Annotated[
    Path, typer.Option("--data", help="Folder with train.csv and store.csv (or .parquet); the whole history.")
]
MaybeData = Annotated[
    Path | None, typer.Option("--data", help="Folder with train.csv and store.csv (or .parquet); the whole history.")
]
FromDb = Annotated[
    str | None,
    typer.Option("--db", help="URL of a database that holds the chain, in place of --data.", show_default=False),
]
Db = Annotated[
    str | None,
    typer.Option(
        "--db", envvar="STORECAST_DB", help="URL of the database: sqlite:///FILE or postgresql://USER@HOST/NAME."
    ),
]
MaybeHome = Annotated[
    Path | None, typer.Option("--home", help="Folder that `storecast run` wrote; its database is storecast.db.")
]
Home = Annotated[Path, typer.Option("--home", help="Folder that `storecast run` wrote.")]
Horizon = Annotated[
    int | None, typer.Option("--horizon", help="Days ahead. Default: the days that test.csv covers, else 42.")
]
Quantiles = Annotated[str, typer.Option("--quantiles", help="Quantiles to add, such as 0.1,0.5,0.9.")]
Models = Annotated[str, typer.Option("--models", help="Names of models, such as naive,linear.")]
Fast = Annotated[bool, typer.Option("--fast", help="Learn from less history: quicker, slightly less accurate.")]
Settings = Annotated[
    Path | None, typer.Option("--settings", help="Settings of models, a TOML file with a table for each.")
]
Skip = Annotated[
    list[str] | None, typer.Option("--skip", help="A cleaning rule to switch off; may be given several times.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Log = Annotated[LogFormat, typer.Option("--log-format", help="How log lines look.")]


def source(data: Path | None, db: str | None) -> "Source":
    """Return where the chain is read from: a folder or a database."""
    from storecast.workflows.preparation import DatabaseSource

    if data is not None and db is None:
        return data
    if data is None and db is not None:
        return DatabaseSource(db)
    raise ConfigError("Give --data with a folder of files, or --db with the URL of a database; one of them.")


def database(home: Path | None, db: str | None) -> str:
    """Return the URL of the database that is meant: a home's own, or another."""
    from storecast.database.connect import home_url

    if home is not None and db is None:
        return home_url(home)
    if home is None and db is not None:
        return db
    raise ConfigError(
        "Give --home with the folder of a run, or --db (STORECAST_DB) with the URL of a database; one of them."
    )


def names(text: str) -> list[str]:
    """Split names at commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers(text: str) -> tuple[float, ...]:
    """Split numbers at commas."""
    try:
        return tuple(float(part) for part in names(text))
    except ValueError as error:
        raise ConfigError(f"--quantiles: found {quote(text)}; expected numbers such as 0.1,0.5,0.9.") from error


def day(text: str, option: str = "--date") -> dt.date | None:
    """Read an ISO date; nothing where nothing is given."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigError(f"{option}: found {quote(text)}; expected a date such as 2015-06-20.") from error


def days(text: str) -> list[dt.date]:
    """Split ISO dates at commas."""
    try:
        return [dt.date.fromisoformat(part) for part in names(text)]
    except ValueError as error:
        raise ConfigError(f"--cutoffs: found {quote(text)}; expected dates such as 2015-03-09,2015-04-26.") from error
