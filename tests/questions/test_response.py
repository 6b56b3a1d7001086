import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.response import (
    BREAK_EVEN,
    GAIN,
    RAW,
    RELIABLE,
    SHIFT,
    SPREAD,
    STORE,
    UPLIFT_OF,
    WHEN,
    response,
)
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, PART, TIDY, VALUE, NotAnswerableError
from support.known_chain import first_stores, usual_chain


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
    found = response(with_strong_stores(usual_chain(), 15))
    assert dict(found.schema) == TIDY
    uplift = part(found, STORE, UPLIFT_OF)
    assert {int(name) for name in uplift[GROUP].head(15)} == set(range(1, 16))
    assert float(uplift[LOW].head(15).min()) > float(uplift[HIGH].tail(100).max())  # type: ignore[arg-type]
    assert part(found, RELIABLE)[LOW][0] > 0.8
    assert part(found, SHIFT)[LOW][0] > 0


def test_where_all_stores_answer_alike_noise_is_shrunk_away() -> None:
    found = response(usual_chain())
    shrunk, raw = (part(found, STORE, measure)[VALUE].to_numpy() for measure in (UPLIFT_OF, RAW))
    assert shrunk.std() < 0.5 * raw.std()
    assert abs(part(found, RELIABLE)[VALUE][0]) < 0.3
    assert part(found, SPREAD)[VALUE][0] < 0.02


def test_most_intervals_hold_the_true_uplift_of_a_store() -> None:
    """All stores answer alike in truth, against weeks off that mostly follow a promotion."""
    rows = part(response(usual_chain()), STORE, UPLIFT_OF)
    truth = np.expm1(0.294 + 0.028)
    assert ((rows[LOW] < truth) & (rows[HIGH] > truth)).mean() > 0.9


def test_stores_above_below_and_open_are_all_stores() -> None:
    rows = part(response(usual_chain()), BREAK_EVEN)
    assert set(rows.group_by(GROUP).agg(pl.col(VALUE).sum())[VALUE]) == {150.0}


def test_the_gain_of_a_day_is_the_uplift_of_a_usual_day() -> None:
    found = response(usual_chain())
    gain, uplift = part(found, STORE, GAIN), part(found, STORE, UPLIFT_OF)
    panel = usual_chain()
    store = int(gain[GROUP][0])
    days = panel.sales.join(panel.calendar, on=s.KEYS).filter(
        (pl.col(s.STORE) == store) & (pl.col(s.SALES) > 0) & (pl.col(s.PROMO) == 0) & (pl.col(s.DATE).dt.weekday() < 6)
    )
    assert gain[VALUE][0] == pytest.approx(float(days[s.SALES].mean()) * uplift[VALUE][0], rel=1e-3)  # type: ignore[arg-type]


def test_it_says_when_as_well() -> None:
    assert part(response(usual_chain()), WHEN).height == 6


def test_a_few_stores_are_not_ranked() -> None:
    with pytest.raises(NotAnswerableError, match="at least 10"):
        response(first_stores(usual_chain(), 5))
