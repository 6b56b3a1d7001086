"""How good the forecasts of a chain were, worked out once for each snapshot, and the models of a home by their scores."""

import datetime as dt
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.excluded_spans import without_excluded
from storecast.database.connect import Database
from storecast.evaluate.summary import MEAN
from storecast.evaluate.window_scores import ALL
from storecast.monitor.accuracy import WEEK_AHEAD, accuracy_of
from storecast.result_cache import ResultCache
from storecast.service.live.snapshot import Snapshot
from storecast.workflows.monitoring import Monitored, monitor_panel, scored_forecasts

log = logging.getLogger(__name__)

WEEK = "Week"  # its Monday
SCORES = (
    "sql",
    "wape",
    "rmspe",
    "bias",
    "coverage80",
    "coverage95",
)  # of the models that were compared; the first decides


@dataclass(frozen=True, eq=False)
class ChainAccuracy:
    """Forecasts beside the sales that came, of all models.

    Attributes
    ----------
    whole : all of them, one row as `monitor.accuracy.accuracy_of`; no row where nothing has come
    weeks : by the week that came: Week and the same figures
    ahead : by week ahead
    stores : by store, the largest error first
    monitored : alerts and drift
    """

    whole: pl.DataFrame
    weeks: pl.DataFrame
    ahead: pl.DataFrame
    stores: pl.DataFrame
    monitored: Monitored


_ACCURACY: ResultCache[ChainAccuracy] = ResultCache(most=3)  # spans of weeks that one can choose


def chain_accuracy(snapshot: Snapshot, database: Database, models: Path, weeks: int | None) -> ChainAccuracy:
    """Return how good the forecasts of the last weeks were.

    Parameters
    ----------
    snapshot : the chain as it is
    database : with the forecasts
    models : folder of the model files, which say what was expected of them
    weeks : that count; None: all
    """
    return _ACCURACY.get(snapshot, weeks, lambda: _accuracy(snapshot, database, models, weeks))


def _accuracy(snapshot: Snapshot, database: Database, models: Path, weeks: int | None) -> ChainAccuracy:
    panel = snapshot.predictor.panel
    since = None if weeks is None else panel.end - dt.timedelta(weeks=weeks) + dt.timedelta(days=1)
    rows = without_excluded(scored_forecasts(database, since), panel.excluded)
    by_week = rows.with_columns(pl.col(s.DATE).dt.truncate("1w").alias(WEEK))
    return ChainAccuracy(
        accuracy_of(rows),
        accuracy_of(by_week, WEEK),
        accuracy_of(rows, WEEK_AHEAD),
        accuracy_of(rows, s.STORE).sort("wape", s.STORE, descending=[True, False], nulls_last=True),
        monitor_panel(rows, panel, models),
    )


def compared_models(home: Path) -> list[dict[str, Any]]:
    """Return the models that the last run of a home compared, the best first: model, and the `SCORES` that it wrote.

    Parameters
    ----------
    home : whose scores.json is read; without one, or with a broken one, nothing is returned
    """
    path = home / "scores.json"
    if not path.is_file():
        return []
    try:
        lines = json.loads(path.read_text(encoding="utf-8"))["scores"]
        means = [line for line in lines if line["cutoff"] == MEAN and line["slice"] == ALL]
        scores = [{"model": str(line["model"]), **{name: line[name] for name in SCORES}} for line in means]
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be read: %s", path.name, error)
        return []
    return sorted(scores, key=lambda line: (line["sql"] is None, line["sql"] or 0.0))
