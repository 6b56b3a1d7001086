"""From a folder of files, or a database, to a clean panel whose calendar reaches to the end of the horizon."""

import datetime as dt
import json
import logging
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.arguments import FOLDER, check_argument
from storecast.config import Task
from storecast.data.active_stores import inactive_stores
from storecast.data.ahead import CalendarAhead, future_table, work_out_calendar
from storecast.data.ahead_own import own_columns_repair
from storecast.data.ahead_school import RULE as SCHOOL_RULE
from storecast.data.ahead_school import school_holidays_repair
from storecast.data.clean import Cleaned, clean
from storecast.data.cleaning_rules import check_rules, inactive_repairs
from storecast.data.column_names import read_column_names
from storecast.data.complete_days import up_to_complete_day
from storecast.data.overlay import overlay
from storecast.data.read import read_chain
from storecast.data.unseen_seasons import unseen_season_notice
from storecast.errors import ConfigError, DataError, quote
from storecast.evaluate.cutoffs import block_cutoffs, windows_after
from storecast.files import atomic_write
from storecast.plugins import import_plugins
from storecast.stages import CALENDAR, READING, WRITING_CALENDAR, Progress, no_progress
from storecast.workflows.prepared import Prepared

log = logging.getLogger(__name__)

USUAL_HORIZON = 42


@dataclass(frozen=True)
class DatabaseSource:
    """A chain that a database holds, in place of a folder of files."""

    url: str  # of the database


Source = Path | str | DatabaseSource


def check(
    data: Path | str,
    *,
    out: Path | str | None = None,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    horizon: int | None = None,
    windows: int | None = None,
    target: str | None = None,
    progress: Progress = no_progress,
) -> Cleaned:
    """Read and clean a folder, and work out its calendar ahead, as a run does; write check.json where a folder for it is named.

    Parameters
    ----------
    data : the folder
    out : folder for check.json; None: nothing is written
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    horizon : days ahead; None: the days that test.csv covers, else 42
    windows : that a run is to score, for which the history must be long enough; None: any history will do
    target : the figure to forecast in place of the one that storecast.toml names; None: that one
    progress : called with what is being done: `stages.CHECK_STAGES`

    Returns
    -------
    Cleaned
        the chain as a Panel, the rows of test.csv, and every repair with its count

    Raises
    ------
    DataError
        where a file is missing or holds what cannot be read
    HistoryError
        where the sales are too short for the windows of a run
    """
    check_argument("data", data, (str, Path), FOLDER)
    data = Path(data)
    import_plugins_of(data)
    progress(READING)
    cleaned = clean(read_chain(data, sum_rows=sum_rows, target=target), skip=skip)
    progress(CALENDAR)
    prepared = with_calendar_ahead(cleaned, None, horizon=horizon, skip=skip)
    if windows is not None:
        days = prepared.task.horizon
        windows_after(prepared.panel, block_cutoffs(prepared.panel, windows, days, days), days)
    cleaned = prepared.cleaned
    if out is not None:
        with atomic_write(Path(out) / "check.json") as draft:
            draft.write_text(json.dumps(cleaned.report(), indent=2) + "\n", encoding="utf-8")
    return cleaned


def import_plugins_of(data: Source) -> None:
    """Import the plug-ins that a folder's storecast.toml, the environment and installed packages name."""
    folder = None if isinstance(data, DatabaseSource) else Path(data)
    import_plugins(read_column_names(folder).plugins if folder is not None and folder.exists() else ())


def prepare(
    data: Source,
    *,
    horizon: int | None,
    quantiles: tuple[float, ...] = (),
    skip: Collection[str] = (),
    sum_rows: bool = False,
    usual_horizon: int = USUAL_HORIZON,
    allow_longer_test: bool = False,
    target: str | None = None,
) -> Prepared:
    """Read and clean a folder, or read what a database holds, and work the calendar ahead out where it is not given.

    Parameters
    ----------
    horizon : days ahead; None: the days that test.csv covers, else ``usual_horizon``
    usual_horizon : days ahead where nothing else says how many
    allow_longer_test : accept a test.csv that reaches beyond the horizon, as a backtest does, which does not answer it
    target : the figure to forecast in place of the one that storecast.toml names; None: that one

    Raises
    ------
    DataError
        where the input cannot be read, or test.csv reaches beyond the horizon
    ConfigError
        where cleaning rules are skipped, rows added up or another target is named, of a chain that a database holds
    DatabaseError
        where the database holds no chain
    """
    check_argument("data", data, (str, Path, DatabaseSource), FOLDER)
    import_plugins_of(data)
    check_rules(skip)
    version = None
    if isinstance(data, DatabaseSource):
        cleaned, version = _from_database(data, skip, sum_rows=sum_rows, target=target)
    else:
        cleaned = clean(read_chain(Path(data), sum_rows=sum_rows, target=target), skip=skip)
    return with_calendar_ahead(
        cleaned,
        version,
        horizon=horizon,
        usual_horizon=usual_horizon,
        skip=skip,
        quantiles=quantiles,
        allow_longer_test=allow_longer_test,
    )


def with_calendar_ahead(
    cleaned: Cleaned,
    version: int | None,
    *,
    horizon: int | None,
    skip: Collection[str],
    usual_horizon: int = USUAL_HORIZON,
    quantiles: tuple[float, ...] = (),
    allow_longer_test: bool = False,
) -> Prepared:
    """Return a clean chain with the calendar of the days ahead worked out where it is not given.

    Parameters
    ----------
    cleaned : the chain
    version : of the chain in the database that it was read from; None: of files
    horizon : days ahead; None: the days that test.csv covers, else ``usual_horizon``
    usual_horizon : days ahead where nothing else says how many
    skip : cleaning rules that are switched off
    quantiles : to add to the forecast
    allow_longer_test : accept a test.csv that reaches beyond the horizon

    Raises
    ------
    DataError
        where test.csv reaches beyond the horizon, or values of own columns are missing and may not be worked out
    """
    panel = cleaned.panel
    requested_days = (
        0 if cleaned.requested_rows is None else _days_after(panel.end, cleaned.requested_rows[s.DATE].max())
    )
    task = Task(horizon if horizon is not None else requested_days or usual_horizon, quantiles)
    if not allow_longer_test and requested_days > task.horizon:
        raise DataError(
            f"The test file asks for {requested_days} days after the end of the sales ({panel.end}); the horizon is "
            f"{task.horizon} days. Give --horizon {requested_days}, or remove the later rows."
        )
    opened = panel.stores[s.STORE].to_list() if "inactive_stores" in skip else ()
    given = cleaned.given_ahead
    opened = [*opened, *_opened(given)]
    last = panel.end + dt.timedelta(days=task.horizon)
    calendar_ahead = work_out_calendar(panel, last, opened=opened)
    whole_panel = calendar_ahead.panel
    if given is not None:
        whole_panel = whole_panel.with_calendar(overlay(whole_panel.calendar, given))
    assumed = whole_panel.calendar.filter((pl.col(s.DATE) > panel.end) & pl.col(s.ASSUMED)).height
    if assumed:
        log.warning(
            "The files do not give the whole calendar of %d store-days ahead; what is missing is assumed.", assumed
        )
    cleaned = replace(cleaned, unseen_seasons=unseen_season_notice(panel.first, panel.end, last, panel.holiday_country))
    cleaned = _with_own_columns_noted(Prepared(cleaned, whole_panel, task), calendar_ahead, skip)
    unpublished = () if given is not None or SCHOOL_RULE in skip else calendar_ahead.unpublished
    school = school_holidays_repair(unpublished)
    if school is not None:
        cleaned = replace(cleaned, repairs=(*cleaned.repairs, school))
    for notice in cleaned.notices:
        log.warning("%s", notice)
    return Prepared(cleaned, whole_panel, task, version)


def future(
    data: Source,
    *,
    horizon: int | None,
    out: Path,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    progress: Progress = no_progress,
) -> pl.DataFrame:
    """Write the calendar ahead as a table to edit promotions in.

    Parameters
    ----------
    data : a folder of files, or a chain in a database
    horizon : days ahead
    out : CSV file to write
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    progress : called with what is being done: `stages.FUTURE_STAGES`

    Raises
    ------
    DataError
        where the input cannot be read
    """
    progress(READING)
    prepared = prepare(data, horizon=horizon, skip=skip, sum_rows=sum_rows, allow_longer_test=True)
    progress(WRITING_CALENDAR)
    table = future_table(prepared.panel, prepared.task.horizon)
    with atomic_write(out) as draft:
        table.write_csv(draft)
    return table


def _from_database(
    data: DatabaseSource, skip: Collection[str], *, sum_rows: bool, target: str | None
) -> tuple[Cleaned, int]:
    from storecast.database.connect import Database
    from storecast.database.panel_io import read_panel_and_info

    if skip or sum_rows:
        option = "--skip" if skip else "--sum"
        raise ConfigError(
            f"What a database holds was cleaned when it was loaded; {option} means files. Leave it out, or give --data."
        )
    if target is not None:
        raise ConfigError("A database holds one figure; --target means files. Leave it out, or give --data.")
    with closing(Database.open(data.url)) as db:
        whole, chain = read_panel_and_info(db)
    panel = up_to_complete_day(whole)
    inactive = inactive_repairs(inactive_stores(panel.sales, panel.stores))
    return Cleaned(panel, None, tuple(inactive), chain.generated), chain.version


def _opened(given: pl.DataFrame | None) -> list[object]:
    """Return the stores that the rows of a partial test.csv open: it asks for them, unless it has Open, which says so."""
    if given is None:
        return []
    rows = given.filter(pl.col(s.OPEN) == 1) if s.OPEN in given.columns else given
    return rows[s.STORE].unique().sort().to_list()


def _with_own_columns_noted(prepared: Prepared, calendar_ahead: CalendarAhead, skip: Collection[str]) -> Cleaned:
    """Return the chain with a line on the values of own columns that were worked out; refuse them where that is switched off."""
    cleaned, panel = prepared.cleaned, prepared.cleaned.panel
    given = panel.calendar if cleaned.given_ahead is None else cleaned.given_ahead
    rows = prepared.rows_to_forecast
    without = rows.join(given, on=s.KEYS, how="anti").height
    lacking = {name: without if name in given.columns else rows.height for name in panel.known}
    repair = own_columns_repair(panel, lacking, calendar_ahead.lags)
    if repair is None:
        return cleaned
    if repair.rule in skip:
        column = repair.examples[0].partition(":")[0]
        raise DataError(
            f"{repair.rows} store-days ahead have no value of an own column ({quote(column)}), and the rule {repair.rule} is "
            "switched off. Give them in test.csv, or switch the rule on."
        )
    return replace(cleaned, repairs=(*cleaned.repairs, repair))


def _days_after(end: dt.date, last: object) -> int:
    assert isinstance(last, dt.date)
    return (last - end).days
