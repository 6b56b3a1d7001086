"""Say what forecasts are made of."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.csv_files import write_csv
from storecast.data.target import Target
from storecast.errors import ConfigError
from storecast.explain import explanations
from storecast.explain.counterfactuals import with_counterfactuals
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
) -> tuple[pl.DataFrame, Target]:
    """Load a model file and say what its forecasts are made of.

    Parameters
    ----------
    store, date : one day of one store; without a date, all its days; without a store, what matters to the model on the whole
    out : a CSV file to write

    Returns
    -------
    a table as `explain.explanations.explain` with the columns of `explain.counterfactuals`,
    or `explain.explanations.importance` where no store is named; and the figure that the model forecasts

    Raises
    ------
    ConfigError
        where a date is named without a store, or is no day of the forecast
    ModelFileError
        where the model file is refused
    DataError
        where the input cannot be read
    """
    if store is None and date is not None:
        raise ConfigError(f"--date {date} needs a store; give --store too.")
    import_plugins_of(data)
    bundle = load(model)
    prepared = prepare(data, horizon=horizon, usual_horizon=bundle.task.horizon, skip=skip, sum_rows=sum_rows)
    panel = whole_horizon(bundle, prepared)
    window = panel.window(panel.end, bundle.task.horizon)
    chain = explanations.ChainForecast.of(bundle.model, window)
    if store is None:
        explained = explanations.importance(chain)
    else:
        number: int | str = store
        if panel.stores.schema[s.STORE] != pl.String and store.isdecimal():
            number = int(store)
        explained = explanations.explain(chain, bundle.calibration, [number])
        explained = with_counterfactuals(explained, bundle.model, bundle.calibration, window)
        last = panel.end + dt.timedelta(days=prepared.task.horizon)
        explained = explained.filter(pl.col(s.DATE) <= last)
        if date is not None:
            explained = explained.filter(pl.col(s.DATE) == date)
            if explained.is_empty():
                raise ConfigError(
                    f"--date {date} is no day of the forecast; expected one from {panel.end + dt.timedelta(days=1)} to {last}."
                )
    if out is not None:
        write_csv(explained, out)
    return explained, bundle.target
