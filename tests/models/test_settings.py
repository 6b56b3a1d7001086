"""Settings from a file: the fields of the dataclasses, and nothing more."""

from pathlib import Path

import pytest

from storecast.config import BoostingSettings
from storecast.errors import ConfigError
from storecast.models import create
from storecast.models.boosting import PLAIN
from storecast.models.settings import changed, read_settings


def test_a_table_changes_the_settings_of_its_model_also_inside_the_blend(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[boosting]\nrounds = 7\nlearning_rate = 1\nloss = "absolute"\n', encoding="utf-8")
    settings = read_settings(path)
    alone, blend = create("boosting", settings=settings), create("blend", settings=settings)
    assert (alone.settings.rounds, alone.settings.loss) == (7, "absolute")
    assert blend.members["boosting"].settings == alone.settings
    assert blend.members["boosting-plain"].settings == PLAIN


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rounds = 7", "outside a model's table"),
        ("[boosting]\nround = 7", "Did you mean rounds"),
        ('[boosting]\nrounds = "many"', "a whole number"),
        ("[boosting]\nrounds = 7.5", "a whole number"),
        ("[boosting]\nrounds = true", "a whole number"),
        ("[boosting]\nloss = 3", "a text"),
        ("[boosting]\nview = 3", "no setting 'view'"),
        ("[bosting]\nrounds = 7", "Did you mean boosting"),
        ('[blend]\nmembers = "linear"', "no settings of its own"),
        ("[boosting", "not valid TOML"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        create("blend", settings=read_settings(path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")


def test_origins_may_be_set_although_usually_all_train() -> None:
    assert changed(BoostingSettings(), "boosting", {"origins": 8}).origins == 8
    with pytest.raises(ConfigError, match="origins"):
        changed(BoostingSettings(), "boosting", {"origins": "all"})
