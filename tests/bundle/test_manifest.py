from typing import Any

import pytest

from storecast import models
from storecast.bundle.manifest import Manifest, is_part_name
from storecast.errors import ModelFileError


@pytest.fixture
def fields(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest | {
        "format": 1,
        "created": "2015-07-31T12:00:00Z",
        "versions": {"python": "3.11.4", "storecast": "0.1.0"},
        "digests": {"trees.ubj": "0" * 64, "calibration.npz": "f" * 64},
        "calibration": "calibration.npz",
        "details": {"anything": [1, None]},
    }


def test_plain_data_and_manifest_are_two_forms_of_one(fields: dict[str, Any]) -> None:
    assert Manifest.from_plain(fields).to_plain() == fields


@pytest.mark.parametrize("name", models.names())
def test_every_registered_model_can_be_saved(fields: dict[str, Any], name: str) -> None:
    assert Manifest.from_plain({**fields, "kind": name}).kind == name


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "newer format 2.*update storecast"),
        ({"format": 0}, "format '0'"),
        ({"format": True}, "format 'True'"),
        ({"format": "1", "kind": 5}, "format"),
        ({"kind": "../boosting"}, "kind"),
        ({"kind": "os.system"}, "kind"),
        ({"created": "2015-07-31 12:00"}, "created"),
        ({"created": "2015-07-31T12:00:00+02:00"}, "created"),
        ({"created": None}, "created"),
        ({"cutoff": "2015-02-30"}, "cutoff"),
        ({"cutoff": "20150613"}, "cutoff"),
        ({"task": [1]}, "task"),
        ({"scores": None}, "scores"),
        ({"data_fingerprint": "hello"}, "data_fingerprint"),
        ({"versions": {}}, "versions"),
        ({"versions": {"python": "3.11", "storecast": 1}}, "versions"),
        ({"versions": {"python": "3.11", "storecast": "x" * 200}}, "versions"),
        ({"versions": {"python": "3.11", "storecast": "0", "../x": "1"}}, "versions"),
        ({"digests": {}}, "digests"),
        ({"digests": {"../x": "0" * 64}}, "digests"),
        ({"digests": {"x": "0" * 63}}, "digests"),
        ({"digests": {"x": "G" * 64}}, "digests"),
        ({"calibration": "other.npz"}, "no part"),
        ({"calibration": 5}, "calibration"),
        ({"generated": 1}, "generated"),
        ({"details": 5}, "details"),
        ({"more": 5}, "unknown 'more'"),
    ],
)
def test_each_field_is_checked(fields: dict[str, Any], change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        Manifest.from_plain(fields | change)


def test_each_field_is_needed(fields: dict[str, Any]) -> None:
    for name in fields:
        with pytest.raises(ModelFileError, match=name):
            Manifest.from_plain({other: value for other, value in fields.items() if other != name})
    for nothing in (None, [], "manifest"):
        with pytest.raises(ModelFileError, match="missing"):
            Manifest.from_plain(nothing)


def test_a_message_quotes_no_more_than_200_characters(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError) as refused:
        Manifest.from_plain(fields | {"kind": "x" * 10_000})
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("name", ["trees.ubj", "columns.skops", "arrays.npz", "model-2.tar.gz", "a_b"])
def test_plain_names_can_name_a_part(name: str) -> None:
    assert is_part_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "a\0b", "A.npz", "a..b", "x" * 100, "é", "a\n", 5]
)
def test_a_path_cannot_name_a_part(name: object) -> None:
    assert not is_part_name(name)
