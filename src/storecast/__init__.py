"""storecast: the daily sales of every store of a retail chain, six weeks ahead.

What stands in ``__all__`` is the public surface; it is imported when it is first asked for, so that ``import storecast``
stays light.
"""

from typing import TYPE_CHECKING

from storecast.lazy_imports import on_first_use

if TYPE_CHECKING:
    from storecast.bundle.bundle import Bundle
    from storecast.bundle.fitting import fit
    from storecast.bundle.loading import load
    from storecast.config import Task
    from storecast.data.panel import Panel, Window
    from storecast.evaluate.backtest import backtest
    from storecast.sklearn_forecaster import StoreForecaster
    from storecast.uncertainty.forecast import Forecast
    from storecast.workflows import check, explore, forecast, train

__version__ = "0.1.0"

__all__ = [
    "Bundle",
    "Forecast",
    "Panel",
    "StoreForecaster",
    "Task",
    "Window",
    "backtest",
    "check",
    "explore",
    "fit",
    "forecast",
    "load",
    "train",
]

_HOMES = {
    "Bundle": "storecast.bundle.bundle",
    "Forecast": "storecast.uncertainty.forecast",
    "Panel": "storecast.data.panel",
    "StoreForecaster": "storecast.sklearn_forecaster",
    "Task": "storecast.config",
    "Window": "storecast.data.panel",
    "backtest": "storecast.evaluate.backtest",
    "check": "storecast.workflows",
    "explore": "storecast.workflows",
    "fit": "storecast.bundle.fitting",
    "forecast": "storecast.workflows",
    "load": "storecast.bundle.loading",
    "train": "storecast.workflows",
}
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
