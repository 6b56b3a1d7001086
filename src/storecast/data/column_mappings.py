"""What [columns] of storecast.toml says: the names of columns in all files, in those of one table, and in one file."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from storecast.data.file_columns import FILE_COLUMNS
from storecast.data.file_layout import TABLES, FileLayout
from storecast.errors import DataError, hint, quote


def read_columns(
    given: Any, own: Collection[str], layout: FileLayout, file: str
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return our name of each column with theirs, for all files, and for single tables and files.

    Parameters
    ----------
    given : [columns] as TOML has it
    own : the chain's own columns, which may have another name in a file, too
    layout : the names of the files
    file : that says so, for messages

    Raises
    ------
    DataError
        where it names no column, table or file, or one name stands for two columns
    """
    where = f"{file}, [columns]"
    if not isinstance(given, dict) or not all(isinstance(name, (str, dict)) for name in given.values()):
        raise DataError(f'{where}: expected lines such as Store = "Filiale".')
    file_names = {name: file_name for name, file_name in given.items() if isinstance(file_name, str)}
    names_of = {part: names for part, names in given.items() if isinstance(names, dict)}
    files = [name for names in layout.files.values() for name in names]
    for part, names in names_of.items():
        if part not in (*TABLES, *files):
            places = (*TABLES, *files)
            raise DataError(
                f"{where}: there is no table or file {quote(part)}.{hint(part, places)} There are: {quote(', '.join(places))}."
            )
        if not all(isinstance(name, str) for name in names.values()):
            raise DataError(f'{where}, {quote(part)}: expected lines such as Store = "Filiale".')
    for part, names in (("", file_names), *names_of.items()):
        place = f"{where}, {quote(part)}" if part else where
        refuse_unknown(names, (*FILE_COLUMNS, *own), place)
        named = Counter(names.values()).most_common(1)
        if named and named[0][1] > 1:
            raise DataError(f"{place}: {quote(named[0][0])} stands for two columns; expected one. Remove the other.")
    return file_names, names_of


def refuse_unknown(settings: dict[str, object], allowed: tuple[str, ...], where: str) -> None:
    """Refuse the first setting that is none.

    Parameters
    ----------
    settings : by name
    allowed : the names that there are
    where : the part of the file, for the message

    Raises
    ------
    DataError
        with the nearest name
    """
    for name in settings:
        if name not in allowed:
            raise DataError(
                f"{where}: there is no setting {quote(name)}.{hint(name, allowed)} There are: {', '.join(allowed)}."
            )
