"""Quantiles that cannot cross, a loss that looks at known days alone, and a loop that can learn."""

import numpy as np
import pytest
import torch

from storecast.config import LstmSettings
from storecast.models.lstm.network import BELOW, QUANTILES, Network
from storecast.models.lstm.sequences import CODES, Sequences
from storecast.models.lstm.training import train, validate

CPU = torch.device("cpu")
KINDS = [5] * len(CODES)
SMALL = LstmSettings(hidden=8, batch=16, epochs=4, seed=3, learning_rate=0.02)


def some_sequences(sequences: int = 64, days: int = 6, seed: int = 0, *, signal: float = 0.3) -> Sequences:
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((sequences, days, 3)).astype(np.float32)
    target = (signal * numbers[..., 0] + 0.02 * rng.standard_normal((sequences, days))).astype(np.float32)
    target[:, 2] = np.nan
    codes = rng.integers(0, 5, (sequences, days, len(CODES)))
    return Sequences(numbers, codes, np.zeros((sequences, 7, 2), np.float32), target)


def network() -> Network:
    torch.manual_seed(0)
    net = Network(numbers=3, kinds=KINDS, widths=[2] * len(CODES), past=2, hidden=8, layers=2, dropout=0.0)
    torch.nn.init.normal_(net.leave.weight)
    return net.eval()


def predict(net: Network, of: Sequences) -> torch.Tensor:
    with torch.no_grad():
        quantiles: torch.Tensor = net(torch.tensor(of.numbers), torch.tensor(of.codes), torch.tensor(of.past))
    return quantiles


def test_quantiles_never_cross() -> None:
    quantiles = predict(network(), some_sequences())
    order = np.argsort(QUANTILES)
    assert (torch.diff(quantiles[..., order.copy()], dim=-1) >= 0).all()
    assert QUANTILES[0] == 0.5
    assert all(q < 0.5 for q in QUANTILES[1 : BELOW + 1])


def test_the_loss_is_the_quantile_loss_of_known_days() -> None:
    net, of = network(), some_sequences(3)
    quantiles = predict(net, of)
    total = [
        2 * abs(float(of.target[i, t] - quantiles[i, t, k])) * (q if of.target[i, t] > quantiles[i, t, k] else 1 - q)
        for i in range(3)
        for t in range(6)
        for k, q in enumerate(QUANTILES)
        if np.isfinite(of.target[i, t])
    ]
    assert float(net.loss(quantiles, torch.tensor(of.target))) == pytest.approx(np.mean(total) / 2, rel=1e-5)


def test_training_finds_what_there_is_to_find() -> None:
    held_out = some_sequences(seed=1)
    before = validate(network(), held_out, CPU, 16)
    after = validate(train(some_sequences(256), held_out, KINDS, SMALL), some_sequences(seed=2), CPU, 16)
    assert after < before / 3


def test_when_there_is_nothing_to_learn_then_the_best_epoch_is_kept() -> None:
    noise = some_sequences(32, signal=0.0)
    held_out = some_sequences(32, seed=5, signal=0.0)
    wild = LstmSettings(hidden=8, batch=4, epochs=6, patience=1, learning_rate=1.0, finish=1e-9, seed=3)
    best_weights = validate(train(noise, held_out, KINDS, wild), held_out, CPU, 16)
    start = Network(
        numbers=3, kinds=KINDS, widths=[8, *[3] * (len(CODES) - 1)], past=2, hidden=8, layers=2, dropout=0.0
    )
    assert best_weights <= validate(start, held_out, CPU, 16) * 1.05


def test_the_same_seed_gives_the_same_network() -> None:
    one, two = (train(some_sequences(), some_sequences(seed=1), KINDS, SMALL).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_targets_of_closed_days_do_not_train() -> None:
    of, held_out = some_sequences(), some_sequences(seed=1)
    features = of.numbers.copy()
    loss = network().loss(predict(network(), of), torch.tensor(of.target))
    features[:, 5] += 9  # the last day: no later day sees it
    changed = Sequences(features, of.codes, of.past, np.where(np.arange(6) == 5, np.nan, of.target).astype(np.float32))
    same = Sequences(of.numbers, of.codes, of.past, changed.target)
    net = network()
    assert net.loss(predict(net, changed), torch.tensor(changed.target)) == net.loss(
        predict(net, same), torch.tensor(same.target)
    )
    assert loss != net.loss(predict(net, same), torch.tensor(same.target))
    assert len(held_out) == 64
