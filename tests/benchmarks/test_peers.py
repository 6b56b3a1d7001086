"""The comparison with other libraries: a stand-in peer gets no sales of the window, and is scored as a plain loop scores it."""

import csv
import datetime as dt
import sys
from pathlib import Path

import polars as pl
import pytest

from support.chain_files import write_chain

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import peers
from peers import Contestant

HORIZON = 7
STAND_IN = '''"""Forecasts 5000 for every store and day of the plan."""

import sys
from pathlib import Path

import polars as pl  # a comment, and no line of code

folder, out = map(Path, sys.argv[1:])

plan = pl.read_csv(folder / "test.csv", try_parse_dates=True)
plan.select("Store", "Date", pl.lit(5000.0).alias("Forecast")).write_parquet(out)
'''


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chain(tmp_path_factory.mktemp("peers") / "chain", days=120)


def sales_of_window(chain: Path, cutoff: dt.date) -> list[dict[str, str]]:
    last = cutoff + dt.timedelta(days=HORIZON)
    with (chain / "train.csv").open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines)
        return [row for row in rows if str(cutoff) < row["Date"] <= str(last) and row["Open"] == "1"]


def forecasts_of(chain: Path, cutoff: dt.date, columns: dict[str, float]) -> pl.DataFrame:
    rows = [{"Store": int(row["Store"]), "Date": row["Date"]} for row in sales_of_window(chain, cutoff)]
    return pl.DataFrame(rows).with_columns(
        pl.col("Date").str.to_date(), *(pl.lit(value).alias(name) for name, value in columns.items())
    )


def test_a_peer_is_given_the_plan_of_the_window_and_none_of_its_sales(chain: Path, tmp_path: Path) -> None:
    cutoff = peers.last_day(chain / "train.csv") - dt.timedelta(days=HORIZON)
    rows = peers.write_window(chain, tmp_path / "window", cutoff, HORIZON)
    past, plan = (pl.read_csv(tmp_path / "window" / name, try_parse_dates=True) for name in ("train.csv", "test.csv"))
    assert rows == past.height == 4 * (120 - HORIZON)
    assert past["Date"].max() == cutoff
    assert plan.height == 4 * HORIZON
    assert plan["Date"].min() == cutoff + dt.timedelta(days=1)
    assert not {"Sales", "Customers"} & set(plan.columns)
    assert (tmp_path / "window" / "store.csv").read_bytes() == (chain / "store.csv").read_bytes()


@pytest.mark.long
def test_a_stand_in_is_run_beside_storecast_and_scored_as_a_loop_scores_it(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "standin_peer.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setattr(peers, "SCRIPTS", tmp_path)
    monkeypatch.setattr(peers, "STORECAST", {"storecast naive": ("naive", [])})
    options = ["--data", str(chain), "--horizon", str(HORIZON), "--runs", "1"]
    peers.main([*options, "--peer", f"standin={sys.executable}"])
    table = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if " | " in line]
    header, stand_in, naive = (dict(zip(table[0], row, strict=True)) for row in table[:3])
    assert header["library"] == "library"
    actual = [
        float(row["Sales"])
        for row in sales_of_window(chain, peers.last_day(chain / "train.csv") - dt.timedelta(days=HORIZON))
    ]
    rmspe = (sum((1 - 5000 / value) ** 2 for value in actual) / len(actual)) ** 0.5
    assert float(stand_in["RMSPE"]) == pytest.approx(rmspe, abs=1e-4)
    assert float(stand_in["WAPE"]) == pytest.approx(sum(abs(value - 5000) for value in actual) / sum(actual), abs=1e-4)
    assert (stand_in["SQL"], stand_in["80% covered"], stand_in["lines"]) == ("–", "–", "6")
    assert float(naive["SQL"]) > 0
    assert float(naive["GiB"]) > 0.05
    ratios = dict(zip(table[3], table[5], strict=True))
    assert float(ratios["RMSPE"]) == pytest.approx(float(naive["RMSPE"]) / rmspe, abs=0.01)


def test_quantiles_are_scored_where_a_peer_gives_them(chain: Path, tmp_path: Path) -> None:
    cutoff = peers.last_day(chain / "train.csv") - dt.timedelta(days=HORIZON)
    deciles = {f"Q{k}0": 4000.0 + 500 * k for k in range(1, 10)}
    forecasts_of(chain, cutoff, {"Forecast": 6000.0, **deciles}).write_parquet(tmp_path / "forecasts.parquet")
    peer = Contestant("peer", [], tmp_path / "forecasts.parquet", 1)
    _, wape, sql, covered = peers.score(peer, chain, cutoff, HORIZON)
    actual = [float(row["Sales"]) for row in sales_of_window(chain, cutoff)]
    assert wape == pytest.approx(sum(abs(value - deciles["Q50"]) for value in actual) / sum(actual))
    assert covered == pytest.approx(sum(4500 <= value <= 8500 for value in actual) / len(actual))
    assert sql is not None
    assert sql > 0


@pytest.mark.parametrize("fault", ["missing", "twice", "unknown", "a day short"])
def test_a_day_to_score_without_exactly_one_forecast_is_an_error(chain: Path, tmp_path: Path, fault: str) -> None:
    cutoff = peers.last_day(chain / "train.csv") - dt.timedelta(days=HORIZON)
    whole = forecasts_of(chain, cutoff, {"Forecast": 6000.0})
    spoilt = {
        "missing": whole[1:],
        "twice": pl.concat([whole, whole[:1]]),
        "unknown": whole.with_columns(pl.when(pl.int_range(pl.len()) > 0).then("Forecast").alias("Forecast")),
        "a day short": whole.filter(pl.col("Date") < pl.col("Date").max()),
    }[fault]
    spoilt.write_parquet(tmp_path / "forecasts.parquet")
    with pytest.raises(ValueError, match="not every day to score has one forecast"):
        peers.score(Contestant("peer", [], tmp_path / "forecasts.parquet", 1), chain, cutoff, HORIZON)


def test_lines_of_code_are_counted_with_what_a_script_shares_but_without_comments(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text('"""Words."""\n\nX = 1\n\n\ndef f():\n    """Words."""\n    return X\n')
    script = tmp_path / "script.py"
    script.write_text("# words\nfrom shared import f\nimport os\n\nprint(f(), os.name)\n")
    assert peers.lines_of(script) == 3 + 4


def test_an_unknown_peer_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no peer 'prophet'.*mlforecast"):
        peers.contestants_of({"prophet": sys.executable}, tmp_path)


def test_a_sentence_says_what_is_better_and_what_is_worse() -> None:
    sentence = peers.sentence("ours", "theirs", {"RMSPE": 0.8, "SQL": None, "CPU s": 1.5})
    assert sentence == "ours against theirs: better or equal in RMSPE 0.80 ×; worse in CPU s 1.50 ×."


def test_every_script_of_a_peer_is_a_program_of_two_arguments() -> None:
    scripts = sorted(peers.SCRIPTS.glob("*_peer.py"))
    assert len(scripts) == 5
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert f"python {script.name} FOLDER FORECASTS.parquet" in text
        compile(text, script.name, "exec")


def test_what_peers_learn_from_has_every_day_and_no_sales_of_the_window(chain: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(peers.SCRIPTS))
    try:
        from chain_days import read_days
    finally:
        sys.path.remove(str(peers.SCRIPTS))
    cutoff = peers.last_day(chain / "train.csv") - dt.timedelta(days=HORIZON)
    peers.write_window(chain, tmp_path / "window", cutoff, HORIZON)
    train = tmp_path / "window" / "train.csv"
    lines = train.read_text(encoding="utf-8").splitlines()
    train.write_text(
        "\n".join(line for line in lines if not line.startswith("2,3,2014-02-05")) + "\n", encoding="utf-8"
    )
    past, ahead, facts = read_days(tmp_path / "window")
    assert past.height == 4 * (120 - HORIZON)  # the day without a row among them
    assert ahead.height == 4 * HORIZON
    assert not {"y", "weight"} & set(ahead.columns)
    assert set(facts) == {"Number", "StoreType", "Assortment", "State", "Promo2", "CompetitionDistance"}
    assert past["y"].is_finite().all()
    closed = past.filter(pl.col("Open") == 0)
    assert closed["weight"].unique().to_list() == [0]
    assert past.filter(unique_id=2, ds=dt.date(2014, 2, 5))["weight"].item() == 0
