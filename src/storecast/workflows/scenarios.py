"""Work scenarios out so that they can be kept: what another calendar changes, in which few changes it differs, and its forecast."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.bundle.predictor import Predictor
from storecast.csv_files import write_csv
from storecast.data.column_names import ColumnNames
from storecast.data.read import read_calendar
from storecast.database.connect import Database
from storecast.database.request_log import audit
from storecast.database.scenarios import ScenarioWritten, check_free_name, save_scenario
from storecast.errors import DataError
from storecast.explain.progress import Progress, unwatched
from storecast.plan.scenarios import CalendarChange, ScenarioResult, changes_between
from storecast.plan.scopes import StoreGroups
from storecast.stages import COMPARING, READING, no_progress
from storecast.stages import Progress as StageProgress
from storecast.workflows.forecasting import whole_horizon
from storecast.workflows.preparation import DatabaseSource, import_plugins_of, prepare


def work_out(
    predictor: Predictor,
    calendar: pl.DataFrame,
    *,
    model: str,
    chain_version: int,
    changes: Sequence[CalendarChange] = (),
    differences: pl.DataFrame | None = None,
    progress: Progress = unwatched,
) -> ScenarioResult:
    """Return what is kept of a scenario.

    Parameters
    ----------
    predictor : that works it out
    calendar : Store, Date and what is different, as for `Predictor.scenario`
    model : the name of the model file
    chain_version : of the chain on which the predictor stands
    changes : as somebody wrote them; none: they are worked out from the calendar
    differences : as `Predictor.scenario` returned them; None: they are worked out here
    progress : is told what share is done

    Raises
    ------
    DataError
        where nothing is changed, or the calendar asks for what the model cannot know
    """
    keys = pl.DataFrame({s.STORE: calendar[s.STORE].unique()})
    changed, other = predictor.predict(calendar)
    stored = predictor.future.join(keys, on=s.STORE, how="semi").sort(s.KEYS)
    known = [*s.KEYS, *s.KNOWN, *predictor.panel.known]
    groups = StoreGroups.of(predictor.panel.stores, predictor.panel.breakdown)
    differing = changes_between(stored.select(known), other.sort(s.KEYS).select(known), groups)
    if not differing:
        raise DataError("The scenario changes nothing: the calendar is so already. Change a day of a store first.")
    if differences is None:
        differences = predictor.scenario(calendar, progress)
    rows = pl.concat([predictor.forecast().join(keys, on=s.STORE, how="anti"), changed]).sort(s.KEYS)
    notices = tuple(predictor.never_seen(calendar))
    return ScenarioResult(
        model, predictor.cutoff, chain_version, tuple(changes) or differing, differences, rows, notices
    )


def save(
    source: DatabaseSource,
    *,
    model: Path,
    calendar: Path,
    name: str,
    by: str,
    note: str = "",
    out: Path | None = None,
    progress: StageProgress = no_progress,
) -> tuple[ScenarioWritten, ScenarioResult]:
    """Work a scenario out with a model file on the chain of a database, and keep it there.

    Parameters
    ----------
    source : the database
    model : the model file
    calendar : CSV or Parquet: Store, Date, and what is to be different, as `comparing.scenario` reads it
    name : under which it is found again
    by : who saves it
    note : a remark
    out : the CSV file for the whole comparison; None: none is written
    progress : called with what is being done: `stages.SCENARIO_STAGES`

    Raises
    ------
    ModelFileError
        where the model file is refused
    DataError
        where the calendar cannot be read, changes nothing, or asks for what the model cannot know
    ConflictError
        where another scenario has the name
    """
    progress(READING)
    import_plugins_of(source)
    bundle = load(model)
    prepared = prepare(source, horizon=None, usual_horizon=bundle.task.horizon)
    predictor = Predictor.of(bundle, whole_horizon(bundle, prepared))
    panel = predictor.panel
    names = ColumnNames(known=panel.known, text_ids=panel.stores.schema[s.STORE] == pl.String)
    rows = read_calendar(calendar, names)
    assert prepared.version is not None
    with closing(Database.open(source.url)) as database, database.reading() as conn:
        check_free_name(conn, name)
    progress(COMPARING)
    result = work_out(predictor, rows, model=model.name, chain_version=prepared.version)
    if out is not None:
        write_csv(result.differences, out)
    with closing(Database.open(source.url)) as database, database.begin() as conn:
        written = save_scenario(conn, result, name, by=by, note=note)
        audit(conn, "command line", "scenario saved", {**vars(written), "by": by})
    return written, result
