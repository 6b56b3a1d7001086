"""A chain in any dialect is read back to the same figures, or refused: never to another figure."""

import datetime as dt
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import FIRST

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
FORMATS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%m/%d/%y", "%d %b %Y", "%B %d, %Y", "%Y%m%d", "%d-%b-%y", "%Y/%m/%d",
    "%d.%m.%Y %H:%M",
)  # fmt: skip
ISO = ("", " 00:00", "T00:00:00", "T00:00:00Z", " 00:00:00.000", "T00:00:00+05:30")
MINUS: dict[str, Callable[[str], str]] = {
    "hyphen": lambda text: f"-{text}",
    "minus": lambda text: f"\u2212{text}",
    "after": lambda text: f"{text}-",
    "brackets": lambda text: f"({text})",
}
TITLES: tuple[list[str], ...] = ([], ["Sales of all stores"], ["Report", "", "2014; all stores, tills"], ["sep=;"])
ENDS: tuple[list[str], ...] = ([], ["Total"], ["Gesamt:", ""], [""], ["Summe"])
STORE_COLUMNS = (
    "StoreType", "Assortment", "CompetitionDistance", "CompetitionOpenSinceMonth", "CompetitionOpenSinceYear", "Promo2",
    "Promo2SinceWeek", "Promo2SinceYear", "PromoInterval",
)  # fmt: skip

TOTAL = 99  # the store that is the sum of the others
Rows = list[tuple[int, dt.date, float]]


@dataclass(frozen=True)
class Dialect:
    """How a file is written, and what storecast.toml says of it."""

    separator: str
    decimal: str
    thousands: str
    digits: int  # after the decimal mark
    trimmed: bool  # zeros at the end are left out
    minus: str
    quoted: bool
    encoding: str
    line_end: str
    packed: bool
    dates: str  # iso, format, zone, excel
    iso: str
    date_format: str
    zone: str
    titles: list[str]
    end: list[str]
    tills: bool  # each day in two equal parts, told apart by another column
    total: bool  # a store that is the sum of the others
    named: bool  # storecast.toml says all that it can
    parquet: bool

    def number(self, value: float) -> str:
        """Write a number."""
        whole, _, fraction = f"{abs(value):.{self.digits}f}".partition(".")
        if self.trimmed:
            fraction = fraction.rstrip("0")
        groups = f"{int(whole):,}".replace(",", self.thousands)
        text = groups + (self.decimal + fraction if fraction else "")
        return MINUS[self.minus](text) if value < 0 and float(text.strip("0., '") != "") else text

    def date(self, day: dt.date) -> str:
        """Write a day."""
        if self.dates == "iso":
            return f"{day}{self.iso}"
        if self.dates == "zone":
            local = dt.datetime.combine(day, dt.time(), ZoneInfo(self.zone))
            return local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.dates == "excel":
            return str((day - dt.date(1899, 12, 30)).days)
        return day.strftime(self.date_format)

    def settings(self) -> str:
        """Say in storecast.toml what this dialect is."""
        lines = [f"decimal = '{self.decimal}'"]
        if self.dates in ("format", "excel"):
            lines.append(f"date_format = '{self.date_format if self.dates == 'format' else 'excel'}'")
        if self.dates == "zone":
            lines.append(f"timezone = '{self.zone}'")
        if self.tills:
            lines.append("sum = true")
        return "\n".join(lines) + "\n" if self.named else ""

    def row(self, cells: list[str]) -> str:
        """Write a line; cells that hold the separator stand in quotes."""
        return self.separator.join(f'"{cell}"' if self.quoted or self.separator in cell else cell for cell in cells)


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    decimal = draw(st.sampled_from(".,"))
    others = {".": ",", ",": "."}
    return Dialect(
        separator=draw(st.sampled_from(",;\t")),
        decimal=decimal,
        thousands=draw(st.sampled_from(["", "", others[decimal], " ", "\u00a0", "\u202f", "'", "\u2019"])),
        digits=draw(st.sampled_from([0, 0, 1, 2, 3])),
        trimmed=draw(st.booleans()),
        minus=draw(st.sampled_from(sorted(MINUS))),
        quoted=draw(st.booleans()),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        packed=draw(st.booleans()),
        dates=draw(st.sampled_from(["iso", "iso", "format", "format", "zone", "excel"])),
        iso=draw(st.sampled_from(ISO)),
        date_format=draw(st.sampled_from(FORMATS)),
        zone=draw(st.sampled_from(ZONES)),
        titles=draw(st.sampled_from(TITLES)),
        end=draw(st.sampled_from(ENDS)),
        tills=draw(st.integers(0, 5)) == 0,
        total=draw(st.integers(0, 9)) == 0,
        named=draw(st.booleans()),
        parquet=draw(st.integers(0, 9)) == 0,
    )


@st.composite
def chains(draw: st.DrawFn) -> Rows:
    """Draw the sales of a few stores on a few weeks: counts, thousands or millions."""
    largest = draw(st.sampled_from([50, 999, 9_999, 99_999, 5_000_000]))
    stores, days = draw(st.integers(2, 4)), draw(st.integers(16, 24))
    begin = FIRST + dt.timedelta(days=draw(st.integers(0, 700)))
    value = st.integers(0, largest * 1000).map(lambda thousandths: thousandths / 1000)
    values = draw(st.lists(value, min_size=stores * days, max_size=stores * days))
    if draw(st.booleans()):
        values[draw(st.integers(1, len(values) - 1))] *= -1
    values[0] = max(values[0], 1)
    return [(k % stores + 1, begin + dt.timedelta(days=k // stores), value) for k, value in enumerate(values)]


def write(folder: Path, dialect: Dialect, rows: Rows) -> None:
    header = ["Store", "Date", "Sales", "Open", "Promo", "StateHoliday", "SchoolHoliday", "Till"]
    if dialect.total:
        days = sorted({day for _, day, _ in rows})
        sums = {day: sum(round(value, dialect.digits) for _, other, value in rows if other == day) for day in days}
        rows = [*rows, *((TOTAL, day, value) for day, value in sums.items())]
    cells = [
        [str(store), dialect.date(day), dialect.number(value), "1", "0", "0", "0", till]
        for store, day, value in rows
        for till in ("12" if dialect.tills else "1")
    ]
    if dialect.parquet:
        pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String()), orient="row").write_parquet(
            folder / "train.parquet"
        )
    else:
        whole = dialect.number(sum(value for *_, value in rows))
        ends = [[label, "", whole if label else "", "", "", "", "", ""] for label in dialect.end]
        lines = [*dialect.titles, *(dialect.row(line) for line in [header, *cells, *ends])]
        data = (dialect.line_end.join(lines) + dialect.line_end).encode(dialect.encoding, errors="replace")
        (folder / f"train.csv{'.gz' if dialect.packed else ''}").write_bytes(
            gzip.compress(data) if dialect.packed else data
        )
    ids = sorted({store for store, _, _ in rows})
    facts = [f"{store},a,a,500,9,2008,0,,," for store in ids]
    (folder / "store.csv").write_text("\n".join([f"Store,{','.join(STORE_COLUMNS)}", *facts]) + "\n", encoding="utf-8")
    (folder / "storecast.toml").write_text(dialect.settings(), encoding="utf-8")


def must_be_read(dialect: Dialect) -> bool:
    """Say whether storecast.toml, or the file itself, leaves no doubt."""
    plain_text = dialect.encoding not in ("utf-16-le", "latin-1")
    return dialect.named and plain_text and not dialect.total and dialect.titles != ["sep=;"]


def is_plain_total(written: Rows) -> bool:
    """Say whether the total of each day shows: it differs between days, and two stores or more sell."""
    days = {day: [value for _, other, value in written if other == day] for _, day, _ in written}
    return len({sum(values) for values in days.values()}) > 1 and all(min(values) > 0.1 for values in days.values())


def check(folder: Path, dialect: Dialect, rows: Rows) -> None:
    for path in folder.iterdir():
        path.unlink()
    write(folder, dialect, rows)
    parts = 2 if dialect.tills else 1
    written = [(store, day, round(value, dialect.digits) * parts) for store, day, value in rows]
    try:
        raw = read_chain(folder)
        panel = clean(raw).panel
    except DataError as error:
        message = str(error)
    else:
        message = ""
    event("refused" if message else "read")
    if message:
        assert len(message) > 40  # it says what to do
        assert not must_be_read(dialect), message
        return
    assert not dialect.total or not is_plain_total(written)
    sales = {
        (store, day): value for store, day, value in raw.sales.select(*s.KEYS, s.SALES).iter_rows() if store != TOTAL
    }
    assert sales.keys() == {(store, day) for store, day, _ in written}
    for store, day, value in written:
        assert sales[store, day] == pytest.approx(value, abs=1e-6 + 1e-12 * abs(value))
    known = {
        (store, day): value for store, day, value in panel.sales.select(*s.KEYS, s.SALES).iter_rows() if store != TOTAL
    }
    # Last days on which nobody sold anything are left out of the sales; no other day is.
    assert not any(value > 0 for (_, day), value in sales.items() if day > panel.end)
    assert known == {key: value for key, value in sales.items() if value >= 0 and key[1] <= panel.end}


CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=50, suppress_health_check=CHECKS)
@given(dialects(), chains())
def test_a_chain_in_any_dialect_is_read_back_or_refused(tmp_path: Path, dialect: Dialect, rows: Rows) -> None:
    check(tmp_path, dialect, rows)


@pytest.mark.long
@settings(max_examples=3000, suppress_health_check=CHECKS)
@given(dialects(), chains())
def test_thousands_of_chains_are_read_back_or_refused(tmp_path: Path, dialect: Dialect, rows: Rows) -> None:
    check(tmp_path, dialect, rows)
