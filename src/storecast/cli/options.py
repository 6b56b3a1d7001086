"""What several commands take: options with their help, and how text becomes their values.

An option with a ``parser`` reaches its command as the value, not as text; a default that is text is parsed too.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storecast.errors import ConfigError, quote

if TYPE_CHECKING:
    from storecast.workflows.preparation import Source

ModelSettings = Mapping[str, Mapping[str, Any]]
# Asserted by a test: the help needs no library of models.
MODELS = "naive, linear, boosting, boosting-plain, forest, blend, lightgbm and lstm, or a plug-in's"
DEFAULT = "naive,linear,boosting; with --fast boosting"
WEEKLY_DEFAULT = "naive,linear,blend; with --fast boosting"
MEMORY_UNITS = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class SelectionScore(StrEnum):
    """The scores that a model can be selected by."""

    sql = "sql"
    wape = "wape"
    rmspe = "rmspe"


class LogFormat(StrEnum):
    """How log lines look."""

    text = "text"
    json = "json"


def names(text: str) -> Sequence[str]:
    """Split names at commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers(text: str) -> Sequence[float]:
    """Split numbers at commas."""
    try:
        return tuple(float(part) for part in names(text))
    except ValueError as error:
        raise ConfigError(f"--quantiles: found {quote(text)}; expected numbers such as 0.1,0.5,0.9.") from error


def day(option: str) -> Callable[[str], dt.date | None]:
    """Return what reads the ISO date of an option; an empty text is no date."""

    def read(text: str) -> dt.date | None:
        try:
            return dt.date.fromisoformat(text) if text else None
        except ValueError as error:
            raise ConfigError(f"{option}: found {quote(text)}; expected a date such as 2015-06-20.") from error

    return read


def days(text: str) -> Sequence[dt.date]:
    """Split ISO dates at commas."""
    try:
        return [dt.date.fromisoformat(part) for part in names(text)]
    except ValueError as error:
        raise ConfigError(f"--cutoffs: found {quote(text)}; expected dates such as 2015-03-09,2015-04-26.") from error


def bytes_of_memory(text: str) -> int:
    """Read an amount of memory, such as 3GiB or 800MiB, as bytes."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([MGT]iB)", text.strip())
    if match is None:
        raise ConfigError(f"--memory: found {quote(text)}; expected an amount such as 3GiB or 800MiB.")
    return int(float(match[1]) * MEMORY_UNITS[match[2]])


def settings_file(text: str) -> ModelSettings:
    """Read the settings of models from a file."""
    from storecast.models.settings import read_settings

    return read_settings(Path(text))


Data = Annotated[
    Path,
    typer.Option(
        "--data", help="Folder with train.csv, and others where there are any; or one file. The whole history."
    ),
]
MaybeData = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder with train.csv, and others where there are any; or one file. The whole history."
    ),
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
Quantiles = Annotated[
    Sequence[float] | None,
    typer.Option("--quantiles", parser=numbers, metavar="<str>", help="Quantiles to add, such as 0.1,0.5,0.9."),
]
Models = Annotated[
    Sequence[str],
    typer.Option("--models", parser=names, metavar="<str>", help=f"Names of models: {MODELS}."),
]
RunModels = Annotated[
    Sequence[str],
    typer.Option("--models", parser=names, metavar="<str>", help=f"Names of models: {MODELS}. Default: {DEFAULT}."),
]
WeeklyModels = Annotated[
    Sequence[str],
    typer.Option(
        "--models",
        parser=names,
        metavar="<str>",
        help=f"Names of models that are compared where one is trained: {MODELS}. Default: {WEEKLY_DEFAULT}.",
    ),
]
ModelName = Annotated[str, typer.Option("--models", help=f"The name of one model: {MODELS}.")]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model", help="A model file, HOME/models/model-….pkl. Default: the model in use in --home."),
]
ModelHome = Annotated[
    Path | None,
    typer.Option(
        "--home", help="The home of a run: its model in use, and its database where neither --data nor --db is given."
    ),
]
Fast = Annotated[bool, typer.Option("--fast", help="Learn from less history: quicker, slightly less accurate.")]
Settings = Annotated[
    ModelSettings | None,
    typer.Option(
        "--settings",
        parser=settings_file,
        metavar="<path>",
        help="Settings of models, a TOML file with a table for each.",
    ),
]
Skip = Annotated[
    list[str] | None, typer.Option("--skip", help="A cleaning rule to switch off; may be given several times.")
]
Language = Annotated[str, typer.Option("--language", help="Language of what people read in files: en or de.")]
SumRows = Annotated[
    bool, typer.Option("--sum", help="Add several rows of a store and day up: shifts, tills, departments, receipts.")
]
SelectBy = Annotated[
    SelectionScore,
    typer.Option(
        "--select-by", help="The score by which the model to use is selected, day by day beside a simpler one."
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        help="Another figure to forecast, a column of the sales such as Customers, in place of storecast.toml's.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", help="Work in so many processes on this machine. Default: in one, this one."),
]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler", metavar="<url>", help="Work on a dask.distributed cluster: tls://HOST:PORT.", show_default=False
    ),
]
TlsCa = Annotated[Path | None, typer.Option("--tls-ca", help="Certificate of the cluster's authority, a PEM file.")]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="Your certificate for the cluster, a PEM file.")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="The private key of that certificate, a PEM file.")]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Allow a scheduler on another machine to be reached unencrypted, by tcp://.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show the whole log, not a line for each stage. run.log has it anyway.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Log = Annotated[LogFormat, typer.Option("--log-format", help="How log lines look.")]


def source(data: Path | None, db: str | None, home: Path | None = None) -> "Source":
    """Return where the chain is read from: a folder, a database, or else the database of a home."""
    from storecast.database.connect import home_url
    from storecast.workflows.preparation import DatabaseSource

    if data is not None and db is None:
        return data
    if data is None and db is not None:
        return DatabaseSource(db)
    if data is None and home is not None:
        check_home(home)
        return DatabaseSource(home_url(home))
    raise ConfigError("Give --data with a folder of files, or --db with the URL of a database; one of them.")


def model_file(model: Path | None, home: Path | None) -> Path:
    """Return the model file that is meant: one that is named, or the one in use in a home."""
    if model is not None:
        return model
    if home is not None:
        from storecast.bundle.registry import current

        return current(models_folder(home))
    raise ConfigError(
        "Give --model with a model file, or --home with the folder of a run, whose model in use is taken."
    )


def database(home: Path | None, db: str | None, *, new: bool = False) -> str:
    """Return the URL of the database that is meant: a home's own, or another.

    Parameters
    ----------
    home, db : of the command
    new : whether the command makes the database where there is none
    """
    from storecast.database.connect import home_url

    if home is not None and db is None:
        if not new:
            check_home(home)
        return home_url(home)
    if home is None and db is not None:
        return db
    raise ConfigError(
        "Give --home with the folder of a run, or --db (STORECAST_DB) with the URL of a database; one of them."
    )


def check_home(home: Path) -> None:
    """Refuse a folder that is missing, empty, or no home: every command says the same of it.

    Raises
    ------
    ConfigError
        where there is no such folder, or it holds neither a database nor models
    """
    if not home.is_dir():
        what = "the folder does not exist"
    elif any((home / name).exists() for name in ("storecast.db", "models")):
        return
    else:
        what = "the folder is empty" if not any(home.iterdir()) else "it holds no storecast.db and no models"
    raise ConfigError(
        f"{quote(home)} is no home of a run: {what}. Make one with `storecast run --data DIR --out {home}`."
    )


def models_folder(home: Path) -> Path:
    """Return the folder of models of a home.

    Raises
    ------
    ConfigError
        where the folder is no home, or has no models
    """
    check_home(home)
    if not (home / "models").is_dir():
        raise ConfigError(f"{quote(home)} has no models yet. Train one with `storecast run --out {home}`.")
    return home / "models"
