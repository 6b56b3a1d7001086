"""A random forest: scikit-learn's own, in a pipeline, on part of the rows and the columns that are declared for it."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestRegressor

from storecast import safe_skops
from storecast.arrays import F64
from storecast.config import ForestSettings
from storecast.cpus import thread_count
from storecast.features.cutoff_state import FeatureRows
from storecast.features.declarations import FEATURES
from storecast.models.search_space import Between, SearchSpace
from storecast.models.trees import Trees

SEARCH_SPACE: SearchSpace = {
    "trees": Between(20, 80),
    "min_samples_leaf": Between(2, 30, log=True),
    "columns_by_split": Between(0.2, 0.8),
}


class Forest(Trees):
    """Random forest on the log of sales."""

    name = "forest"
    search_space = SEARCH_SPACE

    def __init__(self, settings: ForestSettings) -> None:
        self.settings = settings

    def columns(self, available: list[str]) -> list[str]:
        """Return the columns that are declared for the forest; own columns and features are always among them."""
        return [name for name in available if name not in FEATURES or FEATURES[name].forest]

    def trees(self) -> RandomForestRegressor:
        """Return the unfitted forest."""
        return RandomForestRegressor(
            n_estimators=self.settings.trees,
            min_samples_leaf=self.settings.min_samples_leaf,
            max_features=self.settings.columns_by_split,
            n_jobs=thread_count(),
            random_state=self.settings.seed,
        )

    def predict(self, features: pl.DataFrame) -> F64:
        """Ask the trees one after another: threads add them up in varying order, and the last digit with it."""
        self.pipeline_.set_params(trees__n_jobs=1)
        return super().predict(features)

    def state(self) -> dict[str, bytes]:
        """Return the whole pipeline through skops."""
        return {"pipeline.skops": safe_skops.dump(self.pipeline_)}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take the pipeline."""
        self.pipeline_ = safe_skops.load(parts["pipeline.skops"])

    def _training(self, blocks: list[FeatureRows]) -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.float32]]]:
        table, target = super()._training(blocks)
        if len(target) <= self.settings.rows:
            return table, target
        chosen = np.sort(np.random.default_rng(self.settings.seed).permutation(len(target))[: self.settings.rows])
        return table[chosen], target[chosen]


def make_forest(fast: bool) -> Forest:  # noqa: FBT001  (as every model is made)
    """Return the forest; the fast version has fewer trees."""
    return Forest(ForestSettings(trees=30, rows=60_000) if fast else ForestSettings())
