"""CutoffState: what the past decides for the days after it, and the feature rows of those days under a calendar.

The ridge and the gaps of a store's history are worked out from all stores at once: that takes seconds, and what the calendar
ahead will be hardly matters to it. What is left for a row is its own store's calendar and a few sums and look-ups, so that a store
under another calendar takes milliseconds. Training, backtest and service walk the same two steps.

To the last digit a row does not depend on which other stores are asked for: what is a sum over stores, or a product of matrices,
is done once for all of them, and looked up.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, I8, I64, Bool
from storecast.config import FeatureConfig, LinearSettings
from storecast.data.grid import Grid
from storecast.features.calendar import LOOK_BACK, calendar_features
from storecast.features.declarations import PART_OWN, PART_SCHOOL, PART_TREND, PART_WEEKDAY, check_columns
from storecast.features.gaps import between_rows, day_effects, inside_gaps, usual_calendar, with_calendar_in
from storecast.features.history import History, cells
from storecast.features.level_shift import fit_restated
from storecast.features.registry import any_own, own_features
from storecast.features.residuals import RECENT, bounded, last_days, last_year_mean, mean_size, recent_mean
from storecast.features.ridge import Design, Ridge, Scales, own_terms
from storecast.features.terms import OWN_PART

RESIDUAL_DAYS = 56  # days of residuals that rows carry, for models that read the past day by day
RIDGE_SETTINGS = LinearSettings()  # the defaults: settings of the model `linear` change that model alone


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Feature rows after one origin: a row per store and day of the block, closed days among them.

    Attributes
    ----------
    origin : column of the last day known
    residuals : of the ridge on the last `RESIDUAL_DAYS` days up to the origin, NaN where there is none, (stores, RESIDUAL_DAYS)
    store, day : rank of the store and column of the day in the grid, (rows,); sorted by both
    table : the features by name, (rows,) each
    parts : of the ridge, that are no features but tell what moves a forecast, (rows,) each
    offset : the part of log sales that is taken off, known ahead; to be added to what a model says, (rows,)
    target : log sales less the offset, NaN where the day is closed, unknown or ahead, (rows,)
    """

    origin: int
    residuals: F32
    store: I64
    day: I64
    table: pl.DataFrame
    parts: pl.DataFrame
    offset: F32
    target: F32


@dataclass(frozen=True, eq=False)
class CutoffState:
    """What the past decides, seen from its last day.

    Attributes
    ----------
    grid : cut at the origin, with the calendar ahead that is known
    origin : column of the last day known
    gaps : days without a row that the config fills in, (stores, days)
    shut : days without a row on which a store was closed, (stores, days)
    usual : what stands in for the calendar there, by column, (days,)
    ridge : fitted on the past
    scales : of its terms
    date_effects : what the terms of the date add to the ridge's fit, (stores, days ahead)
    holiday_date_effects : what they add to its part for holidays, (stores, days ahead)
    history : what stores sold
    season, weekday, trend : parts of the ridge, (stores, days ahead)
    constant_features : more features that no calendar changes, by name, (stores, days ahead)
    attributes : of the stores, a row each
    promo2 : features of it, by name, (stores, days ahead)
    residuals : as in `FeatureRows`
    """

    grid: Grid
    origin: int
    config: FeatureConfig
    gaps: Bool
    shut: Bool
    usual: dict[str, I8]
    ridge: Ridge
    scales: Scales
    date_effects: F32
    holiday_date_effects: F32
    history: History
    season: F32
    weekday: F32
    trend: F32
    constant_features: dict[str, F32]
    attributes: pl.DataFrame
    promo2: dict[str, F32]
    residuals: F32

    @classmethod
    def fit(cls, grid: Grid, origin: int, horizon: int, config: FeatureConfig) -> "CutoffState":
        """Work out what the past decides for the days after it.

        Parameters
        ----------
        grid : sales and calendar of all stores
        origin : column of the last day known
        horizon : days ahead
        config : how the rows look at the past
        """
        grid = grid.truncate(origin, horizon)
        past, days = slice(0, origin + 1), slice(origin + 1, grid.days)
        shut = between_rows(grid)
        gaps = inside_gaps(grid, shut) & config.impute
        usual = usual_calendar(grid)
        known = with_calendar_in(grid, gaps, shut, usual)
        design = Design.of(known, origin)
        fit = fit_restated(known, design, origin, RIDGE_SETTINGS)
        known, ridge = fit.grid, fit.ridge
        date_effects, holiday_date_effects = ridge.date_effects(design), ridge.date_effects(design, "holiday")
        effects = date_effects + ridge.store_effects(design.by_store)
        holiday = holiday_date_effects + ridge.store_effects(design.by_store, "holiday")
        apart = _apart(config, holiday, ridge, design.by_store)
        y, residuals = _with_gaps(known, ridge.residuals, ridge.level[:, None] + effects, gaps)
        season = ridge.part(design, days, "season", "month")
        return cls(
            grid=grid,
            origin=origin,
            config=config,
            gaps=gaps,
            shut=shut,
            usual=usual,
            ridge=ridge,
            scales=design.scales,
            date_effects=date_effects[:, days],
            holiday_date_effects=holiday_date_effects[:, days],
            history=History.of(known, origin, days, y - apart[:, past]),
            season=season,
            weekday=ridge.part(design, days, "weekday"),
            trend=ridge.part(design, days, "trend"),
            constant_features={
                "ridge_level": _along(ridge.level + ridge.coefficients_of("weekday").mean(axis=1), season),
                "ridge_trend": _along(ridge.coefficients_of("trend")[:, 0], season),
                "ridge_noise": _along(mean_size(ridge.residuals[:, -365:]), season),
                **{f"residual_{span}": _along(recent_mean(residuals, span), season) for span in RECENT},
                "residual_last_year": last_year_mean(residuals, days),
            },
            attributes=_attributes(grid, origin),
            promo2=_promo2(grid, origin, days),
            residuals=last_days(residuals, RESIDUAL_DAYS),
        )

    def features(self, calendar: pl.DataFrame | None = None) -> FeatureRows:
        """Return the rows of the days ahead.

        A column that is not declared, or a declared one that is missing, raises `DeclarationError`.

        Parameters
        ----------
        calendar : of some stores, in place of what is known; None: every store under what is known
        """
        begin = max(0, self.origin + 1 - LOOK_BACK)
        if calendar is None:
            stores = np.arange(self.grid.stores.height)
            part = self.grid.slice(stores, begin)
        else:
            part, stores = self.grid.overlay(calendar, begin)
        ahead = slice(self.origin + 1 - begin, part.days)
        store, day = np.nonzero(part.open[:, ahead] >= 0)
        part = with_calendar_in(
            part,
            self.gaps[stores, begin:] & (part.open < 0),
            self.shut[stores, begin:] & (part.open < 0),
            {name: codes[begin:] for name, codes in self.usual.items()},
        )
        terms = own_terms(part, self.scales.of(stores))[1][:, :, ahead]
        ridge = self.ridge.of(stores)
        holiday = self.holiday_date_effects[stores] + ridge.store_effects(terms, "holiday")
        offset = _apart(self.config, holiday, ridge, terms)
        fitted = ridge.level[:, None] + (self.date_effects[stores] + ridge.store_effects(terms))
        features = {
            **calendar_features(part, ahead),
            **self.history.features(stores, cells(part, ahead)),
            "ridge": fitted - offset,
            "ridge_season": self.season[stores],
            "ridge_holiday": np.zeros_like(holiday) if self.config.holidays_apart else holiday,
            "ridge_promotion": ridge.store_effects(terms, "promotion"),
            **{name: values[stores] for name, values in self.constant_features.items()},
            **self._own(part, stores),
        }
        parts = {
            PART_WEEKDAY: self.weekday[stores],
            PART_TREND: self.trend[stores],
            PART_SCHOOL: ridge.store_effects(terms, "school"),
            **{f"{PART_OWN}{name}": values for name, values in ridge.own_effects(terms).items()},
        }
        rank = stores[store]
        table = [
            *(pl.Series(name, values[store, day]) for name, values in features.items()),
            *self.attributes[rank].get_columns(),
            *(pl.Series(name, values[rank, day]) for name, values in self.promo2.items()),
        ]
        check_columns([column.name for column in table], self.grid.known, self.grid.past_only)
        return FeatureRows(
            origin=self.origin,
            residuals=self.residuals,
            store=rank,
            day=day + self.origin + 1,
            table=pl.DataFrame(table),
            parts=pl.DataFrame([pl.Series(name, values[store, day]) for name, values in parts.items()]),
            offset=offset[store, day],
            target=np.full(len(rank), np.nan, np.float32),
        )

    def _own(self, part: Grid, stores: I64) -> dict[str, F32]:
        """Work out features of one's own. They may look at other stores, so they see all, some under another calendar."""
        if not any_own():
            return {}
        whole = with_calendar_in(self.grid, self.gaps, self.shut, self.usual)
        begin = whole.days - part.days
        for name, codes in part.codes.items():
            whole.codes[name][stores, begin:] = codes
        known = {name: values.copy() for name, values in whole.known.items()}
        for name, values in known.items():
            values[stores, begin:] = part.known[name]
        columns = own_features(replace(whole, known=known), self.origin, slice(self.origin + 1, whole.days))
        return {name: values[stores] for name, values in columns.items()}


def _apart(config: FeatureConfig, holiday: F32, ridge: Ridge, by_store: F32) -> F32:
    """Return the part of log sales that is taken off: the ridge's for own columns, and for holidays if the config says so.

    Trees split own columns where the past did: beyond the prices that they have seen, they would say nothing.

    Parameters
    ----------
    holiday : the part for holidays, (stores, days)
    by_store : values of the terms of store and day, (store terms, stores, days)

    Returns
    -------
    (stores, days)
    """
    holidays = holiday if config.holidays_apart else np.zeros_like(holiday)
    if not any(term.part == OWN_PART for term in ridge.terms):
        return holidays
    return holidays + ridge.store_effects(by_store, OWN_PART)


def _with_gaps(grid: Grid, residuals: F32, fitted: F32, gaps: Bool) -> tuple[F32, F32]:
    """Return log sales and residuals of the past, bounded, and filled in where there is a gap on a day on which stores open."""
    past = slice(0, residuals.shape[1])
    fill = gaps[:, past] & (grid.open[:, past] == 1)
    filled = np.where(fill, day_effects(grid, residuals), residuals)
    y = grid.learnable_past(residuals.shape[1] - 1)
    within_bounds = bounded(filled)
    return np.where(fill, fitted[:, past] + within_bounds, y + (within_bounds - filled)), within_bounds


def _along(values: npt.NDArray[np.generic], like: F32) -> F32:
    return np.broadcast_to(values.astype(np.float32)[:, None], like.shape)


def _attributes(grid: Grid, origin: int) -> pl.DataFrame:
    """Return what does not change over the block, a row per store. A competitor that opens later does not exist yet."""
    cutoff = grid.day(origin)
    months = (pl.lit(cutoff) - pl.col(s.COMPETITION_SINCE)).dt.total_days() / 30.4
    has_opened = pl.col(s.COMPETITION_SINCE).is_null() | (pl.col(s.COMPETITION_SINCE) <= cutoff)
    return grid.stores.select(
        pl.col(s.STORE_TYPE),
        pl.col(s.ASSORTMENT),
        pl.col(s.STATE),
        pl.when(has_opened).then(pl.col(s.COMPETITION_DISTANCE)).log1p().cast(pl.Float32).alias("competition_distance"),
        pl.when(months >= 0).then(months.clip(upper_bound=60)).cast(pl.Float32).alias("competition_months"),
    )


def _promo2(grid: Grid, origin: int, days: slice) -> dict[str, F32]:
    """Return for how many weeks Promo2 has run and months since its last round began, -1 without it, (stores, days)."""
    cutoff = grid.day(origin)
    since = grid.stores[s.PROMO2_SINCE].to_numpy().astype("datetime64[D]")
    joined = (grid.stores[s.PROMO2].to_numpy() == 1) & (since <= np.datetime64(cutoff))
    dates = grid.dates()[days]
    weeks = (dates[None, :] - since[:, None]).astype(np.int64) // 7
    named = grid.stores[s.PROMO_INTERVAL].to_list()
    starts = np.array([[month in interval.split(",") for month in s.PROMO_MONTHS] for interval in named])
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    age = np.full((len(named), len(dates)), 12, np.int64)
    for back in range(11, -1, -1):
        age = np.where(starts[:, (month - back) % 12], back, age)
    return {
        "promo2_weeks": np.where(joined[:, None], np.clip(weeks, 0, 250), -1).astype(np.float32),
        "promo2_round_age": np.where(joined[:, None], age, -1).astype(np.float32),
    }
