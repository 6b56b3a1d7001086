"""The normal equations of the ridge: what they are by definition, whatever the weights are."""

import numpy as np
import pytest

from storecast.features.normal_equations import NormalEquations, solve_each
from storecast.features.own_columns import OwnScales
from storecast.features.ridge import Design, Scales

STORES, DAYS, OF_DATE, OF_STORE = 4, 50, 3, 2
NO_SCALES = Scales(np.ones(OF_STORE, np.float32), OwnScales.from_arrays({"level": np.zeros(STORES)}))


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def design(draw: np.random.Generator) -> Design:
    by_day = draw.normal(size=(OF_DATE, DAYS + 6)).astype(np.float32)  # six days ahead, which teach nothing
    by_store = draw.normal(size=(OF_STORE, STORES, DAYS + 6)).astype(np.float32)
    return Design([], by_day, by_store, NO_SCALES)


def terms_of(design: Design, store: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.concatenate([design.by_day, design.by_store[:, store]])[:, :DAYS].astype(np.float64)


def test_sums_are_those_of_the_definition_under_any_lower_weights(design: Design, draw: np.random.Generator) -> None:
    weights = draw.random((STORES, DAYS)).astype(np.float32)
    weights[0, 10:30] = 0  # without sales
    lower = weights * np.where(draw.random(weights.shape) < 0.1, np.float32(0.3), np.float32(1))
    lower[2, 5] = 0
    target = draw.normal(size=(STORES, DAYS)).astype(np.float32)
    equations = NormalEquations(design, weights)
    for used in (weights, lower, weights):
        gram, moment = equations.gram(used), equations.moment(used, target)
        for store in range(STORES):
            terms = terms_of(design, store)
            np.testing.assert_allclose(gram[store], terms * used[store] @ terms.T, rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(moment[store], terms * used[store] @ target[store], rtol=1e-4, atol=1e-4)


def test_each_store_gets_the_solution_of_its_own_system(draw: np.random.Generator) -> None:
    rows = draw.normal(size=(STORES, 5, 40)).astype(np.float32)
    matrices = rows @ rows.swapaxes(1, 2) + np.eye(5, dtype=np.float32)
    right_sides = draw.normal(size=(STORES, 5)).astype(np.float32)
    expected = np.linalg.solve(matrices.astype(np.float64), right_sides.astype(np.float64)[..., None])[..., 0]
    np.testing.assert_allclose(solve_each(matrices, right_sides), expected, rtol=1e-3, atol=1e-5)


def test_a_system_without_a_solution_is_named() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="store 1 are not positive definite"):
        solve_each(np.stack([np.eye(2), np.zeros((2, 2))]).astype(np.float32), np.ones((2, 2), np.float32))
