"""The formats of the parts of a model file, by their ending, and the libraries that read them.

Each is parsed without running code from the file. A loader tries every model in a child process all the same.
"""

from collections.abc import Iterable
from pathlib import PurePath

from storecast.errors import ConfigError, quote

FORMATS: dict[str, tuple[str, ...]] = {
    ".skops": ("scikit-learn", "skops"),
    ".ubj": ("xgboost",),
    ".txt": ("lightgbm",),
    ".cbm": ("catboost",),
    ".onnx": ("onnxruntime",),
}
PLAIN = (".json", ".npz", ".csv", ".parquet")  # read by what always runs: Python, NumPy, Polars


def readers_of(part: str) -> tuple[str, ...]:
    """Return the libraries that read a part.

    Raises
    ------
    ConfigError
        where no format has its ending

    Examples
    --------
    >>> readers_of("trees.ubj")
    ('xgboost',)
    """
    ending = PurePath(part).suffix
    if ending not in FORMATS and ending not in PLAIN:
        raise ConfigError(
            f"The part {quote(part)} has no known format; expected an ending of {', '.join((*FORMATS, *PLAIN))}. Save it in one of "
            "them, or declare another in storecast.part_formats.FORMATS."
        )
    return FORMATS.get(ending, ())


def readers(parts: Iterable[str]) -> list[str]:
    """Return the libraries that read the parts of these names.

    Examples
    --------
    >>> readers(["columns.skops", "trees.ubj", "calibration.json"])
    ['scikit-learn', 'skops', 'xgboost']
    """
    return sorted({library for part in parts for library in FORMATS.get(PurePath(part).suffix, ())})
