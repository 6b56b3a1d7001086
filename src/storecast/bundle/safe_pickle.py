"""Bytes to plain data and back: the one module that may unpickle.

A model file is a pickle so that any Python can read it, of which only the opcodes that build plain data are accepted:
dicts with text keys, lists, text, whole numbers, floats, booleans, None and bytes. `loads` first walks the opcodes
without building anything. There are none that name a class, call, or refer back to a value, so that no code runs and
a value is never larger than its bytes. Then an unpickler that knows no class at all builds the value.
"""

import io
import math
import pickle
from collections.abc import Iterator
from typing import NoReturn

from storecast.errors import ModelFileError, quote

MOST_OPCODES = 1_000_000
DEEPEST = 32

# Opcode → name, bytes of its argument, and whether the argument is a length of bytes that follow.
_OPCODES: dict[int, tuple[str, int, bool]] = {
    0x80: ("PROTO", 1, False),
    0x95: ("FRAME", 8, False),
    ord("("): ("MARK", 0, False),
    ord("}"): ("EMPTY_DICT", 0, False),
    ord("]"): ("EMPTY_LIST", 0, False),
    ord("s"): ("SETITEM", 0, False),
    ord("u"): ("SETITEMS", 0, False),
    ord("a"): ("APPEND", 0, False),
    ord("e"): ("APPENDS", 0, False),
    ord("N"): ("NONE", 0, False),
    0x88: ("NEWTRUE", 0, False),
    0x89: ("NEWFALSE", 0, False),
    ord("K"): ("BININT1", 1, False),
    ord("M"): ("BININT2", 2, False),
    ord("J"): ("BININT", 4, False),
    0x8A: ("LONG1", 1, True),
    ord("G"): ("BINFLOAT", 8, False),
    0x8C: ("SHORT_BINUNICODE", 1, True),
    ord("X"): ("BINUNICODE", 4, True),
    ord("C"): ("SHORT_BINBYTES", 1, True),
    ord("B"): ("BINBYTES", 4, True),
    ord("."): ("STOP", 0, False),
}
_PROTOCOL = 4
_BROKEN = (pickle.UnpicklingError, ValueError, TypeError, IndexError, EOFError, AttributeError, OverflowError)


def dumps(value: object) -> bytes:
    """Return plain data as a pickle that `loads`, and any Python since 3.4, reads back.

    Raises
    ------
    TypeError
        where the data are not plain: a mistake of ours
    """
    trouble = _trouble(value)
    if trouble:
        raise TypeError(f"A model file holds plain data only, and this is none: {trouble}.")
    out = io.BytesIO()
    pickler = pickle.Pickler(out, protocol=_PROTOCOL)
    pickler.fast = True  # writes no references back, which `loads` refuses
    pickler.dump(value)
    return out.getvalue()


def loads(data: bytes) -> object:
    """Return the plain data of a pickle; anything else is refused before any of it is built.

    Raises
    ------
    ModelFileError
        where the bytes are no whole pickle, or hold more than plain data
    """
    for _ in opcodes(data):
        pass
    try:
        value = _PlainUnpickler(io.BytesIO(data)).load()
    except _BROKEN as error:
        raise ModelFileError("its content is not a whole pickle of plain data") from error
    trouble = _trouble(value)
    if trouble:
        raise ModelFileError(f"its content is not plain data: {trouble}")
    return value


def opcodes(data: bytes) -> Iterator[tuple[str, int]]:
    """Walk the opcodes (name, position) of a pickle, and refuse the first that plain data do not need."""
    position = frame_end = 0
    for count in range(MOST_OPCODES):
        if position >= len(data):
            _refuse("it ends before its last opcode", position)
        known = _OPCODES.get(data[position])
        if known is None:
            _refuse(f"it holds the opcode {data[position]:#04x}, which plain data do not need", position)
        name, width, counted = known
        start = position
        position += 1 + width
        if position > len(data):
            _refuse("it ends within an opcode", start)
        argument = data[start + 1 : position]
        if counted:
            position += int.from_bytes(argument, "little")
            if position > len(data):
                _refuse("it declares more bytes than it holds", start)
        _check_frame(name, start, position, frame_end)
        if name == "FRAME":
            frame_end = position + int.from_bytes(argument, "little")
            if frame_end > len(data):
                _refuse("it declares a frame beyond its end", start)
        if (count == 0) != (name == "PROTO") or (name == "PROTO" and argument[0] != _PROTOCOL):
            _refuse(f"it is no pickle of protocol {_PROTOCOL}", start)
        yield name, start
        if name == "STOP":
            if position != len(data):
                _refuse("more follows behind its end", position)
            return
    _refuse(f"it holds more than {MOST_OPCODES:,} opcodes", position)


def _check_frame(name: str, start: int, end: int, frame_end: int) -> None:
    inside = start < frame_end
    if inside and (end > frame_end or name == "FRAME" or (name == "STOP" and end != frame_end)):
        _refuse("its frames do not fit its opcodes", start)


def _refuse(reason: str, position: int) -> NoReturn:
    raise ModelFileError(f"its content is not a pickle of plain data: {reason} (at byte {position:,})")


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows no class; the walk over the opcodes has refused them before."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise ModelFileError(f"its content names the class {quote(f'{module}.{name}')}")

    def persistent_load(self, pid: object) -> NoReturn:
        raise ModelFileError(f"its content refers to something outside: {quote(pid)}")


def _trouble(value: object) -> str | None:
    """Say what in a value is not plain, or None. Not recursive: the value may be deeper than Python's stack."""
    rest: list[tuple[object, int]] = [(value, 0)]
    while rest:
        item, depth = rest.pop()
        if depth > DEEPEST:
            return f"it is nested deeper than {DEEPEST} levels"
        if type(item) is dict:
            rest += [(part, depth + 1) for part in item.values()]
            texts: list[object] = list(item)
        elif type(item) is list:
            rest += [(part, depth + 1) for part in item]
            continue
        elif type(item) is float and not math.isfinite(item):
            return f"the number {item} is not finite"
        elif item is None or type(item) in (bool, int, float, bytes):
            continue
        else:
            texts = [item]
        for text in texts:
            if type(text) is not str:
                return f"a value of type {type(text).__name__} where text or a plain value belongs"
            if not _is_unicode(text):
                return f"the text {quote(text)} is not valid Unicode"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
