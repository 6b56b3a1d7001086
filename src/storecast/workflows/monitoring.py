"""Monitor: the forecasts that were made, beside what came; what goes into them; and what has left its band."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from storecast import schema as s
from storecast.bundle.registry import CURRENT, current, open_model
from storecast.csv_files import write_csv
from storecast.data.excluded_spans import without_excluded
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.errors import ConfigError, ModelFileError
from storecast.evaluate.scores import score_name
from storecast.monitor.accuracy import DEFINITIONS, every_slice, scored
from storecast.monitor.alerts import Alert, ExpectedScores, alerts
from storecast.monitor.drift import drift
from storecast.monitor.noise import BLOCK
from storecast.monitor.staleness import sales_age, stale_sentence
from storecast.stages import BANDS, FORECASTS_AND_SALES, Progress, no_progress

if TYPE_CHECKING:
    from storecast.database.connect import Database

log = logging.getLogger(__name__)

DECIMALS = 6  # of shares and scores
AT_ONCE = 7  # days whose forecasts are read at once


@dataclass(frozen=True, eq=False)
class Monitored:
    """What monitoring found.

    Attributes
    ----------
    accuracy : as `monitor.accuracy.every_slice` returns it; no row before a day of a forecast has come
    drift : as `monitor.drift.drift` returns it, with the model (Model) since whose cutoff it looks
    alerts : what has left its band
    unbound : models at work in the last six weeks without a file here, so that their WAPE has no band
    last_sale : the last day of the chain with sales
    target : the figure that is forecast, by which texts call sales
    """

    accuracy: pl.DataFrame
    drift: pl.DataFrame
    alerts: list[Alert]
    unbound: tuple[str, ...] = ()
    last_sale: dt.date | None = None
    target: Target = Target()  # noqa: RUF009 - it is frozen

    @property
    def stale(self) -> str:
        """That the last sales are old; empty: they are not."""
        return "" if self.last_sale is None else self.target.worded(stale_sentence(self.last_sale))

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data, dates as ISO text."""
        return {
            "accuracy": _plain(self.accuracy),
            "drift": _plain(self.drift),
            "alerts": [alert.to_plain() for alert in self.alerts],
            "unbound": list(self.unbound),
            "sales": {
                "last": None if self.last_sale is None else self.last_sale.isoformat(),
                "age_days": None if self.last_sale is None else sales_age(self.last_sale),
                "stale": self.stale,
            },
            "definitions": {name: self.target.worded(text) for name, text in DEFINITIONS.items()},
        }


def monitor(
    *,
    home: Path | None = None,
    db: str | None = None,
    since: dt.date | None = None,
    out: Path | None = None,
    progress: Progress = no_progress,
) -> Monitored:
    """Compare the forecasts of a database with what came.

    Parameters
    ----------
    home : whose models hold the scores of their backtests, and whose database is read where no other is named
    db : URL of the database
    since : the first day of forecasts to look at; None: all
    out : folder for accuracy.csv, drift.csv and alerts.csv
    progress : called with what is being done: `stages.MONITOR_STAGES`

    Raises
    ------
    ConfigError
        where neither a home nor a database is named
    DatabaseError
        where the database is not one of storecast
    DatabaseUnavailable
        where it does not answer
    """
    from storecast.database.connect import Database, home_url
    from storecast.database.panel_io import read_panel

    if home is None and db is None:
        raise ConfigError("There is nothing to monitor: give --home HOME, --db URL, or both.")
    progress(FORECASTS_AND_SALES)
    database = Database.open(db or home_url(Path(home or "")))
    try:
        rows = scored_forecasts(database, since)
        panel, _ = read_panel(database)
    finally:
        database.close()
    progress(BANDS)
    monitored = monitor_panel(rows, panel, None if home is None else home / "models")
    if out is not None:
        _write(monitored, out)
    return monitored


def scored_forecasts(database: "Database", since: dt.date | None = None) -> pl.DataFrame:
    """Read the forecasts of a database beside what came, and score them, a week of days at a time: they may be millions.

    Returns
    -------
    as `monitor.accuracy.scored`
    """
    from storecast.database.forecasts import forecast_span, forecasts_with_actuals

    parts = [scored(forecasts_with_actuals(database, dt.date.max))]  # no rows; the columns, where nothing has come
    day, last = forecast_span(database) or (dt.date.max, dt.date.min)
    day = day if since is None else max(day, since)
    while day <= last:
        end = day + dt.timedelta(days=AT_ONCE - 1)
        parts.append(scored(forecasts_with_actuals(database, day, end)))
        day = end + dt.timedelta(days=1)
    return pl.concat(parts)


def monitor_panel(rows: pl.DataFrame, panel: Panel, models: Path | None) -> Monitored:
    """Score forecasts made, look at what goes into them, and say what has left its band; excluded days count nowhere.

    Parameters
    ----------
    rows : as `scored_forecasts` returns them
    panel : the chain as it is now
    models : folder of the model files, which hold the scores of their backtests; None: they are not known, and WAPE has no band
    """
    rows = without_excluded(rows, panel.excluded)
    recent = pl.col(s.DATE) > pl.col(s.DATE).max() - dt.timedelta(days=BLOCK)  # others have no band to leave
    names = rows.filter(recent)[s.MODEL].unique().sort().to_list()
    expected = {} if models is None else expected_scores_of(models, names)
    drifted = _drift(rows, panel, models, expected)
    unbound = tuple(name for name in names if name not in expected)
    return Monitored(every_slice(rows), drifted, alerts(rows, expected, drifted), unbound, panel.end, panel.target)


def expected_scores_of(models: Path, names: Iterable[str]) -> dict[str, ExpectedScores]:
    """Return what models said of themselves when they were trained; one whose file is gone or refused is left out."""
    expected: dict[str, ExpectedScores] = {}
    for name in names:
        try:
            manifest = open_model(models / name).manifest
        except ModelFileError as error:
            log.info("the scores that were expected of %s are not known: %s", name, error)
            continue
        scores = {
            score_name(key): float(value) for key, value in manifest.scores.items() if isinstance(value, int | float)
        }
        expected[name] = ExpectedScores(manifest.cutoff, scores)
    return expected


def _drift(
    rows: pl.DataFrame, panel: Panel, models: Path | None, expected: Mapping[str, ExpectedScores]
) -> pl.DataFrame:
    """Look at what came since the cutoff of the model in use; of the one with the newest forecast where nobody says which."""
    name, cutoff = "", panel.end
    if models is not None and (models / CURRENT).exists():
        name = current(models).name
        of_model = expected.get(name) or expected_scores_of(models, [name]).get(name)
        cutoff = of_model.cutoff if of_model else cutoff
    elif not rows.is_empty():
        name = rows.sort(s.CUTOFF, s.MODEL)[s.MODEL][-1]
        first = rows.filter(pl.col(s.MODEL) == name)[s.CUTOFF].min()  # it had learned from nothing later
        assert isinstance(first, dt.date)
        cutoff = first
    sales, calendar = (without_excluded(table, panel.excluded) for table in (panel.sales, panel.calendar))
    return drift(sales, calendar, cutoff).select(pl.lit(name).alias(s.MODEL), pl.all())


def _write(monitored: Monitored, out: Path) -> None:
    write_csv(monitored.accuracy, out / "accuracy.csv", decimals=DECIMALS)
    write_csv(monitored.drift, out / "drift.csv", decimals=DECIMALS)
    columns = list(Alert.__dataclass_fields__)
    lines = [alert.to_plain() for alert in monitored.alerts]
    write_csv(pl.DataFrame(lines, schema=None if lines else columns), out / "alerts.csv", decimals=DECIMALS)


def _plain(table: pl.DataFrame) -> list[dict[str, Any]]:
    floats, dates = pl.col(pl.Float64), pl.col(pl.Date)
    return table.with_columns(floats.round(DECIMALS), dates.dt.to_string()).to_dicts()
