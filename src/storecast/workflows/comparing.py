"""Compare the forecast with what it would be under another calendar."""

import datetime as dt
import logging
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.csv_files import write_csv
from storecast.data.column_names import ColumnNames, read_column_names
from storecast.data.overlay import overlay_panel
from storecast.data.panel import Panel
from storecast.data.read import read_calendar
from storecast.data.target import Target
from storecast.explain.never_seen import never_seen
from storecast.explain.own_values import refuse_unknown_effects
from storecast.explain.scenario import compare
from storecast.stages import COMPARING, READING, Progress, no_progress
from storecast.wording import in_words
from storecast.workflows.forecasting import whole_horizon
from storecast.workflows.preparation import DatabaseSource, Source, import_plugins_of, prepare

log = logging.getLogger(__name__)


def scenario(
    data: Source,
    *,
    model: Path,
    calendar: Path,
    out: Path,
    horizon: int | None = None,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    progress: Progress = no_progress,
) -> tuple[pl.DataFrame, Target]:
    """Load a model file and write what it expects another calendar to change.

    Parameters
    ----------
    calendar : CSV or Parquet: Store, Date, and what is to be different of Open, Promo, StateHoliday, SchoolHoliday and own
        columns; days and cells that are left out stay as they are stored
    progress : called with what is being done: `stages.SCENARIO_STAGES`

    Returns
    -------
    the differences, as `explain.scenario.compare` returns them, and the figure that the model forecasts

    Raises
    ------
    ModelFileError
        where the model file is refused
    DataError
        where the input or the calendar cannot be read, or the model cannot know the effect of what is different
    """
    progress(READING)
    import_plugins_of(data)
    bundle = load(model)
    prepared = prepare(data, horizon=horizon, usual_horizon=bundle.task.horizon, skip=skip, sum_rows=sum_rows)
    progress(COMPARING)
    panel = whole_horizon(bundle, prepared)
    until = panel.end + dt.timedelta(days=prepared.task.horizon)
    other = overlay_panel(panel, read_calendar(calendar, _columns(data, panel)), until, calendar.name)
    refuse_unknown_effects(panel, other, calendar.name)
    for sentence in never_seen(panel, other):
        log.warning("%s", sentence)
    stored, changed = (each.window(panel.end, bundle.task.horizon) for each in (panel, other))
    differences = compare(
        bundle.model, bundle.calibration, stored, changed, until=until, joint_errors=bundle.joint_errors
    )
    if (differences["Difference"] == 0).all():
        log.warning("%s", _why_nothing_changes(panel, other))
    write_csv(differences, out)
    return differences, bundle.target


def _why_nothing_changes(panel: Panel, other: Panel) -> str:
    """Say why a model forecasts the same under both calendars."""
    columns = [*s.KNOWN, *panel.known]
    stored, changed = (
        each.calendar.filter(pl.col(s.DATE) > panel.end).sort(*s.KEYS).select(*s.KEYS, *columns)
        for each in (panel, other)
    )
    differs = pl.DataFrame({name: stored[name].ne_missing(changed[name]) for name in columns})
    names = [name for name in columns if differs[name].any()]
    if not names:
        return "The other calendar changes no forecast: it says of every day what the stored calendar says."
    days = differs.select(pl.any_horizontal(names)).to_series()
    where = f"it differs in {in_words(names)} on {int(days.sum()):,} store-days"
    shut = ((stored[s.OPEN] == 0) & (changed[s.OPEN] == 0)).filter(days).all()
    why = "which are closed under both" if shut else "and the model has learned no effect of that"
    return f"The other calendar changes no forecast: {where}, {why}."


def _columns(data: Source, panel: Panel) -> ColumnNames:
    """Return what the columns of an edited calendar are called: as in the folder, and in ours where a database holds the chain."""
    if isinstance(data, DatabaseSource):
        return ColumnNames(known=panel.known, text_ids=panel.stores.schema[s.STORE] == pl.String)
    return replace(read_column_names(Path(data)), known=panel.known)
