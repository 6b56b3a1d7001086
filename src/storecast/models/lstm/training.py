"""The training loop: AdamW, one cycle of rates, early stopping on the newest origin, and a last epoch with it.

Each epoch is kept on disk where a folder for it is set (`checkpoints`), and a fit that was killed goes on from there.

The split is in time: the newest origin's days come after all others'. It chooses the epoch, and then is learned from as
well, at a small rate: what happened last says most about what comes next.
"""

import copy
import logging
from collections.abc import Iterator

import torch

from storecast.arrays import I64
from storecast.config import LstmSettings
from storecast.models.lstm.checkpoints import Checkpoint, Training
from storecast.models.lstm.network import Network
from storecast.models.lstm.sequences import CODES, Sequences

log = logging.getLogger(__name__)

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def train(older: Sequences, newest: Sequences, kinds: list[int], settings: LstmSettings) -> Network:
    """Fit a network on sequences, and return it on the CPU, ready to answer.

    Parameters
    ----------
    older : the sequences that train
    newest : those of the newest origin, which choose the epoch
    kinds : how many values each code can take
    """
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = Network(
        numbers=older.numbers.shape[-1],
        kinds=kinds,
        widths=[settings.store_width, *[settings.category_width] * (len(CODES) - 1)],
        past=older.past.shape[-1],
        hidden=settings.hidden,
        layers=settings.layers,
        dropout=settings.dropout,
    ).to(device)
    draw = torch.Generator().manual_seed(settings.seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    steps = settings.epochs * -(-len(older) // settings.batch)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=steps)
    alone = validate(network, newest, device, settings.batch)
    fit = Training(network, optimiser, rates, draw, alone, copy.deepcopy(network.state_dict()))
    checkpoint = Checkpoint(settings, older, newest)
    log.info("lstm: %d sequences on %s, loss of the ridge alone %.5f", len(older), device, alone)
    if checkpoint.resume(fit):
        log.info("lstm: goes on after epoch %d, from %s", fit.epoch, checkpoint.path)
    while fit.epoch < settings.epochs and fit.waited < settings.patience:
        for batch in _batches(older, settings, draw):
            _step(network, optimiser, batch, device)
            rates.step()
        loss = validate(network, newest, device, settings.batch)
        fit.epoch += 1
        log.info("lstm: epoch %d has the loss %.5f on the newest origin", fit.epoch, loss)
        if loss < fit.best:
            fit.best, fit.best_weights, fit.waited = loss, copy.deepcopy(network.state_dict()), 0
        else:
            fit.waited += 1
        checkpoint.save(fit, fit.epoch * steps // settings.epochs)
    network.load_state_dict(fit.best_weights)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.finish * settings.learning_rate, weight_decay=settings.weight_decay
    )
    for batch in _batches(newest, settings, draw):
        _step(network, optimiser, batch, device)
    checkpoint.remove()
    return network.cpu().eval()


@torch.no_grad()
def validate(network: Network, held_out: Sequences, device: torch.device, batch: int) -> float:
    """Return the mean loss on sequences that do not train.

    Parameters
    ----------
    network : fitted
    held_out : sequences that do not train
    device : of the tensors
    batch : sequences at a time
    """
    network.eval()
    total = days = 0.0
    for begin in range(0, len(held_out), batch):
        part = slice(begin, begin + batch)
        numbers, codes, past, target = (tensor.to(device) for tensor in _tensors(held_out, part))
        known = int(torch.isfinite(target).sum())
        if known:
            total += float(network.loss(network(numbers, codes, past), target)) * known
            days += known
    return total / max(days, 1)


def _step(network: Network, optimiser: torch.optim.Optimizer, batch: Batch, device: torch.device) -> None:
    network.train()
    numbers, codes, past, target = (tensor.to(device) for tensor in batch)
    optimiser.zero_grad()
    loss = network.loss(network(numbers, codes, past), target)
    loss.backward()  # type: ignore[no-untyped-call] # PyTorch has no annotation here
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()


def _batches(of: Sequences, settings: LstmSettings, draw: torch.Generator) -> Iterator[Batch]:
    """Yield the sequences in a random order; a few have their store hidden."""
    order = torch.randperm(len(of), generator=draw)
    for begin in range(0, len(of), settings.batch):
        numbers, codes, past, target = _tensors(of, order[begin : begin + settings.batch].numpy())
        codes[torch.rand(len(codes), generator=draw) < settings.unknown_share, :, 0] = 0
        yield numbers, codes, past, target


def _tensors(of: Sequences, part: slice | I64) -> Batch:
    return (
        torch.tensor(of.numbers[part]),
        torch.tensor(of.codes[part]),
        torch.tensor(of.past[part]),
        torch.tensor(of.target[part]),
    )
