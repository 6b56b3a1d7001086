"""Features that say something else have another version: a model must not be asked about what it did not learn from."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from storecast.bundle.versions import is_version
from storecast.config import FeatureConfig
from storecast.data.grid import Grid
from storecast.features import VERSION
from storecast.features.declarations import BLOCKS, CALENDAR, Feature, version_of
from storecast.features.store import feature_rows
from support.panels import make_panel

RECORD = Path(__file__).with_name("means.json")
HORIZON = 48


def means() -> dict[str, float]:
    """Return the mean of each numeric column after one origin, under both configurations."""
    grid = Grid.of(make_panel(noise=0.02))
    out = {}
    for name, config in (("plain", FeatureConfig()), ("apart", FeatureConfig(impute=True, holidays_apart=True))):
        table = feature_rows(grid, grid.days - HORIZON - 1, HORIZON, config).table
        for column in table.columns:
            if table[column].dtype.is_numeric():
                out[f"{name} {column}"] = round(float(np.nanmean(table[column].to_numpy().astype(np.float64))), 5)
    return out


def complaint(recorded: dict[str, float], recorded_version: str, current: dict[str, float], version: str) -> str:
    """Return what a developer must do; empty where means and version are those on record."""
    moved = {
        name.partition(" ")[2]
        for name in {*recorded, *current}
        if not np.isclose(recorded.get(name, np.inf), current.get(name, np.inf), rtol=1e-3, atol=1e-3, equal_nan=True)
    }
    write = f"write {RECORD.name} anew: python {Path(__file__).name}"
    if moved and version == recorded_version:
        blocks = [block.name for block in BLOCKS if moved & {each.name for each in block.features}]
        return (
            f"{', '.join(sorted(moved)[:5])} say something else under their old names: raise the revision of "
            f"{', '.join(blocks)} in storecast/features/declarations.py, then {write}"
        )
    return f"the version of the features is another: {write}" if version != recorded_version else ""


def test_when_features_say_something_else_then_their_version_is_another() -> None:
    record = json.loads(RECORD.read_text())
    message = complaint(record["means"], record["version"], means(), VERSION)
    assert not message, message


def test_a_mean_that_moves_under_the_same_version_names_the_block_to_revise() -> None:
    message = complaint(
        {"plain promo": 0.4, "plain basket": 2.0}, "4.1", {"plain promo": 0.5, "plain basket": 2.0}, "4.1"
    )
    assert message.startswith("promo say something else under their old names: raise the revision of calendar in ")
    assert complaint({"plain promo": 0.4}, "4.1", {"plain promo": 0.5}, "4.2").startswith(
        "the version of the features is"
    )
    assert complaint({"plain promo": 0.4}, "4.1", {"plain promo": 0.4}, "4.1") == ""


def test_the_version_follows_names_and_revisions_and_nothing_else() -> None:
    first = CALENDAR.features[0]
    changed = [
        replace(CALENDAR, revision=CALENDAR.revision + 1),
        replace(CALENDAR, features=CALENDAR.features[1:]),
        replace(CALENDAR, features=(*CALENDAR.features, Feature("school_size", "holidays"))),
    ]
    versions = {version_of([block]) for block in (CALENDAR, *changed)}
    assert len(versions) == 1 + len(changed)
    same = [
        replace(CALENDAR, features=CALENDAR.features[::-1]),
        replace(CALENDAR, features=(replace(first, driver="level", forest=not first.forest), *CALENDAR.features[1:])),
    ]
    assert {version_of([block]) for block in same} == {version_of([CALENDAR])}


def test_the_version_can_stand_in_a_model_file() -> None:
    assert version_of(BLOCKS) == VERSION
    assert is_version(VERSION)


if __name__ == "__main__":
    RECORD.write_text(json.dumps({"version": VERSION, "means": means()}, indent=1) + "\n")
