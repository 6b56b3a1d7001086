"""StoreForecaster: a storecast model as a scikit-learn estimator."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from storecast import schema as s
from storecast.arrays import F64
from storecast.bundle.bundle import Bundle
from storecast.bundle.fitting import fit
from storecast.data.frames import to_polars
from storecast.data.panel import Panel
from storecast.dates import as_date
from storecast.errors import DataError


class StoreForecaster(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Forecast the daily sales of stores, with scikit-learn's interface.

    X is a data frame (Polars, pandas or Arrow) with a row per store and day: Store, Date, and optionally Open, Promo,
    StateHoliday, SchoolHoliday. y are the sales of these rows. The rows to predict lie after the last day of the fit.

    Parameters
    ----------
    model : name of a storecast model
    horizon : days ahead that can be predicted
    fast : a quicker, slightly less accurate version
    stores : frame of store attributes, as `Panel.from_frames` takes it; None: no attributes
    country : ISO code of the country whose holidays the stores keep, or the stores of each, as `Panel.from_frames` takes it

    Attributes
    ----------
    bundle_ : the fitted model, with intervals, explanations and `save`
    panel_ : the chain that it was fitted on

    Examples
    --------
    >>> from sklearn.base import clone
    >>> clone(StoreForecaster("linear", horizon=14)).get_params()
    {'country': None, 'fast': False, 'horizon': 14, 'model': 'linear', 'stores': None}
    """

    def __init__(
        self,
        model: str = "boosting",
        *,
        horizon: int = 42,
        fast: bool = False,
        stores: Any = None,
        country: str | Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self.model = model
        self.horizon = horizon
        self.fast = fast
        self.stores = stores
        self.country = country

    def fit(self, X: Any, y: Any) -> "StoreForecaster":
        """Fit the model on the days of X and their sales.

        Parameters
        ----------
        X : frame of n rows
        y : sales, money, (n,)

        Returns
        -------
        StoreForecaster
            itself, fitted

        Raises
        ------
        DataError
            where a column is missing or a value has no meaning
        """
        days = to_polars(X, "X")
        sales = np.asarray(y, np.float64)
        if sales.shape != (days.height,):
            raise DataError(
                f"y has the shape {sales.shape!r}; expected one figure for each of the {days.height} rows of X."
            )
        with_sales = days.with_columns(pl.Series(s.SALES, sales))
        self.panel_ = Panel.from_frames(with_sales, self.stores, country=self.country)
        self.bundle_: Bundle = fit(self.panel_, self.model, horizon=self.horizon, fast=self.fast)
        return self

    def predict(self, X: Any) -> F64:
        """Forecast the rows of X.

        Parameters
        ----------
        X : frame of n rows, as in `fit`; days after the last one of the fit, within the horizon

        Returns
        -------
        expected sales of the rows in their order, money, (n,)

        Raises
        ------
        DataError
            where a row's store was not fitted, or its day lies outside the horizon
        """
        check_is_fitted(self, "bundle_")
        days = to_polars(X, "X")
        frames = Panel.from_frames(self.panel_.sales, self.stores, days, country=self.country)
        calendar = frames.calendar.filter(pl.col(s.DATE) > self.panel_.end).drop(s.ASSUMED)
        requested = days.select(s.STORE, pl.col(s.DATE).cast(pl.String).str.slice(0, 10).str.to_date())
        first = as_date(requested[s.DATE].min()) if requested.height else self.panel_.end
        if requested.height and first <= self.panel_.end:
            raise DataError(f"X holds the day {first}; expected days after the last one of the fit, {self.panel_.end}.")
        forecast = self.bundle_.predict(self.panel_, calendar=calendar)
        typed = requested.with_columns(pl.col(s.STORE).cast(forecast.schema[s.STORE]))
        rows = typed.join(forecast, on=s.KEYS, how="left", maintain_order="left")
        expected: F64 = rows[s.FORECAST].to_numpy()
        return expected
