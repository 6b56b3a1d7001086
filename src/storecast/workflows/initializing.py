"""Look at a stranger's files, guess what they hold, and write it down as a storecast.toml to read and correct."""

from dataclasses import dataclass
from pathlib import Path

from storecast.data.clean import Cleaned, clean
from storecast.data.column_names import FILE, parse_settings
from storecast.data.column_synonyms import SYNONYMS
from storecast.data.dialect import TextTable, read_table
from storecast.data.file_columns import FILE_COLUMNS
from storecast.data.guess_files import Guess, guess_files
from storecast.data.plain_files import SUFFIXES
from storecast.data.read import read_chain
from storecast.data.settings_file import says_nothing, settings_text
from storecast.data.workbooks import read_sheets
from storecast.errors import ConfigError, DataError, quote
from storecast.files import atomic_write
from storecast.stages import LOOKING, READING_BY_GUESS, Progress, no_progress

HEADER_NAMES = frozenset({*FILE_COLUMNS, *(name for names in SYNONYMS.values() for name in names)})


@dataclass(frozen=True, eq=False)
class Proposal:
    """What `init` found and wrote.

    Attributes
    ----------
    guess : which file and column is which
    path : of the storecast.toml that was written; None where the files need none
    cleaned : the chain as it is read with these settings; None where it cannot be read yet
    problem : why it cannot be read; empty where it can
    """

    guess: Guess
    path: Path | None
    cleaned: Cleaned | None
    problem: str = ""


def init(data: Path, *, replace: bool = False, progress: Progress = no_progress) -> Proposal:
    """Guess what the files of a folder hold, write storecast.toml beside them, and read them by it.

    Parameters
    ----------
    data : the folder, or one file with the sales
    replace : replace a storecast.toml that is there
    progress : called with what is being done: `stages.INIT_STAGES`, and steps between

    Raises
    ------
    ConfigError
        where there is a storecast.toml already
    DataError
        where there are no files, or none seems to hold sales
    """
    folder = data.parent if data.is_file() else data
    path = folder / FILE
    if path.exists() and not replace:
        raise ConfigError(f"There is a {FILE} in {quote(folder)} already. Correct it, or replace it: --replace.")
    progress(LOOKING)
    tables, unreadable = _read_files(data, progress)
    guess = guess_files(tables, unreadable)
    text = settings_text(guess)
    progress(READING_BY_GUESS)
    cleaned, problem = None, ""
    try:
        cleaned = clean(read_chain(data, settings=parse_settings(text.encode())))
    except DataError as error:
        problem = str(error)
    if says_nothing(guess):
        return Proposal(guess, None, cleaned, problem)
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")
    return Proposal(guess, path, cleaned, problem)


def _read_files(data: Path, progress: Progress) -> tuple[list[TextTable], dict[str, str]]:
    """Return the files as text, and why others cannot be read."""
    if data.is_file():
        paths = [data]
    elif data.is_dir():
        paths = sorted(path for path in data.iterdir() if path.is_file() and path.name.endswith(SUFFIXES))
    else:
        raise DataError(
            f"The data folder {quote(data)} does not exist; expected a folder with files, or a file. Name another."
        )
    tables, unreadable = [], {}
    for path in paths:
        progress(f"looking at {path.name}")
        try:
            if path.suffix == ".xlsx":
                tables += read_sheets(path, HEADER_NAMES)
            else:
                tables.append(read_table(path, HEADER_NAMES))
        except DataError as error:
            unreadable[path.name] = f"cannot be read: {error}"
    return tables, unreadable
