"""The network as a model like the others: fitted by PyTorch, asked through ONNX Runtime.

Only `fit` imports PyTorch. Its network goes into the model file as ONNX, and whoever forecasts needs no training stack.
"""

import io
import json
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from storecast import safe_skops
from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.config import FeatureConfig, LstmSettings
from storecast.cpus import thread_count
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, HistoryError
from storecast.features.cutoff_state import RESIDUAL_DAYS
from storecast.features.declarations import OFFSET
from storecast.features.store import FeatureStore
from storecast.models.contributions import Contributions, walk
from storecast.models.lstm.sequences import BASE, Sequences, columns_of, encoder, past_of, sequences, with_store
from storecast.models.search_space import Between, SearchSpace

if TYPE_CHECKING:
    from storecast.models.lstm.network import Network

VIEW = FeatureConfig(impute=True, holidays_apart=True)
FEWEST_SEQUENCES = 20
SEQUENCE, STEP, PAST = "sequence", "step", "past"  # columns beside the features
INPUTS = ("numbers", "codes", "past")
TRAINED_WITH = {"torch": "PyTorch", "onnx": "ONNX"}  # by module, its name
SEARCH_SPACE: SearchSpace = {
    "hidden": Between(32, 128, log=True),
    "dropout": Between(0.0, 0.3),
    "learning_rate": Between(5e-4, 5e-3, log=True),
    "weight_decay": Between(1e-3, 0.1, log=True),
    "epochs": Between(3, 8),
}


class Lstm:
    """LSTM encoder and decoder over all stores, with embeddings, on what the ridge leaves over."""

    name = "lstm"
    search_space = SEARCH_SPACE

    def __init__(self, settings: LstmSettings) -> None:
        self.settings = settings

    def fit(self, past: Panel, horizon: int) -> None:
        """Fit scalers, encoders and network on the sequences after every origin of the past.

        Raises
        ------
        ConfigError
            where PyTorch is not installed
        HistoryError
            where the past is too short for two origins
        """
        self.check_libraries()
        from storecast.models.lstm.training import train

        blocks = FeatureStore.of(past).training(past, horizon, VIEW, origins=self.settings.origins)
        tables = [with_store(block, past.stores[s.STORE]) for block in blocks]
        seen = [np.isfinite(block.target) for block in blocks]
        if (
            len(blocks) < 2
            or sum(len(np.unique(b.store[k])) for b, k in zip(blocks, seen, strict=True)) < FEWEST_SEQUENCES
        ):
            raise HistoryError(
                f"The model lstm needs two origins and {FEWEST_SEQUENCES} stores' days after them to learn from; the "
                f"{(past.end - past.first).days + 1} days up to {past.end} hold too few. Give a longer history, or choose the "
                "models naive,linear."
            )
        learned = pl.concat([table.filter(pl.Series(rows)) for table, rows in zip(tables, seen, strict=True)])
        self.columns_ = columns_of(learned)
        self.pipeline_ = encoder(self.columns_)
        self.pipeline_.fit(learned.select(self.columns_))
        parts = []
        for block, table, rows in zip(blocks, tables, seen, strict=True):
            stores, place = np.unique(block.store[rows], return_inverse=True)
            keep = np.isin(block.store, stores)
            place = np.searchsorted(stores, block.store[keep])
            parts.append(
                sequences(
                    self.pipeline_.transform(table.select(self.columns_))[keep],
                    place,
                    block.day[keep] - block.origin - 1,
                    past_of(block.residuals[stores]),
                    int((block.day - block.origin).max()),
                    (block.target - table[BASE].to_numpy())[keep],
                )
            )
        categories = self.pipeline_["columns"].named_transformers_["codes"].categories_
        network = train(_together(parts[1:]), parts[0], [len(kinds) + 1 for kinds in categories], self.settings)
        self.network_ = _onnx(network, parts[0])
        self._open()

    def check_libraries(self) -> None:
        """Refuse a fit where PyTorch or ONNX is missing.

        Raises
        ------
        ConfigError
            where one of them is not installed
        """
        missing = [title for module, title in TRAINED_WITH.items() if find_spec(module) is None]
        if missing:
            raise ConfigError(
                f"The model lstm is trained with {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not "
                "installed. Install the extra "
                "(pip install 'storecast[lstm]', or make setup-lstm), or choose other models."
            )

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the features of each row, and to which day of which sequence it belongs."""
        rows = FeatureStore.of(window).ahead(window, VIEW, calendar)
        ahead = window.future if calendar is None else calendar
        table = (
            with_store(rows, window.past.stores[s.STORE])
            .select(
                *self.columns_,
                pl.Series(SEQUENCE, rows.store),
                pl.Series(STEP, rows.day - rows.origin - 1),
                pl.Series(OFFSET, rows.offset),
                pl.Series(PAST, rows.residuals[rows.store], dtype=pl.Array(pl.Float32, RESIDUAL_DAYS)),
            )
            .hstack(rows.parts)
        )
        requested = ahead.select(s.STORE, (pl.col(s.DATE) - window.cutoff).dt.total_days().sub(1).alias(STEP))
        return requested.join(table, on=[s.STORE, STEP], how="left", maintain_order="left")

    def predict(self, features: pl.DataFrame) -> F64:
        """Run the network over whole sequences, and add base and offset to its median."""
        matrix = self.pipeline_.transform(features.select(self.columns_))
        first = features[SEQUENCE].to_numpy()
        names, begin, place = np.unique(first, return_index=True, return_inverse=True)
        step = features[STEP].to_numpy()
        past = past_of(features[PAST].to_numpy()[begin])
        inputs = sequences(matrix, place, step, past, int(step.max()) + 1)
        assert len(inputs) == len(names)
        quantiles = self.session_.run(None, {name: getattr(inputs, name) for name in INPUTS})[0]
        out: F64 = (
            quantiles[place, step, 0]
            + features.select(pl.col(BASE, OFFSET).cast(pl.Float64)).sum_horizontal().to_numpy()
        )
        return out

    def contributions(self, features: pl.DataFrame, rows: I64, background: I64) -> Contributions:
        """Return what each driver adds to the answers, by walks from the background; a store's days change together.

        Parameters
        ----------
        features : of the whole forecast
        rows : positions of the rows, all days of some stores
        background : positions of the rows that stand for the usual day
        """
        return walk(self.predict, features, rows, background)

    def state(self) -> dict[str, bytes]:
        """Return scalers and encoders through skops, and the network as ONNX."""
        return {
            "columns.skops": safe_skops.dump(self.pipeline_["columns"]),
            "names.json": json.dumps(self.columns_).encode(),
            "network.onnx": self.network_,
        }

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take scalers, encoders and network."""
        self.columns_ = json.loads(parts["names.json"])
        self.pipeline_ = encoder(self.columns_)
        self.pipeline_.steps[0] = ("columns", safe_skops.load(parts["columns.skops"]))
        self.network_ = parts["network.onnx"]
        self._open()

    def _open(self) -> None:
        import onnxruntime  # imported here: most processes ask no network

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = thread_count()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session_ = onnxruntime.InferenceSession(self.network_, options, providers=["CPUExecutionProvider"])


def _together(parts: list[Sequences]) -> Sequences:
    return Sequences(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("numbers", "codes", "past", "target"))
    )


def _onnx(network: "Network", example: Sequences) -> bytes:
    """Return the network as ONNX, for any number of sequences and days."""
    import torch

    inputs = tuple(torch.tensor(getattr(example, name)[:1]) for name in INPUTS)
    axes = {name: {0: "sequences", 1: "days"} for name in ("numbers", "codes", "quantiles")}
    out = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that PyTorch would rather see used needs two more libraries, and writes the same LSTM.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            inputs,
            out,  # type: ignore[arg-type] # this exporter writes to an open file, too
            dynamo=False,
            input_names=list(INPUTS),
            output_names=["quantiles"],
            dynamic_axes={**axes, "past": {0: "sequences"}},
        )
    return out.getvalue()


def make_lstm(fast: bool) -> Lstm:  # noqa: FBT001  (as every model is made)
    """Return the network; the fast version is narrower and learns from fewer origins."""
    return Lstm(LstmSettings(origins=8, hidden=32, epochs=3) if fast else LstmSettings())
