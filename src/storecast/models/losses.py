"""Losses that `boosting` can be trained under. docs/loss.md has what each of them costs, and why `log-absolute` is the default.

A model answers with log sales. A loss on sales as money therefore learns from money, and its answer is taken to logs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast.arrays import F64

SMALLEST = 0.01  # money: what is answered below it has no log


@dataclass(frozen=True)
class Loss:
    """What XGBoost minimises, and on what."""

    objective: str
    money: bool = False  # learns from sales as money; else from their log
    relative: bool = False  # a row counts 1/y², so that the squared error is that of RMSPE

    def target(self, logs: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return what is learned from, given log sales."""
        return np.exp(logs) if self.money else logs

    def weights(self, logs: npt.NDArray[np.floating]) -> npt.NDArray[np.floating] | None:
        """Return the weight of each row, of mean 1, so that penalties keep their meaning; None where all are alike."""
        if not self.relative:
            return None
        weights = np.exp(-2 * (logs - np.median(logs)))
        return np.asarray(weights / weights.mean())

    def logs(self, answer: npt.NDArray[np.floating]) -> F64:
        """Return log sales, given what the trees answer."""
        values = np.asarray(answer, np.float64)
        return np.log(np.maximum(values, SMALLEST)) if self.money else values


LOSSES = {
    "log-squared": Loss("reg:squarederror"),
    "log-absolute": Loss("reg:absoluteerror"),
    "log-quantile": Loss("reg:quantileerror"),
    "squared": Loss("reg:squarederror", money=True),
    "absolute": Loss("reg:absoluteerror", money=True),
    "rmspe": Loss("reg:squarederror", money=True, relative=True),
}
