"""Files that lie beside those that are read and begin as they do: last month's sales, say, which nobody has named."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from storecast.errors import quote

log = logging.getLogger(__name__)

LONGEST_HEADER = 65_536  # bytes
MOST_NAMED = 3


def name_unread_files(folder: Path, paths: Mapping[str, Sequence[Path]]) -> None:
    """Warn of CSV files of a folder that are not read, though their header is that of a file of sales.

    Parameters
    ----------
    folder : of the chain's files
    paths : of the files that are read, by the name of their table
    """
    read = {path.resolve() for files in paths.values() for path in files}
    headers = {
        _header(path) for path in paths["train"] if path.suffix == ".csv" and path.is_file()
    }  # no pipe is opened
    others = [path for path in sorted(folder.glob("*.csv")) if path.is_file() and path.resolve() not in read]
    alike = [path.name for path in others if headers and _header(path) in headers]
    if alike:
        log.warning(
            "%s holds files that are not read, though their columns are those of the sales: %s. Name them under [files] in "
            "storecast.toml where they belong to the chain.",
            quote(folder),
            quote(", ".join(alike[:MOST_NAMED]) + (" …" if len(alike) > MOST_NAMED else "")),
        )


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(LONGEST_HEADER).strip()
