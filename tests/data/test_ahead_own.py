"""Own columns on days ahead that nobody gave: a habit goes on, an event does not, a price stays."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.ahead import extend
from storecast.data.ahead_own import rhythms
from storecast.data.panel import Panel
from storecast.errors import DataError
from storecast.workflows import check, future, prepare
from support.panels import make_panel

LAST_FRIDAY = dt.date(2013, 12, 27)


def chain(values: pl.Expr) -> Panel:
    """Return 362 days, up to Saturday 2013-12-28, with an own column; without a calendar ahead."""
    panel = make_panel(stores=2, days=362, ahead=0)
    return panel.with_calendar(panel.calendar.with_columns(values.cast(pl.Float64).alias("Own")))


def ahead(panel: Panel) -> pl.DataFrame:
    return extend(panel, panel.end + dt.timedelta(days=28)).calendar.filter(pl.col(s.DATE) > panel.end)


def friday() -> pl.Expr:
    return pl.col(s.DATE).dt.weekday() == 5


def test_a_flag_of_the_last_friday_alone_does_not_recur() -> None:
    assert (ahead(chain(pl.col(s.DATE) == LAST_FRIDAY))["Own"] == 0).all()


def test_a_flag_of_the_last_day_alone_does_not_go_on() -> None:
    assert (ahead(chain(pl.col(s.DATE) == LAST_FRIDAY + dt.timedelta(days=1)))["Own"] == 0).all()


def test_a_flag_of_every_friday_goes_on() -> None:
    days = ahead(chain(friday()))
    assert days["Own"].to_list() == days.select(friday().cast(pl.Float64)).to_series().to_list()


def test_a_flag_that_has_been_set_for_months_stays() -> None:
    assert (ahead(chain(pl.col(s.DATE) > dt.date(2013, 9, 1)))["Own"] == 1).all()


def test_a_price_keeps_the_last_value_of_its_store() -> None:
    new = chain(pl.when(pl.col(s.DATE) > LAST_FRIDAY).then(3.5).otherwise(2.0) * pl.col(s.STORE))
    assert ahead(new).group_by(s.STORE).agg(pl.col("Own").unique()).sort(s.STORE)["Own"].to_list() == [[3.5], [7.0]]


def test_a_number_that_changes_each_day_is_the_median_of_its_weekday() -> None:
    wild = pl.when(pl.col(s.DATE) == LAST_FRIDAY).then(1e6).otherwise(pl.col(s.DATE).dt.weekday() * 2.5)
    days = ahead(chain(wild))
    assert days["Own"].to_list() == days.select(pl.col(s.DATE).dt.weekday() * 2.5).to_series().to_list()


def test_values_that_are_given_ahead_stay_and_are_followed() -> None:
    panel = chain(pl.lit(2.0))
    given = ahead(panel).filter(pl.col(s.DATE) <= panel.end + dt.timedelta(days=7)).with_columns(Own=pl.lit(4.0))
    days = ahead(panel.with_calendar(pl.concat([panel.calendar, given]).sort(s.KEYS)))
    assert (days["Own"] == 4).all()


def fortnights(phase: pl.Expr | int = 0) -> pl.Expr:
    """Return a flag of two weeks on and two weeks off."""
    return (pl.col(s.DATE).dt.epoch("d") + phase) % 28 < 14


@pytest.mark.parametrize(
    "values",
    [
        fortnights().cast(pl.Float64),
        fortnights(14 * (pl.col(s.STORE) % 2)).cast(pl.Float64),  # stores in turn
        pl.when(fortnights()).then(1.5).otherwise(2.0),  # a price
        fortnights().cast(pl.Float64) * pl.col(s.DATE).dt.weekday() * 3.5,
    ],
)
def test_a_rhythm_of_two_weeks_on_and_off_goes_on(values: pl.Expr) -> None:
    days = ahead(chain(values))
    assert days["Own"].to_list() == days.select(values).to_series().to_list()


def test_a_rhythm_of_weeks_among_texts_goes_on_and_is_said() -> None:
    panel = make_panel(stores=2, days=362, ahead=0)
    kinds = {"Own = a": fortnights().cast(pl.Float64), "Own = b": fortnights(7).cast(pl.Float64) * ~fortnights()}
    days = ahead(panel.with_calendar(panel.calendar.with_columns(**kinds)))
    for name, values in kinds.items():
        assert days[name].to_list() == days.select(values).to_series().to_list()


@pytest.mark.parametrize(
    "values",
    [
        pl.col(s.DATE).is_in([dt.date(2013, 11, 29), LAST_FRIDAY]),  # twice, four weeks apart
        friday(),
        pl.col(s.DATE).hash(1) % 2 == 0,  # chance
        pl.col(s.DATE).dt.month_end() == pl.col(s.DATE),
    ],
)
def test_what_has_no_rhythm_of_weeks_stays_as_is_usual(values: pl.Expr) -> None:
    assert rhythms(chain(values)) == {}


def test_a_run_says_which_rhythm_it_followed(tmp_path: Path) -> None:
    panel = chain(fortnights())
    days = panel.sales.join(panel.calendar, on=s.KEYS).drop(s.ASSUMED).rename({"Own": "Leaflet"})
    days.write_csv(tmp_path / "train.csv")
    (tmp_path / "storecast.toml").write_text('known = ["Leaflet"]\n', encoding="utf-8")
    repair = next(repair for repair in check(tmp_path).repairs if repair.rule == "own_columns_ahead")
    assert repair.examples == ("Leaflet: as 4 weeks before, in its rhythm",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    panel = chain(pl.when(pl.col(s.DATE) > LAST_FRIDAY).then(3.5).otherwise(2.0))
    days = panel.sales.join(panel.calendar, on=s.KEYS).drop(s.ASSUMED).rename({"Own": "Price"})
    days.write_csv(tmp_path / "train.csv")
    (tmp_path / "storecast.toml").write_text('known = ["Price"]\n', encoding="utf-8")
    return tmp_path


def test_a_run_says_what_was_worked_out_and_counts_it(folder: Path) -> None:
    repair = next(repair for repair in check(folder).repairs if repair.rule == "own_columns_ahead")
    assert repair.rows == 2 * 42
    assert repair.examples == ("Price: the last value of the store",)
    assert repair.sentence in check(folder).notices
    table = future(folder, horizon=7, out=folder / "days.csv")
    assert table["Price"].to_list() == [3.5] * 14


def test_a_store_that_is_not_forecast_needs_no_values(folder: Path) -> None:
    days = pl.read_csv(folder / "train.csv", try_parse_dates=True, schema_overrides={s.STATE_HOLIDAY: pl.String})
    ended = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) > days[s.DATE].max() - dt.timedelta(days=120))
    days.filter(~ended).write_csv(folder / "train.csv")
    prepared = prepare(folder, horizon=None)
    assert prepared.stores_left_out == [2]
    assert [repair.rows for repair in prepared.cleaned.repairs if repair.rule == "own_columns_ahead"] == [42]


def test_a_test_file_without_the_column_is_read_and_the_column_worked_out(folder: Path) -> None:
    panel = make_panel(stores=2, days=362, ahead=14)
    days = panel.calendar.filter(pl.col(s.DATE) > panel.end).drop(s.ASSUMED)
    days.with_columns(pl.lit(1).alias(s.PROMO)).write_csv(folder / "test.csv")
    prepared = prepare(folder, horizon=None)
    ahead = prepared.panel.calendar.filter(pl.col(s.DATE) > prepared.panel.end)
    assert ahead["Price"].to_list() == [3.5] * 28
    assert ahead[s.PROMO].to_list() == [1] * 28
    assert [(repair.rule, repair.rows) for repair in prepared.cleaned.repairs] == [("own_columns_ahead", 28)]


def test_values_that_are_not_given_are_refused_where_the_rule_is_switched_off(folder: Path) -> None:
    with pytest.raises(DataError, match=r"84 store-days ahead have no value of an own column \('Price'\)"):
        check(folder, skip=["own_columns_ahead"])


def test_own_columns_keep_the_usual_value_of_store_and_weekday_over_gaps() -> None:
    whole = make_panel(stores=4, days=60, ahead=60)
    past = whole.with_calendar(whole.calendar.filter(pl.col(s.DATE) <= whole.end))
    own = past.with_calendar(past.calendar.with_columns(Leaflet=pl.col(s.STORE) + pl.col(s.DATE).dt.weekday() / 10))
    until = pl.when(pl.col(s.DATE) <= pl.date(2013, 2, 20)).then("Leaflet")
    holes = own.with_calendar(own.calendar.with_columns(Leaflet=until))
    calendar = extend(holes, whole.end + dt.timedelta(days=9)).calendar.filter(pl.col(s.DATE) > past.end)
    assert (
        calendar["Leaflet"].to_list()
        == calendar.select(pl.col(s.STORE) + pl.col(s.DATE).dt.weekday() / 10).to_series().to_list()
    )


def test_own_columns_without_any_value_are_gaps() -> None:
    whole = make_panel(stores=4, days=60, ahead=60)
    past = whole.with_calendar(whole.calendar.filter(pl.col(s.DATE) <= whole.end))
    own = past.with_calendar(past.calendar.with_columns(Leaflet=pl.lit(None, pl.Float64)))
    assert extend(own, whole.end + dt.timedelta(days=9)).calendar["Leaflet"].null_count() == 4 * 69
