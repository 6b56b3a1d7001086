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
    names = read(
        tmp_path, 'known = ["Leaflet"]\nstore_ids = "text"\ndate_format = "%d.%m.%Y"\n[columns]\nSales = "Umsatz"\n'
    )
    assert names == ColumnNames({"Sales": "Umsatz"}, ("Leaflet",), text_ids=True, date_format="%d.%m.%Y")
    others = read(
        tmp_path, 'timezone = "Europe/Berlin"\ndecimal = ","\nsum = true\ndate_format = "excel"\ncountry = "ec"\n'
    )
    assert others == ColumnNames(
        timezone="Europe/Berlin", decimal=",", sum_rows=True, date_format="excel", country="EC"
    )
    assert names.rename(["Umsatz", "Other"]) == {"Umsatz": "Sales"}


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


@pytest.mark.parametrize(
    ("toml", "word"),
    [
        ('[columns.stores]\nStore = "x"', "Did you mean store"), ('[columns."2023.csv"]\nStore = "x"', "2023.csv"),
        ("[columns.train]\nStore = 3", "train"), ('[columns.train]\nShop = "x"', "Shop"),
        ('[columns.train]\nStore = "x"\nDate = "x"', "two columns"), ('[columns]\nLeaflet = "x"', "Leaflet"),
    ],
)  # fmt: skip
def test_names_of_a_table_that_have_no_meaning_are_refused(tmp_path: Path, toml: str, word: str) -> None:
    with pytest.raises(DataError, match=r"storecast\.toml, \[columns\]") as caught:
        read(tmp_path, toml)
    assert word in str(caught.value)


def test_names_of_a_file_go_before_those_of_its_table_and_those_before_the_names_of_all(tmp_path: Path) -> None:
    names = read(
        tmp_path,
        'known = ["Price"]\n[files]\ntrain = ["a.csv", "b.csv"]\n[columns]\nStore = "S"\nSales = "U"\n'
        '[columns.train]\nSales = "V"\n[columns."b.csv"]\nSales = "W"\nPrice = "Preis"\n[columns.store]\nStateHoliday = "S"\n',
    )
    assert names.of("test", "test.csv").file_names == {"Store": "S", "Sales": "U"}
    assert names.of("train", "a.csv").file_names == {"Store": "S", "Sales": "V"}
    assert names.of("train", "b.csv").file_names == {"Store": "S", "Sales": "W", "Price": "Preis"}
    assert names.of("store").file_names == {"Sales": "U", "StateHoliday": "S"}
