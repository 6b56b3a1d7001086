"""Workflows: the only place that joins layers; one function for each command.

init       the files of a chain that storecast does not know yet
prepare    a folder of files to a clean panel with its calendar ahead
check      what is in the folder, and what was repaired
partition  the files of a chain too large for memory into parts of whole stores
explore    what moves sales and customers
backtest   how good each model is, on windows of the past
train      one model, measured and saved
explain    what a saved model's forecasts are made of
forecast   a saved model on a folder
monitor    the forecasts made, beside what came
scenario   what another calendar would change
tune       search for a model's settings
load       a folder into a database
run_parts  a sample of the parts trains a model, which forecasts them one by one
run        all of it: backtest, train the best, forecast, write the home
weekly     the job of every Monday, on what came into a database
make_demo  a home to look at: a generated chain, and months of its plan

A workflow is imported when it is first asked for: looking at files needs no library of models.
"""

from typing import TYPE_CHECKING

from storecast.lazy_imports import on_first_use

if TYPE_CHECKING:
    from storecast.workflows.comparing import scenario
    from storecast.workflows.demo import make_demo
    from storecast.workflows.evaluation import backtest, train
    from storecast.workflows.explaining import explain
    from storecast.workflows.exploring import explore
    from storecast.workflows.forecasting import forecast
    from storecast.workflows.initializing import init
    from storecast.workflows.monitoring import monitor
    from storecast.workflows.partitioning import partition
    from storecast.workflows.preparation import check, future, prepare
    from storecast.workflows.prepared import Prepared
    from storecast.workflows.running import run
    from storecast.workflows.running_parts import run_parts
    from storecast.workflows.storing import load
    from storecast.workflows.tuning import tune

__all__ = [
    "Prepared",
    "backtest",
    "check",
    "explain",
    "explore",
    "forecast",
    "future",
    "init",
    "load",
    "make_demo",
    "monitor",
    "partition",
    "prepare",
    "run",
    "run_parts",
    "scenario",
    "train",
    "tune",
]

_HOMES = {
    "Prepared": "storecast.workflows.prepared",
    "backtest": "storecast.workflows.evaluation",
    "check": "storecast.workflows.preparation",
    "explain": "storecast.workflows.explaining",
    "explore": "storecast.workflows.exploring",
    "forecast": "storecast.workflows.forecasting",
    "future": "storecast.workflows.preparation",
    "init": "storecast.workflows.initializing",
    "load": "storecast.workflows.storing",
    "make_demo": "storecast.workflows.demo",
    "monitor": "storecast.workflows.monitoring",
    "partition": "storecast.workflows.partitioning",
    "prepare": "storecast.workflows.preparation",
    "run": "storecast.workflows.running",
    "run_parts": "storecast.workflows.running_parts",
    "scenario": "storecast.workflows.comparing",
    "train": "storecast.workflows.evaluation",
    "tune": "storecast.workflows.tuning",
}

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
