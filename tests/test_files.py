"""Files are written whole or not at all; what a process that was killed began is known from what a living one writes."""

from pathlib import Path

import pytest

from storecast.files import atomic_write, remove_abandoned_drafts


def test_a_draft_stays_while_it_is_written_and_an_abandoned_one_goes(tmp_path: Path) -> None:
    abandoned, other = tmp_path / ".run.log.abc.part", tmp_path / "run.log.part"
    for path in (abandoned, other):
        path.write_text("half of a line", encoding="utf-8")
    (tmp_path / ".folder.part").mkdir()
    with atomic_write(tmp_path / "run.log") as draft:
        draft.write_text("whole", encoding="utf-8")
        assert remove_abandoned_drafts(tmp_path) == [abandoned]
        assert draft.exists()
    assert (tmp_path / "run.log").read_text(encoding="utf-8") == "whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".folder.part", "run.log", "run.log.part"]


def test_a_draft_that_is_taken_for_abandoned_before_it_is_locked_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    flock, removed = fcntl.flock, []

    def slow(handle: int, how: int) -> None:
        if not removed:
            removed.extend(tmp_path.glob(".*.part"))
            removed[0].unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with atomic_write(tmp_path / "run.log") as draft:
        assert draft not in removed
        draft.write_text("whole", encoding="utf-8")
    assert (tmp_path / "run.log").read_text(encoding="utf-8") == "whole"


def test_a_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_write(tmp_path / "run.log"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
