"""Forecasting part by part gives what forecasting the whole chain gives, and goes on where it ended."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from storecast import schema as s
from storecast.cli.app import app
from storecast.data.generate import ChainSpec, write_demo
from storecast.data.grid import Grid
from storecast.errors import ConfigError, DataError
from storecast.features.columns import encoder
from storecast.features.store import feature_rows
from storecast.parts.chain_file import read_chain_file
from storecast.parts.sample import draw_stores
from storecast.workflows import part_forecast, running_parts
from storecast.workflows.evaluation import train
from storecast.workflows.forecasting import forecast
from storecast.workflows.part_preparation import prepare_part
from storecast.workflows.partitioning import partition
from storecast.workflows.preparation import prepare
from storecast.workflows.running_parts import run_parts

STORES, DAYS, HORIZON = 9, 480, 28


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain") / "data"
    write_demo(folder, ChainSpec(stores=STORES, days=DAYS, horizon=HORIZON))
    return folder


@pytest.fixture(scope="module")
def parts(data: Path) -> Path:
    partition(data, out=data.parent / "parts", stores_per_part=3)
    return data.parent / "parts"


@pytest.fixture(scope="module")
def home(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))  # the key of every test
        run_parts(parts, home=parts.parent / "home", model="naive", sample_stores=6, seed=3, fast=True)
    return parts.parent / "home"


@pytest.fixture
def trained(home: Path, tmp_path: Path) -> Path:
    """A home with the same model and no forecasts."""
    shutil.copytree(home / "models", tmp_path / "home" / "models")
    shutil.copy(home / "training.json", tmp_path / "home")
    return tmp_path / "home"


def forecasts(home: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted((home / "parts").glob("*/forecast.parquet"))])


def test_a_chain_in_one_part_is_forecast_to_the_byte_as_a_whole(data: Path, tmp_path: Path) -> None:
    partition(data, out=tmp_path / "parts")
    run_parts(tmp_path / "parts", home=tmp_path / "home", model="linear", fast=True)
    bundle = train(data, name="linear", home=tmp_path / "whole", fast=True)
    forecast(
        data,
        model=tmp_path / "whole" / "models" / bundle.name,
        out=tmp_path / "forecast.csv",
        sums=tmp_path / "totals.csv",
    )
    expected = pl.read_csv(tmp_path / "forecast.csv", try_parse_dates=True)
    assert_frame_equal(forecasts(tmp_path / "home").select(expected.columns), expected, check_exact=True)
    lines = (tmp_path / "totals.csv").read_text().splitlines()
    of_groups = [line for line in lines if not line.startswith("store-")]
    assert (tmp_path / "home" / "totals.csv").read_text().splitlines() == of_groups
    of_stores = pl.read_parquet(tmp_path / "home" / "parts" / "part-0000" / "totals.parquet")
    assert of_stores.height == len(lines) - len(of_groups)


def test_features_of_a_part_are_those_of_its_stores_as_a_chain(data: Path, parts: Path, tmp_path: Path) -> None:
    chain = read_chain_file(parts)
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("train", "test", "store", "store_states"):
        rows = pl.read_csv(data / f"{name}.csv", infer_schema=False).filter(pl.col(s.STORE).is_in(["4", "5", "6"]))
        rows.write_csv(alone / f"{name}.csv")
    tables = []
    for panel in (prepare_part(parts / "part-0001", chain).panel, prepare(alone, horizon=None).panel):
        grid = Grid.of(panel)
        tables.append(feature_rows(grid, grid.column(panel.end), HORIZON).table)
    assert_frame_equal(tables[0], tables[1], check_exact=True)


def test_forecasts_do_not_depend_on_the_order_in_which_categories_are_met(data: Path, parts: Path) -> None:
    """XGBoost compares the number of categories alone; an encoder of each part's own would give the same store other codes."""
    chain = read_chain_file(parts)
    table = prepare(data, horizon=None).panel.stores.select(s.STORE_TYPE)
    learned = encoder([s.STORE_TYPE]).fit(table)
    codes = learned.transform(table)[:, 0]
    turned = table.reverse().with_columns(
        pl.col(s.STORE_TYPE).cast(pl.Enum(table[s.STORE_TYPE].unique().sort(descending=True)))
    )
    assert np.array_equal(learned.transform(turned.cast(pl.String))[::-1, 0], codes)
    assert chain.categories[s.STORE_TYPE] == sorted(table[s.STORE_TYPE].unique())
    met = [
        prepare_part(parts / part.name, chain).panel.stores[s.STORE_TYPE].unique(maintain_order=True)
        for part in chain.parts
    ]
    assert any(list(values) != sorted(values) or set(values) != set(chain.categories[s.STORE_TYPE]) for values in met)


def test_totals_of_parts_are_sums_and_know_the_errors_that_parts_share(home: Path) -> None:
    summary = json.loads((home / "summary.json").read_text())
    rows, totals = forecasts(home), pl.read_csv(home / "totals.csv", try_parse_dates=True)
    assert rows.height == STORES * HORIZON == summary["forecasts"]
    sample = summary["sample"]
    assert (sample["stores"], sample["of"], sample["seed"]) == (6, STORES, 3)
    whole = totals.filter(pl.col("Level") == "chain-horizon").row(0, named=True)
    assert whole[s.FORECAST] == pytest.approx(rows[s.FORECAST].sum(), abs=0.01)
    sums = [pl.read_parquet(path) for path in sorted((home / "parts").glob("*/sums.parquet"))]
    paths = np.stack([part.filter(pl.col("Level") == "chain-horizon")["Paths"].to_numpy()[0] for part in sums])
    together = np.corrcoef(paths)[np.triu_indices(len(paths), 1)]
    assert together.min() > 0.3  # the error of the chain, which all parts have
    independent = np.sqrt((paths.std(axis=1) ** 2).sum())
    assert paths.sum(axis=0).std() > 1.2 * independent
    assert whole["Lower95"] < whole["Lower80"] < whole[s.FORECAST] < whole["Upper80"] < whole["Upper95"]


def test_a_run_that_was_killed_goes_on_with_the_parts_that_are_missing(
    parts: Path, home: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_on: list[int] = []

    def until_killed(job: part_forecast.PartJob, part: int) -> part_forecast.PartReport:
        if part == 2 and not worked_on.count(1) > 1:
            worked_on.append(part)
            raise KeyboardInterrupt
        worked_on.append(part)
        return part_forecast.forecast_part(job, part)

    monkeypatch.setattr(running_parts, "forecast_part", until_killed)
    options = {"model": "naive", "sample_stores": 6, "seed": 3, "fast": True}
    with pytest.raises(KeyboardInterrupt):
        run_parts(parts, home=trained, **options)
    assert not (trained / "summary.json").exists()
    half_written = trained / "parts" / "part-0002"
    half_written.mkdir(exist_ok=True)
    (half_written / "forecast.parquet").write_bytes(b"half")
    (half_written / ".forecast.parquet.x.part").write_bytes(b"half")
    (trained / "parts" / "part-0001" / "part.json").unlink()
    worked_on[:] = [1]
    run_parts(parts, home=trained, **options)
    assert worked_on[1:] == [1, 2]
    assert not list((trained / "parts").glob("*/.*"))
    assert_frame_equal(forecasts(trained), forecasts(home), check_exact=True)
    assert len(list((trained / "models").glob("*.pkl"))) == 1
    worked_on[:] = [1, 1]
    run_parts(parts, home=trained, quantiles=(0.5,), **options)
    assert worked_on[2:] == [0, 1, 2]


def test_the_same_seed_draws_the_same_stores_of_all_parts(parts: Path) -> None:
    chain = read_chain_file(parts)
    drawn = draw_stores(parts, chain, 5, seed=1)
    assert drawn.equals(draw_stores(parts, chain, 5, seed=1))
    assert not drawn.equals(draw_stores(parts, chain, 5, seed=2))
    assert draw_stores(parts, chain, 100, seed=1).to_list() == [str(store) for store in range(1, STORES + 1)]


def test_models_that_know_their_stores_alone_and_changed_parts_are_refused(
    data: Path, parts: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="The model 'lstm' forecasts the stores that it learned from"):
        run_parts(parts, home=tmp_path, model="lstm")
    with pytest.raises(ConfigError, match=r"holds no chain\.json"):
        run_parts(data, home=tmp_path)
    partition(data, out=tmp_path / "parts", stores_per_part=5)
    (tmp_path / "parts" / "part-0001" / "train.parquet").unlink()
    with pytest.raises(DataError, match=r"part-0001/train\.parquet is missing"):
        run_parts(tmp_path / "parts", home=tmp_path / "home", model="naive")


def test_a_part_of_which_test_csv_asks_nothing_is_not_forecast(data: Path, trained: Path, tmp_path: Path) -> None:
    some = shutil.copytree(data, tmp_path / "some")
    requested = pl.read_csv(some / "test.csv", infer_schema=False).filter(pl.col(s.STORE).is_in(["1", "2"]))
    requested.write_csv(some / "test.csv")
    partition(some, out=tmp_path / "parts", stores_per_part=3)
    summary = run_parts(tmp_path / "parts", home=trained, model="naive", sample_stores=6, fast=True)
    assert forecasts(trained)[s.STORE].unique().sort().to_list() == [1, 2]
    assert summary["forecasts"] == requested.height


@pytest.mark.long  # each process imports all libraries; the tour of docs/cli.md runs two of them, too
def test_the_command_forecasts_parts_in_processes_of_their_own(parts: Path, home: Path, trained: Path) -> None:
    options = ["--models", "naive", "--sample-stores", "6", "--seed", "3", "--fast", "--processes", "2", "--json"]
    result = CliRunner().invoke(app, ["run-parts", "--parts", str(parts), "--out", str(trained), *options])
    assert result.exit_code == 0, result.output
    assert "2 of 2  forecasting parts" in result.stderr
    assert_frame_equal(forecasts(trained), forecasts(home), check_exact=True)
    assert (trained / "totals.csv").read_bytes() == (home / "totals.csv").read_bytes()
