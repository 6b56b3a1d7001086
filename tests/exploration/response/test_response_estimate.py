import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.response.estimate import _uplifts, estimate_response
from storecast.exploration.response.parts import GAIN, RAW_UPLIFT, UPLIFT, Part
from storecast.exploration.response.section import response_section
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimates import (
    GROUP,
    HIGH,
    LOW,
    MEASURE,
    PART,
    POSITION,
    TIDY_SCHEMA,
    VALUE,
    NotAnswerableError,
)
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.promotion_weeks import promotion_weeks
from support.known_chain import first_stores, usual_answer, usual_chain
from support.panels import make_panel


def with_strong_stores(panel: Panel, strong: int) -> Panel:
    """Return the chain with promotions that bring half more again in its first stores."""
    keys = panel.calendar.filter((pl.col(s.PROMO) == 1) & (pl.col(s.STORE) <= strong)).select(
        *s.KEYS, pl.lit(1.5).alias("more")
    )
    more = panel.sales.join(keys, on=s.KEYS, how="left", maintain_order="left")
    return Panel(
        more.with_columns(pl.col(s.SALES) * pl.col("more").fill_null(1.0)).drop("more"), panel.stores, panel.calendar
    )


def part(table: pl.DataFrame, name: str, measure: str | None = None) -> pl.DataFrame:
    rows = table.filter(pl.col(PART) == name)
    return rows if measure is None else rows.filter(pl.col(MEASURE) == measure)


def test_stores_that_answer_more_stand_first_with_the_intervals_to_say_so() -> None:
    table = estimate_response(with_strong_stores(usual_chain(), 15))
    assert dict(table.schema) == TIDY_SCHEMA
    uplift = part(table, Part.STORE, UPLIFT)
    assert {int(name) for name in uplift[GROUP].head(15)} == set(range(1, 16))
    assert float(uplift[LOW].head(15).min()) > float(uplift[HIGH].tail(100).max())  # type: ignore[arg-type]
    assert part(table, Part.RELIABILITY)[LOW][0] > 0.8
    assert part(table, Part.SHIFT)[VALUE][0] > 0


def test_where_all_stores_answer_alike_noise_is_shrunk_away() -> None:
    table = usual_answer("response")
    shrunk, raw = (part(table, Part.STORE, measure)[VALUE].to_numpy() for measure in (UPLIFT, RAW_UPLIFT))
    assert shrunk.std() < 0.5 * raw.std()
    assert abs(part(table, Part.RELIABILITY)[VALUE][0]) < 0.3
    assert part(table, Part.SPREAD)[VALUE][0] < 0.02


def test_most_intervals_hold_the_true_uplift_of_a_store() -> None:
    """All stores answer alike in truth, against weeks off that mostly follow a promotion."""
    rows = part(usual_answer("response"), Part.STORE, UPLIFT)
    truth = np.expm1(0.294 + 0.028)
    assert ((rows[LOW] < truth) & (rows[HIGH] > truth)).mean() > 0.9


def test_errors_of_stores_are_as_large_as_they_say() -> None:
    """All stores answer alike in truth, so that uplifts beside the chain's are error alone."""
    weeks = promotion_weeks(adjust(usual_chain()))
    uplifts = _uplifts(weeks.means(adjust(usual_chain()).logs[SALES]), weeks)
    errors = (uplifts.raw - np.nanmean(uplifts.raw)) / np.sqrt(uplifts.variance)
    assert 0.9 < np.nanstd(errors) < 1.12  # .87 of 12 chains on the mean, were weeks independent


def test_stores_above_below_and_open_are_all_stores() -> None:
    rows = part(usual_answer("response"), Part.BREAK_EVEN)
    assert set(rows.group_by(GROUP).agg(pl.col(VALUE).sum())[VALUE]) == {150.0}


def test_a_store_is_surely_above_a_threshold_where_its_interval_in_the_same_table_is() -> None:
    table = estimate_response(with_strong_stores(usual_chain(), 15))
    stores, counts = part(table, Part.STORE, UPLIFT), part(table, Part.BREAK_EVEN)
    for name, above in (("surely above", stores[LOW]), ("surely below", stores[HIGH])):
        for threshold, count in counts.filter(pl.col(MEASURE) == name).select(POSITION, VALUE).iter_rows():
            beyond = above > threshold if name == "surely above" else above < threshold
            assert beyond.sum() == count


def test_the_gain_of_a_day_is_the_uplift_of_a_usual_day() -> None:
    table = usual_answer("response")
    gain, uplift = part(table, Part.STORE, GAIN), part(table, Part.STORE, UPLIFT)
    panel = usual_chain()
    store = int(gain[GROUP][0])
    days = panel.sales.join(panel.calendar, on=s.KEYS).filter(
        (pl.col(s.STORE) == store) & (pl.col(s.SALES) > 0) & (pl.col(s.PROMO) == 0) & (pl.col(s.DATE).dt.weekday() < 6)
    )
    assert gain[VALUE][0] == pytest.approx(float(days[s.SALES].mean()) * uplift[VALUE][0], rel=1e-3)  # type: ignore[arg-type]


def test_it_says_when_as_well() -> None:
    assert part(usual_answer("response"), Part.WHEN).height == 6


def test_a_few_stores_are_not_ranked() -> None:
    with pytest.raises(NotAnswerableError, match="at least 10"):
        estimate_response(first_stores(usual_chain(), 5))


def shifted(table: pl.DataFrame, group: str) -> dict[str, float | None]:
    return part(table, Part.SHIFT).filter(pl.col(GROUP) == group).row(0, named=True)


def test_where_stores_answer_alike_no_promotion_is_moved_and_no_store_called_the_strongest() -> None:
    table = usual_answer("response")
    assert part(table, Part.SHIFT).is_empty()
    answer = response_section(table).answer
    assert "answer alike" in answer
    assert "Moving" not in answer


def test_promotions_that_no_store_was_seen_with_have_no_interval() -> None:
    """All stores promote in the same weeks: a store that takes a promotion has more of them than any has had."""
    table = estimate_response(with_strong_stores(usual_chain(), 15))
    assert shifted(table, "sales a year")[LOW] is None
    assert "without an interval" in response_section(table).answer


def test_no_store_gives_or_takes_more_than_a_quarter_of_its_promotion_days() -> None:
    """A tenth of all days, a quarter of a store's own at most: at least two stores in five give, and as many take."""
    table = estimate_response(with_strong_stores(usual_chain(), 15))
    for group in ("stores that give", "stores that take"):
        assert float(shifted(table, group)[VALUE] or 0) >= 0.35 * 150


def test_moves_within_what_was_seen_have_an_interval() -> None:
    """The store with the fewest promotions takes some, the one with the most gives some, and the others stay between them."""
    panel = make_panel(24, 730, noise=0.02)
    week = (pl.col(s.DATE) - panel.first).dt.total_days() // 7
    own = pl.when(pl.col(s.STORE) == 1).then(1).when(pl.col(s.STORE) == 2).then(5).otherwise(3)
    promo = ((week + pl.col(s.STORE)) % 7 < own) & (pl.col(s.DATE).dt.weekday() < 6)
    calendar = panel.calendar.with_columns(promo.cast(pl.Int8).alias(s.PROMO))
    flags = calendar.select(*s.KEYS, s.PROMO)
    uplift = pl.when(pl.col(s.PROMO) == 0).then(1.0).when(pl.col(s.STORE) % 2 == 1).then(1.5).otherwise(1.2)
    rng = np.random.default_rng(1)
    noise = pl.Series("noise", np.exp(0.03 * rng.standard_normal(panel.sales.height)))
    sales = panel.sales.with_columns(noise).join(flags, on=s.KEYS, maintain_order="left")
    sold = pl.when(pl.col(s.SALES) > 0).then(1000.0 * uplift * pl.col("noise")).otherwise(0.0)
    table = estimate_response(
        Panel(sales.with_columns(sold.alias(s.SALES)).drop("noise", s.PROMO), panel.stores, calendar)
    )
    line = shifted(table, "sales a year")
    assert line[LOW] is not None
    assert line[LOW] < (line[VALUE] or 0) < (line[HIGH] or 0)
