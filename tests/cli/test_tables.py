"""Tables fit the terminal, and cut nothing off."""

import pytest
from rich.cells import cell_len

from storecast.cli.tables import PIPE_WIDTH, table

HEAD = ["model", "cutoff", "rows", "rmspe", "remark"]
ROWS = [
    [
        "boosting-plain",
        "2015-04-26",
        7200,
        0.1236,
        "kept; models learn from it how often a store that has many sells nothing",
    ],
    ["naive", "2015-03-09", 7200, None, "none"],
]


def printed(capsys: pytest.CaptureFixture[str], *spare: str) -> list[str]:
    table("Scores", HEAD, ROWS, spare=spare)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_table_is_no_wider_than_the_terminal_and_cuts_no_cell(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = printed(capsys)
    assert max(map(cell_len, lines)) <= width
    text = " ".join(lines)
    assert "…" not in text
    for cell in ("boosting-plain", "2015-04-26", "7200", "0.1236", "–"):
        assert cell in text


def test_what_can_be_spared_goes_first_and_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = printed(capsys, "rows", "cutoff", "model")
    assert "7200" not in " ".join(lines)
    assert "2015-04-26" in " ".join(lines)
    assert lines[-1] == "Not shown at this width: rows."


def test_a_table_that_is_too_wide_for_any_terminal_is_a_paragraph_a_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "36")
    lines = printed(capsys)
    assert max(map(cell_len, lines)) <= 36
    text = " ".join(line.strip() for line in lines)
    assert text.startswith(
        "Scores - model boosting-plain, cutoff 2015-04-26, rows 7200, rmspe 0.1236, remark kept; models"
    )
    assert text.endswith(
        "- model naive, cutoff 2015-03-09, rows 7200, remark none"
    )  # a cell without a value is left out


def test_numbers_stand_to_the_right_and_columns_without_a_value_go_where_there_is_no_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table(
        "Weeks",
        ["days", "plan", "budget", "a long remark of nothing"],
        [["one", "1,234.50", "–", ""], ["two", "9.00", "–", ""]],
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["days", "plan", "a", "long", "remark", "of", "nothing"]
    assert lines[4].startswith("two       9.00")


def test_a_pipe_is_wide(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert 80 < max(map(cell_len, printed(capsys))) <= PIPE_WIDTH


def test_a_table_without_rows_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    table("What needs a look", HEAD, [])
    assert capsys.readouterr().out == "What needs a look: none.\n"
