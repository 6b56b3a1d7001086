"""LightGBM on the feature rows: a tree library in one file. An extra: pip install 'storecast[lightgbm]'."""

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from storecast.models.search_space import Between, SearchSpace
from storecast.models.tree_library import TreeForecaster, TreeLibrary
from storecast.models.tree_structure import check_lightgbm


@dataclass(frozen=True)
class LightgbmSettings:
    """Parameters of LGBMRegressor, by its own names."""

    objective: str = "l1"
    n_estimators: int = 400
    learning_rate: float = 0.05
    num_leaves: int = 63
    min_child_samples: int = 40
    colsample_bytree: float = 0.5
    random_state: int = 0


SEARCH_SPACE: SearchSpace = {
    "objective": ("l1", "l2"),
    "n_estimators": Between(150, 800, log=True),
    "learning_rate": Between(0.02, 0.12, log=True),
    "num_leaves": Between(15, 255, log=True),
    "min_child_samples": Between(10, 200, log=True),
    "colsample_bytree": Between(0.2, 1.0),
}


def make_trees(settings: LightgbmSettings) -> Any:
    """Return the unfitted trees; one thread, so that the same fit gives the same bytes."""
    fixed = {"deterministic": True, "force_row_wise": True, "n_jobs": 1, "verbose": -1}
    return import_module("lightgbm").LGBMRegressor(**asdict(settings), **fixed)


def load_trees(text: bytes) -> Any:
    """Return the booster of a text whose trees have been checked."""
    check_lightgbm(text)
    return import_module("lightgbm").Booster(model_str=text.decode())


LIBRARY = TreeLibrary(
    module="lightgbm",
    make=make_trees,
    save=lambda trees: trees.booster_.model_to_string().encode(),
    load=load_trees,
    part="trees.txt",
)


def make_lightgbm(fast: bool) -> TreeForecaster:  # noqa: FBT001  (as every model is made)
    """Return the model; the fast version has fewer trees."""
    settings = LightgbmSettings(n_estimators=150) if fast else LightgbmSettings()
    return TreeForecaster("lightgbm", settings, LIBRARY, search_space=SEARCH_SPACE)
