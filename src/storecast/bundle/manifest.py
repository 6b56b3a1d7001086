"""What a model file says about the model in it: small, plain, and checked field by field."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storecast.bundle.versions import is_library, is_version
from storecast.errors import ModelFileError, quote

FORMAT = 1

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_PART = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}(\.[a-z0-9]{1,16}){0,2}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{8,128}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_PARTS = 100


@dataclass(frozen=True)
class Manifest:
    """What is known of a trained model without looking at its parts."""

    kind: str  # the registered name of the model, such as "boosting"
    created: dt.datetime  # when it was published, in UTC
    task: dict[str, Any]  # what was asked of it: horizon, quantiles, known-ahead columns
    scores: dict[str, Any]  # what its backtest measured
    data_fingerprint: str  # of the Panel that it learned from
    cutoff: dt.date  # the last day that it learned from
    versions: dict[str, str]  # of Python, storecast, and the libraries that read its parts
    digests: dict[str, str]  # SHA-256 of each part, by its name
    generated: bool  # it learned from a generated chain, not a real one
    calibration: str | None = None  # the part that holds the calibration
    details: dict[str, Any] = field(default_factory=dict)  # the plug-ins that it needs, see `needs`
    format: int = FORMAT  # of the file

    def to_plain(self) -> dict[str, Any]:
        """Return the manifest as plain data, with dates as ISO text."""
        plain = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return plain | {"created": _iso(self.created), "cutoff": self.cutoff.isoformat()}

    @classmethod
    def from_plain(cls, plain: object) -> "Manifest":
        """Check plain data field by field, and return them as a manifest.

        Raises
        ------
        ModelFileError
            where the format is unknown, or a field is missing, unknown or of another type
        """
        if not isinstance(plain, Mapping):
            raise ModelFileError("its manifest is missing")
        check_format(plain.get("format"))
        names = {item.name for item in dataclasses.fields(cls)}
        missing, unknown = sorted(names - set(plain)), sorted(set(plain) - names, key=str)
        if missing or unknown:
            raise ModelFileError(
                f"its manifest lacks {quote(', '.join(missing) or 'nothing')} "
                f"and has the unknown {quote(', '.join(map(str, unknown)) or 'nothing')}"
            )
        for name, (check, expected) in _CHECKS.items():
            if not check(plain[name]):
                raise ModelFileError(f"its manifest says {name} = {quote(plain[name])}; expected {expected}")
        if plain["calibration"] is not None and plain["calibration"] not in plain["digests"]:
            raise ModelFileError(f"its manifest names the calibration {quote(plain['calibration'])}, which is no part")
        created, cutoff = _moment(plain["created"]), _day(plain["cutoff"])
        assert created is not None
        assert cutoff is not None
        return cls(**{**plain, "created": created, "cutoff": cutoff})


def check_format(format_number: object) -> None:
    """Refuse a format that this storecast does not know, and say whether a newer storecast would.

    Raises
    ------
    ModelFileError
        where the format is another one
    """
    if type(format_number) is int and format_number > FORMAT:
        raise ModelFileError(
            f"it has the newer format {format_number}, and this storecast reads format {FORMAT}; update storecast"
        )
    if type(format_number) is not int or format_number != FORMAT:
        raise ModelFileError(f"it has the format {quote(format_number)}; expected {FORMAT}")


def is_part_name(name: object) -> bool:
    """Say whether a value can name a part: lower case, no path, such as ``columns.skops``."""
    return isinstance(name, str) and _PART.fullmatch(name) is not None


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: object) -> dt.datetime | None:
    """Read the one way in which `_iso` writes."""
    try:
        moment = dt.datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return moment if _iso(moment) == text else None


def _day(text: object) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _is_fields(value: object) -> bool:
    return type(value) is dict


def _is_versions(value: object) -> bool:
    return (
        isinstance(value, dict)
        and {"python", "storecast"} <= set(value)
        and all(is_library(name) and is_version(version) for name, version in value.items())
    )


def _is_digests(value: object) -> bool:
    return (
        isinstance(value, dict)
        and 0 < len(value) <= _MOST_PARTS
        and all(is_part_name(name) for name in value)
        and all(isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in value.values())
    )


_CHECKS: dict[str, tuple[Callable[[object], object], str]] = {
    "kind": (lambda value: isinstance(value, str) and _KIND.fullmatch(value), "the name of a model, as in 'boosting'"),
    "created": (_moment, "a moment in UTC, as in '2015-07-31T12:00:00Z'"),
    "task": (_is_fields, "names with values"),
    "scores": (_is_fields, "names with values"),
    "data_fingerprint": (lambda value: isinstance(value, str) and _HEX.fullmatch(value), "8 to 128 hex digits"),
    "cutoff": (_day, "a date, as in '2015-07-31'"),
    "versions": (_is_versions, "versions by library, with python and storecast among them"),
    "digests": (_is_digests, f"1 to {_MOST_PARTS} SHA-256 digests by the name of the part"),
    "generated": (lambda value: type(value) is bool, "true or false"),
    "calibration": (lambda value: value is None or is_part_name(value), "the name of a part, or nothing"),
    "details": (_is_fields, "names with values"),
}
