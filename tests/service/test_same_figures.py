"""What is served is what `storecast forecast` writes, to the cent, for every row of test.csv, whichever rows a request picks."""

import random
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast import workflows
from storecast.bundle.registry import current
from storecast.data.generate import ChainSpec, write_demo
from support.commands import leave_out_exploration
from support.served_home import Client, running, settings_of

MONEY = (s.FORECAST, "Lower80", "Upper80", "Lower95", "Upper95")
KNOWN = ("Store", "Date", "Open", "Promo", "StateHoliday", "SchoolHoliday")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated chain, and beside it the home of a run with boosted trees."""
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        write_demo(folder / "data", ChainSpec(stores=8, days=420, seed=5))
        leave_out_exploration(patch)
        workflows.run(folder / "data", home=folder / "home", models=["boosting"], fast=True, windows=1)
    return folder


def test_every_row_of_the_test_file_is_served_as_it_is_written(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(files.parent / "config"))
    model = current(files / "home" / "models")
    workflows.forecast(files / "data", model=model, out=files / "forecast.csv")
    written = {(row[s.STORE], row[s.DATE]): row for row in pl.read_csv(files / "forecast.csv").to_dicts()}
    requested = pl.read_csv(files / "data" / "test.csv", schema_overrides={s.STATE_HOLIDAY: pl.String}).select(KNOWN)
    rows = requested.to_dicts()
    assert len(rows) == len(written) > 200
    with running(settings_of(files / "home", no_keys=True)) as client:
        _check(client, rows, written)
        draw = random.Random(0)
        for count in (1, 1, 1, 2, 7, 40, len(rows) // 2):
            _check(client, draw.sample(rows, count), written)
        text = client.post(
            "/v1/forecasts", requested.sample(fraction=1, shuffle=True, seed=1).write_csv(), content_type="text/csv"
        ).text
        served = {(row[s.STORE], row[s.DATE]): row for row in pl.read_csv(text.encode()).to_dicts()}
        assert served.keys() == written.keys()
        assert all(served[key][name] == written[key][name] for key in written for name in MONEY)


def _check(
    client: Client, rows: list[dict[str, object]], written: dict[tuple[object, object], dict[str, object]]
) -> None:
    reply = client.forecasts({"rows": rows})
    assert reply.status_code == 200, reply.text
    forecasts = reply.json()["forecasts"]
    assert [(row["Store"], row["Date"]) for row in forecasts] == [(row["Store"], row["Date"]) for row in rows]
    for row in forecasts:
        expected = written[row["Store"], row["Date"]]
        assert [row[name] for name in MONEY] == [expected[name] for name in MONEY]
