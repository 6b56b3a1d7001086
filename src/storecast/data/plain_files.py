"""The bytes of a file: plain, or packed as gzip or ZIP. A pipe is never opened, and what unpacks to too much is refused."""

import gzip
import io
import stat
import zipfile
import zlib
from pathlib import Path

from storecast.errors import DataError, quote

SUFFIXES = (".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet", ".xlsx")
OTHER_WORKBOOKS = (".xlsm", ".xlsb", ".xls", ".ods")
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MAX_UNPACKED = 4 * 2**30  # bytes; a chain of 50,000 stores and five years has some 3.5 GB


def find(folder: Path, stem: str) -> Path | None:
    """Return the file of a table, CSV (gzipped or zipped, too), Parquet or .xlsx; two at once and other workbooks are refused.

    Raises
    ------
    DataError
        where there are two, or a workbook of another kind
    """
    paths = [path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").exists()]
    if len(paths) > 1:
        raise DataError(f"Found both {paths[0].name} and {paths[1].name}; expected one of them. Remove the other.")
    workbooks = [path for suffix in OTHER_WORKBOOKS if (path := folder / f"{stem}{suffix}").exists()]
    if workbooks and not paths:
        raise DataError(
            f"{workbooks[0].name} is a workbook of another kind than .xlsx; expected {stem}.xlsx or {stem}.csv. Save it as one."
        )
    return paths[0] if paths else None


def read_bytes(path: Path) -> bytes:
    """Return what a plain file holds; a pipe is never opened, since nothing may ever come out of it.

    Raises
    ------
    DataError
        where there is no such file, it is not a plain one, or it cannot be read
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path.name} is not a plain file; expected one. Put the file itself there.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"There is no file {quote(path)}. Name one that is there.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}. Allow this user to read it.") from error


def unpack(name: str, data: bytes) -> bytes:
    """Return the bytes of a gzipped or zipped file, and any others as they are.

    Parameters
    ----------
    name : of the file, for messages
    data : its bytes; what they begin with says whether they are packed, not the name

    Raises
    ------
    DataError
        where the file is broken, unpacks to too much, or a ZIP holds another number of files than one
    """
    if not data.startswith((GZIP, ZIP)):
        return data
    try:
        if data.startswith(GZIP):
            with gzip.open(io.BytesIO(data)) as stream:
                unpacked = stream.read(MAX_UNPACKED + 1)
        else:
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_only_file(name, archive)) as stream:
                unpacked = stream.read(MAX_UNPACKED + 1)
    except (EOFError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{name} cannot be unpacked: {quote(error)}. Pack it again, without a password.") from error
    if len(unpacked) > MAX_UNPACKED:
        raise DataError(
            f"{name} unpacks to more than {MAX_UNPACKED // 2**30} GiB; expected a table of sales. Leave rows out."
        )
    return unpacked


def _only_file(name: str, archive: zipfile.ZipFile) -> str:
    files = [file for file in archive.namelist() if not file.endswith("/") and not file.startswith("__MACOSX/")]
    if "xl/workbook.xml" in files or "mimetype" in files:
        raise DataError(f"{name} is a workbook; expected CSV. Name it .xlsx, or save its sheet as CSV (UTF-8).")
    if len(files) != 1:
        raise DataError(f"{name} holds {len(files)} files; expected one CSV file. Pack one file alone.")
    return files[0]
