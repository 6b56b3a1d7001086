"""The stages of the long jobs, in their order: what a command shows as n of m.

A workflow calls ``progress`` with the name of a stage that begins, and with steps of other names between them. Where it finds out
only at work what the stages are, or what they will take, it calls ``expect`` with the seconds of each, by its name.
"""

from collections.abc import Callable, Mapping

Expect = Callable[[Mapping[str, float]], None]
Progress = Callable[[str], None]  # a stage, or a step between
RowProgress = Callable[[str, int, int], None]  # a stage, its rows that are done, and all of them

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
SAVING = "saving the version"
LOOKING = "looking at the files"
READING_BY_GUESS = "reading them by the guess"
CALENDAR = "calendar ahead"
WRITING_CALENDAR = "writing the calendar ahead"
FORECASTS_AND_SALES = "forecasts made and what came"
BANDS = "what has left its band"
BACKUP = "backup"
RESTORE = "restore"
PRUNE = "prune"
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
INIT_STAGES = (LOOKING, READING_BY_GUESS)
CHECK_STAGES = (READING, CALENDAR)
FUTURE_STAGES = (READING, WRITING_CALENDAR)
MONITOR_STAGES = (FORECASTS_AND_SALES, BANDS)
PUBLISH_STAGES = (READING, EXPLAINING, SAVING)
PARTITION_STAGES = (CUTTING, READING_PARTS)
RUN_PARTS_STAGES = (TRAINING_SAMPLE, FORECASTING_PARTS)


def no_progress(*_: object) -> None:
    """Report no progress."""


def no_expectation(_: Mapping[str, float]) -> None:
    """Expect nothing."""
