"""Where the days ahead hold a season of which the past holds none, check, run, report and plan say so."""

import datetime as dt
import json
import re
from pathlib import Path

import openpyxl
import pytest

from storecast.data.kept_feasts import keeps_christmas, keeps_easter
from storecast.data.unseen_seasons import unseen_season_notice, unseen_seasons
from storecast.features.country_terms import feast_terms
from storecast.workflows import check, prepare, run
from support.chain_files import write_chain
from support.commands import Cli, cli, leave_out_exploration

__all__ = ["cli"]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "end", "last", "seasons"),
    [
        ("2013-01-01", "2014-12-10", "2015-01-20", []),  # the past holds the Christmas of 2013
        ("2014-01-01", "2014-12-14", "2014-12-20", ["Christmas"]),
        ("2014-01-01", "2014-12-20", "2015-01-10", ["Christmas"]),  # the past holds a part of it
        ("2013-12-24", "2014-12-14", "2014-12-31", ["Christmas"]),  # the past begins in the middle of one
        ("2014-01-01", "2014-11-20", "2014-12-31", ["Christmas", "December"]),
        ("2014-06-01", "2015-03-20", "2015-04-10", ["Easter", "April"]),
        ("2013-06-01", "2015-03-20", "2015-04-10", []),
        ("2015-01-01", "2015-07-31", "2015-09-11", ["August", "September"]),
        ("2015-01-01", "2015-07-31", "2015-08-05", []),  # too few days of August to speak of
        ("2014-07-15", "2015-06-30", "2015-08-11", []),
    ],
)
def test_a_season_is_unseen_where_the_past_does_not_hold_the_whole_of_it(
    first: str, end: str, last: str, seasons: list[str]
) -> None:
    assert list(unseen_seasons(day(first), day(end), day(last))) == seasons


@pytest.mark.parametrize(
    ("country", "seasons"),
    [("", ["Easter", "April"]), ("EC", ["Easter", "April"]), ("US", ["Easter", "April"]), ("TR", ["April"])],
)
def test_a_feast_that_the_country_does_not_keep_is_no_season_of_it(country: str, seasons: list[str]) -> None:
    assert list(unseen_seasons(day("2014-06-01"), day("2015-03-20"), day("2015-04-10"), country)) == seasons


@pytest.mark.parametrize("country", ["", "EC", "US", "DE", "JP", "TR", "GB", "CN"])
def test_seasons_and_terms_of_models_ask_one_rule_whether_a_country_keeps_a_feast(country: str) -> None:
    names = {term.name for term in feast_terms(country, day("2013-01-01"), 800)}
    if country != "DE":  # its terms do not come from the table of countries
        assert keeps_easter(country) is any(name.startswith("Easter") for name in names)
        assert keeps_christmas(country) is ("Christmas" in names)
    seasons = unseen_seasons(day("2014-06-01"), day("2014-12-10"), day("2015-04-10"), country)
    assert ("Easter" in seasons, "Christmas" in seasons) == (keeps_easter(country), keeps_christmas(country))


def test_one_sentence_names_them_with_their_days() -> None:
    assert unseen_season_notice(day("2013-01-01"), day("2014-12-10"), day("2015-01-20")) == ""
    notice = unseen_season_notice(day("2015-01-01"), day("2015-07-31"), day("2015-09-11"))
    assert notice.startswith("The days ahead hold August and September; the past holds none of them")
    assert "2015-08-01 to 2015-09-11" in notice


def test_check_says_it_in_words_and_in_its_json(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "chain", days=350, ahead=14)  # to 16 December 2014
    cleaned = check(folder, out=tmp_path / "out")
    assert cleaned.notices == (cleaned.unseen_seasons,)
    assert (
        json.loads((tmp_path / "out" / "check.json").read_text(encoding="utf-8"))["unseen_seasons"] in cleaned.notices
    )
    assert "The days ahead hold Christmas; the past holds none" in cli("check", "--data", folder)[1]


def test_a_longer_horizon_reaches_more(tmp_path: Path) -> None:
    folder = write_chain(tmp_path, days=300, ahead=0)
    (folder / "test.csv").unlink()
    assert "Christmas" not in prepare(folder, horizon=14).cleaned.unseen_seasons
    assert "Christmas" in prepare(folder, horizon=60).cleaned.unseen_seasons


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unseen")
    write_chain(folder / "chain", stores=3, days=350, ahead=14)
    with pytest.MonkeyPatch.context() as patch:
        leave_out_exploration(patch)
        run(folder / "chain", home=folder / "home", models=["naive"], windows=1)
    return folder / "home"


def test_a_run_says_it_in_scores_report_and_plan(home: Path) -> None:
    sentence = "The days ahead hold Christmas; the past holds none"
    assert sentence in " ".join(json.loads((home / "scores.json").read_text(encoding="utf-8"))["notices"])
    page = (home / "report.html").read_text(encoding="utf-8")
    link = re.search(rf"{sentence}[^<]*<a href=\"(.*?)\">(.*?)</a>", page)
    assert link
    assert link.groups() == ("#s-ahead", "More")
    assert 'id="s-ahead"' in page
    lines = [str(row[1]) for row in openpyxl.load_workbook(home / "plan.xlsx")["About"].values]
    assert any(line.startswith(sentence) for line in lines)
