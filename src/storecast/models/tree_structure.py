"""Check the trees of boosters before their library reads them, which follows indices unchecked, off the end of memory.

A trial forecast meets only the nodes on the way of its rows. Here every node of every tree is looked at: its children exist and
have one parent each, so that no path runs in a circle, and its feature is one that the model has.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from storecast.arrays import I64, Bool
from storecast.errors import ModelFileError
from storecast.models import ubjson

_NODE_ARRAYS = (
    "left_children",
    "right_children",
    "split_indices",
    "split_conditions",
    "default_left",
    "base_weights",
    "parents",
    "split_type",
)
_NO_CATEGORIES = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
_INTEGERS = re.compile(r"-?[0-9]{1,10}(?: -?[0-9]{1,10})*", re.ASCII)
_FEATURES = "max_feature_idx"


def check_xgboost(data: bytes) -> None:
    """Refuse a booster in UBJSON whose trees lead out of themselves.

    Raises
    ------
    ModelFileError
        with the reason; the library has not read a byte of it
    """
    try:
        learner = ubjson.read(data)["learner"]
        features = int(learner["learner_model_param"]["num_feature"])
        booster = learner["gradient_booster"]
        if booster["name"] != "gbtree":
            raise _refusal("it is no ensemble of trees")
        model = booster["model"]
        trees = model["trees"]
        parameters = model["gbtree_model_param"]
        ends = np.asarray(model["iteration_indptr"], np.int64)
        if not (
            len(trees) == int(parameters["num_trees"]) == len(model["tree_info"])
            and set(model["tree_info"]) <= {0}
            and len(ends) > 0
            and (ends[0], ends[-1]) == (0, len(trees))
            and (np.diff(ends) >= 0).all()
        ):
            raise _refusal("its number of trees is not what it says")
        if len(model.get("cats", {}).get("enc", ())):
            raise _refusal("it splits by categories")
        for tree in trees:
            _check_xgboost_tree(tree, features)
    except (
        ubjson.UbjsonError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise _refusal(f"it is broken ({type(error).__name__})") from error


def check_lightgbm(data: bytes) -> None:
    """Refuse a booster in LightGBM's text whose trees lead out of themselves.

    Raises
    ------
    ModelFileError
        with the reason; the library has not read a byte of it
    """
    try:
        head, *trees = data.decode("utf-8").partition("\nend of trees")[0].split("\nTree=")
        fields = _fields(head)
        features = int(fields[_FEATURES]) + 1
        if int(fields["num_class"]) != 1 or int(fields["num_tree_per_iteration"]) != 1:
            raise _refusal("it has other than one output")
        if fields["tree_sizes"].split() != [str(len(f"Tree={tree}\n".encode())) for tree in trees]:
            raise _refusal("its trees are not where it says")
        for tree in trees:
            _check_lightgbm_tree(_fields(tree), features)
    except (KeyError, ValueError, UnicodeDecodeError, OverflowError) as error:
        raise _refusal(f"it is broken ({type(error).__name__})") from error


def _check_xgboost_tree(tree: Mapping[str, Any], features: int) -> None:
    parameters = tree["tree_param"]
    nodes = int(parameters["num_nodes"])
    whole = nodes > 0 and all(len(tree[name]) == nodes for name in _NODE_ARRAYS)
    if not whole or int(parameters["size_leaf_vector"]) > 1 or int(parameters["num_feature"]) != features:
        raise _refusal("a tree's arrays are not of its size")
    if any(len(tree[name]) for name in _NO_CATEGORIES) or np.any(tree["split_type"]):
        raise _refusal("it splits by categories")
    left, right = (np.asarray(tree[name], np.int64) for name in ("left_children", "right_children"))
    inner = left != -1
    if (right[~inner] != -1).any():
        raise _refusal("a leaf has a child")
    children = np.concatenate([left[inner], right[inner]])
    _check(children, (children > 0) & (children < nodes), np.asarray(tree["split_indices"], np.int64)[inner], features)


def _check_lightgbm_tree(tree: Mapping[str, str], features: int) -> None:
    leaves = int(tree["num_leaves"])
    if leaves < 1 or int(tree["num_cat"]) or int(tree.get("is_linear", "0")):
        raise _refusal("it has no leaves, splits by categories, or is linear")
    if len(tree["leaf_value"].split()) != leaves:
        raise _refusal("a tree's arrays are not of its size")
    if leaves == 1:
        return
    inner = leaves - 1
    left, right, split, kinds = (
        _integers(tree[name]) for name in ("left_child", "right_child", "split_feature", "decision_type")
    )
    if {len(left), len(right), len(split), len(kinds), len(tree["threshold"].split())} != {inner}:
        raise _refusal("a tree's arrays are not of its size")
    if (kinds & 1).any():
        raise _refusal("it splits by categories")
    children = np.concatenate([left, right])  # ~leaf where negative; node 0 is the root, and nobody's child
    _check(children, (children != 0) & (children < inner) & (children >= -leaves), split, features)


def _check(children: I64, inside: Bool, split: I64, features: int) -> None:
    """Refuse children that are not there or have two parents, and features that the model has not."""
    if not inside.all():
        raise _refusal("a tree leads out of itself")
    if len(np.unique(children)) != len(children):
        raise _refusal("a node has two parents")
    if ((split < 0) | (split >= features)).any():
        raise _refusal("a tree asks for a feature that the model has not")


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def _integers(text: str) -> I64:
    if _INTEGERS.fullmatch(text.strip()) is None:
        raise _refusal("a tree's indices are no whole numbers")
    return np.array(text.split(), dtype=np.int64)


def _refusal(reason: str) -> ModelFileError:
    return ModelFileError(f"The trees of the model file are refused: {reason}. No library has read them.")
