"""Say what forecasts are made of."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.bundle.loading import load
from storecast.csv_files import write_csv
from storecast.errors import ConfigError
from storecast.explain import explanations
from storecast.stages import EXPLAINING, READING, Progress, no_progress
from storecast.workflows.forecasting import whole_horizon
from storecast.workflows.preparation import Source, import_plugins_of, prepare


def explain(
    data: Source,
    *,
    model: Path,
    store: str | None = None,
    date: dt.date | None = None,
    out: Path | None = None,
    horizon: int | None = None,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    progress: Progress = no_progress,
) -> tuple[pl.DataFrame, Bundle]:
    """Load a model file and say what its forecasts are made of.

    Parameters
    ----------
    store, date : one day of one store, of the past or ahead; without a date, all days ahead; without a store, what matters to the
        model on the whole
    out : a CSV file to write
    progress : called with what is being done: `stages.EXPLAIN_STAGES`

    Returns
    -------
    a table as `explain.explanations.explain` with the columns of `explain.counterfactuals`, of a day of the past as
    `bundle.past_days.explain_past_day`, or as `explain.explanations.importance` where no store is named; and the model

    Raises
    ------
    ConfigError
        where a date is named without a store, or lies beyond the forecast
    HistoryError
        where a date has too little history before it
    ModelFileError
        where the model file is refused
    DataError
        where the input cannot be read
    """
    if store is None and date is not None:
        raise ConfigError(f"--date {date} needs a store; give --store too.")
    progress(READING)
    import_plugins_of(data)
    bundle = load(model)
    prepared = prepare(data, horizon=horizon, usual_horizon=bundle.task.horizon, skip=skip, sum_rows=sum_rows)
    panel = whole_horizon(bundle, prepared)
    progress(EXPLAINING)
    if store is None:
        window = panel.window(panel.end, bundle.task.horizon)
        explained = explanations.importance(explanations.ChainForecast.of(bundle.model, window))
    else:
        last = panel.end + dt.timedelta(days=prepared.task.horizon)
        if date is not None and date > last:
            raise ConfigError(f"--date {date} lies beyond the forecast, which ends on {last}. Name a day up to then.")
        number: int | str = store
        if panel.stores.schema[s.STORE] != pl.String and store.isdecimal():
            number = int(store)
        explained = bundle.explain([number], panel, day=date, counterfactuals=True).filter(pl.col(s.DATE) <= last)
    if out is not None:
        write_csv(explained, out)
    return explained, bundle
