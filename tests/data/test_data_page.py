"""docs/data.md lists every column, setting and rule as the code declares them."""

import re
from pathlib import Path

from storecast import schema as s
from storecast.data.cleaning_rules import OBSERVATIONS, RULES
from storecast.data.column_names import SETTINGS
from storecast.data.file_columns import FILE_COLUMNS, file_column
from storecast.data.file_tables import TOTALS

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the first table below a heading, by their first cell."""
    section = PAGE[PAGE.index(f"\n## {heading}\n") :].split("\n\n")
    table = next(block for block in section if block.startswith("|"))
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
    return {row[0].strip("` "): row[1:] for row in cells}


def test_every_column_of_the_files_is_listed_with_its_meaning_and_values() -> None:
    listed = rows("Columns")
    assert list(listed) == list(FILE_COLUMNS)
    for name, (_, meaning, values, example, without) in listed.items():
        assert (meaning, values) == (file_column(name).meaning, file_column(name).expected)
        assert example.strip("`")
        assert without


def test_every_column_of_a_panel_is_named() -> None:
    assert {column.name for column in s.COLUMNS} <= set(re.findall(r"`(\w+)`", PAGE))


def test_columns_that_must_be_there_are_said_to_be_refused() -> None:
    needed = {*s.KEYS, s.SALES, "First", "Last", "Exclude"}
    assert {name for name, row in rows("Columns").items() if row[-1].startswith("refused")} == needed


def test_every_setting_is_listed() -> None:
    assert set(rows("Settings")) == set(SETTINGS)


def test_every_rule_is_listed_with_what_it_finds() -> None:
    listed = rows("Cleaning rules")
    assert {name: row[0] for name, row in listed.items()} == RULES
    silent = {name for name, row in listed.items() if row[-1] == "not mentioned"}
    assert OBSERVATIONS - {"inactive_stores"} == silent  # who switches that one off gets a forecast of such stores


def test_names_of_totals_are_compared_without_case() -> None:
    assert {name.casefold() for name in TOTALS} == TOTALS
