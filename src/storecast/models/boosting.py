"""Gradient boosting: XGBoost on the feature rows.

XGBoost rather than LightGBM: `benchmarks/boosters.py` has the figures.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from sklearn.pipeline import Pipeline
from xgboost import DMatrix, XGBRegressor

from storecast import safe_skops
from storecast.arrays import F32, F64
from storecast.config import BoostingSettings, FeatureConfig
from storecast.cpus import thread_count
from storecast.features.columns import encoded
from storecast.models.losses import LOSSES
from storecast.models.search_space import Between, SearchSpace
from storecast.models.tree_structure import check_xgboost
from storecast.models.trees import Trees

FEW = 5_000  # rows, of which one thread makes milliseconds; others would mostly wait for each other
# Shallower trees under another loss err on other days, which is what a blend wants; and few of them are fitted quickly.
PLAIN = BoostingSettings(
    rounds=300,
    learning_rate=0.05,
    depth=8,
    min_child_weight=40.0,
    subsample=0.3,
    columns_by_tree=0.25,
    columns_by_node=0.5,
    l2=5.0,
    view=FeatureConfig(impute=True),
    loss="log-squared",
)
FAST_PLAIN = replace(PLAIN, origins=12, rounds=150, learning_rate=0.09)
FAST = replace(FAST_PLAIN, view=BoostingSettings().view)


# On few rows, such as a dozen stores give, other subsamples of rows or columns would move a store's six weeks by 3%, and so would
# a change in one store alone. The mean of some trees in each round, and of trees and ridge, holds still.
# Fewer rounds than these leave the season of a chain unlearned (docs/decisions.md).
FEW_TRAINING_ROWS = 20_000
FEW_ROWS_TREES = 4  # of each round
FEW_ROWS_SETTINGS: dict[str, tuple[str, float]] = {  # XGBoost's name and the value of settings that were not chosen
    "rounds": ("n_estimators", 200),
    "learning_rate": ("learning_rate", 0.06),
    "subsample": ("subsample", 0.8),
}
FEW_ROWS_SHARE = 0.75  # of the trees in log sales; the remainder is the ridge's
SHARE = "share"  # the booster's attribute that keeps it
SEARCH_SPACE: SearchSpace = {
    "rounds": Between(150, 600, log=True),
    "learning_rate": Between(0.02, 0.12, log=True),
    "depth": Between(5, 11),
    "min_child_weight": Between(5.0, 200.0, log=True),
    "subsample": Between(0.2, 0.9),
    "columns_by_tree": Between(0.15, 0.7),
    "columns_by_node": Between(0.3, 1.0),
    "l2": Between(1.0, 50.0, log=True),
    "loss": ("log-squared", "log-absolute"),
}


class Boosting(Trees):
    """XGBoost on feature rows, under a loss that is a setting; usually the absolute error of log sales.

    Parameters
    ----------
    settings : of the trees
    name : of the model
    steady : on few rows, grow several trees a round and take the mean with the ridge; a setting that is changed later is kept
        as it is, the others are those of `FEW_ROWS_SETTINGS`
    """

    search_space = SEARCH_SPACE

    def __init__(self, settings: BoostingSettings, name: str = "boosting", *, steady: bool = False) -> None:
        self.settings = settings
        self.name = name
        self._defaults = settings if steady else None

    def origins(self) -> int | None:
        """Return how many of the newest origins train."""
        return self.settings.origins

    def view(self) -> FeatureConfig:
        """Return how the rows look at the past."""
        return self.settings.view

    def trees(self) -> XGBRegressor:
        """Return the unfitted booster."""
        chosen = self.settings
        loss = LOSSES[chosen.loss]
        return XGBRegressor(
            objective=loss.objective,
            quantile_alpha=chosen.quantile if chosen.loss == "log-quantile" else None,
            n_estimators=chosen.rounds,
            learning_rate=chosen.learning_rate,
            max_depth=chosen.depth,
            min_child_weight=chosen.min_child_weight,
            subsample=chosen.subsample,
            colsample_bytree=chosen.columns_by_tree,
            colsample_bynode=chosen.columns_by_node,
            max_bin=chosen.bins,
            reg_lambda=chosen.l2,
            tree_method="hist",
            random_state=chosen.seed,
            n_jobs=thread_count(),
        )

    def learn(self, table: pl.DataFrame, logs: F32) -> None:
        """Fit the pipeline under the loss that is set."""
        loss = LOSSES[self.settings.loss]
        few = len(logs) < FEW_TRAINING_ROWS and self._defaults is not None
        if few:
            self.pipeline_["trees"].set_params(num_parallel_tree=FEW_ROWS_TREES, **self._few_rows_settings())
        self.pipeline_.fit(table, loss.target(logs), trees__sample_weight=loss.weights(logs))
        if few:
            self.pipeline_["trees"].get_booster().set_attr(**{SHARE: str(FEW_ROWS_SHARE)})
        self._ready()

    def _few_rows_settings(self) -> dict[str, float]:
        """Return what XGBoost is given on few rows in place of defaults that nobody has changed."""
        return {
            parameter: value
            for name, (parameter, value) in FEW_ROWS_SETTINGS.items()
            if getattr(self.settings, name) == getattr(self._defaults, name)
        }

    def ask(self, features: pl.DataFrame) -> F64:
        """Ask the pipeline, in logs; where it was fitted on few rows, the mean with the ridge."""
        loss = LOSSES[self.settings.loss]
        if features.height > FEW:
            logs = loss.logs(super().ask(features))
        else:
            logs = loss.logs(self.alone_.inplace_predict(encoded(self.pipeline_["columns"], features)))
        if self.share_ < 1:
            logs = self.share_ * logs + (1 - self.share_) * features["ridge"].to_numpy().astype(np.float64)
        return logs

    def column_contributions(self, features: pl.DataFrame) -> dict[str, float]:
        """Return each column's mean |TreeSHAP|, in log sales (Lundberg et al., Nature Machine Intelligence 2, 2020)."""
        columns, trees = (step for _, step in self.pipeline_.steps)
        matrix = DMatrix(columns.transform(features.select(columns.feature_names_in_)))
        sizes = np.abs(trees.get_booster().predict(matrix, pred_contribs=True)[:, :-1]).mean(axis=0)
        return dict(zip(columns.get_feature_names_out(), sizes.astype(np.float64).tolist(), strict=True))

    def state(self) -> dict[str, bytes]:
        """Return the encoder through skops and the booster in XGBoost's own format."""
        booster = self.pipeline_["trees"].get_booster()
        return {
            "columns.skops": safe_skops.dump(self.pipeline_["columns"]),
            "trees.ubj": bytes(booster.save_raw("ubj")),
        }

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take encoder and booster."""
        check_xgboost(parts["trees.ubj"])
        trees = self.trees()
        trees.load_model(bytearray(parts["trees.ubj"]))
        self.pipeline_ = Pipeline([("columns", safe_skops.load(parts["columns.skops"])), ("trees", trees)])
        self._ready()

    def _ready(self) -> None:
        """Keep the booster a second time, for one thread: the number of threads is a state of the booster itself."""
        booster = self.pipeline_["trees"].get_booster()
        self.share_ = float(booster.attr(SHARE) or 1)
        self.alone_ = booster.copy()
        self.alone_.set_param({"nthread": 1})


def make_boosting(fast: bool) -> Boosting:  # noqa: FBT001  (as every model is made)
    """Return XGBoost on sales less the ridge's holidays; the fast version learns from fewer origins and stops earlier."""
    return Boosting(FAST if fast else BoostingSettings(), steady=True)


def make_plain_boosting(fast: bool) -> Boosting:  # noqa: FBT001  (as every model is made)
    """Return XGBoost on sales as they are: for the blend, where it errs on other days than its sibling."""
    return Boosting(FAST_PLAIN if fast else PLAIN, "boosting-plain", steady=True)
