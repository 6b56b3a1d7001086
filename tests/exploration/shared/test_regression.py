import numpy as np
import pytest

from storecast.exploration.shared.regression import clustered_regression, demean, mean_interval


def test_the_interval_of_a_mean_counts_clusters_and_not_rows() -> None:
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(20), 200)
    y = rng.normal(0, 1, 20)[cluster]
    (result,) = clustered_regression(y, np.ones((4000, 1)), cluster)
    assert result.high is not None
    assert result.high - result.value == pytest.approx(2.09 * np.unique(y).std(ddof=1) / np.sqrt(20), rel=0.1)


def test_two_clusterings_are_at_least_as_wide_as_either_where_both_matter() -> None:
    rng = np.random.default_rng(2)
    row, column = np.divmod(np.arange(900), 30)
    y = rng.normal(0, 1, 30)[row] + rng.normal(0, 1, 30)[column]
    x = np.ones((900, 1))
    both, one, other = (clustered_regression(y, x, *codes)[0] for codes in ((row, column), (row,), (column,)))
    assert both.high is not None
    assert one.high is not None
    assert other.high is not None
    assert both.high >= max(one.high, other.high)


def test_fewer_than_three_clusters_have_no_interval() -> None:
    (result,) = clustered_regression(np.arange(10.0), np.ones((10, 1)), np.arange(10) // 5)
    assert (result.value, result.low, result.high) == (4.5, None, None)


def test_without_rows_nothing_is_estimated() -> None:
    (result,) = clustered_regression(np.array([]), np.ones((0, 1)), np.array([], np.int64))
    assert np.isnan(result.value)


def test_within_takes_the_weighted_mean_of_each_group_off() -> None:
    values = np.array([1.0, 3.0, 10.0])
    np.testing.assert_allclose(demean(values, np.array([0, 0, 1]), np.array([1.0, 3.0, 1.0])), [-1.5, 0.5, 0.0])


def test_the_interval_of_a_mean_is_the_t_interval() -> None:
    result = mean_interval([1.0, 2.0, 3.0, 4.0])
    assert result.value == 2.5
    assert result.high == pytest.approx(2.5 + 3.182 * 1.291 / 2, rel=1e-3)
    assert mean_interval([1.0, 2.0]).low is None
