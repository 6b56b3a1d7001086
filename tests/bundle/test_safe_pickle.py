import io
import pickle
import pickletools
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast.bundle import safe_pickle
from storecast.errors import ModelFileError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(max_size=400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def pickled(*opcodes: bytes) -> bytes:
    return b"\x80\x04" + b"".join(opcodes) + b"."


@given(PLAIN)
def test_plain_data_come_back_here_and_in_any_python(value: object) -> None:
    data = safe_pickle.dumps(value)
    assert safe_pickle.loads(data) == value
    assert pickle.loads(data) == value


@given(PLAIN)
def test_the_walk_sees_the_opcodes_that_pickletools_sees(value: object) -> None:
    data = safe_pickle.dumps({"value": value, "large": b"x" * 70_000, "many": list(range(1100))})
    slow = [(opcode.name, position) for opcode, _, position in pickletools.genops(data)]
    assert list(safe_pickle.opcodes(data)) == slow


def test_when_no_opcode_refers_back_then_a_repeated_value_is_written_again() -> None:
    part = ["a text that stands twice"]
    assert safe_pickle.dumps([part, part]).count(b"a text that stands twice") == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ((1, 2), "tuple"),
        ({1: "a"}, "type int"),
        ({"a": {1, 2}}, "set"),
        ({"a": float("nan")}, "not finite"),
        ([float("inf")], "not finite"),
        ("\ud800", "not valid Unicode"),
        ({"\ud800": 1}, "not valid Unicode"),
        (print, "builtin_function"),
    ],
)
def test_what_is_not_plain_is_not_written(value: object, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        safe_pickle.dumps(value)


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_when_data_are_nested_too_deep_then_they_are_refused_both_ways() -> None:
    with pytest.raises(TypeError, match="deeper than 32"):
        safe_pickle.dumps(_nested(33))
    with pytest.raises(ModelFileError, match="deeper than 32"):
        safe_pickle.loads(pickled(b"]" * 200_000, b"a" * 199_999))


class _Evil:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return exec, ("raise SystemExit('it ran')",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_in_any_protocol_is_refused(protocol: int) -> None:
    with pytest.raises(ModelFileError, match="not a pickle of plain data"):
        safe_pickle.loads(pickle.dumps({"manifest": {}, "parts": {"a": _Evil()}}, protocol))


FORBIDDEN = sorted(opcode.code for opcode in pickletools.opcodes if ord(opcode.code) not in safe_pickle._OPCODES)


@pytest.mark.parametrize("code", FORBIDDEN, ids=lambda code: pickletools.code2op[code].name)
def test_every_other_opcode_is_refused(code: str) -> None:
    with pytest.raises(ModelFileError, match="which plain data do not need"):
        safe_pickle.loads(pickled(b"N", code.encode("latin-1"), b"os\nsystem\n"))


def test_what_is_forbidden_holds_all_that_could_run_code_or_repeat() -> None:
    names = {pickletools.code2op[code].name for code in FORBIDDEN}
    assert {
        "GLOBAL", "STACK_GLOBAL", "REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD", "PERSID", "BINPERSID",
        "EXT1", "EXT2", "EXT4", "GET", "BINGET", "LONG_BINGET", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "DUP",
        "NEXT_BUFFER", "READONLY_BUFFER",
    } <= names  # fmt: skip


GOOD = safe_pickle.dumps({"a": [1, 2.5, "text", b"bytes"]})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends before its last opcode"),
        (b"N.", "no pickle of protocol 4"),
        (b"\x80\x05N.", "no pickle of protocol 4"),
        (b"\x80\x04\x80\x04N.", "no pickle of protocol 4"),
        (b"\x80\x04N", "ends before its last opcode"),
        (b"\x80\x04G\x00\x00", "ends within an opcode"),
        (GOOD + GOOD, "more follows behind its end"),
        (GOOD + b"\n", "more follows behind its end"),
        (pickled(b"B", struct.pack("<I", 2**32 - 1)), "declares more bytes than it holds"),
        (pickled(b"X", struct.pack("<I", 10), b"short"), "declares more bytes than it holds"),
        (pickled(b"\x8e", struct.pack("<Q", 2**62), b"short"), "opcode 0x8e"),
        (pickled(b"\x8d", struct.pack("<Q", 2**62), b"short"), "opcode 0x8d"),
        (pickled(b"\x95", struct.pack("<Q", 2**62), b"N"), "a frame beyond its end"),
        (pickled(b"\x95", struct.pack("<Q", 3), b"N"), "a frame beyond its end"),
        (pickled(b"\x95", struct.pack("<Q", 1), b"K\x01"), "frames do not fit"),
        (pickled(b"\x95", struct.pack("<Q", 11), b"\x95", struct.pack("<Q", 2), b"N"), "frames do not fit"),
        (pickled(), "not a whole pickle"),
        (pickled(b"a"), "not a whole pickle"),
        (pickled(b"(e"), "not a whole pickle"),
        (pickled(b"}]Ns"), "not a whole pickle"),
        (pickled(b"X", struct.pack("<I", 1), b"\xff"), "not a whole pickle"),
        (pickled(b"}K\x01Ns"), "type int"),
        (pickled(b"G", struct.pack(">d", float("nan"))), "not finite"),
        (pickled(b"X", struct.pack("<I", 3), b"\xed\xa0\x80"), "not valid Unicode"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pickle_that_is_not_whole_and_plain_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        safe_pickle.loads(data)


def test_a_pickle_that_leaves_values_on_the_stack_gives_no_other_value_than_any_python() -> None:
    data = pickled(b"NK\x01")
    assert safe_pickle.loads(data) == pickle.loads(data) == 1


def test_too_many_opcodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_OPCODES", 1000)
    with pytest.raises(ModelFileError, match="more than 1,000 opcodes"):
        safe_pickle.loads(pickled(b"]" * 1000))


def test_the_unpickler_behind_the_walk_knows_no_class_either() -> None:
    for data, reason in ((pickle.dumps(_Evil()), "names the class"), (b"Pabc\n.", "something outside")):
        with pytest.raises(ModelFileError, match=reason):
            safe_pickle._PlainUnpickler(io.BytesIO(data)).load()


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for candidate in (data, b"\x80\x04" + data + b"."):
        try:
            safe_pickle.loads(candidate)
        except ModelFileError:
            continue
