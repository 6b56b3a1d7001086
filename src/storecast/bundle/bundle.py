"""Bundle: a trained model that forecasts, explains and is saved as one signed file."""

import dataclasses
import datetime as dt
import logging
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from storecast import schema as s
from storecast.arguments import PANEL, check_argument
from storecast.bundle.fitted import FittedModel
from storecast.bundle.manifest import Manifest
from storecast.bundle.needs import needs_of
from storecast.bundle.parts import CALIBRATION, parts_of
from storecast.bundle.past_days import explain_day
from storecast.bundle.predictor import Predictor
from storecast.bundle.read import open_model
from storecast.bundle.registry import publish
from storecast.config import LEVELS, Task, interval_quantiles
from storecast.data.frames import read_calendar_frame
from storecast.data.panel import Panel
from storecast.data.target import TARGET, Target
from storecast.errors import ConfigError
from storecast.notebook import Shown
from storecast.uncertainty.common_errors import MAX_PATHS
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.point import point_forecasts

if TYPE_CHECKING:
    import plotly.graph_objects as go

log = logging.getLogger(__name__)

SHOWN_SCORES = ("wape", "rmspe", "sql")  # beside what a model is


@dataclass(frozen=True, eq=False, repr=False)
class Bundle(Shown, FittedModel):
    """A trained model; `storecast.fit` makes one, `storecast.load` reads one.

    Attributes
    ----------
    manifest : what its file says; None before it is saved
    panel : the chain that it was fitted on, which methods use where no other is given; None for a model that was loaded
    scores : what its backtest measured, by name
    generated : whether the chain is a generated one

    Notes
    -----
    Every method that takes a panel raises ConfigError where there is none, or where its target or own columns are not those that
    the model learned from.
    """

    manifest: Manifest | None = None
    panel: Panel | None = None
    scores: dict[str, float] = dataclasses.field(default_factory=dict)
    generated: bool = False
    _predictors: weakref.WeakKeyDictionary[Panel, Predictor] = dataclasses.field(
        init=False, repr=False, default_factory=weakref.WeakKeyDictionary
    )

    def _facts(self) -> dict[str, object]:
        """Return what the model is, for `repr` and notebooks, as far as it is known."""
        facts: dict[str, object] = {"model": self.model.name}
        if self.name:
            facts["file"] = self.name
        if self.trained_until is not None:
            facts["fitted up to"] = self.trained_until
        facts["days ahead"] = self.task.horizon
        if self.panel is not None:
            facts["stores"] = self.panel.stores.height
        return facts | {name: f"{self.scores[name]:.4f}" for name in SHOWN_SCORES if name in self.scores}

    def predict(
        self,
        panel: Panel | None = None,
        *,
        calendar: Any = None,
        level: int | Sequence[int] = LEVELS,
        quantiles: float | Sequence[float] = (),
    ) -> pl.DataFrame:
        """Forecast every store and day of the horizon after the end of a chain's sales.

        Parameters
        ----------
        panel : the chain; None: the one that the model was fitted on
        calendar : frame of Polars, pandas or Arrow: Store, Date, and the values of Open, Promo, StateHoliday, SchoolHoliday and
            own columns that replace those of the chain's calendar; a null leaves them. Only the stores that it names are returned.
        level : central intervals, one or several, in percent: even numbers from 2 to 98, and 95
        quantiles : to add, one or several, whole percents from 0.01 to 0.99

        Returns
        -------
        Store, Date, Forecast (expected sales, money), Lower and Upper of each level, a column Q10 … for each quantile; sorted by
        store and date, 0 on closed days

        Raises
        ------
        ConfigError
            where a level or quantile has no meaning
        DataError
            where the calendar names an unknown store, or a day that does not lie ahead
        """
        levels, extra = _as_tuple(level), _as_tuple(quantiles)
        wanted = {percent: interval_quantiles(percent) for percent in levels if percent not in LEVELS}
        every = Task(
            self.task.horizon, tuple(sorted({*extra, *(q for pair in wanted.values() for q in pair)}))
        ).quantiles
        predictor = self._predictor(panel)
        if calendar is None:
            rows = predictor.forecast(every)
        else:
            store_type = predictor.panel.stores.schema[s.STORE]
            rows = predictor.predict(read_calendar_frame(calendar, predictor.panel.known, store_type), every)[0]
        bounds: list[pl.Expr] = []
        for percent in levels:
            names = s.bound_columns(percent)
            inside = names if percent in LEVELS else [s.quantile_column(q) for q in wanted[percent]]
            bounds += [pl.col(column).alias(name) for column, name in zip(inside, names, strict=True)]
        return rows.select(*s.KEYS, s.FORECAST, *bounds, *(s.quantile_column(quantile) for quantile in extra))

    def explain(
        self,
        stores: object | Sequence[object],
        panel: Panel | None = None,
        *,
        day: dt.date | None = None,
        counterfactuals: bool = False,
    ) -> pl.DataFrame:
        """Split the forecasts of some stores into the money that each driver contributes.

        Parameters
        ----------
        stores : ids of stores, or one id
        panel : the chain; None: the one that the model was fitted on
        day : one day, of the past or ahead; None: all days ahead
        counterfactuals : add forecasts without the promotion and the like, columns as `storecast.explain.counterfactuals`

        Returns
        -------
        as `storecast.explain.explanations.explain`: Store, Date, Forecast, Usual, and a column for each driver; they add up. Of a
        day of the past also what was sold, as `storecast.bundle.past_days.explain_past_day`

        Raises
        ------
        ConfigError
            where the chain holds no such store, the model cannot explain its forecasts, or the day lies beyond the horizon
        HistoryError, DataError
            as `explain_past_day`
        """
        predictor, ids = self._predictor(panel), _as_tuple(stores)
        if day is None:
            return predictor.explain(ids, counterfactuals=counterfactuals)
        return explain_day(predictor, ids, day, counterfactuals=counterfactuals)

    def scenario(self, calendar: Any, panel: Panel | None = None) -> pl.DataFrame:
        """Say what another calendar, or other values of own columns, would change, with an interval. Takes minutes.

        Parameters
        ----------
        calendar : as for `predict`; where it leaves what was ever seen, a warning is logged
        panel : the chain; None: the one that the model was fitted on

        Returns
        -------
        as `storecast.explain.scenario.compare`: Level, Key, Start, End, Stored, Scenario, Difference and the bounds
        of the expected and of the possible difference

        Raises
        ------
        DataError
            as `predict`, and where the calendar changes an own column that has never changed
        """
        predictor = self._predictor(panel)
        days = read_calendar_frame(calendar, predictor.panel.known, predictor.panel.stores.schema[s.STORE])
        for sentence in predictor.never_seen(days):
            log.warning("%s", sentence)
        return predictor.scenario(days)

    def totals(self, panel: Panel | None = None) -> pl.DataFrame:
        """Sum the forecast over weeks and the whole horizon, by store, store type, state and chain, with intervals.

        Parameters
        ----------
        panel : the chain; None: the one that the model was fitted on

        Returns
        -------
        as `storecast.uncertainty.totals.totals`: Level, Key, Start, End, Forecast and bounds, money
        """
        predictor = self._predictor(panel)
        return predictor.totals(predictor.forecast())

    def sample_paths(self, panel: Panel | None = None, *, count: int = MAX_PATHS) -> pl.DataFrame:
        """Return possible sales of the days ahead, in which the errors of days, stores and chain hang together.

        Parameters
        ----------
        panel : the chain; None: the one that the model was fitted on
        count : paths, 1 to 300

        Returns
        -------
        as `storecast.uncertainty.path_table.path_table`: Store, Date, Path, Sales

        Raises
        ------
        ConfigError
            where there are not so many, or none, because the past was too short when the model was trained
        """
        return self._predictor(panel).sample_paths(count)

    def plot(self, store: object, panel: Panel | None = None) -> "go.Figure":
        """Draw a store's last weeks of sales and its forecast with intervals.

        Parameters
        ----------
        store : its id
        panel : the chain; None: the one that the model was fitted on

        Returns
        -------
        a figure of Plotly

        Raises
        ------
        DataError
            where the chain holds no such store
        """
        from storecast.report.blank_figure import with_template  # a service need not load a plotting library
        from storecast.report.day_marks import marks_of
        from storecast.report.figures import STORE_WEEKS_BACK, first_day_shown, store_ahead
        from storecast.report.report_input import report_words

        predictor = self._predictor(panel)
        rows = predictor.lookup([store], predictor.cutoff + dt.timedelta(days=1), predictor.last)
        panel, cutoff = predictor.panel, predictor.cutoff
        first = first_day_shown(cutoff, STORE_WEEKS_BACK)
        marks = marks_of(panel.calendar.filter(pl.col(s.STORE) == store), first, predictor.last)
        return with_template(store_ahead(store, panel.sales, rows, cutoff, report_words(), panel.target, marks=marks))

    def forecast(self, panel: Panel, task: Task | None = None) -> Forecast:
        """Forecast the days after the end of the panel's sales, for each row of its calendar ahead.

        Parameters
        ----------
        panel : the chain, with a calendar ahead
        task : horizon and quantiles; None: those that the model was trained for

        Returns
        -------
        Forecast
            the rows, and sample paths for the intervals of totals

        Raises
        ------
        ConfigError
            where the calendar ends with the sales
        """
        task = task or self.task
        window = panel.window(panel.end, task.horizon)
        if window.future.is_empty():
            raise ConfigError(
                f"The calendar ends with the sales on {panel.end}; there is no day to forecast. Extend it first "
                "(`storecast future` shows what would be assumed)."
            )
        medians = point_forecasts(self.model, window)
        paths = (
            None
            if self.joint_errors is None
            else self.joint_errors.sample_paths(medians, panel.breakdown.with_columns(panel.stores), self.calibration)
        )
        rows, factor = self.calibration.apply(medians, task), self.calibration.rmspe_factor(medians)
        return Forecast(rows, panel.end, self.name or self.model.name, paths, factor)

    def save(self, folder: Path | str) -> "Bundle":
        """Sign the model and add it to a folder of models; a few rows with their predictions are stored with it for a trial.

        Parameters
        ----------
        folder : of models, such as HOME/models

        Returns
        -------
        Bundle
            the same model with its file's name and manifest

        Raises
        ------
        ConfigError
            where the model was loaded from a file: copy the file and its signature instead
        """
        path = publish(Path(folder), *self.file_content())
        return replace(self, manifest=open_model(path).manifest, name=path.name)

    def file_content(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return the manifest and the parts of the model's file, which `registry.publish` signs and writes.

        Returns
        -------
        tuple
            plain data that say what the model is, and the named bytes of the fitted model

        Raises
        ------
        ConfigError
            where the model was loaded from a file
        """
        panel = self._chain(None)
        window = panel.window(panel.end, self.task.horizon)
        target = {TARGET: panel.target.to_plain()} if panel.target != Target() else {}
        quantiles, known = list(self.task.quantiles), list(panel.known)
        task = {"horizon": self.task.horizon, "quantiles": quantiles, "known": known, **target}
        manifest = {
            "kind": self.model.name,
            "task": task,
            "scores": self.scores,
            "data_fingerprint": panel.fingerprint,
            "cutoff": panel.end.isoformat(),
            "generated": self.generated,
            "calibration": CALIBRATION,
            "details": needs_of(self.model.name),
        }
        return manifest, parts_of(self, window)

    def _chain(self, panel: Panel | None) -> Panel:
        if panel is not None:
            check_argument("panel", panel, Panel, PANEL)
        chain = panel or self.panel
        if chain is None:
            raise ConfigError("A model that was loaded from a file holds no chain; give a Panel.")
        return chain

    def _predictor(self, panel: Panel | None) -> Predictor:
        """Return the predictor over a chain; what the past decides is worked out once for each."""
        chain = self._chain(panel)
        if chain not in self._predictors:
            self._predictors[chain] = Predictor.of(self, chain)
        return self._predictors[chain]


def _as_tuple(values: Any) -> tuple[Any, ...]:
    """Return several values as a tuple, and a single one, such as a text, as a tuple of one."""
    return tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else (values,)
