"""How far sales may be from what is expected on days that are sold under one calendar alone.

Where a store is open under both calendars, the noise of the day is the same under either and cancels in their difference. Where it
is open under one only, all that it sells is difference, and what a day sells is as uncertain as its forecast.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.joint_errors import JointErrors


@dataclass(frozen=True, eq=False)
class OpeningNoise:
    """Possible departures from the expected difference, from days that are sold under one calendar alone.

    Attributes
    ----------
    one_sided : the rows that are sold under one calendar alone, (rows,)
    departures : of each of them, in the order of the rows, (one-sided rows, paths); None where past errors do not say how days err
        together
    """

    one_sided: Bool
    departures: F64 | None

    @classmethod
    def none(cls, rows: int) -> "OpeningNoise":
        """Return the noise of calendars under which the same days are sold: there is none."""
        return cls(np.zeros(rows, bool), np.zeros((0, 1)))

    @classmethod
    def draw(
        cls,
        medians: tuple[pl.DataFrame, pl.DataFrame],
        forecasts: tuple[F64, F64],
        stores: pl.DataFrame,
        calibration: Calibration,
        joint_errors: JointErrors | None,
        seed: int = 0,
    ) -> "OpeningNoise":
        """Draw sample paths of the stores with such days.

        Parameters
        ----------
        medians : point forecasts under the stored calendar and under the other, sorted by store and date
        forecasts : expected sales of the same rows under either, (rows,) each
        stores : a row per store, with the chain's own groups
        calibration : of the model's errors
        joint_errors : how they hang together; None where that is unknown
        seed : of the random numbers
        """
        before, after = (frame[s.OPEN].to_numpy() == 1 for frame in medians)
        one_sided = before != after
        if not one_sided.any():
            return cls.none(len(one_sided))
        if joint_errors is None:
            return cls(one_sided, None)
        opened = pl.Series(one_sided & after)
        sold = pl.concat([medians[0].filter(~opened), medians[1].filter(opened)]).sort(*s.KEYS)
        changed = sold[s.STORE].is_in(sold.filter(one_sided)[s.STORE].unique().implode())
        paths = joint_errors.sample_paths(sold.filter(changed), stores, calibration, seed)[
            one_sided[changed.to_numpy()]
        ]
        forecast = np.where(after, forecasts[1], forecasts[0])[one_sided]
        mean = paths.mean(axis=1)
        ratio = np.where(mean > 0, forecast / np.where(mean > 0, mean, 1.0), 0.0)
        sign = np.where(after[one_sided], 1.0, -1.0)
        return cls(one_sided, sign[:, None] * (paths * ratio[:, None] - forecast[:, None]))

    def only(self, rows: Bool) -> "OpeningNoise":
        """Return the noise of some rows alone."""
        inside = rows[self.one_sided]
        return OpeningNoise(self.one_sided[rows], None if self.departures is None else self.departures[inside])

    def quantiles_of_sums(self, groups: pl.Series, shares: tuple[float, float]) -> tuple[F64, F64]:
        """Return two quantiles of the sums of possible departures over groups of rows, (groups,) each.

        Parameters
        ----------
        groups : a list of rows for each group
        shares : the two quantiles, 0 to 1

        Returns
        -------
        both quantiles; 0 for a group without a one-sided day, NaN where nothing is known of its departures
        """
        place = np.cumsum(self.one_sided) - 1
        out = np.zeros((2, len(groups)))
        for k, group in enumerate(groups):
            rows = group.to_numpy()
            rows = rows[self.one_sided[rows]]
            if len(rows):
                departures = self.departures
                out[:, k] = np.nan if departures is None else np.quantile(departures[place[rows]].sum(axis=0), shares)
        return out[0], out[1]
