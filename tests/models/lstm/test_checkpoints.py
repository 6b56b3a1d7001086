"""A fit that is killed goes on where it stopped, and ends as if nothing had happened."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.lstm.test_network import KINDS, SMALL, some_sequences
from storecast.models.lstm import training
from storecast.models.lstm.checkpoints import Checkpoint


def test_when_a_fit_is_killed_then_the_next_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newest = some_sequences(seed=1), some_sequences(16, seed=2)
    best_weights = replace(SMALL, checkpoints=str(tmp_path), dropout=0.2)
    whole = training.train(older, newest, KINDS, best_weights).state_dict()
    validate, validations = training.validate, []

    def killed(*inputs: object) -> float:
        validations.append(inputs)
        if len(validations) == 4:  # the loss of the ridge, of two epochs, and of the third
            raise KeyboardInterrupt
        return validate(*inputs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(training, "validate", killed)
        with pytest.raises(KeyboardInterrupt):
            training.train(older, newest, KINDS, best_weights)
    assert len(list(tmp_path.glob("lstm-*.npz"))) == 1
    validations.clear()
    monkeypatch.setattr(training, "validate", lambda *inputs: validations.append(inputs) or validate(*inputs))  # type: ignore[func-returns-value]
    resumed = training.train(older, newest, KINDS, best_weights).state_dict()
    assert len(validations) == 3, "the ridge, and the third and fourth epoch"
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name
    assert not list(tmp_path.iterdir()), "a fit that is done leaves nothing"


def test_other_data_and_other_settings_have_checkpoints_of_their_own(tmp_path: Path) -> None:
    best_weights = replace(SMALL, checkpoints=str(tmp_path))
    paths = {
        Checkpoint(of, data).path
        for of in (best_weights, replace(best_weights, seed=8))
        for data in (some_sequences(), some_sequences(seed=5))
    }
    assert len(paths) == 4
    assert Checkpoint(SMALL, some_sequences()).path is None
