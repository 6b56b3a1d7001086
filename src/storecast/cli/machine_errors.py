"""Failures of the machine in words: a full disk is no bug of storecast, and the user can mend it."""

import errno
import re

from storecast.errors import quote

LONGEST_NAME = 200
OUT_OF_MEMORY = "Close other programs, or take a machine with more memory"
REMEDIES = {
    errno.ENOSPC: "Free some space, or name a folder on another disk",
    errno.EDQUOT: "Free some of your quota, or name a folder on another disk",
    errno.EROFS: "Name a folder that can be written to",
    errno.EACCES: "Name a file that you may read, or a folder that you may write to",
    errno.EIO: "Check the disk, or name a folder on another one",
    errno.EFBIG: "Raise the limit of a file's size (ulimit -f), or name a folder on another disk",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.ENOMEM: OUT_OF_MEMORY,
    errno.EMFILE: "Raise the limit of open files (ulimit -n)",
}
_CODE = re.compile(r"\(os error (\d+)\)")  # Polars 1 raises OSError without errno, with the number in its text


def machine_error(error: OSError | MemoryError) -> str | None:
    """Return what failed and what to do, in one sentence each; None where it is no failure of the machine.

    Parameters
    ----------
    error : as Python or Polars raised it
    """
    if isinstance(error, MemoryError):
        return f"Out of memory. {OUT_OF_MEMORY}; files that stood before are whole."
    match = _CODE.search(str(error))
    code = error.errno if error.errno is not None else int(match[1]) if match else None
    if code not in REMEDIES:
        return None
    reason = error.strerror or _CODE.sub("", str(error)).strip()
    where = f" ({_shown(error.filename)})" if error.filename else ""
    return f"{reason}{where}. {REMEDIES[code]}; files that stood before are whole."


def _shown(name: object) -> str:
    """Return the name of a file, in quotes and cut where it is too long for a line."""
    return str(name) if len(str(name)) <= LONGEST_NAME else quote(name)
