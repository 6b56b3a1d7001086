"""The models that storecast brings: where each is made, and its place from simple to complex.

They are imported when one is first needed: scikit-learn and XGBoost take longer to import than a small chain to forecast.
"""

from pkgutil import resolve_name
from typing import Any

BUILT_IN = {
    "naive": ("naive:make_naive", 0),
    "linear": ("linear:make_linear", 1),
    "forest": ("forest:make_forest", 2),
    "boosting": ("boosting:make_boosting", 3),
    "boosting-plain": ("boosting:make_plain_boosting", 4),
    "lightgbm": ("lightgbm:make_lightgbm", 4),
    "lstm": ("lstm.forecaster:make_lstm", 5),
    "blend": ("blend:make_blend", 9),
}


def built_in_factory(name: str) -> Any:
    """Return what makes one of these models: a function of ``fast``."""
    return resolve_name(f"{__package__}.{BUILT_IN[name][0]}")
