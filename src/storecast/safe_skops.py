"""scikit-learn parts as bytes and back through skops, with a literal list of what may stand in them.

skops itself trusts every estimator of scikit-learn, NumPy's random states and more, and checks types but not contents.
A model here needs few of them. So the archive is checked before skops sees it: its size, each node's type, each array's
length. After it is loaded, the trees are walked: scikit-learn follows their indices unchecked, off the end of memory.
"""

import io
import json
import math
import re
import struct
import tokenize
import warnings
import zipfile
import zlib
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy
from sklearn import utils
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.tree import DecisionTreeRegressor

from storecast.errors import ModelFileError, quote

LARGEST = 1024 * 1024 * 1024  # bytes that an archive may unpack to
LARGEST_SCHEMA = 32 * 1024 * 1024
MOST_ENTRIES = 5_000

# The only types, by the loader that builds them. Nothing here can be made to call or import anything else.
_TYPES: dict[str, frozenset[str]] = {
    "JsonNode": frozenset({"builtins.str"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "DictNode": frozenset({"builtins.dict"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "TypeNode": frozenset({"builtins.str", "builtins.int", "numpy.float32", "numpy.float64", "numpy.int64"}),
    "DTypeNode": frozenset({"numpy.dtype"}),
    "NdArrayNode": frozenset({"numpy.ndarray", "numpy.float32", "numpy.float64", "numpy.int64", "numpy.bool"}),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    "ObjectNode": frozenset(
        {
            "sklearn.compose._column_transformer.ColumnTransformer",
            "sklearn.ensemble._forest.RandomForestRegressor",
            "sklearn.impute._base.MissingIndicator",
            "sklearn.impute._base.SimpleImputer",
            "sklearn.pipeline.Pipeline",
            "sklearn.preprocessing._data.StandardScaler",
            "sklearn.preprocessing._encoders.OneHotEncoder",
            "sklearn.preprocessing._encoders.OrdinalEncoder",
            "sklearn.preprocessing._function_transformer.FunctionTransformer",  # what "passthrough" becomes
            "sklearn.tree._classes.DecisionTreeRegressor",
        }
    ),
}
_TRUSTED = sorted(set().union(*_TYPES.values()))
_OLDEST_PROTOCOL = 2  # older ones are built by other, older loaders
_ARRAY_NAME = re.compile(r"[0-9]{1,20}\.npy", re.ASCII)
_HEADER = 16 * 1024
_LEAF = -1
_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ImportError,
    OSError,
    EOFError,
    OverflowError,
    RecursionError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,  # by NumPy, of an array's header
    zipfile.BadZipFile,
    zlib.error,
)


def dump(estimator: BaseEstimator) -> bytes:
    """Return a fitted estimator as bytes that `load` accepts."""
    data: bytes = _skops().dumps(estimator, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    _check(data)
    return data


def load(data: bytes) -> Any:
    """Return the estimator of `dump`; anything else in the bytes is refused, and nothing in them runs."""
    skops = _skops()
    try:
        _check(data)
        with warnings.catch_warnings():
            # Whether a difference of versions matters is decided by the trial forecast, which compares figures.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            estimator = skops.loads(data, trusted=_TRUSTED)
        _check_trees(estimator)
    except _BROKEN as error:
        raise _refusal(f"it is broken ({type(error).__name__})") from error
    return estimator


@cache
def _skops() -> ModuleType:
    """Import skops, when the first archive is written or read: it searches all loaded modules, for up to half a second.

    It also lists every estimator of scikit-learn, to trust them all, and so imports all of it, and PyTorch where that is installed:
    2.5 CPU seconds. Here only the types above are trusted, and the list stays empty.
    """
    all_estimators = utils.all_estimators
    utils.all_estimators = list
    try:
        from skops import io as skops
    finally:
        utils.all_estimators = all_estimators
    module: ModuleType = skops
    return module


def _check(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        if len(entries) > MOST_ENTRIES or len(names) != len(entries):
            raise _refusal(f"it has {len(entries)} entries, or two of one name")
        if sum(entry.file_size for entry in entries) > LARGEST:
            raise _refusal(f"it unpacks to more than {LARGEST:,} bytes")
        for entry in entries:
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
                raise _refusal("an entry is encrypted or compressed in another way")
            if entry.filename == "schema.json":
                if entry.file_size > LARGEST_SCHEMA:
                    raise _refusal(f"its schema has {entry.file_size:,} bytes")
            elif _ARRAY_NAME.fullmatch(entry.filename) is None:
                raise _refusal(f"it has the entry {quote(entry.filename)}")
            else:
                _check_array(archive, entry)
        _check_schema(json.loads(archive.read("schema.json")))


def _check_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse an array whose header asks for more, or less, memory than its entry holds."""
    with archive.open(entry) as file:
        head = io.BytesIO(file.read(_HEADER))
    version = npy.read_magic(head)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read is None:
        raise _refusal(f"an array has the format {version}")
    shape, _, dtype = read(head)
    content_size = entry.file_size - head.tell()
    if (
        dtype.hasobject
        or dtype.itemsize == 0
        or min(shape, default=0) < 0
        or math.prod(shape) * dtype.itemsize != content_size
    ):
        raise _refusal("an array's header does not fit its content")


def _check_schema(schema: Any) -> None:
    """Refuse the first node whose type is not on the list, or which is not what its id says."""
    protocol = schema.get("protocol")
    if type(protocol) is not int or protocol < _OLDEST_PROTOCOL:
        raise _refusal(f"it has the protocol {quote(protocol)}")
    seen: dict[int, Any] = {}
    rest = [schema]
    while rest:
        item = rest.pop()
        if isinstance(item, list):
            rest += item
        elif isinstance(item, dict):
            rest += item.values()
            if "__loader__" in item:
                _check_node(item, seen)


def _check_node(node: dict[str, Any], seen: dict[int, Any]) -> None:
    loader, name, saved = node["__loader__"], f"{node.get('__module__')}.{node.get('__class__')}", node.get("__id__")
    if not isinstance(loader, str) or name not in _TYPES.get(loader, frozenset()):
        raise _refusal(f"it holds {quote(name)} by {quote(loader)}, which no model of storecast needs")
    # skops takes the first node of an id for all of them, whatever they say they are.
    if saved is not None and (type(saved) is not int or not _alike(seen.setdefault(saved, node), node)):
        raise _refusal("two different nodes have one id")
    if loader == "TreeNode":
        _, classes, outputs = node["__reduce__"]["args"]["content"]
        if outputs["__loader__"] != "JsonNode" or outputs["content"] != "1" or classes["__loader__"] != "NdArrayNode":
            raise _refusal("a tree has other than one output")


def _alike(one: object, other: object) -> bool:
    """Say whether two nodes differ in nothing but ids and the names of entries, as two copies of one object do."""
    rest = [(one, other)]
    while rest:
        left, right = rest.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            rest += [(left[key], right[key]) for key in left if key not in ("__id__", "file")]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            rest += zip(left, right, strict=True)
        elif left != right:
            return False
    return True


def _check_trees(estimator: object) -> None:
    """Walk everything that was loaded, and refuse a tree whose indices lead out of it."""
    seen: set[int] = set()
    rest: list[object] = [estimator]
    while rest:
        item = rest.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            rest += item.values()
        elif isinstance(item, list | tuple):
            rest += item
        elif isinstance(item, BaseEstimator):
            rest += vars(item).values()
            if isinstance(item, RandomForestRegressor):
                for tree in getattr(item, "estimators_", ()):
                    _check_tree(tree, item.n_features_in_)
            elif isinstance(item, DecisionTreeRegressor) and hasattr(item, "tree_"):
                _check_tree(item, item.n_features_in_)


def _check_tree(estimator: object, features: int) -> None:
    if not isinstance(estimator, DecisionTreeRegressor):
        raise _refusal("a forest holds something other than trees")
    tree = estimator.tree_
    nodes: npt.NDArray[np.void] = tree.__getstate__()["nodes"]
    here, left, right = np.arange(len(nodes)), nodes["left_child"], nodes["right_child"]
    inner = left != _LEAF
    # A child comes after its parent, so that no path runs in a circle.
    fits = (left > here) & (right > here) & (left < len(nodes)) & (right < len(nodes))
    fits &= (nodes["feature"] >= 0) & (nodes["feature"] < features)
    whole = len(nodes) > 0 and tree.value.shape == (len(nodes), 1, 1)
    if not whole or tree.n_features != features or not fits[inner].all():
        raise _refusal("a tree leads out of itself")


def _refusal(reason: str) -> ModelFileError:
    return ModelFileError(f"The scikit-learn part of the model file is refused: {reason}. Nothing in it has run.")
