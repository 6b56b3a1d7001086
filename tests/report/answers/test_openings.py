"""The section on openings and closings: its sentence and pictures follow the table."""

import polars as pl
import pytest

from storecast.data.generate import ChainSpec, write_demo
from storecast.questions.closures import BACK
from storecast.questions.openings import openings
from storecast.questions.sunday_trading import LIKE, TRADERS, TRADING
from storecast.report.answers.openings import section
from storecast.workflows import prepare
from support.panels import make_panel


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("chain")
    write_demo(folder, ChainSpec(stores=60, days=700, seed=3))
    return openings(prepare(folder, horizon=14, allow_longer_test=True).panel)


def test_the_sentence_changes_with_the_table(table: pl.DataFrame) -> None:
    saturday = (pl.col("Part") == TRADING) & (pl.col("Group") == "Saturday")
    moved = table.with_columns(pl.when(saturday).then(-0.777).otherwise("Value").alias("Value"))
    assert "−77.7 %" in section(moved).answer
    assert "−77.7 %" not in section(table).answer


def test_a_type_that_always_trades_is_named_as_a_possible_cause(table: pl.DataFrame) -> None:
    alone = (pl.col("Part") == TRADERS) & (pl.col("Group") == LIKE)
    moved = table.with_columns(pl.when(alone).then(0.0).otherwise("Value").alias("Value"))
    assert "type may be the cause" in section(moved).answer
    assert "type may be the cause" not in section(table).answer


def test_hours_are_never_known(table: pl.DataFrame) -> None:
    assert "Within a day nothing is known" in section(table).unproven


def test_without_sunday_trading_the_section_says_so() -> None:
    found = section(openings(make_panel()))
    assert "nothing can be said of Sunday trading" in found.unproven
    assert "too seldom" in found.answer
    assert "openings-sunday" not in {picture.name for picture in found.pictures}


def test_every_picture_is_told_in_words_and_named_once(table: pl.DataFrame) -> None:
    pictures = section(table).pictures
    assert len({picture.name for picture in pictures}) == len(pictures) >= 3
    assert all(len(picture.alt) > 40 and picture.caption for picture in pictures)


def test_the_answer_takes_the_holidays_that_came_most_often(table: pl.DataFrame) -> None:
    top = table.filter((pl.col("Part") == BACK) & (pl.col("Position") == 1)).sort("N").row(-1, named=True)
    assert f"{top['Value'] * 100:+.1f} %".replace("-", "−") in section(table).answer
