import datetime as dt
import logging
import os
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from storecast.bundle import registry
from storecast.bundle.registry import current, list_models, open_model, promote, prune, publish
from storecast.errors import ModelFileError

NOON = dt.datetime(2015, 7, 31, 12, 0, 0, tzinfo=dt.UTC)
PARTS = {"columns.skops": b"columns", "trees.ubj": bytes(range(256)) * 300}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "home" / "models"


def test_what_is_published_is_what_is_opened(models: Path, manifest: dict[str, Any]) -> None:
    path = publish(models, manifest, PARTS, now=NOON)
    model = open_model(path)
    assert path == models / "model-2015-07-31-12-00-00.pkl"
    assert model.parts == PARTS
    assert model.manifest.kind == "boosting"
    assert model.manifest.created == NOON
    assert model.manifest.cutoff == dt.date(2015, 6, 13)
    assert model.manifest.task == {"horizon": 42, "quantiles": [0.1, 0.9]}
    assert {"python", "storecast", "skops", "scikit-learn", "xgboost"} <= set(model.manifest.versions)


def test_any_python_unpickles_the_file_into_plain_data(models: Path, manifest: dict[str, Any]) -> None:
    plain = pickle.loads(publish(models, manifest, PARTS).read_bytes())
    assert plain["parts"] == PARTS
    assert plain["manifest"]["kind"] == "boosting"


def test_the_name_is_in_utc_whatever_zone_the_clock_is_in(models: Path, manifest: dict[str, Any]) -> None:
    berlin = NOON.astimezone(dt.timezone(dt.timedelta(hours=2)))
    assert publish(models, manifest, PARTS, now=berlin).name == "model-2015-07-31-12-00-00.pkl"


def test_when_the_second_is_taken_then_the_next_is_used(models: Path, manifest: dict[str, Any]) -> None:
    names = [publish(models, manifest, PARTS, now=NOON).name[-6:-4] for _ in range(3)]
    assert names == ["00", "01", "02"]


def test_publishers_at_the_same_time_do_not_collide(models: Path, manifest: dict[str, Any]) -> None:
    with ThreadPoolExecutor(8) as threads:
        one = {"number": [bytes([number]) for number in range(16)]}["number"]
        paths = list(threads.map(lambda part: publish(models, manifest, {"one": part}, now=NOON), one))
    assert len(set(paths)) == 16
    assert [open_model(path).parts["one"] for path in paths] == one


def test_copying_both_files_works(models: Path, manifest: dict[str, Any], tmp_path: Path) -> None:
    path = publish(models, manifest, PARTS)
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for file in models.glob("model-*"):
        shutil.copy(file, copy)
    assert open_model(copy / path.name).parts == PARTS


def test_a_model_over_the_bound_is_not_published(
    models: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LARGEST", 50_000)
    with pytest.raises(ModelFileError, match=r"at most 50,000 are allowed \(trees\.ubj: 76,800, columns\.skops: 7\)"):
        publish(models, manifest, PARTS)
    assert not models.exists()


def test_when_the_disk_is_full_then_nothing_is_left(
    models: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        publish(models, manifest, PARTS)
    assert list(models.iterdir()) == []


def test_a_private_key_is_never_kept_with_the_models(
    models: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (models / "signing.key", models / "keys" / "signing.key", models.parent / "signing.key"):
        monkeypatch.setenv("STORECAST_SIGNING_KEY", str(place))
        with pytest.raises(ModelFileError, match="lies with the models"):
            publish(models, manifest, PARTS)


def test_the_list_is_newest_first_with_states_and_the_promoted_one(models: Path, manifest: dict[str, Any]) -> None:
    old, middle, new = (publish(models, manifest, PARTS, now=NOON + dt.timedelta(days=day)) for day in range(3))
    promote(models, old.name)
    middle.write_bytes(middle.read_bytes() + b"x")
    listed = list_models(models)
    assert [model.path for model in listed] == [new, middle, old]
    assert [model.valid for model in listed] == [True, False, True]
    assert [model.promoted for model in listed] == [False, False, True]
    assert "changed" in str(listed[1].reason)
    assert listed[0].manifest is not None
    assert listed[0].manifest.kind == "boosting"


def test_a_folder_that_is_not_there_lists_nothing(models: Path) -> None:
    assert list_models(models) == []


@pytest.mark.parametrize("moment", ["before its turn", "while it is read"])
def test_a_model_that_is_deleted_while_it_is_listed_is_left_out(
    models: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    retained, gone = (publish(models, manifest, PARTS, now=NOON + dt.timedelta(days=day)) for day in range(2))
    names, opened = registry._names, registry.open_model

    def before_the_first(folder: Path) -> list[str]:
        listed = names(folder)
        gone.unlink()
        return listed

    def before_its_own(path: Path) -> Any:
        if path == gone:
            gone.unlink()
        return opened(path)

    if moment == "while it is read":
        monkeypatch.setattr(registry, "open_model", before_its_own)
    else:
        monkeypatch.setattr(registry, "_names", before_the_first)
    assert [model.path for model in list_models(models)] == [retained]


def test_current_is_a_text_file_that_names_the_promoted_model(models: Path, manifest: dict[str, Any]) -> None:
    first, second = publish(models, manifest, PARTS, now=NOON), publish(models, manifest, PARTS, now=NOON)
    with pytest.raises(ModelFileError, match="No model is promoted"):
        current(models)
    promote(models, first.name)
    promote(models, second.name)
    assert (models / "current").read_text() == f"{second.name}\n"
    assert current(models) == second
    assert not list(models.glob(".*"))


def test_an_invalid_model_is_not_promoted(models: Path, manifest: dict[str, Any]) -> None:
    good, bad = publish(models, manifest, PARTS, now=NOON), publish(models, manifest, PARTS, now=NOON)
    promote(models, good.name)
    bad.write_bytes(bad.read_bytes()[:-1])
    with pytest.raises(ModelFileError, match="signature"):
        promote(models, bad.name)
    assert current(models) == good


@pytest.mark.parametrize("content", ["../models/model-2015-07-31-12-00-00.pkl", "", "model.pkl\n", "x" * 201])
def test_a_current_that_names_no_model_is_refused(models: Path, manifest: dict[str, Any], content: str) -> None:
    publish(models, manifest, PARTS, now=NOON)
    (models / "current").write_text(content)
    with pytest.raises(ModelFileError, match="current"):
        current(models)


def test_prune_keeps_the_newest_and_the_promoted_one(models: Path, manifest: dict[str, Any]) -> None:
    paths = [publish(models, manifest, PARTS, now=NOON + dt.timedelta(hours=hour)) for hour in range(6)]
    promote(models, paths[0].name)
    deleted = prune(models, keep=2)
    assert {path.name for path in deleted} == {f"{path.name}{suffix}" for path in paths[1:4] for suffix in ("", ".sig")}
    assert [model.path for model in list_models(models)] == [paths[5], paths[4], paths[0]]


def test_prune_leaves_refused_files_alone(models: Path, manifest: dict[str, Any]) -> None:
    foreign = publish(models, manifest, PARTS, now=NOON)
    foreign.write_bytes(b"somebody else's")
    publish(models, manifest, PARTS)
    prune(models, keep=1)
    assert foreign.exists()


def test_prune_clears_away_what_a_killed_process_left_an_hour_ago(models: Path, manifest: dict[str, Any]) -> None:
    path = publish(models, manifest, PARTS, now=NOON)
    left = [models / "model-2015-07-31-12-00-09.pkl.sig", models / ".model-2015-07-31-12-00-09.pkl.abc.part"]
    for file in left:
        file.write_bytes(b"left")
    assert prune(models) == []
    for file in left:
        os.utime(file, (0, 0))
    assert sorted(prune(models)) == sorted(left)
    assert path.exists()


def test_publishing_is_logged(models: Path, manifest: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        path = publish(models, manifest, PARTS)
    assert path.name in caplog.text
