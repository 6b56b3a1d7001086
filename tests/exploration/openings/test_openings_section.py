"""The section on openings and closings: its sentence and pictures follow the table."""

import polars as pl
import pytest

from storecast.data.generate import ChainSpec, write_demo
from storecast.exploration.openings.estimate import estimate_openings
from storecast.exploration.openings.parts import Part, Sundays
from storecast.exploration.openings.section import openings_section
from storecast.workflows import prepare
from support.panels import make_panel


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("chain")
    write_demo(folder, ChainSpec(stores=60, days=700, seed=3))
    return estimate_openings(prepare(folder, horizon=14, allow_longer_test=True).panel)


def test_the_sentence_changes_with_the_table(table: pl.DataFrame) -> None:
    saturday = (pl.col("Part") == Part.SUNDAY_TRADING) & (pl.col("Group") == "Saturday")
    moved = table.with_columns(pl.when(saturday).then(-0.777).otherwise("Value").alias("Value"))
    assert "−77.7%" in openings_section(moved).answer
    assert "−77.7%" not in openings_section(table).answer


def test_a_type_that_always_trades_is_named_as_a_possible_cause(table: pl.DataFrame) -> None:
    alone = (pl.col("Part") == Part.STORES_BY_SUNDAYS) & (pl.col("Group") == Sundays.NEARLY_ALL_SAME_TYPE)
    moved = table.with_columns(pl.when(alone).then(0.0).otherwise("Value").alias("Value"))
    assert "type may be the cause" in openings_section(moved).answer
    assert "type may be the cause" not in openings_section(table).answer


def test_hours_are_never_known(table: pl.DataFrame) -> None:
    assert "Within a day nothing is known" in openings_section(table).unproven


def test_without_sunday_trading_the_section_says_so() -> None:
    body = openings_section(estimate_openings(make_panel()))
    assert "nothing can be said of Sunday trading" in body.unproven
    assert "too seldom" in body.answer
    assert "openings-sunday" not in {picture.name for picture in body.pictures}


def test_every_picture_is_described_in_words_and_named_once(table: pl.DataFrame) -> None:
    pictures = openings_section(table).pictures
    assert len({picture.name for picture in pictures}) == len(pictures) >= 3
    assert all(len(picture.alt) > 40 and picture.caption for picture in pictures)


def test_the_answer_takes_the_holidays_that_came_most_often(table: pl.DataFrame) -> None:
    top = (
        table.filter((pl.col("Part") == Part.AROUND_CLOSED_DAYS) & (pl.col("Position") == 1))
        .sort("N")
        .row(-1, named=True)
    )
    assert f"{top['Value'] * 100:+.1f}%".replace("-", "−") in openings_section(table).answer
