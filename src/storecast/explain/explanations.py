"""What a forecast is made of, in money and in a planner's words, and what matters to a model as a whole.

Contributions are worked out in log sales, where models add up, and then shared out in money by the log-mean identity:
contribution = φ · (ŷ − y₀) / (ln ŷ − ln y₀). The sum of φ over the drivers is ln ŷ − ln y₀, and so the money adds up to ŷ − y₀
exactly; y₀ is what the model says of the usual open day of the chain in the same weeks.

Source of the identity: Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.config import Task
from storecast.data.panel import Window
from storecast.errors import ConfigError, hint, quote
from storecast.explain.progress import Progress, unwatched
from storecast.features.drivers import DRIVERS, LEVEL, OWN_COLUMNS
from storecast.models.base import Forecaster
from storecast.models.contributions import Contributions, Explains, ExplainsColumns
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.hurdle import sale_chance
from storecast.uncertainty.point import point_forecasts

USUAL = "Usual"
BACKGROUND = 32  # open days of stores that stand for the usual one
SAMPLE = 32  # stores, for what matters on the whole
CENT = 100
EXAMPLES = 3  # stores that a message names
STORES_AT_ONCE = 100  # after so many, work that somebody waits for says how far it is
IMPORTANCE = {"Kind": pl.String, "Name": pl.String, "Share": pl.Float64}


def title(driver: str) -> str:
    """Return the name of a driver's column in a file."""
    return driver[:1].upper() + driver[1:]


@dataclass(frozen=True, eq=False)
class ChainForecast:
    """A model's forecast of the whole chain; every explanation compares with it, and it is worked out once for all of them.

    Attributes
    ----------
    model : fitted
    window : the days ahead
    medians : what the model says of them, as `uncertainty.point.point_forecasts`
    """

    model: Forecaster
    window: Window
    medians: pl.DataFrame

    @classmethod
    def of(cls, model: Forecaster, window: Window) -> "ChainForecast":
        """Forecast all stores."""
        return cls(model, window, point_forecasts(model, window))

    @cached_property
    def features(self) -> pl.DataFrame:
        """The features of the same rows."""
        return self.model.features(self.window)

    @cached_property
    def usual(self) -> I64:
        """The positions of the rows that stand for the usual day; none where no store opens."""
        is_open = np.flatnonzero(self.medians[s.OPEN].to_numpy() == 1)
        ranked = is_open[np.argsort(self.medians["Median"].to_numpy()[is_open], kind="stable")]
        middles = (np.arange(BACKGROUND) + 0.5) / BACKGROUND * len(ranked)
        return ranked[middles.astype(np.int64)] if len(ranked) else ranked


def explain(
    chain: ChainForecast, calibration: Calibration, stores: Sequence[object], progress: Progress = unwatched
) -> pl.DataFrame:
    """Return what the forecasts of some stores are made of.

    Parameters
    ----------
    chain : the forecast of all stores
    calibration : turns its medians into expected values
    stores : ids
    progress : is told the share that is done, and may end the work by an exception

    Returns
    -------
    Store, Date, Forecast, Usual (what the usual day of the chain sells), Level, Weekday, Season, Promotion, Holidays, Competition,
    Trend, Own columns where features of one's own count, and `Own: Price` and the like for own columns of the chain: money, to the
    cent; Usual and the drivers add up to Forecast. 0 on closed days.

    Raises
    ------
    ConfigError
        where a store is not in the chain, or the model does not tell what its answers are made of
    """
    window = chain.window
    known = set(window.past.stores[s.STORE])
    strange = [store for store in stores if store not in known]
    if strange:
        raise ConfigError(
            f"There is no store {quote(strange[0])}.{hint(str(strange[0]), map(str, known))} The chain has {len(known)} stores, "
            f"such as {', '.join(map(str, sorted(known)[:EXAMPLES]))}."
        )
    rows = np.flatnonzero(chain.medians[s.STORE].is_in(list(stores)).to_numpy())
    medians = chain.medians[rows]
    forecast = calibration.apply(medians, Task(window.horizon))
    contribution = contributions(chain, rows, progress)
    closed = medians[s.OPEN].to_numpy() != 1
    # A median that is kept within what the store has ever sold departs from the model's own answer, and so does the expected value
    # of a day that may sell nothing, or of one that is less certain than others: the store's level does that.
    logs = np.log(medians["Median"].to_numpy() * sale_chance(medians))
    logs += calibration.log_means(medians) - calibration.mean
    by_driver = contribution.by_driver.copy()
    by_driver[:, contribution.drivers.index(LEVEL)] += logs - contribution.base - contribution.by_driver.sum(axis=1)
    cents = np.round(forecast[s.FORECAST].to_numpy() * CENT).astype(np.int64)
    usual = np.round(np.exp(contribution.base + calibration.mean) * CENT).astype(np.int64)
    shares = _largest_remainder(by_driver, usual, cents)
    usual, shares = np.where(closed, 0, usual), np.where(closed[:, None], 0, shares)
    out = forecast.select(*s.KEYS, s.FORECAST).with_columns(pl.Series(USUAL, usual / CENT))
    out = out.with_columns(
        pl.Series(title(driver), shares[:, k] / CENT) for k, driver in enumerate(contribution.drivers)
    )
    return out if (out[title(OWN_COLUMNS)] != 0).any() else out.drop(title(OWN_COLUMNS))


def contributions(chain: ChainForecast, rows: I64, progress: Progress = unwatched) -> Contributions:
    """Return the contributions to some rows of a forecast, all rows of some stores, in log sales.

    Parameters
    ----------
    chain : the forecast of all stores
    rows : positions of the rows, all days of some stores
    progress : is told the share that is done, and may end the work by an exception

    Raises
    ------
    ConfigError
        where the model does not tell what its forecasts are made of
    """
    model = chain.model
    if not isinstance(model, Explains):
        raise ConfigError(
            f"The model {quote(model.name)} does not tell what its forecasts are made of. Give it a method contributions, "
            "as in docs/explanations.md, or choose another model."
        )
    if not len(chain.usual):  # a closed day is 0, and made of nothing
        return Contributions(base=np.zeros(len(rows)), by_driver=np.zeros((len(rows), len(DRIVERS))))
    parts = []
    step = STORES_AT_ONCE * chain.window.horizon
    for begin in range(0, max(1, len(rows)), step):
        progress(begin / max(1, len(rows)))
        parts.append(model.contributions(chain.features, rows[begin : begin + step], chain.usual))
    return Contributions.stacked(parts)


def importance(chain: ChainForecast, *, columns: bool = True) -> pl.DataFrame:
    """Return what matters to a model on the whole, over the open days of some stores of a forecast.

    Parameters
    ----------
    chain : the forecast of all stores
    columns : tell the columns of trees, too

    Returns
    -------
    Kind ("driver", or "column" where the model tells the columns of its trees), Name, Share: the mean size of the contribution to
    a forecast, as a factor less 1 (0.1: up or down by a tenth); largest first within each kind
    """
    medians, stores, model = chain.medians, chain.window.past.stores[s.STORE].sort(), chain.model
    some = stores.gather_every(max(1, len(stores) // SAMPLE))
    rows = np.flatnonzero(medians[s.STORE].is_in(some.implode()).to_numpy())
    is_open = medians[s.OPEN].to_numpy()[rows] == 1
    contribution = contributions(chain, rows)
    by_driver = contribution.by_driver[is_open]
    if not is_open.any():
        return pl.DataFrame(schema=IMPORTANCE)
    lines = [
        ("driver", driver, float(size))
        for driver, size in zip(contribution.drivers, np.abs(by_driver).mean(axis=0), strict=True)
    ]
    if columns and isinstance(model, ExplainsColumns):
        features = chain.features[rows[is_open]]
        lines += [("column", name, size) for name, size in model.column_contributions(features).items()]
    table = pl.DataFrame(lines, schema=IMPORTANCE, orient="row")
    return (
        table.filter(pl.col("Share") > 0)
        .sort(pl.col("Kind") == "column", -pl.col("Share"))
        .with_columns(pl.col("Share").exp() - 1)
    )


def _largest_remainder(by_driver: F64, usual: I64, forecast: I64) -> I64:
    """Share the way from the usual to the forecast out among the drivers, in whole cents that add up, (rows, drivers)."""
    low, high = np.maximum(usual, 1).astype(np.float64), np.maximum(forecast, 1).astype(np.float64)
    way = np.log(high) - np.log(low)
    near = np.abs(way) < 1e-9
    mean = np.where(near, low, (high - low) / np.where(near, 1.0, way))
    exact = by_driver * mean[:, None]
    cents = np.floor(exact).astype(np.int64)
    # Whole cents, the largest remainders rounded up. What rounding money to cents leaves besides goes the same way.
    missing = (forecast - usual) - cents.sum(axis=1)
    order = np.argsort(np.argsort(-(exact - cents), axis=1, kind="stable"), axis=1, kind="stable")
    each, left = np.divmod(missing, by_driver.shape[1])
    shared: I64 = cents + each[:, None] + (order < left[:, None])
    return shared
