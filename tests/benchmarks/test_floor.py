"""The floor of a fit: the bare booster learns what the whole fit does, and ratios and verdict follow from the costs."""

import sys
from pathlib import Path

import pytest

from support.chain_files import write_chain

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import floor
from measure import Cost


def test_each_part_is_printed_beside_its_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_chain(tmp_path / "chain", days=200)
    floor.main(["--data", str(folder), "--runs", "1", "--horizon", "14"])
    lines = capsys.readouterr().out.splitlines()
    table = [line.split(" | ") for line in lines if " | " in line]
    assert [line[0] for line in table[1:]] == [floor.BYTES, floor.READING, floor.BOOSTER, floor.FIT, floor.AROUND]
    cpu = {line[0]: float(line[1]) for line in table[1:]}
    assert min(cpu[floor.BOOSTER], cpu[floor.FIT]) > 0
    assert cpu[floor.AROUND] == pytest.approx(cpu[floor.FIT] - cpu[floor.BOOSTER], abs=2e-3)
    assert lines[2].startswith("# the booster's matrix: ")


@pytest.mark.parametrize(("whole", "verdict"), [(1.4, "within"), (1.5, "above")])
def test_the_work_around_the_booster_is_the_whole_fit_less_the_booster(
    whole: float, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    costs = {floor.BYTES: 0.0, floor.READING: 1.0, floor.BOOSTER: 10.0, floor.FIT: 10 * whole}
    floor.report({part: Cost(user=seconds, system=0, wall=2 * seconds) for part, seconds in costs.items()})
    *_, around, sentence = capsys.readouterr().out.splitlines()
    assert [float(cell) for cell in around.split(" | ")[1:3]] == pytest.approx([10 * whole - 10, 20 * whole - 20])
    assert f"{whole - 1:.2f} × the booster's own" in sentence
    assert verdict in sentence


def test_the_median_of_costs_is_that_of_each_figure() -> None:
    costs = [Cost(1, 9, 5), Cost(2, 8, 4), Cost(9, 1, 6)]
    assert floor.median_cost(costs) == Cost(2, 8, 5)


def test_the_bare_booster_is_the_one_of_the_whole_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xgboost import XGBRegressor

    boosters = []
    fit = XGBRegressor.fit
    monkeypatch.setattr(XGBRegressor, "fit", lambda self, *a, **k: boosters.append(fit(self, *a, **k)) or self)
    panel, _ = floor.costs_of_reading(write_chain(tmp_path / "chain", days=200))
    shape, _ = floor.costs_of_fit(panel, 14, fast=True)
    whole, bare = boosters
    assert shape[1] == bare.n_features_in_
    assert bare.get_booster().get_dump() == whole.get_booster().get_dump()
