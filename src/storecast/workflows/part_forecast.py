"""The forecast of one part with a model that learned from stores of all parts; it runs in any process."""

import json
import time
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import polars as pl

from storecast import __version__
from storecast.bundle.bundle import Bundle
from storecast.bundle.loading import restored
from storecast.bundle.read import ModelFile
from storecast.data.panel import Panel
from storecast.errors import ConfigError, quote
from storecast.files import atomic_write
from storecast.models.base import Combined, Forecaster, create
from storecast.models.linear import Linear
from storecast.models.naive import Naive
from storecast.models.settings import Settings
from storecast.parts.chain_file import ChainFile, check_part
from storecast.uncertainty.totals import totals
from storecast.uncertainty.totals_of_parts import sums_of_part
from storecast.workflows.forecasting import forecast_with, sample_paths_of
from storecast.workflows.part_preparation import prepare_part

FORECAST, STORE_TOTALS, SUMS, REPORT = "forecast.parquet", "totals.parquet", "sums.parquet", "part.json"
FOLDER = "parts"


@dataclass(frozen=True, eq=False)
class PartJob:
    """What the forecasts of all parts share.

    Attributes
    ----------
    parts : folder of the parts
    chain : its chain.json
    home : takes the forecasts
    model : the file of the model, checked
    quantiles : columns to add
    """

    parts: Path
    chain: ChainFile
    home: Path
    model: ModelFile
    quantiles: tuple[float, ...] = ()

    def key(self, part: int) -> str:
        """Return hex digits that change when anything does that the forecast of a part depends on."""
        depends = [
            self.chain.fingerprint(), self.chain.parts[part].fingerprint(), self.model.sha256, self.quantiles, __version__,
        ]  # fmt: skip
        return sha256(json.dumps(depends).encode()).hexdigest()

    def folder(self, part: int) -> Path:
        """Return the folder of a part's forecast."""
        return self.home / FOLDER / self.chain.parts[part].name


@dataclass(frozen=True)
class PartReport:
    """What came of a part.

    Attributes
    ----------
    key : of the job
    part : the name of its folder
    cutoff : the last day whose sales are known
    rows : of its sales
    forecasts : rows of its forecast
    left_out : stores that are inactive
    repairs : rows by cleaning rule
    seconds : by the clock
    """

    key: str
    part: str
    cutoff: str
    rows: int
    forecasts: int
    left_out: int
    repairs: dict[str, int]
    seconds: float


def forecast_part(job: PartJob, part: int) -> PartReport:
    """Read, clean and forecast a part, and write its forecast, totals and report; the report comes last.

    Parameters
    ----------
    job : what all parts share
    part : its number

    Raises
    ------
    DataError
        where its files have changed, or cannot be read or cleaned
    """
    begin = time.perf_counter()
    info = job.chain.parts[part]
    check_part(job.parts, info)
    prepared = prepare_part(job.parts / info.name, job.chain, quantiles=job.quantiles)
    panel = prepared.panel
    bundle = _of_part(restored(job.model), job.chain, part)
    model = fitted_on_part(bundle.model, panel, bundle.task.horizon)
    forecast = forecast_with(replace(bundle, model=model), prepared)
    rows = prepared.rows_to_write(forecast.rows)
    if prepared.requested_rows is None and job.chain.last_requested is not None:
        rows = rows.clear()  # test.csv asks for stores of other parts alone
    tables = {FORECAST: rows}
    if rows.height:
        paths = sample_paths_of(forecast, rows)
        sums = totals(rows, panel.stores, paths, panel.breakdown)
        tables[STORE_TOTALS] = sums.filter(pl.col("Level").str.starts_with("store-"))
        tables[SUMS] = sums_of_part(rows, panel.stores, paths, panel.breakdown)
    for draft_of_killed in job.folder(part).glob(".*.part"):
        draft_of_killed.unlink()
    for name, table in tables.items():
        with atomic_write(job.folder(part) / name) as draft:
            table.write_parquet(draft)
    report = PartReport(
        key=job.key(part),
        part=info.name,
        cutoff=forecast.cutoff.isoformat(),
        rows=info.rows,
        forecasts=rows.height,
        left_out=len(prepared.stores_left_out),
        repairs={repair.rule: repair.rows for repair in prepared.cleaned.repairs},
        seconds=round(time.perf_counter() - begin, 2),
    )
    with atomic_write(job.folder(part) / REPORT) as draft:
        draft.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    return report


def finished(job: PartJob, part: int) -> PartReport | None:
    """Return the report of a part that was forecast from the same files with the same model; None where it was not."""
    try:
        plain = json.loads((job.folder(part) / REPORT).read_text(encoding="utf-8"))
        report = PartReport(**plain)
    except (OSError, ValueError, TypeError):
        return None
    return report if report.key == job.key(part) else None


def check_transferable(name: str, settings: Settings) -> None:
    """Refuse a model that can only forecast the stores that it learned from.

    Raises
    ------
    ConfigError
        where it is such a model, or there is no model of that name
    """
    _each_transferable(create(name, settings=settings))


def fitted_on_part(model: Forecaster, panel: Panel, horizon: int) -> Forecaster:
    """Return a model that knows the stores of a part: what trees learned holds for all stores, the rest is fitted on the part.

    Parameters
    ----------
    model : fitted on stores of all parts; it is changed
    panel : the part
    horizon : days ahead
    """
    if isinstance(model, Combined):
        for member in model.members.values():
            fitted_on_part(member, panel, horizon)
    elif isinstance(model, Naive | Linear):
        model.fit(panel.window(panel.end, horizon).past, horizon)
    return model


def _each_transferable(model: Forecaster) -> None:
    if isinstance(model, Combined):
        for member in model.members.values():
            _each_transferable(member)
    elif not isinstance(model, Naive | Linear):
        # With scikit-learn, which a process that forecasts by the others does without.
        from storecast.models.trees import Trees

        if isinstance(model, Trees):
            return
        raise ConfigError(
            f"The model {quote(model.name)} forecasts the stores that it learned from, and a chain in parts is learned from a "
            "sample. Choose boosting, lightgbm, forest, linear or blend."
        )


def _of_part(bundle: Bundle, chain: ChainFile, part: int) -> Bundle:
    """Return a model whose errors of the chain are the same in all parts; a chain of one part needs no such thing."""
    errors = bundle.joint_errors
    if errors is None or len(chain.parts) == 1:
        return bundle
    groups = chain.categories.get(errors.group, [])
    return replace(bundle, joint_errors=errors.of_part(part, groups, bundle.task.horizon))
