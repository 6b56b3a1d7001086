"""What training has reached, kept on disk after each epoch: a fit that was killed goes on where it stopped.

A checkpoint is one file of plain arrays, written whole, and named by a digest of what it belongs to: the sequences and the
settings. Another fit, or other data, never goes on from it. The fit that is done removes it.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from storecast.config import LstmSettings
from storecast.files import atomic_write
from storecast.models.array_bytes import pack, unpack
from storecast.models.lstm.network import Network
from storecast.models.lstm.sequences import Sequences

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(eq=False)
class Training:
    """A fit under way.

    Attributes
    ----------
    draw : deals out the sequences and hides stores; the network's own dropout draws from PyTorch's global generator
    best, best_weights : the lowest loss on the newest origin, and the weights that had it
    epoch, waited : epochs done, and how many of the last were no better
    """

    network: Network
    optimiser: torch.optim.Optimizer
    rates: torch.optim.lr_scheduler.LRScheduler
    draw: torch.Generator
    best: float
    best_weights: dict[str, Tensor]
    epoch: int = 0
    waited: int = 0


class Checkpoint:
    """The file of one fit; without a folder in the settings, nothing is kept."""

    def __init__(self, settings: LstmSettings, *sequences: Sequences) -> None:
        self.path: Path | None = None
        if settings.checkpoints:
            digest = hashlib.sha256(repr(asdict(settings)).encode())
            for of in sequences:
                for values in (of.numbers, of.codes, of.past, of.target):
                    digest.update(np.ascontiguousarray(values).tobytes())
            self.path = Path(settings.checkpoints) / f"lstm-{digest.hexdigest()[:16]}.npz"

    def save(self, fit: Training, steps: int) -> None:
        """Keep what has been reached, ``steps`` batches into the cycle of rates."""
        if self.path is None:
            return
        arrays: Arrays = {"steps": np.array([steps, fit.epoch, fit.waited]), "best": np.array(fit.best)}
        arrays |= {"random": torch.get_rng_state().numpy(), "draw": fit.draw.get_state().numpy()}
        arrays |= {f"weight {name}": _plain(value) for name, value in fit.network.state_dict().items()}
        arrays |= {f"kept {name}": _plain(value) for name, value in fit.best_weights.items()}
        state = fit.optimiser.state_dict()
        arrays |= {f"moment {k} {name}": _plain(v) for k, of in state["state"].items() for name, v in of.items()}
        arrays["rate"] = np.array([[group["lr"], *group["betas"]] for group in state["param_groups"]])
        with atomic_write(self.path) as draft:
            draft.write_bytes(pack(arrays))

    def resume(self, fit: Training) -> bool:
        """Take what an earlier fit of the same data and settings has reached; False where there is none."""
        if self.path is None or not self.path.exists():
            return False
        arrays = unpack(self.path.read_bytes())

        def tensors(kind: str) -> dict[str, Tensor]:
            begin = f"{kind} "
            return {k.removeprefix(begin): torch.tensor(v) for k, v in arrays.items() if k.startswith(begin)}

        steps, fit.epoch, fit.waited = (int(value) for value in arrays["steps"])
        fit.best = float(arrays["best"])
        fit.network.load_state_dict(tensors("weight"))
        fit.best_weights = tensors("kept")
        state: dict[str, Any] = fit.optimiser.state_dict()
        for name, value in tensors("moment").items():
            place, moment = name.split(" ")
            state["state"].setdefault(int(place), {})[moment] = value
        for group, (rate, *betas) in zip(state["param_groups"], arrays["rate"].tolist(), strict=True):
            group |= {"lr": rate, "betas": tuple(betas)}
        fit.optimiser.load_state_dict(state)
        fit.rates.load_state_dict({**fit.rates.state_dict(), "last_epoch": steps, "_step_count": steps + 1})
        torch.set_rng_state(torch.tensor(arrays["random"]))
        fit.draw.set_state(torch.tensor(arrays["draw"]))
        return True

    def remove(self) -> None:
        """Remove the file: the fit is done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _plain(value: Tensor) -> npt.NDArray[np.generic]:
    array: npt.NDArray[np.generic] = value.detach().cpu().numpy()
    return array
