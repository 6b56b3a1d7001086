"""The main job of a chain that is cut into parts: learn from a sample of its stores, then forecast part by part."""

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from storecast import __version__
from storecast.bundle.read import open_model
from storecast.bundle.registry import promote, publish
from storecast.csv_files import write_csv
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.errors import ModelFileError
from storecast.executors.base import Executor
from storecast.files import make_folder
from storecast.logs import log_file
from storecast.models.settings import NONE, Settings
from storecast.parts.chain_file import ChainFile, check_part, read_chain_file
from storecast.parts.sample import draw_stores, write_sample
from storecast.stages import FORECASTING_PARTS, TRAINING_SAMPLE, RowProgress, no_progress
from storecast.uncertainty.totals_of_parts import totals_of_parts
from storecast.workflows.evaluation import fit_prepared, write_json
from storecast.workflows.part_forecast import (
    SUMS,
    PartJob,
    PartReport,
    check_transferable,
    finished,
    forecast_part,
)
from storecast.workflows.part_preparation import prepare_part
from storecast.workflows.part_processes import executor_of

log = logging.getLogger(__name__)

SAMPLE_STORES = 1115
TRAINING = "training.json"


def run_parts(
    parts: Path,
    *,
    home: Path,
    model: str = "boosting",
    sample_stores: int = SAMPLE_STORES,
    seed: int = 0,
    windows: int = 1,
    quantiles: tuple[float, ...] = (),
    fast: bool = False,
    settings: Settings = NONE,
    processes: int = 1,
    cluster: Executor | None = None,
    progress: RowProgress = no_progress,
) -> dict[str, Any]:
    """Train a model on a sample of all stores, forecast every part and add its totals up; return what summary.json holds.

    A part that was forecast with the same model from the same files is not forecast again: an interrupted run goes on.

    Parameters
    ----------
    parts : folder that `partition` wrote
    home : takes the model, the forecasts of each part, totals.csv and summary.json
    model : name of one model
    sample_stores : how many stores of all parts the model learns from
    seed : of their choice
    windows : scored windows before the end of the data, whose errors give the intervals
    quantiles : columns to add to the forecast
    fast : a quicker, slightly less accurate version of the model
    settings : of models, where they depart from the defaults
    processes : that forecast parts side by side
    cluster : forecasts the parts in place of processes of this machine; its workers find both folders under the same names
    progress : called with the step, the rows of sales that are done, and all rows

    Raises
    ------
    ConfigError
        where the folder holds no parts, or the model cannot forecast stores that it did not learn from
    DataError
        where a part has changed since the chain was cut
    HistoryError
        where the past is too short
    WorkersLostError
        where processes, or the workers of the cluster, are lost
    """
    chain = read_chain_file(parts)
    check_transferable(model, settings)
    lesson = Lesson(model, sample_stores, seed, windows, fast, settings)
    make_folder(home)
    with log_file(home / "run.log"):
        training = _trained(parts, chain, home, lesson, processes, progress)
        model_file = open_model(home / "models" / training["model"])
        job = PartJob(
            parts.absolute(), chain, home.absolute(), model_file, quantiles
        )  # a worker's own folder is another
        reports = _forecast(job, processes, cluster, progress)
        _write_totals(job, home)
        summary = _summary(chain, training, reports)
        write_json(summary, home / "summary.json")
        promote(home / "models", training["model"])
        log.info("wrote %d forecasts in %d parts into %s", summary["forecasts"], len(reports), home)
    return summary


@dataclass(frozen=True)
class Lesson:
    """What a model learns from, and how.

    Attributes
    ----------
    model : its name
    sample_stores, seed, windows, fast, settings : as in `run_parts`
    """

    model: str
    sample_stores: int
    seed: int
    windows: int
    fast: bool
    settings: Settings

    def key(self, chain: ChainFile) -> str:
        """Return hex digits that change when the model would be another one."""
        plain = [chain.fingerprint(), asdict(self), __version__]
        return sha256(json.dumps(plain, default=str).encode()).hexdigest()


def _trained(
    parts: Path, chain: ChainFile, home: Path, lesson: Lesson, processes: int, progress: RowProgress
) -> dict[str, Any]:
    """Return what is known of the model that learned from a sample; it is trained where the home has none like it."""
    try:
        training: dict[str, Any] = json.loads((home / TRAINING).read_text(encoding="utf-8"))
        if training["key"] == lesson.key(chain):
            open_model(home / "models" / training["model"])
            log.info("the model %s has learned from this sample before", training["model"])
            return training
    except (OSError, ValueError, KeyError, TypeError, ModelFileError):
        log.info("the home holds no model of this sample")
    progress(TRAINING_SAMPLE, 0, chain.rows)
    with executor_of(1, own_process=processes > 1) as executor:
        (learned,) = executor.map(learn, [parts], shared=(chain, lesson), label="models")
    path = publish(home / "models", learned.manifest, learned.parts)
    training = {
        "key": lesson.key(chain),
        "model": path.name,
        "kind": lesson.model,
        "sample": {"stores": learned.stores, "of": chain.stores, "seed": lesson.seed, "rows": learned.rows},
        "horizon": learned.manifest["task"]["horizon"],
        "scores": learned.manifest["scores"],
    }
    write_json(training, home / TRAINING)
    return training


@dataclass(frozen=True, eq=False)
class LearnedModel:
    """What came of a lesson.

    Attributes
    ----------
    manifest, parts : of the model's file, not signed yet
    stores, rows : numbers of stores that it learned from, and of their rows of sales
    """

    manifest: dict[str, Any]
    parts: dict[str, bytes]
    stores: int
    rows: int


def learn(shared: tuple[ChainFile, Lesson], parts: Path) -> LearnedModel:
    """Train a model on a sample of the stores of all parts; it runs in any process, and signs nothing.

    Parameters
    ----------
    shared : the chain, and what the model learns
    parts : folder of the parts

    Raises
    ------
    DataError
        where a part has changed since the chain was cut
    HistoryError
        where the past is too short
    """
    chain, lesson = shared
    for part in chain.parts:
        check_part(parts, part)
    stores = draw_stores(parts, chain, lesson.sample_stores, lesson.seed)
    with tempfile.TemporaryDirectory(prefix="storecast-sample-") as folder:
        write_sample(parts, chain, stores, Path(folder))
        prepared = prepare_part(Path(folder), chain)
    bundle = fit_prepared(prepared, lesson.model, windows=lesson.windows, fast=lesson.fast, settings=lesson.settings)
    return LearnedModel(*bundle.file_content(), stores=len(stores), rows=prepared.panel.sales.height)


def _forecast(job: PartJob, processes: int, cluster: Executor | None, progress: RowProgress) -> list[PartReport]:
    """Forecast the parts that are not forecast yet; return the reports of all, in order."""
    numbers = range(len(job.chain.parts))
    reports = {number: report for number in numbers if (report := finished(job, number)) is not None}
    if reports:
        log.info("%d of %d parts are forecast already", len(reports), len(numbers))
    waiting = [number for number in numbers if number not in reports]
    rows = job.chain.rows
    progress(FORECASTING_PARTS, sum(report.rows for report in reports.values()), rows)
    workers = executor_of(min(processes, max(1, len(waiting)))) if cluster is None else nullcontext(cluster)
    with workers as executor:
        results = executor.map(forecast_part, waiting, shared=job, label="parts")
        for number, report in zip(waiting, results, strict=True):
            reports[number] = report
            progress(FORECASTING_PARTS, sum(report.rows for report in reports.values()), rows)
    return [reports[number] for number in numbers]


def _write_totals(job: PartJob, home: Path) -> None:
    """Write the totals of the chain and its groups of stores, unless no store of any part is forecast."""
    paths = [job.folder(number) / SUMS for number in range(len(job.chain.parts))]
    sums = [pl.read_parquet(path) for path in paths if path.exists()]
    names = job.chain.names()
    groups = tuple(StoreGroup(name, {}) for name in names.groups)
    if sums:
        write_csv(totals_of_parts(sums, Breakdown(groups, names.periods)), home / "totals.csv")


def _summary(chain: ChainFile, training: dict[str, Any], reports: Sequence[PartReport]) -> dict[str, Any]:
    repairs: Counter[str] = Counter()
    for report in reports:
        repairs.update(report.repairs)
    return {
        **chain.summary(),
        **{name: value for name, value in training.items() if name != "key"},
        "cutoff": chain.whole.last.isoformat(),
        "forecasts": sum(report.forecasts for report in reports),
        "stores_left_out": sum(report.left_out for report in reports),
        "repairs": dict(sorted(repairs.items())),
        "seconds_of_parts": [report.seconds for report in reports],
    }
