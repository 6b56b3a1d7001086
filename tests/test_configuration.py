"""docs/configuration.md lists every setting that the code reads, and no other; its examples are accepted."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from storecast.data.column_names import SETTINGS, parse_settings
from storecast.data.file_layout import TABLES
from storecast.notify import settings as notify
from storecast.service.settings import PREFIX, Settings
from support.snippets import snippets

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
OTHER_PLACES = {"url_env", "url_file", "token_file", "password_file"}  # of secrets whose place the whole file names
SERVICE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table below a heading, by their first cell."""
    section = re.split(r"^#", PAGE.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("` "): [cell.strip("` ") for cell in row[1:]] for row in cells}


def test_every_setting_of_files_is_listed() -> None:
    assert set(rows("How files are read")) == set(SETTINGS)
    assert set(rows("Files")) == set(TABLES)


@pytest.mark.parametrize("example", [row[-1] for row in rows("How files are read").values()])
def test_an_example_is_accepted(example: str) -> None:
    assert parse_settings(example.encode())


def test_the_whole_file_is_accepted() -> None:
    [whole] = [snippet.text for snippet in snippets(PAGE) if snippet.language == "toml"]
    names = parse_settings(whole.encode())
    assert names.file_names["Sales"] == "Umsatz"
    assert names.layout.files["train"] == ("sales-2023.csv", "sales-2024.csv")


def test_every_setting_of_notices_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: dict[str, set[str]] = {}
    take = notify._Table.take

    def noted(table: notify._Table, name: str, *rest: object) -> object:
        read.setdefault(re.search(r"\[(.*)\]", table.where)[1], set()).add(name)  # type: ignore[index]
        return take(table, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(notify._Table, "take", noted)
    file = tmp_path / "storecast.toml"
    sections = {name: rows(f"`[{name}]`") for name in re.findall(r"^### `\[(.*)\]`$", PAGE, re.MULTILINE)}
    file.write_text(
        "".join(
            f"[{name}]\n" + "".join(f"{row[-1]}\n" for key, row in table.items() if row[-1] and key not in OTHER_PLACES)
            for name, table in sections.items()
        ),
        encoding="utf-8",
    )
    assert tomllib.loads(file.read_text(encoding="utf-8"))["notify"]["email"]["port"] == 465
    environment = {"STORECAST_MAIL_PASSWORD": "word", "STORECAST_WEBHOOK_TOKEN": "token"}
    assert notify.read_settings(file, environment).email is not None
    assert read == {name: set(table) for name, table in sections.items()}


def test_every_variable_that_the_code_reads_is_listed() -> None:
    service = {f"{PREFIX}{field.name.upper()}" for field in dataclasses.fields(Settings)}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    in_source = {*re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", source), *service}
    listed = {*re.findall(rf"^\| `({PREFIX}\w+)` \|", PAGE, re.MULTILINE)}
    of_service = {*re.findall(rf"^\| `({PREFIX}\w+)`", SERVICE, re.MULTILINE)}
    assert service <= of_service
    assert in_source - of_service <= listed
    assert listed <= in_source
