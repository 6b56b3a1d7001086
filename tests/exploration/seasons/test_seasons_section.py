"""The section on seasons: its sentence and pictures follow the table."""

import polars as pl
import pytest

from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.parts import Part
from storecast.exploration.seasons.section import seasons_section
from support.panels import make_panel


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return estimate_seasons(make_panel(days=900))


def test_the_sentence_changes_with_the_table(table: pl.DataFrame) -> None:
    top = table.filter(pl.col("Part") == Part.MONTH).sort("Value").row(-1, named=True)
    moved = table.with_columns(
        pl.when((pl.col("Part") == Part.MONTH) & (pl.col("Group") == top["Group"]))
        .then(0.777)
        .otherwise("Value")
        .alias("Value")
    )
    assert "+77.7%" in seasons_section(moved).answer
    assert "+77.7%" not in seasons_section(table).answer


def test_the_strongest_weekday_is_named_with_its_interval(table: pl.DataFrame) -> None:
    top = table.filter((pl.col("Part") == Part.WEEKDAY) & (pl.col("Group") != "Sun")).sort("Value").row(-1, named=True)
    answer = seasons_section(table).answer
    assert f"+{top['Value'] * 100:.1f}%" in answer
    assert f"+{top['Low'] * 100:.1f} to +{top['High'] * 100:.1f}%" in answer


def test_every_picture_is_described_in_words_and_named_once(table: pl.DataFrame) -> None:
    pictures = seasons_section(table).pictures
    assert len({picture.name for picture in pictures}) == len(pictures) == 6
    assert all(len(picture.alt) > 40 and picture.caption for picture in pictures)


def test_a_short_chain_lists_what_is_missing() -> None:
    body = seasons_section(estimate_seasons(make_panel(days=250)))
    assert "less than a full set of months" in body.unproven
    assert "month, beside" not in body.answer
    assert "seasons-months" not in {picture.name for picture in body.pictures}


def test_the_yearly_strength_is_read_beside_chance(table: pl.DataFrame) -> None:
    assert "noise alone" in seasons_section(table).unproven
