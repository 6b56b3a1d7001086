import numpy as np
import pytest

from storecast.exploration.shared.event_study import NEVER, day_columns, event_study


def staggered(effect: float, *, drift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Eighty stores over 720 days, half of which begin on one of five days."""
    rng = np.random.default_rng(3)
    days = np.arange(720)
    starts = np.where(np.arange(80) < 40, 200 + 80 * (np.arange(80) % 5), NEVER)
    logs = rng.normal(0, 0.1, (80, 1)) + 0.3 * np.sin(days / 50) + rng.normal(0, 0.05, (80, 720))
    begun = days[None, :] >= starts[:, None]
    logs += effect * begun + drift * (starts < NEVER)[:, None] * days / 365
    return logs, starts


def test_a_step_is_estimated_though_all_stores_move_together() -> None:
    study = event_study(*staggered(-0.1), bins=4)
    assert study is not None
    assert study.effect.low is not None
    assert study.effect.high is not None
    assert study.effect.low < -0.1 < study.effect.high < -0.08
    assert (study.starts, study.controls) == (40, 64)
    assert [k for k, _ in study.bins] == list(range(-4, 4))


def test_stores_that_went_another_way_before_show_a_drift() -> None:
    study = event_study(*staggered(0.0, drift=0.5), bins=4)
    assert study is not None
    assert study.drift.low is not None
    assert study.drift.low > 0


def test_an_effect_that_grows_is_not_taken_for_its_opposite() -> None:
    """Late starters are never compared with early ones, whose effect is still growing."""
    logs, starts = staggered(0.0)
    logs = logs + 0.001 * np.maximum(np.arange(720)[None, :] - starts[:, None], 0)
    study = event_study(logs, starts, bins=4)
    assert study is not None
    assert study.effect.value == pytest.approx(0.001 * 59.5, abs=0.01)


def test_two_starts_are_too_few() -> None:
    logs, starts = staggered(-0.1)
    starts[2:40] = NEVER
    assert event_study(logs, starts, bins=4) is None


def test_stores_that_began_long_ago_are_controls_where_they_are_named() -> None:
    logs, starts = staggered(-0.1)
    starts[40:] = -500
    alone, helped = event_study(logs, starts, bins=4), event_study(logs, starts, bins=4, settled=starts < 0)
    assert alone is not None
    assert helped is not None
    assert helped.controls > alone.controls


def test_columns_count_from_the_first_day() -> None:
    assert list(day_columns(["2013-01-05", None], "2013-01-01")) == [4, NEVER]
