"""How errors hang together: a chain's part, a state's or store type's, a store's, each with a level and with days.

The intervals of single days say nothing of a sum: were errors independent, six weeks of a thousand stores would be known to a few
hundredths of a percent, and in truth the whole chain is a few percent off at a time. So past errors, each divided by the size that
the calibration expects of it, are taken apart; the shares of their variance and their autocorrelation make fields of errors
alike, and the sums over many such fields give the interval of a total. Each day's own distribution stays the calibrated one.

The ridge stands in for every model here: it can be fitted a dozen times in a minute. Its common errors are a little larger than
those of a blend, which makes bands wider, not narrower.
"""

import datetime as dt
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import polars as pl
from scipy.special import ndtri

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.data.breakdown import UNKNOWN_GROUP
from storecast.data.panel import Panel
from storecast.models.base import create
from storecast.uncertainty.calibration import PERCENTS, Calibration, calibrate, is_plausible
from storecast.uncertainty.common_errors import MAX_PATHS, CommonErrors, random_walk
from storecast.uncertainty.hurdle import sale_chance
from storecast.uncertainty.point import point_forecasts
from storecast.uncertainty.totals import LEAST_GROUPS

log = logging.getLogger(__name__)


STEP, FAST_STEP = 7, 28  # days between cutoffs
CUTOFFS_PER_FIT = 4  # cutoffs for which a fitted ridge is asked, with newer sales each time
LOOK_BACK = 364  # days before the last whole window in which others begin
LEAST_PAST = 364  # days before the first of them: with less, errors are those of a model that has not met the seasons
SHORT_PAST = 300  # in their place, where a chain has too few others
FEWEST_WINDOWS = 3
FEWEST_STORES = 3  # of a group on a day
MOST = 5.0  # times the usual size; larger errors are cut for the shares
FLOOR = 0.01  # of the chain's level, in log sales: no chain of stores is known better than this six weeks ahead
MOST_FREEDOM = 30.0
SEEDS_PER_PART = 3
PARTS = ("chain level", "chain day", "group level", "group day", "store level", "store day")


@dataclass(frozen=True)
class JointErrors:
    """Shares of the variance of an error, and what simulating needs beside them.

    Attributes
    ----------
    shares : of each of `PARTS`; they add up to 1
    rho : correlation of one day's error with the next day's, of chain, group and store
    freedom : degrees of freedom of Student's t for the levels: as many as there are windows that do not overlap
    windows : how many windows were looked at; they overlap
    group : the column by which stores are grouped: State; where states are not known the first group of the chain's own, else
        StoreType
    seed : added to that of every path; each part of a chain has its own
    common : errors of the chain and its groups, where a part of a chain is forecast; None: they are drawn with the others
    """

    shares: tuple[float, ...]
    rho: tuple[float, float, float]
    freedom: float
    windows: int
    group: str
    seed: int = 0
    common: CommonErrors | None = None

    def of_part(self, part: int, groups: Sequence[str], days: int) -> "JointErrors":
        """Return the same for a part of a chain: errors of its stores are its own, those of the chain and its groups are not.

        Parameters
        ----------
        part : its number, from 0
        groups : every value that the column `group` has in the chain
        days : ahead
        """
        common = CommonErrors.draw(groups, days, freedom=self.freedom, rho=self.rho)
        return replace(self, seed=SEEDS_PER_PART * part, common=common)

    def sample_paths(
        self,
        medians: pl.DataFrame,
        stores: pl.DataFrame,
        calibration: Calibration,
        seed: int = 0,
    ) -> F64:
        """Return possible sales of the rows of a forecast, (rows, MAX_PATHS); 0 on closed days.

        Parameters
        ----------
        medians : as `point_forecasts` returns them, sorted by store and date
        stores : the table of stores, with the columns of the chain's own groups
        calibration : of the model
        seed : of what is drawn; three seeds on end are used
        """
        seed, common = seed + self.seed, self.common
        draw = np.random.default_rng(seed)
        day = medians["Ahead"].to_numpy() - 1
        days = int(day.max()) + 1
        store = medians[s.STORE].rle_id().to_numpy().astype(np.int64)
        of_store = pl.col(self.group) if self.group in stores.columns else pl.lit("")  # a group that is no longer named
        named = medians.select(s.STORE).join(stores.select(s.STORE, of_store.alias("group")), on=s.STORE, how="left")
        if common is None:
            group = named["group"].fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
        else:
            group = common.places(named["group"])
        base = np.where(medians[s.OPEN].to_numpy() == 1, medians["Median"].to_numpy(), 0.0)
        size = calibration.size(medians)
        corner = ndtri(PERCENTS)
        order = np.argsort(corner)
        corner, offset = corner[order], calibration.offsets[order]
        ends = (offset[0] / corner[0], offset[-1] / corner[-1])
        amplitude = np.sqrt(self.shares)
        places: list[I64] = [np.zeros_like(store), group, store]
        chance, uncertain = sale_chance(medians), np.random.default_rng(seed + 1)
        certain = bool((chance == 1).all())
        (level_unknown, habits_unknown), own = calibration.newness(medians), np.random.default_rng(seed + 2)
        new = 1 + level_unknown + habits_unknown
        known, unknown = np.sqrt(1 - level_unknown / new), np.sqrt(level_unknown / new)
        paths = np.empty((medians.height, MAX_PATHS), np.float32)
        for k in range(MAX_PATHS):
            z = np.zeros(medians.height)
            for part, place in enumerate(places):
                if common is not None and part < len(common.levels):
                    level, walk = common.levels[part][k], common.walks[part][k]
                else:
                    count = int(place.max()) + 1
                    level = draw.standard_t(self.freedom, count) if part < 2 else draw.standard_normal(count)
                    walk = random_walk(draw, count, days, self.rho[part])
                z += amplitude[2 * part] * level[place]
                z += amplitude[2 * part + 1] * walk[place, day]
            if unknown.any():
                z = known * z + unknown * own.standard_normal(int(store.max()) + 1)[store]
            error = np.interp(z, corner, offset)
            error = np.where(z < corner[0], z * ends[0], np.where(z > corner[-1], z * ends[1], error))
            paths[:, k] = base * np.exp(error * size)
            if not certain:
                paths[:, k] *= uncertain.random(len(chance)) < chance
        return paths.astype(np.float64)

    def to_json(self) -> bytes:
        """Return it as a part of a model file."""
        plain = asdict(replace(self, seed=0, common=None))
        return json.dumps({name: value for name, value in plain.items() if name not in ("seed", "common")}).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "JointErrors":
        """Take it from a part of a model file."""
        plain = json.loads(data)
        low, middle, high = map(float, plain["rho"])
        return cls(
            shares=tuple(map(float, plain["shares"])),
            rho=(low, middle, high),
            freedom=float(plain["freedom"]),
            windows=int(plain["windows"]),
            group=str(plain["group"]),
        )


def past_errors(
    panel: Panel, horizon: int, *, look_back: int = LOOK_BACK, fast: bool = False, least_past: int | None = None
) -> list[pl.DataFrame]:
    """Return the ridge's medians and what was sold, for windows cut every 7 days; none reaches beyond the panel's sales.

    Parameters
    ----------
    look_back : days before the last whole window in which others begin
    fast : cut every 28 days
    least_past : days of sales before the first window; None: `LEAST_PAST`, or `SHORT_PAST` where that leaves too few windows
    """
    frames = []
    step = FAST_STEP if fast else STEP
    last = panel.end - dt.timedelta(days=horizon)
    enough = last - panel.first >= dt.timedelta(days=LEAST_PAST + (FEWEST_WINDOWS - 1) * step)
    usual = LEAST_PAST if enough else SHORT_PAST
    least = usual if least_past is None else least_past
    first = max(last - dt.timedelta(days=look_back), panel.first + dt.timedelta(days=least))
    fitted = first
    while fitted <= last:
        model = create("linear")
        model.fit(panel.until(fitted), horizon)
        for after in range(0, CUTOFFS_PER_FIT * step, step):
            cutoff = fitted + dt.timedelta(days=after)
            if cutoff > last:
                break
            window = panel.window(cutoff, horizon)
            medians = point_forecasts(model, window)
            frames.append(
                medians.join(window.actual(), on=s.KEYS, how="left").with_columns(pl.lit(cutoff).alias(s.CUTOFF))
            )
        fitted += dt.timedelta(days=CUTOFFS_PER_FIT * step)
    return frames


def fit_joint_errors(
    frames: Sequence[pl.DataFrame], stores: pl.DataFrame, horizon: int, *, groups: Sequence[str] = ()
) -> JointErrors | None:
    """Take past errors apart; None where too few windows of the past can be looked at.

    Parameters
    ----------
    frames : past errors, as `past_errors` returns them
    stores : the table of stores, with the columns of the chain's own groups
    horizon : days ahead
    groups : those columns, see `data.breakdown.Breakdown.columns`
    """
    frames = [frame for frame in frames if not _scored(frame).is_empty()]
    if len(frames) < FEWEST_WINDOWS:
        log.info("totals have no intervals: %d windows of the past, %d are needed", len(frames), FEWEST_WINDOWS)
        return None
    usual = calibrate(frames)
    group = _group_with_errors_of_its_own(stores, groups)
    windows = [_parts(frame, stores, usual, group) for frame in frames]
    chain_level = max(_square([w.chain.mean() for w in windows]), FLOOR**2)
    chain_days = np.concatenate([w.chain - w.chain.mean() for w in windows])
    variances = (
        chain_level,
        _square(chain_days),
        max(0.0, float(np.mean([np.mean(w.group_level**2 - w.group_level_noise) for w in windows]))),
        max(0.0, float(np.mean([np.mean(w.group_day**2 - w.group_day_noise) for w in windows]))),
        max(0.0, float(np.mean([np.mean(w.store_level**2 - w.store_level_noise) for w in windows]))),
        float(np.mean([np.mean(w.store_day**2) for w in windows])),
    )
    total = sum(variances)
    if not total > 0:
        return None
    cutoffs = [frame[s.CUTOFF][0] for frame in frames]
    apart = ((max(cutoffs) - min(cutoffs)).days + horizon) / horizon
    joint_errors = JointErrors(
        shares=tuple(value / total for value in variances),
        rho=(
            _follow([w.chain - w.chain.mean() for w in windows]),
            _follow([row for w in windows for row in w.groups]),
            _follow([w.store_steps for w in windows]),
        ),
        freedom=float(np.clip(apart, 3.0, MOST_FREEDOM)),
        windows=len(frames),
        group=group,
    )
    log.info(
        "errors hang together: %d windows, as good as %.1f that do not overlap; %s",
        len(frames),
        apart,
        ", ".join(f"{name} {share:.3f}" for name, share in zip(PARTS, joint_errors.shares, strict=True)),
    )
    return joint_errors


def _group_with_errors_of_its_own(stores: pl.DataFrame, own: Sequence[str]) -> str:
    """Return the column whose stores are likely to err together: places before kinds of store."""
    for name in (s.STATE, *own):
        count = stores[name].replace("", None).replace(UNKNOWN_GROUP, None).drop_nulls().n_unique()
        if count >= LEAST_GROUPS and (name == s.STATE or FEWEST_STORES * count <= stores.height):
            return name
    return s.STORE_TYPE


@dataclass(frozen=True, eq=False)
class _Parts:
    """The errors of one window, taken apart; noise is what a mean of so few errors has by chance."""

    chain: F64  # (days,)
    group_level: F64  # (groups,)
    group_level_noise: F64
    group_day: F64  # (groups × days,)
    group_day_noise: F64
    groups: list[F64]  # the days of each group
    store_level: F64  # (stores,)
    store_level_noise: F64
    store_day: F64  # (rows,)
    store_steps: F64  # a day's error and the next day's, (pairs, 2)


def _scored(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a window that have an error that teaches something: open days with sales, no broken ones."""
    rows = frame.filter((pl.col(s.OPEN) == 1) & (pl.col(s.SALES) > 0) & (pl.col("Median") > 0))
    return rows.filter(is_plausible(np.log(rows[s.SALES].to_numpy() / rows["Median"].to_numpy())))


def _parts(frame: pl.DataFrame, stores: pl.DataFrame, usual: Calibration, group: str) -> _Parts:
    """Take the errors of one window apart, in units of their usual size."""
    rows = _scored(frame)
    size = usual.size(rows)
    error = np.log(rows[s.SALES].to_numpy() / rows["Median"].to_numpy()) / size
    most = MOST * np.median(np.abs(error))
    rows = rows.select(s.STORE, "Ahead", weight="Median", error=pl.Series(np.clip(error, -most, most))).join(
        stores.select(s.STORE, pl.col(group).alias("group")), on=s.STORE, how="left"
    )
    by_day = (pl.col("error") * pl.col("weight")).sum().over("Ahead") / pl.col("weight").sum().over("Ahead")
    rows = rows.with_columns(chain=by_day).with_columns(left=pl.col("error") - pl.col("chain"))
    of_group = pl.col("left").mean().over("group", "Ahead")
    enough = pl.len().over("group", "Ahead") >= FEWEST_STORES
    rows = rows.with_columns(group_day=pl.when(enough).then(of_group).otherwise(0.0)).with_columns(
        own=pl.col("left") - pl.col("group_day")
    )
    rows = rows.with_columns(level=pl.col("own").mean().over(s.STORE)).with_columns(day=pl.col("own") - pl.col("level"))
    chain = rows.group_by("Ahead").agg(pl.col("chain").first()).sort("Ahead")["chain"].to_numpy()
    groups = rows.group_by("group", "Ahead").agg(
        pl.col("group_day").first(), pl.len(), pl.col("own").var().alias("var")
    )
    levels = groups.group_by("group").agg(
        pl.col("group_day").mean().alias("level"),
        (pl.col("var") / pl.col("len")).mean().alias("noise"),
        pl.len().alias("n"),
    )
    groups = groups.join(levels.select("group", "level"), on="group").sort("group", "Ahead")
    own = rows.group_by(s.STORE).agg(pl.col("level").first(), pl.col("day").var().alias("var"), pl.len())
    steps = rows.sort(s.STORE, "Ahead").with_columns(
        pl.when(pl.col("Ahead").diff().over(s.STORE) == 1).then(pl.col("day").shift().over(s.STORE)).alias("before")
    )
    return _Parts(
        chain=chain,
        group_level=levels["level"].to_numpy(),
        group_level_noise=(levels["noise"] / levels["n"]).fill_null(0).to_numpy(),
        group_day=(groups["group_day"] - groups["level"]).to_numpy(),
        group_day_noise=(groups["var"] / groups["len"]).fill_null(0).to_numpy(),
        groups=[part["group_day"].to_numpy() - part["level"].to_numpy() for part in groups.partition_by("group")],
        store_level=own["level"].to_numpy(),
        store_level_noise=(own["var"].fill_null(0) / own["len"]).to_numpy(),
        store_day=rows["day"].to_numpy(),
        store_steps=steps.drop_nulls("before").select("before", "day").to_numpy(),
    )


def _square(values: object) -> float:
    return float(np.mean(np.square(np.asarray(values, np.float64))))


def _follow(series: Sequence[F64]) -> float:
    """Return the correlation of a value with the next, of series (days,) or of pairs (pairs, 2), pooled; 0 to 0.95."""
    pairs = [row if row.ndim == 2 else np.stack([row[:-1], row[1:]], axis=1) for row in series if len(row) > 1]
    both = np.concatenate(pairs) if pairs else np.zeros((0, 2))
    spread = float((both**2).mean()) if len(both) else 0.0
    return float(np.clip((both[:, 0] * both[:, 1]).mean() / spread, 0.0, 0.95)) if spread > 0 else 0.0
