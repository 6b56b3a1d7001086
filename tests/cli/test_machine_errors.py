"""What the machine cannot do is one message and exit code 2; a bug stays a traceback."""

import errno
import logging
from pathlib import Path

import pytest

import storecast.cli.app
from storecast.cli import main
from storecast.logs import log_file

POLARS_FULL = OSError("No space left on device (os error 28)")  # as Polars 1.x raises it: without errno


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(storecast.cli.app, "app", fail)
    main()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device. Free some space"),
        (POLARS_FULL, "No space left on device. Free some space"),
        (OSError(errno.EROFS, "Read-only file system", "out/train.csv"), "Read-only file system (out/train.csv). Name"),
        (PermissionError(errno.EACCES, "Permission denied", "train.csv"), "Permission denied (train.csv). Name a file"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded. Free some of your quota"),
        (OSError(errno.EFBIG, "File too large"), "File too large. Raise the limit of a file's size"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), "File name too long ('xxx"),
        (MemoryError(), "Out of memory. Close other programs"),
    ],
)
def test_a_failure_of_the_machine_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError | MemoryError, words: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, error)
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith(f"storecast: {words}")
    assert message.count("\n") == 1


@pytest.mark.parametrize("error", [OSError(errno.EBADF, "Bad file descriptor"), OSError("other"), ValueError("a bug")])
def test_a_bug_stays_a_traceback(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(type(error)):
        run(monkeypatch, error)


def test_an_interrupt_ends_with_the_code_of_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, KeyboardInterrupt())
    assert ended.value.code == 130


def test_a_log_that_the_disk_does_not_take_ends_the_command_without_a_traceback_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(handler: logging.FileHandler) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(logging.FileHandler, "flush", full)
    with pytest.raises(OSError, match="No space left"), log_file(tmp_path / "run.log"):
        logging.getLogger("storecast").error("a line")
    assert capsys.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []
