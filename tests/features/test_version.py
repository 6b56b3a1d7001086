"""Features that say something else have another version: a model must not be asked about what it did not learn from."""

import json
from pathlib import Path

import numpy as np

from storecast.config import FeatureConfig
from storecast.data.grid import Grid
from storecast.features import VERSION
from storecast.features.store import feature_rows
from support.panels import make_panel

KNOWN = Path(__file__).with_name("means.json")
HORIZON = 48


def means() -> dict[str, float]:
    """Return the mean of each numeric column after one origin, under both views."""
    grid = Grid.of(make_panel(noise=0.02))
    out = {}
    for name, view in (("plain", FeatureConfig()), ("apart", FeatureConfig(impute=True, holidays_apart=True))):
        table = feature_rows(grid, grid.days - HORIZON - 1, HORIZON, view).table
        for column in table.columns:
            if table[column].dtype.is_numeric():
                out[f"{name} {column}"] = round(float(np.nanmean(table[column].to_numpy().astype(np.float64))), 5)
    return out


def test_when_features_change_then_their_version_does() -> None:
    known = json.loads(KNOWN.read_text())
    found = means()
    moved = [
        name
        for name in {*known["means"], *found}
        if not np.isclose(
            known["means"].get(name, np.inf), found.get(name, np.inf), rtol=1e-3, atol=1e-3, equal_nan=True
        )
    ]
    told = f"raise features.VERSION, and write {KNOWN.name} anew: python {Path(__file__).name}"
    assert not moved, f"{sorted(moved)[:5]} say something else now: {told}"
    assert known["version"] == VERSION, told


if __name__ == "__main__":
    KNOWN.write_text(json.dumps({"version": VERSION, "means": means()}, indent=1) + "\n")
