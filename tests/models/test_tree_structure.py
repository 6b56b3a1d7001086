"""Trees that lead out of themselves are refused before their library reads them; whole ones are not."""

import re
import struct

import numpy as np
import pytest
import xgboost

from storecast.errors import ModelFileError
from storecast.models import ubjson
from storecast.models.tree_structure import check_lightgbm, check_xgboost

NUMBERS = struct.Struct(">l")


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    X = random.normal(size=(400, 5))
    return X, X[:, 0] * 2 + np.abs(X[:, 1]) + random.normal(size=400) / 10


@pytest.fixture(scope="module")
def booster(rows: tuple[np.ndarray, np.ndarray]) -> bytes:
    model = xgboost.XGBRegressor(n_estimators=5, max_depth=4, n_jobs=1).fit(*rows)
    return bytes(model.get_booster().save_raw("ubj"))


@pytest.fixture(scope="module")
def text(rows: tuple[np.ndarray, np.ndarray]) -> str:
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMRegressor(n_estimators=5, num_leaves=8, n_jobs=1, verbose=-1).fit(*rows)
    return str(model.booster_.model_to_string())


def altered(text: str, line: str, other: str) -> bytes:
    """Alter a line of the first tree or of the head, and say the trees' sizes as they are then."""
    new = re.sub(line, other, text, count=1)
    if line.startswith("tree_sizes"):
        return new.encode()
    trees = new.partition("\nend of trees")[0].split("\nTree=")[1:]
    sizes = " ".join(str(len(f"Tree={tree}\n")) for tree in trees)
    return re.sub(r"tree_sizes=.*", f"tree_sizes={sizes}", new).encode()


def with_number(data: bytes, array: str, place: int, value: int) -> bytes:
    """Put a number into an array of the last tree, as a file that was altered before it was signed has it."""
    begin = data.rindex(array.encode() + b"[$l#L") + len(array) + 5 + 8
    at = begin + place * NUMBERS.size
    return data[:at] + NUMBERS.pack(value) + data[at + NUMBERS.size :]


def test_a_booster_is_read_as_xgboost_wrote_it(booster: bytes) -> None:
    trees = ubjson.read(booster)["learner"]["gradient_booster"]["model"]["trees"]
    assert len(trees) == 5
    assert trees[0]["left_children"][0] == 1
    check_xgboost(booster)


@pytest.mark.parametrize(
    ("array", "place", "value", "reason"),
    [
        ("left_children", 0, 1_000_000, "leads out of itself"),
        ("left_children", 0, -7, "leads out of itself"),
        ("right_children", 1, 0, "leads out of itself"),
        ("right_children", 0, 1, "two parents"),
        ("split_indices", 0, 5, "feature that the model has not"),
        ("split_indices", 2, -1, "feature that the model has not"),
    ],
)
def test_a_node_that_leads_nowhere_is_refused(booster: bytes, array: str, place: int, value: int, reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        check_xgboost(with_number(booster, array, place, value))


@pytest.mark.parametrize("cut", [0, 1, 100, 1000, -1])
def test_a_booster_that_ends_too_early_is_refused(booster: bytes, cut: int) -> None:
    with pytest.raises(ModelFileError, match="broken"):
        check_xgboost(booster[:cut])


def test_a_booster_of_other_sizes_than_it_says_is_refused(booster: bytes) -> None:
    with pytest.raises(ModelFileError, match="number of trees"):
        check_xgboost(booster.replace(b"num_treesSL" + bytes(7) + b"\x015", b"num_treesSL" + bytes(7) + b"\x017"))
    nodes = re.compile(rb"(num_nodesSL.{8})\d", re.DOTALL)
    with pytest.raises(ModelFileError, match="not of its size"):
        check_xgboost(nodes.sub(rb"\g<1>9", booster))
    with pytest.raises(ModelFileError, match="not of its size"):
        check_xgboost(re.sub(rb"(tree_param.*?num_featureSL.{8})5", rb"\g<1>3", booster, flags=re.DOTALL))


def test_an_array_that_says_it_is_huge_takes_no_memory(booster: bytes) -> None:
    place = booster.index(b"base_weights[$d#L") + len(b"base_weights[$d#L")
    with pytest.raises(ModelFileError, match="broken"):
        check_xgboost(booster[:place] + (2**62).to_bytes(8, "big") + booster[place + 8 :])
    with pytest.raises(ModelFileError, match="broken"):
        check_xgboost(b"[#L" + bytes(7) + b"\x01" + b"[#L\0\0\0\0\0\0\0\1" * 10_000)


def test_a_booster_of_lightgbm_that_is_whole_passes(text: str) -> None:
    check_lightgbm(text.encode())


@pytest.mark.parametrize(
    ("line", "other", "reason"),
    [
        (r"left_child=\S+", "left_child=1000000", "leads out of itself"),
        (r"left_child=\S+", "left_child=-1000000", "leads out of itself"),
        (r"right_child=\S+", "right_child=0", "leads out of itself"),
        (r"split_feature=\S+", "split_feature=5", "feature that the model has not"),
        (r"split_feature=\S+", "split_feature=-1", "feature that the model has not"),
        (r"split_feature=\S+ ", "split_feature=", "not of its size"),
        (r"leaf_value=\S+ ", "leaf_value=", "not of its size"),
        (r"left_child=\S+", "left_child=x", "no whole numbers"),
        (r"num_cat=0", "num_cat=3", "splits by categories"),
        (r"num_leaves=\S+", "num_leaves=", "broken"),
        (r"tree_sizes=\S+ ", "tree_sizes=", "not where it says"),
    ],
)
def test_a_booster_of_lightgbm_that_leads_nowhere_is_refused(text: str, line: str, other: str, reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        check_lightgbm(altered(text, line, other))


def test_children_of_lightgbm_with_two_parents_are_refused(text: str) -> None:
    left = re.search(r"left_child=(\S+)", text)
    assert left is not None
    with pytest.raises(ModelFileError, match="two parents"):
        check_lightgbm(altered(text, r"right_child=\S+", f"right_child={left[1]}"))
