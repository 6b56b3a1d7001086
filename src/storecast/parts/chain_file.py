"""chain.json: what was decided for a chain that is cut into parts, and the files of every part with their digests.

It is written last, in one step: a folder that has it is whole, and one without it holds nothing that anybody reads.
"""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from storecast.data.column_names import ColumnNames, parse_settings
from storecast.data.end_of_sales import SalesEnd
from storecast.data.file_layout import FileLayout
from storecast.data.whole_chain import WholeChain
from storecast.errors import ConfigError, DataError, quote
from storecast.files import atomic_write
from storecast.schema import SALES

FILE = "chain.json"
FORMAT = 1
BLOCK = 1 << 20  # bytes that are read at once for a digest


@dataclass(frozen=True)
class PartFiles:
    """A part.

    Attributes
    ----------
    name : of its folder
    stores, rows : numbers of stores with sales, and of their rows
    sha256 : of each of its files, by name
    """

    name: str
    stores: int
    rows: int
    sha256: dict[str, str]

    def fingerprint(self) -> str:
        """Return sixteen hex digits that change when any of its files does."""
        return hashlib.sha256(json.dumps(self.sha256, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Cut:
    """What was cut, and how: the same again needs no new cut.

    Attributes
    ----------
    settings : the text of storecast.toml
    target : the figure that is forecast, where it is another than that of storecast.toml
    sum_rows, skip : options of the reading and cleaning
    source : name, bytes and time of change of every file
    stores_per_part : about how many stores a part has
    """

    settings: str
    target: str | None
    sum_rows: bool
    skip: tuple[str, ...]
    source: tuple[tuple[str, int, int], ...]
    stores_per_part: int


@dataclass(frozen=True)
class ChainFile:
    """What chain.json says.

    Attributes
    ----------
    cut : what was cut, and how
    whole : what was decided for all parts
    decimal : the decimal mark
    last_requested : the last day that test.csv asks for; None without one
    categories : the values of each attribute of stores, in the one order that holds for all parts
    generated : whether the chain is a generated one
    parts : in order
    """

    cut: Cut
    whole: WholeChain
    decimal: str | None
    last_requested: dt.date | None
    categories: dict[str, list[str]]
    generated: bool
    parts: tuple[PartFiles, ...]

    @property
    def stores(self) -> int:
        """The number of stores with sales."""
        return sum(part.stores for part in self.parts)

    @property
    def rows(self) -> int:
        """The number of rows of sales."""
        return sum(part.rows for part in self.parts)

    def names(self) -> ColumnNames:
        """Return what storecast.toml says of the files of the parts, which have our names and the usual layout."""
        return names_of_parts(
            parse_settings(self.cut.settings.encode(), self.cut.target), self.decimal, sum_rows=self.cut.sum_rows
        )

    def summary(self) -> dict[str, Any]:
        """Return what a user wants to know of the parts, as plain data."""
        return {
            "parts": len(self.parts),
            "stores": self.stores,
            "rows": self.rows,
            "first": self.whole.first.isoformat(),
            "last": self.whole.last.isoformat(),
            "last_day_ahead": None if self.last_requested is None else self.last_requested.isoformat(),
            "country": self.whole.country,
            "generated": self.generated,
        }

    def fingerprint(self) -> str:
        """Return sixteen hex digits that change when anything of the chain does."""
        return hashlib.sha256(_to_json(self).encode()).hexdigest()[:16]


def names_of_parts(names: ColumnNames, decimal: str | None, *, sum_rows: bool) -> ColumnNames:
    """Return the settings for files that are cut into parts: columns have our names, tables the usual files.

    Parameters
    ----------
    names : what storecast.toml says
    decimal : the decimal mark that was decided
    sum_rows : add several rows of a store and day up, whatever storecast.toml says
    """
    own = {} if names.target.is_sales else {SALES: SALES}
    return replace(
        names,
        file_names=own,
        names_of={},
        layout=FileLayout(),
        decimal=decimal,
        sheet=None,
        sheets={},
        sum_rows=names.sum_rows or sum_rows,
    )


def write_chain(folder: Path, chain: ChainFile) -> None:
    """Write chain.json into the folder of the parts, in one step."""
    with atomic_write(folder / FILE) as draft:
        draft.write_text(_to_json(chain), encoding="utf-8")


def read_chain_file(folder: Path) -> ChainFile:
    """Read chain.json.

    Parameters
    ----------
    folder : of the parts

    Raises
    ------
    ConfigError
        where there is none, or it is of another format
    """
    path = folder / FILE
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        version = plain.pop("format")
    except FileNotFoundError as error:
        raise ConfigError(
            f"The folder {quote(folder)} holds no {FILE}, so it is no folder of whole parts. Run storecast partition first."
        ) from error
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(f"{quote(path)} cannot be read. Run storecast partition again.") from error
    if version != FORMAT:
        raise ConfigError(
            f"{quote(path)} has format {quote(version)}; expected {FORMAT}. Run storecast partition again."
        )
    return _from_plain(plain)


def check_part(folder: Path, part: PartFiles) -> None:
    """Refuse a part whose files are not those that chain.json names.

    Parameters
    ----------
    folder : of the parts
    part : to check

    Raises
    ------
    DataError
        where a file is missing, or another than when the chain was cut
    """
    for name, digest in part.sha256.items():
        path = folder / part.name / name
        if not path.exists() or sha256_of(path) != digest:
            state = "has changed" if path.exists() else "is missing"
            raise DataError(f"{part.name}/{name} {state} since the chain was cut. Run storecast partition again.")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _to_json(chain: ChainFile) -> str:
    return json.dumps({"format": FORMAT, **asdict(chain)}, indent=1, default=str) + "\n"


def _from_plain(plain: dict[str, Any]) -> ChainFile:
    whole = plain.pop("whole")
    end = SalesEnd(*(_day(whole["end"][name]) for name in ("sold", "complete")))
    first, last = (dt.date.fromisoformat(whole[name]) for name in ("first", "last"))
    parts = tuple(PartFiles(**part) for part in plain.pop("parts"))
    cut = plain.pop("cut")
    cut |= {"skip": tuple(cut["skip"]), "source": tuple(tuple(file) for file in cut["source"])}
    plain["last_requested"] = _day(plain["last_requested"])
    return ChainFile(cut=Cut(**cut), whole=WholeChain(first, last, end, whole["country"]), parts=parts, **plain)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
