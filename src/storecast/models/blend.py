"""Blend: the mean of several different models, which err differently.

Members are fitted on the same past, one after the other; the blend's median of log sales is the equally weighted mean of
theirs. Equal weights leave nothing to overfit, and were as good as fitted ones (docs/accuracy.md). A member that needs a longer
past than there is does not count.
"""

import json
import logging
from collections.abc import Mapping

import numpy as np
import polars as pl

from storecast.arrays import F64, I64
from storecast.config import BlendSettings
from storecast.data.panel import Panel, Window
from storecast.errors import HistoryError
from storecast.features.pieces import BETWEEN, of_member
from storecast.models.base import Forecaster, create
from storecast.models.contributions import Contributions, Explains, ExplainsColumns

log = logging.getLogger(__name__)

MEMBERS = "members.json"


class Blend:
    """Equally weighted mean of the members' medians of log sales."""

    name = "blend"

    def __init__(self, settings: BlendSettings, *, fast: bool = False) -> None:
        self.members: dict[str, Forecaster] = {name: create(name, fast=fast) for name in settings.members}

    def fit(self, past: Panel, horizon: int) -> None:
        """Fit every member on the same past, and keep those that it is long enough for.

        Raises
        ------
        HistoryError
            where it is long enough for none
        """
        fitted: dict[str, Forecaster] = {}
        refusals: list[HistoryError] = []
        for name, member in self.members.items():
            log.info("blend: fitting %s", name)
            try:
                member.fit(past, horizon)
            except HistoryError as error:
                refusals.append(error)
            else:
                fitted[name] = member
        if not fitted:
            raise refusals[0]
        if refusals:
            left_out = ", ".join(name for name in self.members if name not in fitted)
            log.warning("blend is %s alone, without %s: %s", " and ".join(fitted), left_out, refusals[0])
        self.members = fitted

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the members' designs side by side."""
        columns: list[pl.Series] = []
        for name, member in self.members.items():
            own = member.features(window, calendar)
            columns += [column.alias(name + BETWEEN + column.name) for column in own.get_columns()]
        return pl.DataFrame(columns)

    def predict(self, features: pl.DataFrame) -> F64:
        """Ask every member for its part of the features, and take the mean."""
        answers = [member.predict(of_member(features, name)) for name, member in self.members.items()]
        mean: F64 = np.mean(answers, axis=0)
        return mean

    def contributions(self, features: pl.DataFrame, rows: I64, background: I64) -> Contributions:
        """Return the mean of the members' contributions: the blend's answer is the mean of theirs.

        Parameters
        ----------
        features : of the whole forecast
        rows : positions of the rows, all days of some stores
        background : positions of the rows that stand for the usual day
        """
        contributions = []
        for name, member in self.members.items():
            assert isinstance(member, Explains)
            contributions.append(member.contributions(of_member(features, name), rows, background))
        return Contributions.mean(contributions)

    def column_contributions(self, features: pl.DataFrame) -> dict[str, float]:
        """Return the columns of the members that tell theirs, each as far as its member counts in the mean."""
        return {
            f"{name}{BETWEEN}{column}": value / len(self.members)
            for name, member in self.members.items()
            if isinstance(member, ExplainsColumns)
            for column, value in member.column_contributions(of_member(features, name)).items()
        }

    def state(self) -> dict[str, bytes]:
        """Return the members' parts, and who they are."""
        parts = {
            f"{name}{BETWEEN}{part}": data
            for name, member in self.members.items()
            for part, data in member.state().items()
        }
        return {MEMBERS: json.dumps(list(self.members)).encode(), **parts}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take the members from their parts."""
        unfitted, self.members = self.members, {}
        for name in json.loads(parts[MEMBERS]):
            begin = name + BETWEEN
            own = {part.removeprefix(begin): data for part, data in parts.items() if part.startswith(begin)}
            self.members[name] = unfitted[name] if name in unfitted else create(name)
            self.members[name].restore(own)


def make_blend(fast: bool) -> Blend:  # noqa: FBT001  (as every model is made)
    """Return the blend; the fast version has the members' fast versions."""
    return Blend(BlendSettings(), fast=fast)
