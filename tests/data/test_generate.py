"""The generated chain has the files and oddities of a real one, and its truth beside it."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.generate import ChainSpec, GeneratedChain, generate, write_demo
from storecast.data.generate_effects import NAMES, Effects
from storecast.data.read import read_chain
from storecast.errors import ConfigError

FILES = ("train.csv", "test.csv", "store.csv", "store_states.csv", "truth.json")


@pytest.fixture(scope="module")
def chain() -> GeneratedChain:
    return generate(ChainSpec(stores=120))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_demo(tmp_path / name, ChainSpec(stores=5, days=200, seed=seed))
    for file in FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / FILES[0]).read_bytes() != (tmp_path / "c" / FILES[0]).read_bytes()


def test_its_files_are_read_and_called_generated(tmp_path: Path) -> None:
    write_demo(tmp_path, ChainSpec(stores=30, days=942))
    cleaned = clean(read_chain(tmp_path))
    assert cleaned.generated
    assert cleaned.panel.stores.height == 30
    assert cleaned.requested_rows is not None
    assert cleaned.requested_rows.height == 30 * 48
    rules = {repair.rule for repair in cleaned.repairs}
    assert {"competition_distance", "competition_date", "competition_year", "vanished_stores"} <= rules
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["generated"] is True
    assert "generated" in truth["note"]
    assert truth["effects"]["promo"] == Effects().promo


def test_files_are_quoted_as_the_real_ones(tmp_path: Path) -> None:
    write_demo(tmp_path, ChainSpec(stores=25, days=200))
    text = {name: (tmp_path / name).read_bytes().decode() for name in FILES}
    assert text["train.csv"].startswith('"Store","DayOfWeek","Date","Sales","Customers","Open","Promo","StateHoliday"')
    first = text["train.csv"].splitlines()[1].split(",")
    assert first[:3] == ["1", "6", "2013-06-01"]
    assert first[-2:] == ['"0"', '"0"']
    assert text["test.csv"].splitlines()[1].startswith("1,1,")
    assert ',,""' in text["store.csv"]  # no Promo2: two empty numbers, an empty text
    assert text["store_states.csv"].startswith("Store,State\r\n1,")


def test_rows_come_newest_first_and_test_follows_train(chain: GeneratedChain) -> None:
    for table in (chain.train, chain.test):
        keys = table.select(s.DATE, s.STORE)
        assert keys.equals(keys.sort(s.DATE, s.STORE, descending=[True, False]))
    assert chain.test[s.ID].to_list() == list(range(1, 120 * 48 + 1))
    assert chain.test[s.DATE].min() == dt.date(2015, 6, 14)
    assert chain.train[s.DATE].max() == dt.date(2015, 6, 13)


def test_promotions_are_the_chains_own_and_never_on_a_weekend(chain: GeneratedChain) -> None:
    by_day = chain.train.group_by(s.DATE, s.DAY_OF_WEEK).agg(
        pl.col(s.PROMO).n_unique().alias("kinds"), pl.col(s.PROMO).max()
    )
    assert by_day["kinds"].max() == 1
    assert by_day.filter(pl.col(s.DAY_OF_WEEK) > 5)[s.PROMO].max() == 0
    share = by_day.filter(pl.col(s.DAY_OF_WEEK) <= 5)[s.PROMO].mean()
    assert isinstance(share, float)
    assert 0.4 < share < 0.65


def test_holidays_carry_the_letters_of_the_real_files(chain: GeneratedChain) -> None:
    def letters(*day: int) -> set[str]:
        return set(chain.train.filter(pl.col(s.DATE) == dt.date(*day))[s.STATE_HOLIDAY])

    assert letters(2013, 3, 29) == letters(2013, 4, 1) == {"b"}  # Good Friday, Easter Monday
    assert letters(2013, 3, 31) == letters(2013, 5, 19) == {"0"}  # Easter Sunday, Whit Sunday
    assert letters(2013, 12, 25) == letters(2013, 12, 26) == {"c"}
    assert letters(2013, 5, 1) == {"a"}
    assert letters(2013, 5, 30) == {"0", "a"}  # Corpus Christi, in some states


def test_about_a_sixth_of_the_stores_vanish_for_half_a_year(chain: GeneratedChain) -> None:
    away = chain.truth["refurbished_stores"]
    assert 0.08 < len(away) / 120 < 0.26
    between = pl.col(s.DATE).is_between(dt.date(2014, 7, 1), dt.date(2014, 12, 31))
    assert chain.train.filter(between & pl.col(s.STORE).is_in(away)).is_empty()
    assert chain.train.filter(pl.col(s.STORE).is_in(away))[s.DATE].n_unique() == 894 - 184


def test_regression_recovers_the_effects_in_truth_json(chain: GeneratedChain) -> None:
    """Within 0.03, which is what lasting noise leaves of least squares; Promo2 is smaller, and only held to that.

    Three Easters are three days: 0.045 is three times what the chain's shocks leave of their mean.
    """
    effects = Effects()
    rows = chain.train.join(chain.stores, on=s.STORE).join(
        chain.train.filter(pl.col(s.STATE_HOLIDAY) != "0")
        .filter((pl.col(s.OPEN) == 0) & (pl.col(s.DAY_OF_WEEK) < 7))
        .select(s.STORE, (pl.col(s.DATE) - pl.duration(days=1)).alias(s.DATE), pl.col(s.STATE_HOLIDAY).alias("next")),
        on=s.KEYS,
        how="left",
    )
    weeks = (
        chain.train.group_by(pl.col(s.DATE).dt.truncate("1w").alias("week"))
        .agg(pl.col(s.PROMO).max().alias("ran"))
        .sort("week")
        .select("week", after=(pl.col("ran").shift(1, fill_value=0) == 1) & (pl.col("ran") == 0))
    )
    rows = rows.with_columns(pl.col(s.DATE).dt.truncate("1w").alias("week")).join(weeks, on="week")
    rows = rows.filter(pl.col(s.SALES) > 0).sort(*s.KEYS)
    since = pl.date("CompetitionOpenSinceYear", "CompetitionOpenSinceMonth", 1)
    month = pl.col(s.DATE).dt.month().replace_strict(dict(enumerate(s.PROMO_MONTHS, 1)), return_dtype=pl.String)
    joined = (pl.col(s.DATE).dt.iso_year() * 100 + pl.col(s.DATE).dt.week().cast(pl.Int32)) >= (
        pl.col("Promo2SinceYear") * 100 + pl.col("Promo2SinceWeek").cast(pl.Int32)
    )
    sundays = pl.col(s.STORE).is_in(chain.truth["sunday_stores"])
    terms: dict[str, tuple[pl.Expr, float]] = {
        **{
            f"promo {day}": ((pl.col(s.PROMO) == 1) & (pl.col(s.DAY_OF_WEEK) == k), effects.promo[day])
            for k, day in enumerate(NAMES[:5], 1)
        },
        "rival": ((pl.col(s.DATE) >= since).fill_null(value=True), effects.competition),
        "promo2": (joined.fill_null(value=False), effects.promo2),
        "round": (
            joined.fill_null(value=False) & pl.col(s.PROMO_INTERVAL).str.split(",").list.contains(month),
            effects.promo2_round,
        ),
        **{
            f"before {kind}": ((pl.col("next") == kind).fill_null(value=False), effects.before_holiday[kind])
            for kind in "ab"
        },
        "after a promotion": (pl.col("after"), effects.after_promo_week),
        "pay day": (pl.col(s.DATE).dt.day() <= 3, effects.pay_day_first),
        "school holidays": (pl.col(s.SCHOOL_HOLIDAY) == 1, effects.school_holiday),
        "Sunday's Monday": (sundays & (pl.col(s.DAY_OF_WEEK) == 1), effects.sunday_trading_monday),
        "Sunday's Saturday": (sundays & (pl.col(s.DAY_OF_WEEK) == 6), effects.sunday_trading_saturday),
    }
    others = [
        *(pl.col(s.DAY_OF_WEEK) == k for k in range(2, 8)),
        *(pl.col(s.DATE).dt.month() == k for k in range(2, 13)),
        (pl.col(s.DATE) - pl.date(2013, 1, 1)).dt.total_days() / 365.25,
        pl.when((pl.col(s.DATE).dt.month() == 12) & (pl.col(s.DATE).dt.day() <= 24))
        .then(pl.col(s.DATE).dt.day())
        .otherwise(0)
        / 24,
        pl.col(s.DATE).dt.day() >= 29,
    ]
    columns = [expression for expression, _ in terms.values()] + others
    X = rows.select(column.cast(pl.Float64).alias(str(k)) for k, column in enumerate(columns)).to_numpy()
    y = np.log(rows[s.SALES].to_numpy())
    fitted_effects = np.linalg.lstsq(_within(X, rows), _within(y[:, None], rows)[:, 0])[0]
    for k, (name, (_, truth)) in enumerate(terms.items()):
        assert abs(fitted_effects[k] - truth) < (0.045 if name == "before b" else 0.03), (
            name,
            fitted_effects[k],
            truth,
        )


def _within(values: npt.NDArray[np.float64], rows: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Take each store's mean away."""
    store = rows[s.STORE].to_numpy() - 1
    count = np.bincount(store)
    means = np.column_stack([np.bincount(store, weights=column) / count for column in values.T])
    return values - means[store]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stores": 0},
        {"stores": -1},
        {"days": 10},
        {"days": 100_000},
        {"seed": -1},
        {"horizon": 0},
        {"days": 200, "horizon": 150},
        {"first": dt.date(9999, 12, 31)},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        ChainSpec(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(5))
def test_one_store_and_a_short_history_will_do(seed: int) -> None:
    chain = generate(ChainSpec(stores=1, days=120, seed=seed))
    assert chain.train.height + chain.test.height == 120


def test_the_horizon_says_how_many_days_are_to_be_forecast() -> None:
    chain = generate(ChainSpec(stores=2, days=120, horizon=14))
    assert chain.test.height == 2 * 14
    assert chain.train[s.DATE].n_unique() == 106
