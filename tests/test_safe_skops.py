import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler
from skops import io as skops

from storecast import safe_skops
from storecast.errors import ModelFileError

ROWS = 400


def table() -> pl.DataFrame:
    random = np.random.default_rng(0)
    kinds, states = random.choice(["a", "b", "c"], ROWS), random.choice(["BE", "HE"], ROWS)
    numbers = random.normal(size=(ROWS, 2))
    return pl.DataFrame({"kind": kinds, "state": states, "near": numbers[:, 0], "far": numbers[:, 1]})


def columns() -> ColumnTransformer:
    kinds = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    states = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    numbers = Pipeline([("gaps", SimpleImputer(strategy="median", add_indicator=True)), ("scale", StandardScaler())])
    steps = [("kinds", kinds, ["kind"]), ("states", states, ["state"]), ("numbers", numbers, ["near"])]
    return ColumnTransformer(steps, remainder="passthrough", sparse_threshold=0)


@pytest.fixture(scope="module")
def forest() -> Pipeline:
    trees = RandomForestRegressor(n_estimators=60, min_samples_leaf=5, random_state=0)
    rows = table()
    return Pipeline([("columns", columns()), ("trees", trees)]).fit(rows, rows["near"].to_numpy() ** 2)


@pytest.fixture(scope="module")
def saved(forest: Pipeline) -> bytes:
    return safe_skops.dump(forest)


def rewritten(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return an archive with another schema."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                schema = json.loads(content)
                change(schema)
                content = json.dumps(schema).encode()
            new.writestr(name, content)
    return out.getvalue()


def node(schema: dict[str, Any], loader: str) -> dict[str, Any]:
    """Return the first node of a loader."""
    rest: list[Any] = [schema]
    while rest:
        item = rest.pop(0)
        if isinstance(item, dict):
            if item.get("__loader__") == loader:
                return item
            rest += item.values()
        elif isinstance(item, list):
            rest += item
    raise AssertionError(loader)


def refused(data: bytes) -> str:
    with pytest.raises(ModelFileError, match="scikit-learn part of the model file is refused") as error:
        safe_skops.load(data)
    return str(error.value)


def test_a_forest_comes_back_with_the_same_forecasts(forest: Pipeline, saved: bytes) -> None:
    assert np.array_equal(safe_skops.load(saved).predict(table()), forest.predict(table()))


def test_fitted_columns_come_back_with_the_same_matrix() -> None:
    rows = table()
    fitted = columns().set_output(transform="polars").fit(rows)
    again = safe_skops.load(safe_skops.dump(fitted)).transform(rows)
    assert again.equals(fitted.transform(rows))


def test_trees_are_stored_in_less_room_than_they_take(saved: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert len(saved) < sum(entry.file_size for entry in archive.infolist()) / 3


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        DummyRegressor(),
        GradientBoostingRegressor(),
        FunctionTransformer(np.log1p),
        FunctionTransformer(print),
        RandomForestRegressor(random_state=np.random.RandomState(0)),
        Pipeline([("trees", RandomForestRegressor()), ("method", "".join)]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_model_needs_is_neither_written_nor_read(estimator: Any) -> None:
    data = skops.dumps(estimator)
    assert "which no model of storecast needs" in refused(data)
    with pytest.raises(ModelFileError, match="which no model of storecast needs"):
        safe_skops.dump(estimator)


def test_accident_6_a_scikit_learn_step_outside_the_safe_list_is_refused_at_save_and_named() -> None:
    rows = table().select("near", "far")
    steps = Pipeline([("robust", RobustScaler()), ("scale", StandardScaler())]).fit(rows)
    with pytest.raises(ModelFileError, match=r"RobustScaler.* which no model of storecast needs"):
        safe_skops.dump(steps)


def test_a_type_that_is_trusted_under_another_loader_is_refused(saved: bytes) -> None:
    data = rewritten(saved, lambda schema: node(schema, "ObjectNode").update(__loader__="FunctionNode"))
    assert "'FunctionNode'" in refused(data)


def test_a_loader_that_is_no_text_is_refused(saved: bytes) -> None:
    assert "refused" in refused(rewritten(saved, lambda schema: schema.update(__loader__=["ObjectNode"])))


def test_a_node_that_borrows_the_id_of_another_is_refused(saved: bytes) -> None:
    def borrow(schema: dict[str, Any]) -> None:
        node(schema, "TreeNode")["__reduce__"]["args"]["__id__"] = schema["__id__"]

    assert "two different nodes have one id" in refused(rewritten(saved, borrow))


def test_an_older_protocol_with_its_own_loaders_is_refused(saved: bytes) -> None:
    for protocol in (0, 1, True, None, "2"):
        data = rewritten(saved, lambda schema, protocol=protocol: schema.update(protocol=protocol))
        assert "protocol" in refused(data)


def _tree_with_many_outputs(schema: dict[str, Any]) -> None:
    node(schema, "TreeNode")["__reduce__"]["args"]["content"][2]["content"] = str(2**40)


def _circle(schema: dict[str, Any]) -> None:
    steps = schema["content"]["content"]["steps"]
    steps["content"] = [steps["content"][0], {"__loader__": "CachedNode", "__id__": steps["__id__"]}]


@pytest.mark.parametrize("change", [_tree_with_many_outputs, _circle, dict.clear])
def test_a_schema_that_leads_nowhere_is_refused(saved: bytes, change: Callable[[dict[str, Any]], object]) -> None:
    refused(rewritten(saved, change))


@pytest.mark.parametrize(
    ("field", "value"),
    [("left_child", 10**9), ("right_child", -5), ("left_child", 0), ("feature", 10**9), ("feature", -3)],
)
def test_a_tree_that_leads_out_of_itself_is_refused(field: str, value: int) -> None:
    rows = table().select("near", "far").to_numpy()
    trees = RandomForestRegressor(n_estimators=2, min_samples_leaf=5, random_state=0).fit(rows, rows[:, 0])
    tree = trees.estimators_[1].tree_
    state = tree.__getstate__()
    state["nodes"][field][0] = value
    tree.__setstate__(state)
    assert "leads out of itself" in refused(safe_skops.dump(trees))


def test_a_forest_that_asks_for_fewer_columns_than_its_trees_is_refused() -> None:
    rows = table().select("near", "far").to_numpy()
    trees = RandomForestRegressor(n_estimators=2, min_samples_leaf=5, random_state=0).fit(rows, rows[:, 0])
    trees.n_features_in_ = 1
    assert "leads out of itself" in refused(safe_skops.dump(trees))
    trees.estimators_ = [columns()]
    assert "other than trees" in refused(safe_skops.dump(trees))


def _array(header: str, content: bytes) -> bytes:
    padded = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + content


@pytest.mark.parametrize(
    "array",
    [
        b"",
        b"\x93NUMPY\x09\x00",
        _array("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", b"x" * 8),
        _array("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}", b"x" * 8),
        _array("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"x" * 8),
        _array("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}", b""),
        _array("__import__('os').system('true')", b""),
        _array("(" * 5000, b""),
    ],
)
def test_an_array_whose_header_lies_is_refused(saved: bytes, array: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(out, "w") as new:
        new.writestr("1.npy", array)
        new.writestr("schema.json", old.read("schema.json"))
    refused(out.getvalue())


def test_an_archive_of_another_form_is_refused(saved: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def archive(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as new:
            for name, content in entries:
                new.writestr(name, content)
        return out.getvalue()

    assert "the entry '../1.npy'" in refused(archive(("../1.npy", b"")))
    assert "the entry 'code.py'" in refused(archive(("code.py", b"")))
    assert "compressed in another way" in refused(archive(("schema.json", b"{}"), compression=zipfile.ZIP_LZMA))
    for nothing in (b"", b"PK", saved[:-1], saved[:1000], archive(), archive(("schema.json", b"[]"))):
        assert "broken" in refused(nothing)
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    assert "broken" in refused(archive(("schema.json", deep)))
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(("schema.json", b"{}"), ("schema.json", b"{}"))
    assert "two of one name" in refused(twice)
    bomb = archive(("schema.json", b" " * (40 * 1024 * 1024)), compression=zipfile.ZIP_DEFLATED)
    assert "its schema has" in refused(bomb)
    monkeypatch.setattr(safe_skops, "LARGEST", 1000)
    assert "unpacks to more than 1,000 bytes" in refused(saved)
    monkeypatch.setattr(safe_skops, "MOST_ENTRIES", 3)
    assert "entries" in refused(saved)


def test_any_changed_byte_is_read_or_refused(saved: bytes) -> None:
    small = safe_skops.dump(columns().fit(table()))
    for position in range(0, len(small), max(1, len(small) // 150)):
        changed = bytearray(small)
        changed[position] ^= 0xFF
        try:
            safe_skops.load(bytes(changed))
        except ModelFileError:
            continue


LIGHT = """
import sys
import storecast.models
assert "skops" not in sys.modules
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from storecast import safe_skops
x = np.arange(40.0).reshape(-1, 1)
forest = RandomForestRegressor(3, random_state=0).fit(x, x[:, 0])
again = safe_skops.load(safe_skops.dump(forest))
assert (again.predict(x) == forest.predict(x)).all()
assert "torch" not in sys.modules
"""
ALL_OF_SKLEARN = """
from sklearn.utils import all_estimators
assert len(all_estimators()) > 100
"""


@pytest.mark.parametrize("after", ["", pytest.param(ALL_OF_SKLEARN, marks=pytest.mark.long)])
def test_skops_is_imported_for_archives_alone_and_then_brings_neither_pytorch_nor_all_of_scikit_learn(
    after: str,
) -> None:
    """So the trial of a model costs some two CPU seconds, and not five; whoever asks for all estimators has them."""
    done = subprocess.run([sys.executable, "-c", LIGHT + after], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
