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


def test_a_pipe_is_wide(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert 80 < max(map(cell_len, printed(capsys))) <= PIPE_WIDTH
