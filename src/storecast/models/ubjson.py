"""Read Universal Binary JSON as XGBoost writes it: objects by key, arrays with their length first.

Only this subset is read. Nothing in the bytes decides how much memory is taken but their own number.
"""

import struct
from typing import Any

import numpy as np

DEEPEST = 32  # levels; a booster has 7
_NUMBERS = {"i": "b", "U": "B", "I": "h", "l": "i", "L": "q", "d": "f", "D": "d"}  # marker: format of `struct`


class UbjsonError(ValueError):
    """Bytes that are no UBJSON as XGBoost writes it."""


def read(data: bytes) -> Any:
    """Return the value that the bytes hold: dicts, lists, arrays of NumPy, texts and numbers.

    Raises
    ------
    UbjsonError
        where they hold anything else, or more or less than one value
    """
    reader = _Reader(data)
    value = reader.value(reader.take(1), 0)
    if reader.position != len(data):
        raise UbjsonError("more follows behind its end")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        end = self.position + size
        if size < 0 or end > len(self.data):
            raise UbjsonError("it ends too early")
        part = self.data[self.position : end]
        self.position = end
        return part

    def value(self, marker: bytes, depth: int) -> Any:
        """Return the value behind a marker."""
        if depth > DEEPEST:
            raise UbjsonError(f"it is nested deeper than {DEEPEST} levels")
        kind = marker.decode("latin-1")
        if kind in _NUMBERS:
            return self._number(kind)
        if kind == "S":
            return self._text()
        if kind == "{":
            return self._object(depth)
        if kind == "[":
            return self._array(depth)
        if kind in "TFZ":
            return {"T": True, "F": False, "Z": None}[kind]
        raise UbjsonError(f"it holds the marker {marker!r}")

    def _number(self, kind: str) -> float:
        layout = ">" + _NUMBERS[kind]
        number: float = struct.unpack(layout, self.take(struct.calcsize(layout)))[0]
        return number

    def _length(self) -> int:
        kind = self.take(1).decode("latin-1")
        if kind not in "iUIlL":
            raise UbjsonError("a length is no whole number")
        return int(self._number(kind))

    def _text(self) -> str:
        return self.take(self._length()).decode("utf-8", "replace")

    def _object(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while self.data[self.position : self.position + 1] != b"}":
            name = self._text()
            if name in values:
                raise UbjsonError("an object has one key twice")
            values[name] = self.value(self.take(1), depth + 1)
        self.position += 1
        return values

    def _array(self, depth: int) -> Any:
        marker = self.take(1)
        if marker == b"$":
            kind = self.take(1).decode("latin-1")
            if kind not in _NUMBERS or self.take(1) != b"#":
                raise UbjsonError("an array is of an unknown type")
            dtype = np.dtype(">" + _NUMBERS[kind])
            return np.frombuffer(self.take(self._length() * dtype.itemsize), dtype)
        if marker != b"#":
            raise UbjsonError("an array does not begin with its length")
        return [self.value(self.take(1), depth + 1) for _ in range(self._length())]
