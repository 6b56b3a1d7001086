"""Effects of unit and time are taken out, and standard errors are those of another library, for few clusters too."""

import numpy as np
import pytest

pytest.importorskip("linearmodels")
sm = pytest.importorskip("statsmodels.api")

from storecast.exploration.shared.panel_regression import two_way_effects  # noqa: E402
from storecast.exploration.shared.regression import t_quantile  # noqa: E402


@pytest.mark.parametrize("units", [4, 12])
def test_intervals_are_those_of_statsmodels(units: int) -> None:
    rng = np.random.default_rng(units)
    days = 120
    unit, day = (part.ravel() for part in np.indices((units, days)))
    x = np.stack([rng.random(units * days) < 0.3, rng.normal(size=units * days)], axis=1).astype(np.float64)
    weights = rng.uniform(1, 4, units)[unit]
    own = rng.normal(size=units)
    y = x @ [0.2, -0.1] + own[unit] * x[:, 0] * 0.3 + rng.normal(size=days)[day] + 0.1 * rng.normal(size=units * days)
    intervals = two_way_effects(y, x, unit, day, weights=weights)
    dummies = np.concatenate([x, np.eye(units)[unit], np.eye(days)[day][:, 1:]], axis=1)
    fit = sm.WLS(y, dummies, weights=weights).fit(cov_type="cluster", cov_kwds={"groups": unit}, use_t=True)
    for k, interval in enumerate(intervals):
        half = t_quantile(units - 1) * fit.bse[k]
        assert interval.value == pytest.approx(fit.params[k], rel=1e-6)
        assert interval.high - interval.value == pytest.approx(half, rel=0.01)
