"""TreeForecaster: a model composed of a tree library: how its trees are made, saved and loaded.

One file adds a library; see `models.lightgbm` for the whole of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import polars as pl
from sklearn.pipeline import Pipeline

from storecast import safe_skops
from storecast.arrays import F64
from storecast.config import FeatureConfig
from storecast.errors import ConfigError
from storecast.models.search_space import SearchSpace
from storecast.models.trees import Trees
from storecast.part_formats import readers_of

COLUMNS = "columns.skops"


@dataclass(frozen=True)
class TreeLibrary:
    """A library of trees.

    Attributes
    ----------
    module : that must be installed, also the name of the extra
    make : returns an unfitted estimator (`fit(X, y)` and `predict(X)`), given the settings
    save : returns a fitted estimator as bytes that cannot run code
    load : returns an object with `predict(X)`, given these bytes
    part : name of the part of a model file that holds the bytes; its ending is declared in `storecast.part_formats`
    """

    module: str
    make: Callable[[Any], Any]
    save: Callable[[Any], bytes]
    load: Callable[[bytes], Any]
    part: str


class TreeForecaster(Trees):
    """Trees of a library on the feature rows, fitted on log sales.

    Parameters
    ----------
    name : by which the model is registered
    settings : a frozen dataclass; a field `origins`, where there is one, limits the origins that train
    library : how trees are made, saved and loaded
    config : how feature rows look at the past
    search_space : where a search for settings looks; None: there is nothing to search
    """

    def __init__(
        self,
        name: str,
        settings: Any,
        library: TreeLibrary,
        config: FeatureConfig | None = None,
        *,
        search_space: SearchSpace | None = None,
    ) -> None:
        readers_of(library.part)  # an unknown ending is refused now, not after the fit
        self.name = name
        self.settings = settings
        self.library = library
        self.config = config or FeatureConfig()
        self.search_space = search_space or {}

    def origins(self) -> int | None:
        """Return how many of the newest origins train."""
        return getattr(self.settings, "origins", None)

    def view(self) -> FeatureConfig:
        """Return how the rows look at the past."""
        return self.config

    def check_libraries(self) -> None:
        """Refuse a fit where the library is missing.

        Raises
        ------
        ConfigError
            where it is not installed
        """
        if find_spec(self.library.module) is None:
            raise ConfigError(
                f"The model {self.name} needs {self.library.module}, which is not installed: pip install "
                f"'storecast[{self.library.module}]', or choose another model."
            )

    def trees(self) -> object:
        """Return the unfitted trees.

        Raises
        ------
        ConfigError
            where the library is not installed
        """
        self.check_libraries()
        return self.library.make(self.settings)

    def ask(self, features: pl.DataFrame) -> F64:
        """Ask the trees for log sales, (rows,); what `load` returns need not be an estimator of scikit-learn."""
        columns, trees = (step for _, step in self.pipeline_.steps)
        logs: F64 = np.asarray(trees.predict(columns.transform(features.select(columns.feature_names_in_))), np.float64)
        return logs

    def state(self) -> dict[str, bytes]:
        """Return the encoder through skops and the trees in their library's own format."""
        return {
            COLUMNS: safe_skops.dump(self.pipeline_["columns"]),
            self.library.part: self.library.save(self.pipeline_["trees"]),
        }

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take encoder and trees."""
        trees = self.library.load(parts[self.library.part])
        self.pipeline_ = Pipeline([("columns", safe_skops.load(parts[COLUMNS])), ("trees", trees)])
