"""Arrays and plain values as bytes: NumPy's own format without objects, and JSON."""

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt


def pack(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """Return arrays of numbers or text as one part of a model file."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **dict(arrays))
    return out.getvalue()


def unpack(data: bytes) -> dict[str, npt.NDArray[np.generic]]:
    """Return the arrays of `pack`; arrays of objects are refused."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return dict(arrays)
