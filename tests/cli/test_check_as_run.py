"""What a run would refuse, check refuses in the same words; a run gets past what check lets pass."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from support.chain_files import add_column, edit, set_cell, set_column, write_chain
from support.commands import Cli

Spoil = Callable[[Path], object]
DAYS = 130
DATE = pl.col(s.DATE).str.to_date()


def settings(text: str) -> Spoil:
    return lambda folder: (folder / "storecast.toml").write_text(text, encoding="utf-8")


def events(text: str) -> Spoil:
    return lambda folder: (folder / "events.csv").write_text(text, encoding="utf-8")


def leave_out(name: str, rows: pl.Expr) -> Spoil:
    return lambda folder: pl.read_csv(folder / name, infer_schema=False).filter(~rows).write_csv(folder / name)


def without_test(spoil: Spoil) -> Spoil:
    def both(folder: Path) -> None:
        (folder / "test.csv").unlink()
        spoil(folder)

    return both


def zero_byte_in_ids(folder: Path) -> None:
    settings('store_ids = "text"\n')(folder)
    for name in ("train", "store", "test", "store_states"):
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        frame.with_columns(pl.col(s.STORE).replace("2", "a\x00b")).write_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.csv").unlink()


def empty_own_column(folder: Path) -> None:
    settings('known = ["Leaflet"]\n')(folder)
    add_column(folder, "Leaflet", "")


SPOILT: dict[str, Spoil] = {
    "a text for a number": lambda folder: set_cell(folder, "train.csv", 9, s.SALES, "much"),
    "a plug-in that is not there": settings('plugins = ["no_such_plug_in"]\n'),
    "a history too short for two windows": leave_out("train.csv", pl.lit(dt.date(2014, 3, 15)) > DATE),
    "a history too short for six weeks": without_test(lambda folder: None),
    "a window without any row": leave_out("train.csv", DATE.is_between(dt.date(2014, 4, 1), dt.date(2014, 4, 30))),
    "all sales excluded": events("First,Last,Exclude\n2013-01-01,2014-12-31,1\n"),
    "an event of no store": events("Store,Date,Exclude\n77,2014-02-01,1\n"),
    "a zero byte in an id": zero_byte_in_ids,
    "an own column without values": empty_own_column,
    "a test file of past days": lambda folder: set_column(folder, "test.csv", s.DATE, "2014-02-01"),
    "a store that replaces itself": lambda folder: edit(
        folder,
        "store.csv",
        lambda lines: [f"{lines[0]},Replaces", *(f"{line},{line.split(',')[0]}" for line in lines[1:])],
    ),
    "a test file without rows": leave_out("test.csv", pl.lit(value=True)),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_a_run_refuses_is_refused_by_check_in_the_same_words(cli: Cli, tmp_path: Path, name: str) -> None:
    folder = write_chain(tmp_path / "data", days=DAYS)
    SPOILT[name](folder)
    code, _, err = cli("check", "--data", folder)
    run_code, _, run_err = cli("run", "--data", folder, "--out", tmp_path / "home", "--models", "naive")
    assert (code, run_code) == (2, 2)
    assert err.splitlines()[-1] == run_err.splitlines()[-1]
    assert "Traceback" not in err + run_err


@pytest.mark.usefixtures("no_exploration")
def test_check_and_run_take_the_same_horizon_and_windows(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", days=90, stores=2)
    (folder / "test.csv").unlink()
    for options, code in ((("--horizon", 42), 2), (("--horizon", 14), 0), (("--horizon", 14, "--windows", 9), 2)):
        assert cli("check", "--data", folder, *options)[0] == code
    for options, code in ((("--horizon", 14), 0), (("--horizon", 14, "--windows", 9), 2)):
        assert cli("run", "--data", folder, "--out", tmp_path / "home", "--models", "naive", *options)[0] == code
