"""`storecast.toml` names another chain's columns; what it says wrongly is refused."""

from pathlib import Path

import pytest

from storecast.data.column_names import ColumnNames, read_column_names
from storecast.errors import DataError


def read(folder: Path, toml: str | bytes) -> ColumnNames:
    (folder / "storecast.toml").write_bytes(toml.encode() if isinstance(toml, str) else toml)
    return read_column_names(folder)


def test_when_there_is_no_file_then_names_are_ours(tmp_path: Path) -> None:
    assert read_column_names(tmp_path) == ColumnNames() == read(tmp_path, "") == read(tmp_path, b"\xef\xbb\xbf")


def test_every_setting_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path, 'known = ["Leaflet"]\nstore_ids = "text"\ndate_format = "%d.%m.%Y"\n[columns]\nSales = "Umsatz"\n'
    )
    assert found == ColumnNames({"Sales": "Umsatz"}, ("Leaflet",), text_ids=True, date_format="%d.%m.%Y")
    others = read(
        tmp_path, 'timezone = "Europe/Berlin"\ndecimal = ","\nsum = true\ndate_format = "excel"\ncountry = "ec"\n'
    )
    assert others == ColumnNames(
        timezone="Europe/Berlin", decimal=",", sum_rows=True, date_format="excel", country="EC"
    )
    assert found.rename(["Umsatz", "Other"]) == {"Umsatz": "Sales"}


@pytest.mark.parametrize(
    ("toml", "word"),
    [
        ("nonsense", "TOML"), (b"\xff\xfe\x00", "TOML"), ("colums = {}", "Did you mean columns"), ("columns = 3", "[columns]"),
        ("[columns]\nSales = 3", "[columns]"), ('[columns]\nSale = "x"', "Did you mean Sales"),
        ('[columns]\nSales = "x"\nOpen = "x"', "two columns"), ('known = "x"', "known"), ("known = [1]", "known"),
        ('known = ["Open"]', "Open"), ('known = ["Assumed"]', "Assumed"), ('known = ["a", "a"]', "twice"),
        ("store_ids = 3", "store_ids"), ('date_format = "%Y"', "date_format"), ("date_format = 3", "date_format"),
        ('date_format = "%d.%m"', "date_format"), ('date_format = "%d.%m.%Y %z"', "date_format"), ("sum = 1", "sum"),
        ('timezone = "Berlin"', "timezone"), ("timezone = 1", "timezone"), ('timezone = "../x"', "timezone"),
        ('decimal = ";"', "decimal"), ("decimal = true", "decimal"), ("timezone = []", "timezone"),
        ("feasts = 3", "Town fair"), ("[feasts]\nFair = 3", "Fair"), ('[feasts]\nFair = "2 Sunday"', "Fair"),
        ('[feasts]\nFair = { on = "09-15", runup = 3 }', "Fair"), ('[feasts]\nFair = { on = "09-15", run_up = 40 }', "Fair"),
        ('[feasts]\nFair = "02-30"', "Fair"), ('[feasts]\nFair = []', "Fair"), ("[feasts]\nFair = true", "Fair"),
        ('country = "Ecuador"', 'Did you mean "EC"'), ('country = "UK"', 'Did you mean "GB"'), ("country = 5", "country"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_with_its_setting(tmp_path: Path, toml: str | bytes, word: str) -> None:
    with pytest.raises(DataError, match=r"storecast\.toml") as caught:
        read(tmp_path, toml)
    assert word in str(caught.value)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "storecast.toml").mkdir()
    with pytest.raises(DataError, match="not a plain file"):
        read_column_names(tmp_path)
