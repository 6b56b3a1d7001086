"""What is printed is text, and steers no terminal."""

import pytest

from storecast.cli import show


def test_control_characters_of_a_name_are_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    show.table("Store \x1b[2J", ["name\x07"], [["\x1b]0;owned\x07", 1], ["München\u00a0Süd, 東京", 2]])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\\x1b]0;owned\\x07" in out
    assert "München\u00a0Süd, 東京" in out
