"""The stages of the long jobs, in their order: what a command shows as n of m.

A workflow calls ``progress`` with the name of a stage that begins, and with steps of other names between them. Where it finds out
only at work what the stages are, or what they will take, it calls ``expect`` with the seconds of each, by its name.
"""

from collections.abc import Callable, Mapping

Expect = Callable[[Mapping[str, float]], None]

READING = "reading and cleaning"
BACKTEST = "backtest"
TRAINING = "training on all data"
EXPLORING = "what moves sales"
REPORTING = "forecast and report"
STORING = "database"
FORECAST = "forecast"
COMPARING = "comparing with the other calendar"
EXPLAINING = "what the forecast is made of"
SEARCHING = "search"
REPORT = "report"
PICTURES = "pictures"
PUBLISHING = "publishing and pruning"
CUTTING = "cutting"
READING_PARTS = "reading parts"
TRAINING_SAMPLE = "training on a sample"
FORECASTING_PARTS = "forecasting parts"

RUN_STAGES = (READING, BACKTEST, TRAINING, EXPLORING, REPORTING, STORING)
TRAIN_STAGES = (READING, BACKTEST, TRAINING)
BACKTEST_STAGES = (READING, BACKTEST)
TUNE_STAGES = (READING, SEARCHING)
EXPLORE_STAGES = (READING, EXPLORING, REPORT)
FORECAST_STAGES = (READING, FORECAST)
SCENARIO_STAGES = (READING, COMPARING)
EXPLAIN_STAGES = (READING, EXPLAINING)
LOAD_STAGES = (READING, STORING)
PARTITION_STAGES = (CUTTING, READING_PARTS)
RUN_PARTS_STAGES = (TRAINING_SAMPLE, FORECASTING_PARTS)


def no_expectation(_: Mapping[str, float]) -> None:
    """Expect nothing."""
