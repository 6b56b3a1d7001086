"""The generated chain has the files and oddities of a real one, and its truth beside it."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast.data.clean import clean
from storecast.data.generate import TRUTH, ChainSpec, generate, write_demo
from storecast.data.grid import Grid
from storecast.data.read import read_chain
from storecast.errors import ConfigError


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_demo(tmp_path / name, ChainSpec(stores=5, days=200, seed=seed))
    same = [(tmp_path / name / "train.csv").read_bytes() for name in "abc"]
    assert same[0] == same[1] != same[2]


def test_its_files_are_read_and_called_generated(tmp_path: Path) -> None:
    write_demo(tmp_path, ChainSpec(stores=30, days=942))
    found = clean(read_chain(tmp_path))
    assert found.generated
    assert found.panel.stores.height == 30
    assert found.asked is not None
    assert found.asked.height == 30 * 48
    rules = {repair.rule for repair in found.repairs}
    assert {"competition_date", "competition_year", "vanished_stores"} <= rules
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["generated"] is True
    assert truth["effects"]["promo"] == TRUTH["promo"]


def test_rows_come_newest_first_as_in_real_files(tmp_path: Path) -> None:
    write_demo(tmp_path, ChainSpec(stores=3, days=200))
    dates = pl.read_csv(tmp_path / "train.csv", columns=["Date"])["Date"].to_list()
    assert dates == sorted(dates, reverse=True)
    assert (tmp_path / "train.csv").read_text(encoding="utf-8").startswith('"Store","DayOfWeek","Date"')


def test_the_promotion_that_is_told_is_the_one_that_was_put_in(tmp_path: Path) -> None:
    write_demo(tmp_path, ChainSpec(stores=80, days=942))
    grid = Grid.of(clean(read_chain(tmp_path)).panel)
    weekday = (grid.dates().astype(np.int64) + 3) % 7
    logs = grid.log_sales()
    own = logs - np.nanmean(logs, axis=1, keepdims=True)
    promo_monday, plain_monday = ((weekday == 0) & (grid.promo == on) for on in (1, 0))
    uplift = np.nanmean(own[promo_monday]) - np.nanmean(own[plain_monday])
    promo = TRUTH["promo"]
    assert isinstance(promo, dict)
    assert abs(uplift - promo["Mon"]) < 0.08


@pytest.mark.parametrize("wrong", [{"stores": 0}, {"stores": -1}, {"days": 10}, {"days": 100_000}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        ChainSpec(**wrong)


def test_one_store_and_a_short_history_will_do() -> None:
    chain = generate(ChainSpec(stores=1, days=120))
    assert chain.train.height + chain.test.height == 120
