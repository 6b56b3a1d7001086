"""A text column that is known ahead becomes a flag for each text that recurs; the rest of the program sees flags."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import fit
from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.column_names import ColumnNames, read_column_names
from storecast.data.grid import Grid
from storecast.data.own_categories import is_text
from storecast.data.read import read_calendar, read_chain
from storecast.errors import DataError
from storecast.features.own_columns import OwnScales
from storecast.workflows import future, prepare
from support.panels import make_panel

RAIN, SUN = "Weather = rain", "Weather = sun"


def weather(levels: int = 2) -> pl.Expr:
    """Every third day is rainy; further texts take their turns among the others."""
    day = pl.col(s.DATE).dt.epoch("d")
    other = pl.format("type {}", day % levels) if levels > 2 else pl.lit("sun")
    return pl.when(day % 3 == 0).then(pl.lit("rain")).otherwise(other).alias("Weather")


def write(folder: Path, text: pl.Expr, *, ahead: int = 0) -> Path:
    """Write a chain whose sales halve when it rains."""
    panel = make_panel(stores=3, days=400, ahead=ahead, noise=0.02)
    calendar = panel.calendar.drop(s.ASSUMED).with_columns(text)
    rain = pl.when(pl.col("Weather") == "rain").then(0.5).otherwise(1.0)
    days = panel.sales.join(calendar, on=s.KEYS).with_columns(pl.col(s.SALES) * rain)
    days.write_csv(folder / "train.csv")
    if ahead:
        calendar.filter(pl.col(s.DATE) > panel.end).write_csv(folder / "test.csv")
    (folder / "storecast.toml").write_text('known = ["Weather"]\n', encoding="utf-8")
    return folder


def set_weather(folder: Path, name: str, days: pl.Expr, text: str | None) -> None:
    frame = pl.read_csv(folder / name, try_parse_dates=True, schema_overrides={s.STATE_HOLIDAY: pl.String})
    frame.with_columns(pl.when(days).then(pl.lit(text)).otherwise("Weather").alias("Weather")).write_csv(folder / name)


def test_each_level_is_a_flag(tmp_path: Path) -> None:
    raw = read_chain(write(tmp_path, weather(), ahead=20))
    assert raw.known == (RAIN, SUN)
    assert raw.ahead is not None
    for rows in (raw.sales, raw.ahead):
        rainy = rows.select(pl.col(s.DATE).dt.epoch("d") % 3 == 0).to_series()
        assert (rows[RAIN] == rainy.cast(pl.Float64)).all()
        assert (rows[RAIN] + rows[SUN] == 1).all()


def test_an_empty_cell_is_none_of_the_levels(tmp_path: Path) -> None:
    write(tmp_path, weather())
    set_weather(tmp_path, "train.csv", pl.col(s.DATE) == dt.date(2013, 5, 6), None)
    empty = read_chain(tmp_path).sales.filter(pl.col(s.DATE) == dt.date(2013, 5, 6))
    assert empty[RAIN].to_list() == empty[SUN].to_list() == [0, 0, 0]


def test_a_text_that_is_new_or_rare_is_no_level_and_counted(tmp_path: Path) -> None:
    write(tmp_path, weather(), ahead=20)
    set_weather(tmp_path, "train.csv", (pl.col(s.DATE) == dt.date(2013, 5, 6)) & (pl.col(s.STORE) == 1), "hail")
    set_weather(tmp_path, "test.csv", pl.col(s.DATE) == pl.col(s.DATE).max(), "fog")
    raw = read_chain(tmp_path)
    assert raw.known == (RAIN, SUN)
    assert raw.ahead is not None
    assert raw.ahead.sort(s.DATE).tail(3).select(RAIN, SUN).sum().row(0) == (0, 0)
    repair = next(each for each in clean(raw).repairs if each.rule == "other_levels")
    assert (repair.rows, repair.examples) == (1 + 3, ("Weather: 4",))


def test_too_many_texts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'Weather': found 21 different texts.*at most 20 texts that recur"):
        read_chain(write(tmp_path, weather(levels=30)))


def test_texts_that_never_recur_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no text stands in 5 rows or more"):
        read_chain(write(tmp_path, pl.format("day {} of {}", s.DATE, s.STORE).alias("Weather")))


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["rain", "", None], True), (["Type 1", "B2"], True), (["1", "2"], False), (["1e5", "2"], False),
        (["rain", "1"], False), (["", None], False), (["1,5"], False),
    ],
)  # fmt: skip
def test_a_column_is_text_where_no_cell_is_a_number(cells: list[str | None], *, text: bool) -> None:
    assert is_text(pl.Series(cells, dtype=pl.String)) == text


def test_a_number_among_texts_is_refused_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, weather())
    set_weather(tmp_path, "train.csv", pl.col(s.DATE) == dt.date(2013, 5, 6), "7")
    with pytest.raises(DataError, match=r"train.csv, line 2, column Weather"):
        read_chain(tmp_path)


def test_models_follow_the_levels_and_explanations_name_the_column(tmp_path: Path) -> None:
    panel = prepare(write(tmp_path, weather(), ahead=20), horizon=20).panel
    bundle = fit(panel, "linear", horizon=20)
    rain = panel.calendar.filter(pl.col(s.DATE) > panel.end).select(
        *s.KEYS, pl.lit(1.0).alias(RAIN), pl.lit(0.0).alias(SUN)
    )
    sun = rain.rename({RAIN: SUN, SUN: RAIN})
    wet, dry = (bundle.predict(calendar=days).filter(pl.col(s.FORECAST) > 0)[s.FORECAST] for days in (rain, sun))
    assert np.median(wet / dry) == pytest.approx(0.5, abs=0.05)
    assert "Own: Weather" in bundle.explain([1]).columns


def test_a_calendar_to_compare_with_has_texts_or_flags(tmp_path: Path) -> None:
    names = ColumnNames(known=(RAIN, SUN))
    (tmp_path / "texts.csv").write_text("Store,Date,Weather\n1,2014-03-01,rain\n1,2014-03-02,\n", encoding="utf-8")
    (tmp_path / "flags.csv").write_text(
        f"Store,Date,{RAIN},{SUN}\n1,2014-03-01,1,0\n1,2014-03-02,,\n", encoding="utf-8"
    )
    texts, flags = (read_calendar(tmp_path / name, names) for name in ("texts.csv", "flags.csv"))
    assert texts.equals(flags)
    assert texts.select(RAIN, SUN).rows() == [(1, 0), (None, None)]


def test_the_calendar_ahead_that_is_written_has_the_flags(tmp_path: Path) -> None:
    by_chance = pl.when(pl.col(s.DATE).hash(1) % 4 == 0).then(pl.lit("rain")).otherwise(pl.lit("sun")).alias("Weather")
    table = future(write(tmp_path, by_chance), horizon=7, out=tmp_path / "days.csv")
    assert (table[SUN] == 1).mean() > 0.7, "as on most days"
    assert (table[RAIN] + table[SUN] == 1).all()


def test_a_text_that_recurs_after_some_weeks_is_written_so(tmp_path: Path) -> None:
    table = future(write(tmp_path, weather()), horizon=7, out=tmp_path / "days.csv")
    assert table[RAIN].to_list() == table.select(pl.col(s.DATE).dt.epoch("d") % 3 == 0).to_series().to_list()


@pytest.mark.parametrize("own_name", ["Promo", "SchoolHoliday"])
def test_a_written_calendar_is_read_back_where_an_own_column_is_called_as_one_of_ours(
    tmp_path: Path, own_name: str
) -> None:
    days = pl.read_csv(write(tmp_path, weather()) / "train.csv").drop(own_name)
    days.rename({"Weather": own_name}).write_csv(tmp_path / "train.csv")
    (tmp_path / "storecast.toml").write_text(
        f'known = ["Weather"]\n[columns]\nWeather = "{own_name}"\n', encoding="utf-8"
    )
    table = future(tmp_path, horizon=7, out=tmp_path / "days.csv")
    names = replace(read_column_names(tmp_path), known=(RAIN, SUN))
    calendar = read_calendar(tmp_path / "days.csv", names)
    assert calendar[SUN].to_list() == table[SUN].to_list()
    assert calendar[own_name].to_list() == table[own_name].to_list()


def test_a_text_that_stands_on_few_days_does_not_recur_ahead(tmp_path: Path) -> None:
    fair = pl.when(pl.col(s.DATE).dt.day() == 27).then(pl.lit("fair")).otherwise(None).alias("Weather")
    table = future(write(tmp_path, fair), horizon=28, out=tmp_path / "days.csv")
    assert (table["Weather = fair"] == 0).all()


def test_the_usual_level_needs_no_term_and_another_text_counts_as_usual(tmp_path: Path) -> None:
    panel = prepare(write(tmp_path, weather(), ahead=20), horizon=20).panel
    grid = Grid.of(panel)
    scales = OwnScales.fit(grid, grid.column(panel.end))
    assert scales.names == (RAIN,)
