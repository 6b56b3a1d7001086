"""Feature rows: one row per store and day after an origin, the same whether they train, score or serve.

An origin is a day at which the past ends. Training takes many origins, each followed by the days of a block; service takes
one, the cutoff. Both call `rows_at`, and so a feature means the same in both.
"""

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.config import LinearSettings, View
from storecast.data.grid import Floats, Grid
from storecast.data.panel import Panel
from storecast.features.calendar import calendar_features
from storecast.features.drivers import PART_SCHOOL, PART_TREND, PART_WEEKDAY
from storecast.features.gaps import day_effects, inside_gaps, with_calendar_in
from storecast.features.history import history_features
from storecast.features.registry import own_features
from storecast.features.ridge import Design, fit_ridge, recent_mean

SHORTEST_BLOCK = 41  # days: shorter horizons train on blocks of this length, so that the origins stay few
FIRST_ORIGIN = 90  # days of history before the first origin
RECENT = (7, 28, 91)  # days over which the ridge's residuals are averaged
KEPT = 56  # days of residuals that rows carry, for models that read the past day by day
RIDGE = LinearSettings()
PLAIN = View()


@dataclass(frozen=True, eq=False)
class Rows:
    """Feature rows after one origin: a row per store and day of the block, closed days among them.

    Attributes
    ----------
    origin : column of the last day known
    residuals : of the ridge on the last `KEPT` days up to the origin, NaN where there is none, (stores, KEPT)
    store, day : rank of the store and column of the day in the grid, (rows,)
    table : the features by name, (rows,) each
    parts : of the ridge, that are no features but tell what moves a forecast, (rows,) each
    offset : the part of log sales that the view takes off, known ahead; to be added to what a model says, (rows,)
    target : log sales less the offset, NaN where the day is closed, unknown or ahead, (rows,)
    """

    origin: int
    residuals: Floats
    store: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    table: pl.DataFrame
    parts: pl.DataFrame
    offset: Floats
    target: Floats


@dataclass
class Memo:
    """Rows already worked out. Share one among the windows of one panel, horizon by horizon, and nowhere else."""

    rows: dict[tuple[dt.date, int, View], Rows] = field(default_factory=dict)


def block_days(horizon: int) -> int:
    """Return the days of a training block: coprime to 7, or days ahead and weekday would be one and the same."""
    days = max(horizon, SHORTEST_BLOCK)
    return days if days % 7 else days - 1


def training_rows(
    past: Panel, horizon: int, memo: Memo, view: View = PLAIN, *, origins: int | None = None
) -> list[Rows]:
    """Return the rows of every block that ends at or before the end of ``past``, newest first.

    Parameters
    ----------
    origins : take the newest of them only
    """
    step = block_days(horizon)
    grid = Grid.of(past)
    end = grid.column(past.end)
    columns = list(range(end - step, min(FIRST_ORIGIN, end // 2) - 1, -step))[:origins]
    # An early origin has not met every holiday yet. What the ridge knows of them at the end of the past, where a forecast is
    # made, counts for all origins: else trees would learn by heart what is there left over, and add it a second time.
    holidays = _holidays(grid, end)
    blocks = []
    for origin in columns:
        key = grid.day(origin), step, view
        if key not in memo.rows:
            memo.rows[key] = rows_at(grid, origin, step, view)
        rows = memo.rows[key]
        late = holidays[rows.store, rows.day]
        offset = late if view.holidays_apart else np.zeros_like(late)
        # Rows that first served a forecast have no target yet: their days were ahead then.
        target = _log_sales(grid, rows.store, rows.day) - offset
        blocks.append(replace(rows, table=_with_holidays(rows, late - offset), offset=offset, target=target))
    return blocks


def future_rows(past: Panel, future: pl.DataFrame, horizon: int, memo: Memo, view: View = PLAIN) -> Rows:
    """Return the rows of the days after the end of ``past``, of which ``future`` is the calendar."""
    grid = Grid.of(past, future)
    key = past.end, horizon, view
    if key not in memo.rows:
        memo.rows[key] = rows_at(grid, grid.column(past.end), horizon, view)
    return memo.rows[key]


def rows_at(grid: Grid, origin: int, horizon: int, view: View = PLAIN) -> Rows:
    """Work out the rows of the ``horizon`` days after ``origin``; only stores and days with a calendar row have one.

    Sales after the origin give the target, and nothing else.
    """
    known = grid.cut(origin, horizon)
    days = slice(origin + 1, known.days)
    store, day = np.nonzero(known.open[:, days] >= 0)
    gaps = inside_gaps(known) & view.impute
    known = with_calendar_in(known, gaps)
    design = Design.of(known, origin)
    ridge = fit_ridge(known, design, origin, RIDGE)
    every = ridge.fitted(design, slice(0, known.days))
    y, residuals = _with_gaps(known, ridge.residuals, every, gaps)
    holiday = ridge.part(design, slice(0, known.days), "holiday")
    offset = holiday if view.holidays_apart else np.zeros_like(holiday)
    fitted = every[:, days]
    features = {
        **calendar_features(known, days),
        **history_features(known, origin, days, y - offset[:, : origin + 1]),
        "ridge": fitted - offset[:, days],
        "ridge_season": ridge.part(design, days, "season", "month"),
        "ridge_holiday": (holiday - offset)[:, days],
        "ridge_promotion": ridge.part(design, days, "promotion"),
        "ridge_level": _along(ridge.level + ridge.coefficients[:, :7].mean(axis=1), fitted),
        "ridge_trend": _along(ridge.coefficients[:, 7], fitted),
        "ridge_noise": _along(_spread(ridge.residuals[:, -365:]), fitted),
        **{f"residual_{span}": _along(recent_mean(residuals, span), fitted) for span in RECENT},
        **_residual_last_year(residuals, days),
        **own_features(known, origin, days),
    }
    table = pl.DataFrame({name: value[store, day] for name, value in features.items()})
    parts = {
        PART_WEEKDAY: ridge.part(design, days, "weekday"),
        PART_TREND: ridge.part(design, days, "trend"),
        PART_SCHOOL: ridge.part(design, days, "school"),
    }
    attributes = _attributes(known, origin)[store]
    return Rows(
        origin=origin,
        residuals=_last(residuals, KEPT),
        store=store,
        day=day + days.start,
        table=pl.concat([table, attributes, _promo2(known, origin, days, store, day)], how="horizontal"),
        parts=pl.DataFrame({name: value[store, day] for name, value in parts.items()}),
        offset=offset[store, day + days.start],
        target=_log_sales(grid, store, day + days.start) - offset[store, day + days.start],
    )


def _with_holidays(rows: Rows, holidays: Floats) -> pl.DataFrame:
    """Return the table with another part of the ridge for holidays, (rows,)."""
    late = pl.Series(holidays)
    return rows.table.with_columns(pl.col("ridge") - pl.col("ridge_holiday") + late, late.alias("ridge_holiday"))


def _log_sales(grid: Grid, store: npt.NDArray[np.int64], day: npt.NDArray[np.int64]) -> Floats:
    return grid.log_sales()[store, day]


def _with_gaps(grid: Grid, residuals: Floats, fitted: Floats, gaps: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return log sales and residuals of the past, filled in where there is a gap on a day on which stores open."""
    past = slice(0, residuals.shape[1])
    fill = gaps[:, past] & (grid.open[:, past] == 1)
    found = np.where(fill, day_effects(grid, residuals), residuals)
    y = grid.log_sales()[:, past]
    return np.where(fill, fitted[:, past] + found, y), found


def _holidays(grid: Grid, origin: int) -> Floats:
    """Return the ridge's part for holidays on every day up to ``origin``, fitted there, (stores, days)."""
    known = grid.cut(origin, 0)
    design = Design.of(known, origin)
    return fit_ridge(known, design, origin, RIDGE).part(design, slice(0, known.days), "holiday")


def _last(values: Floats, days: int) -> Floats:
    """Return the last columns, NaN before the first, (stores, days)."""
    missing = np.full((len(values), max(0, days - values.shape[1])), np.nan, np.float32)
    return np.concatenate([missing, values[:, -days:]], axis=1)


def _along(values: npt.NDArray[np.generic], like: Floats) -> Floats:
    return np.broadcast_to(values.astype(np.float32)[:, None], like.shape)


def _spread(residuals: Floats) -> Floats:
    seen = np.isfinite(residuals)
    size: Floats = (np.where(seen, np.abs(residuals), 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)).astype(
        np.float32
    )
    return size


def _residual_last_year(residuals: Floats, days: slice) -> dict[str, Floats]:
    """Mean residual of the fortnight around the same weekday a year before; NaN where there was none."""
    padded = np.full((len(residuals), days.stop), np.nan, np.float32)
    padded[:, : residuals.shape[1]] = residuals
    filled, seen = np.nan_to_num(padded), np.isfinite(padded)
    total, count = np.zeros((len(padded), days.stop - days.start)), np.zeros((len(padded), days.stop - days.start))
    for day in range(-7, 8):
        columns = np.arange(days.start, days.stop) - 364 + day
        inside = (columns >= 0) & (columns < residuals.shape[1])
        total[:, inside] += filled[:, columns[inside]]
        count[:, inside] += seen[:, columns[inside]]
    mean = np.where(count > 2, total / np.maximum(count, 1), np.nan)
    return {"residual_last_year": mean.astype(np.float32)}


def _attributes(grid: Grid, origin: int) -> pl.DataFrame:
    """Return what does not change over the block, a row per store. A competitor that opens later does not exist yet."""
    cutoff = grid.day(origin)
    months = (pl.lit(cutoff) - pl.col(s.COMPETITION_SINCE)).dt.total_days() / 30.4
    there = pl.col(s.COMPETITION_SINCE).is_null() | (pl.col(s.COMPETITION_SINCE) <= cutoff)
    return grid.stores.select(
        pl.col(s.STORE_TYPE),
        pl.col(s.ASSORTMENT),
        pl.col(s.STATE),
        pl.when(there).then(pl.col(s.COMPETITION_DISTANCE)).log1p().cast(pl.Float32).alias("competition_distance"),
        pl.when(months >= 0).then(months.clip(upper_bound=60)).cast(pl.Float32).alias("competition_months"),
    )


def _promo2(
    grid: Grid, origin: int, days: slice, store: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> pl.DataFrame:
    """Return whether Promo2 runs, for how many weeks it has, and months since its last round began."""
    cutoff = grid.day(origin)
    since = grid.stores[s.PROMO2_SINCE].to_numpy().astype("datetime64[D]")
    joined = (grid.stores[s.PROMO2].to_numpy() == 1) & (since <= np.datetime64(cutoff))
    dates = grid.dates()[days]
    weeks = (dates[None, :] - since[:, None]).astype(np.int64) // 7
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
    named = grid.stores[s.PROMO_INTERVAL].to_list()
    starts = np.array([[month in interval.split(",") for month in months] for interval in named])
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    age = np.full((len(named), len(dates)), 12, np.int64)
    for back in range(11, -1, -1):
        age = np.where(starts[:, (month - back) % 12], back, age)
    return pl.DataFrame(
        {
            "promo2_weeks": np.where(joined[:, None], np.clip(weeks, 0, 250), -1)[store, day].astype(np.float32),
            "promo2_round_age": np.where(joined[:, None], age, -1)[store, day].astype(np.float32),
        }
    )
