"""What forest and boosting share: feature rows after many origins, and one fitted scikit-learn pipeline over them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import polars as pl
from sklearn.pipeline import Pipeline

from storecast import schema as s
from storecast.arrays import F32, F64, I64
from storecast.config import FeatureConfig
from storecast.data.grid import store_positions
from storecast.data.panel import Panel, Window
from storecast.errors import HistoryError
from storecast.features.columns import encoder
from storecast.features.cutoff_state import FeatureRows
from storecast.features.declarations import OFFSET
from storecast.features.store import FeatureStore
from storecast.models.contributions import Contributions, walk

FEWEST_ROWS = 200
ASKED_AT_ONCE = 20_000  # rows: enough for several threads to share, and some 20 MB
YOUNG = 28  # days with sales, below which a store's forecast is the ridge's (benchmarks/cold_stores.py)


class Trees(ABC):
    """A pipeline of the encoder and trees, fitted on the log of sales."""

    name: str

    def fit(self, past: Panel, horizon: int) -> None:
        """Fit encoder and trees on the rows after every origin of the past.

        Raises
        ------
        HistoryError
            where the past holds too few open days to learn from
        """
        blocks = FeatureStore.of(past).training(past, horizon, self.view(), origins=self.origins())
        table, target = self._training(blocks)
        if len(target) < FEWEST_ROWS:
            raise HistoryError(
                f"The model {self.name} needs {FEWEST_ROWS} open days to learn from, each with a past before it; the "
                f"{(past.end - past.first).days + 1} days up to {past.end} hold {len(target)}. Give a longer history, or "
                "choose the models naive,linear."
            )
        columns = self.columns(table.columns)
        self.pipeline_ = Pipeline([("columns", encoder(columns)), ("trees", self.trees())])
        self.learn(table.select(columns), target)

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the feature rows of the days ahead, with what explains them beside the columns that the trees look at."""
        rows = FeatureStore.of(window).ahead(window, self.view(), calendar)
        ahead = window.future if calendar is None else calendar
        days = (ahead[s.DATE] - window.past.first).dt.total_days().to_numpy()
        width = int(rows.day.max()) + 1
        requested = store_positions(window.past.stores, ahead[s.STORE]) * width + days
        row = np.searchsorted(rows.store * width + rows.day, requested)
        whole = rows.table.hstack([pl.Series(OFFSET, rows.offset), *rows.parts.get_columns()])
        return whole if np.array_equal(row, np.arange(whole.height)) else whole[row]

    def predict(self, features: pl.DataFrame) -> F64:
        """Ask the pipeline, and put back what the view took off.

        Trees have learned from stores with months of history. Where there is less, they would take empty means for small
        ones, and the ridge, which then leans on stores alike, answers alone.
        """
        young = features["history_days"].to_numpy() < YOUNG
        logs: F64 = np.where(young, features["ridge"].to_numpy().astype(np.float64), self.ask(features))
        logs += features[OFFSET].to_numpy().astype(np.float64)
        return logs

    def learn(self, table: pl.DataFrame, logs: F32) -> None:
        """Fit the pipeline on log sales."""
        self.pipeline_.fit(table, logs)

    def ask(self, features: pl.DataFrame) -> F64:
        """Ask the pipeline for log sales less the offset, (rows,)."""
        out: F64 = self.pipeline_.predict(features.select(self.pipeline_["columns"].feature_names_in_))
        return out

    def contributions(self, features: pl.DataFrame, rows: I64, background: I64) -> Contributions:
        """Return what each driver adds to the answers, by walks from the background.

        Parameters
        ----------
        features : of the whole forecast
        rows : positions of the rows, all days of some stores
        background : positions of the rows that stand for the usual day
        """
        return walk(self.predict, features, rows, background, at_once=ASKED_AT_ONCE)

    def view(self) -> FeatureConfig:
        """Return how the rows look at the past."""
        return FeatureConfig()

    def origins(self) -> int | None:
        """Return how many of the newest origins train; None: all."""
        return None

    def columns(self, available: list[str]) -> list[str]:
        """Return the feature columns to use."""
        return available

    @abstractmethod
    def trees(self) -> object:
        """Return the unfitted trees."""

    @abstractmethod
    def state(self) -> dict[str, bytes]:
        """Return the fitted pipeline as parts."""

    @abstractmethod
    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take the fitted pipeline."""

    def _training(self, blocks: list[FeatureRows]) -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.float32]]]:
        """Return the open days with sales among the rows of the blocks."""
        if not blocks:
            return pl.DataFrame(), np.empty(0, np.float32)
        seen = [np.isfinite(block.target) for block in blocks]
        table = pl.concat([block.table.filter(pl.Series(rows)) for block, rows in zip(blocks, seen, strict=True)])
        return table, np.concatenate([block.target[rows] for block, rows in zip(blocks, seen, strict=True)])
