import numpy as np

from storecast.exploration.covariate_shift.adversarial_validation import adversarial_validation

DAYS, STORES = 60, 40


def rows(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return two columns that say nothing, which rows stand in the last ten days, and the day of each row."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(DAYS), STORES)
    X = np.column_stack([rng.random(DAYS)[day], rng.random(DAYS * STORES)]).astype(np.float32)
    return X, day >= DAYS - 10, day


def test_a_column_that_changes_with_the_span_tells_it_and_is_named() -> None:
    X, inside, day = rows()
    X = np.column_stack([X, np.where(inside, 1.0, day % 6 == 0)]).astype(np.float32)
    validation = adversarial_validation(X, inside, ~inside, day, importance=True)
    assert validation is not None
    assert np.mean(validation.aucs) > 0.85
    assert int(np.argmax(validation.auc_lost)) == 2
    assert validation.auc_lost[2] > 0.2


def test_days_left_out_are_not_recognised_by_what_is_theirs_alone() -> None:
    """A number of its own for each day would tell every row of a day that was learned from."""
    aucs = []
    for seed in range(6):
        X, inside, day = rows(seed)
        validation = adversarial_validation(X, inside, ~inside, day)
        assert validation is not None
        aucs.append(np.mean(validation.aucs))
    assert np.mean(aucs) < 0.6


def test_the_same_rows_give_the_same_answer() -> None:
    X, inside, day = rows()
    one, other = (adversarial_validation(X, inside, ~inside, day, importance=True) for _ in range(2))
    assert one is not None
    assert other is not None
    assert (one.aucs, one.auc_lost) == (other.aucs, other.auc_lost)


def test_two_days_are_too_few_to_be_distinguished() -> None:
    X, _, day = rows()
    inside = day >= DAYS - 2
    assert adversarial_validation(X, inside, ~inside, day) is None
