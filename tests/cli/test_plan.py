"""storecast plan as a planner uses it."""

import datetime as dt
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from storecast.database.connect import Database, home_url
from storecast.database.forecasts import save_forecast
from storecast.database.writes import add_sales
from storecast.plan.totals import TotalInterval
from storecast.stages import SAVING
from support.commands import Cli, ended_stages
from support.new_databases import new_database
from support.plans import drivers_of, filled, made_forecast, published


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a forecast that was published, and a newer one that was not."""
    database = filled(new_database(home_url(tmp_path)))
    first = made_forecast()
    published(database, first, drivers_of(first))
    second = made_forecast(130.0, version=2, late=7)
    total = TotalInterval("chain", "chain", float(second.rows["Forecast"].sum()), 5000.0, 6000.0)
    save_forecast(database, model=second.model, cutoff=second.cutoff, version=2, rows=second.rows, totals=(total,))
    database.close()
    return tmp_path


def test_a_forecast_is_published_agreed_on_and_compared(cli: Cli, home: Path) -> None:
    code, out, err = cli("plan", "publish", "--home", home, "--by", "Ada")
    assert (code, out) == (0, "Published version 2, draft.\n"), err
    assert ended_stages(err) == (SAVING,)
    assert "published before: version 2, draft" in cli("plan", "publish", "--home", home)[1]
    assert "Version 2 was draft and is reviewed." in cli("plan", "advance", "--to", "reviewed", "--home", home)[1]
    listed = json.loads(cli("plan", "list", "--home", home, "--json")[1])
    assert [(each["version"], each["state"], each["explained"]) for each in listed] == [
        (2, "reviewed", False), (1, "draft", True),
    ]  # fmt: skip
    assert "reviewed" in cli("plan", "list", "--home", home)[1]
    code, out, err = cli("plan", "compare", "--home", home, "--out", home / "changes.csv")
    assert code == 0, err
    for words in ("From version 1 to 2, all stores", "+720.00", "largest change", "version 2 was published without"):
        assert words in out
    assert pl.read_csv(home / "changes.csv").columns == ["Level", "Key", "Start", "End", "Before", "After", "Change"]
    expected = "are expected, in four of five cases 5,000.00 to 6,000.00."
    assert f"Version 2: 6,360.00 {expected}" in out
    assert expected in cli("plan", "show", "--home", home)[1]


def test_a_version_is_shown_with_its_weeks_and_written_by_day(cli: Cli, home: Path) -> None:
    code, out, err = cli("plan", "show", "--home", home, "--out", home / "days.csv")
    assert code == 0, err
    for words in ("Version 1, draft", "Ada", "The chain by week", "2013-03-25 to 2013-03-31", "2,460.00"):
        assert words in out
    days = pl.read_csv(home / "days.csv")
    assert days.columns == ["Store", "Date", "Forecast", "Lower80", "Upper80", "Plan", "Override"]
    assert days.height == 4 * 14
    shown = json.loads(cli("plan", "show", "--home", home, "--json")[1])
    assert [week["Forecast"] for week in shown["weeks"]] == [820.0, 2460.0, 1640.0]
    stores = json.loads(cli("plan", "show", "--level", "store", "--home", home, "--json")[1])["weeks"]
    assert [week["Key"] for week in stores] == [str(store) for store in (1, 2, 3, 4) for _ in range(3)]
    assert "The level state by week" in cli("plan", "show", "--level", "state", "--home", home)[1]
    code, _, err = cli("plan", "show", "--level", "Region", "--home", home)
    assert (code, "There is no such level. There are: store, type, state, chain." in err) == (2, True)


def test_drivers_are_printed_where_they_are_known(cli: Cli, home: Path) -> None:
    database = Database.open(home_url(home))
    forecast = made_forecast(105.0, version=3)
    published(database, forecast, drivers_of(forecast, 7.0))
    database.close()
    out = cli("plan", "compare", "--home", home, "--out", home / "changes.csv")[1]
    assert "Promotion +336.00, the chain's usual day -96.00" in out
    assert pl.read_csv(home / "changes.csv").columns[-2:] == ["Promotion", "Usual"]


WEEK = ("--first", "2013-03-25", "--last", "2013-03-31", "--reason", "local event")


def test_an_override_is_written_listed_withdrawn_and_brought_back(cli: Cli, home: Path) -> None:
    code, out, err = cli("plan", "override", "--key", 1, *WEEK, "--figure", 900, "--by", "Ada", "--home", home)
    assert code == 0, err
    assert out == "Wrote store 1, 2013-03-25 to 2013-03-31: figure 900.00. The plan is at revision 1.\n"
    out = cli("plan", "override", "--level", "chain", *WEEK, "--factor", 1.1, "--home", home)[1]
    assert "all stores, 2013-03-25 to 2013-03-31: factor 1.1" in out
    listed = json.loads(cli("plan", "overrides", "--home", home, "--json")[1])
    assert [(each["By"], each["Forecast"], each["Plan"]) for each in listed["overrides"]] == [
        ("command line", 2460.0, 2939.4), ("Ada", 606.0, 900.0),
    ]  # fmt: skip
    assert "2,939.40" in cli("plan", "overrides", "--home", home)[1]
    assert "2,939.40" in cli("plan", "show", "--home", home)[1]
    assert "Withdrew override 1" in cli("plan", "withdraw", 1, "--home", home)[1]
    assert "1 written again. The plan is at revision 4" in cli("plan", "undo", "--revision", 3, "--home", home)[1]
    out = cli("plan", "reasons", "--add", "market day", "--remove", "weather", "--home", home)[1]
    assert out.split("\n")[1:3] == ["local event", "market day"]
    assert "weather" not in out


def test_a_budget_is_read_and_set_beside_the_plan(cli: Cli, home: Path) -> None:
    file = home / "budget.csv"
    file.write_text("Store;Week;Amount\n1;2013-W13;500,00\n2;2013-W13;700,50\n", encoding="utf-8")
    code, out, err = cli("plan", "budget", "--file", file, "--home", home)
    assert (code, out) == (0, "The budget has 2 amounts; 0 of before have gone.\n"), err
    shown = json.loads(cli("plan", "show", "--home", home, "--json")[1])
    assert [(week["Budget"], week["Variance"]) for week in shown["weeks"]] == [
        (None, None),
        (1200.5, 17.5),
        (None, None),
    ]
    file.write_text("Store,Month,Amount\n1,2013-04,9\n", encoding="utf-8")
    cli("plan", "budget", "--file", file, "--home", home)
    code, out, err = cli("plan", "undo-budget", "--by", "Ada", "--home", home)
    assert (code, out) == (0, "The budget before has 2 amounts and stands again; 1 have gone.\n"), err
    again = json.loads(cli("plan", "show", "--home", home, "--json")[1])
    assert again["weeks"] == shown["weeks"]
    assert "has 0 amounts and stands again; 2 have gone" in cli("plan", "undo-budget", "--home", home)[1]
    code, out, err = cli("plan", "undo-budget", "--home", home)
    assert (code, out, "no budget to take back" in err) == (2, "", True)
    file.write_text("Store,Wek,Amount\n1,2013-W13,500\n", encoding="utf-8")
    code, _, err = cli("plan", "budget", "--file", file, "--home", home)
    assert (code, "expected Store, one of Date, Week and Month" in err) == (2, True)


def test_what_overrides_were_worth_is_said_in_a_sentence(cli: Cli, home: Path) -> None:
    assert "No day of an override has come yet." in cli("plan", "value", "--home", home)[1]
    cli("plan", "override", "--key", 1, *WEEK, "--figure", 900, "--by", "Ada", "--home", home)
    database = Database.open(home_url(home))
    sold = pl.DataFrame({"Store": [1], "Date": [dt.date(2013, 3, 25)], "Sales": [110.0], "Open": [1]})
    with database.begin() as conn:
        add_sales(conn, sold)
    database.close()
    code, out, err = cli("plan", "value", "--home", home, "--out", home / "value.csv")
    assert code == 0, err
    for words in (
        "WAPE of each step",
        "Ada",
        "local event",
        "-31.00",
        "Of the last override whose days have come, 0 made",
    ):
        assert words in out
    assert pl.read_csv(home / "value.csv")["Added"].to_list() == [-31.0]
    plain = json.loads(cli("plan", "value", "--home", home, "--json", "--since", "2013-03-26")[1])
    assert plain["overrides"] == []


def test_what_needs_a_look_is_listed_and_done(cli: Cli, home: Path) -> None:
    cli("plan", "publish", "--home", home)
    code, out, err = cli("plan", "exceptions", "--home", home)
    assert code == 0, err
    assert "change:2013-04-01:4" in out
    assert "the forecast moved by +120.00 since version 1" in out
    out = cli("plan", "handle", "change:2013-04-01:4", "--state", "snoozed", "--until", "2100-01-01", "--home", home)[1]
    assert out == "change:2013-04-01:4 is snoozed.\n"
    names = {each["Exception"] for each in json.loads(cli("plan", "exceptions", "--json", "--home", home)[1])}
    assert "change:2013-04-01:4" not in names
    assert "change:2013-04-01:3" in names
    assert "2100-01-01" in cli("plan", "exceptions", "--all", "--home", home)[1]


def test_a_version_is_told_in_sentences(cli: Cli, home: Path) -> None:
    code, out, err = cli("plan", "summary", "--home", home)
    assert code == 0, err
    assert out.splitlines()[0].startswith("4,920 are expected from 22 March 2013 to")
    replied = json.loads(cli("plan", "summary", "--home", home, "--json")[1])
    assert (replied["figures"]["first"], replied["figures"]["state"]["by"]) == ("2013-03-22", "Ada")
    assert replied["sentences"] == out.splitlines()


def test_overrides_come_from_a_file_all_or_none(cli: Cli, home: Path) -> None:
    file = home / "overrides.csv"
    head = "Level;Key;Start;End;Kind;Value;Reason;Note\n"
    rows = ["store;1;2013-03-25;2013-03-31;figure;650,25;weather;'=a", ";2;2013-03-26;;amount;-10,5;weather;"]
    rows.append("chain;;2013-04-01;2013-04-04;factor;1,125;promotion;")
    file.write_text(head + "\n".join(rows), encoding="utf-8")
    code, out, err = cli("plan", "override", "--file", file, "--by", "Ada", "--home", home)
    assert (code, out) == (0, "Wrote 3 overrides, 0 of them in place of older ones. The plan is at revision 1.\n"), err
    out_file = home / "standing.csv"
    cli("plan", "overrides", "--out", out_file, "--home", home)
    standing = json.loads(cli("plan", "overrides", "--json", "--home", home)[1])["overrides"]
    assert [(each["Key"], each["Value"], each["Note"]) for each in reversed(standing)] == [
        ("1", 650.25, "=a"), ("2", -10.5, ""), ("chain", 1.125, ""),
    ]  # fmt: skip
    code, out, err = cli("plan", "override", "--file", out_file, "--home", home)
    assert (code, "3 of them in place of older ones" in out) == (0, True), err
    again = json.loads(cli("plan", "overrides", "--json", "--home", home)[1])["overrides"]
    what = ("Level", "Key", "Start", "End", "Kind", "Value", "Reason", "Note", "Plan")
    assert sorted([str(each[name]) for name in what] for each in again) == sorted(
        [str(each[name]) for name in what] for each in standing
    )
    for wrong, message in (
        ("store;1;2013-03-25;;figre;1;weather;", "line 5, column Kind: found 'figre'"),
        ("store;1;25.3.2013;;figure;1;weather;", "column Start: found '25.3.2013'"),
        ("store;1;2013-03-25;;figure;;weather;", "column Value: found nothing"),
        ("store;9;2013-03-25;;figure;1;weather;", "no such store"),
    ):
        file.write_text(head + "\n".join([*rows, wrong]), encoding="utf-8")
        code, _, err = cli("plan", "override", "--file", file, "--home", home)
        assert (code, message in err) == (2, True), err
    assert json.loads(cli("plan", "overrides", "--json", "--home", home)[1])["revision"] == 2


def test_comments_are_written_and_listed(cli: Cli, home: Path) -> None:
    week = ("--first", "2013-03-25", "--last", "2013-03-31")
    code, out, err = cli("plan", "comment", "Roadworks", "--store", 1, *week, "--by", "Ada", "--home", home)
    assert (code, out) == (0, "Wrote comment 1 on version 1.\n"), err
    cli("plan", "comment", "Agreed", "--home", home)
    listed = json.loads(cli("plan", "comments", "--home", home, "--json")[1])
    assert [(each["By"], each["Store"], each["End"]) for each in listed] == [
        ("command line", None, None), ("Ada", "1", "2013-03-31"),
    ]  # fmt: skip
    assert "Roadworks" in cli("plan", "comments", "--store", 1, "--home", home)[1]


def test_a_workbook_is_shown_first_and_then_taken(cli: Cli, home: Path) -> None:
    file = home / "plan.xlsx"
    code, out, err = cli("plan", "export", "--home", home, "--out", file)
    assert (code, "Fill in Override and Reason" in out) == (0, True), err
    german = home / "plan-de.xlsx"
    code, out, err = cli("plan", "export", "--home", home, "--out", german, "--language", "de")
    assert (code, "Fill in Anpassung and Grund" in out) == (0, True), err
    assert cli("plan", "import", german, "--home", home)[1] == "Nothing is changed.\n"
    assert cli("plan", "import", file, "--home", home)[1] == "Nothing is changed.\n"
    book = openpyxl.load_workbook(file)
    sheet = book["Weeks"]
    titles = {cell.value: cell.column for cell in sheet[5]}
    sheet.cell(7, titles["Override"]).value, sheet.cell(7, titles["Reason"]).value = 650, "weather"
    book.save(file)
    code, out, err = cli("plan", "import", file, "--home", home)
    assert (code, "1 change; nothing is written yet. Take them with --apply." in out) == (0, True), err
    shown = json.loads(cli("plan", "import", file, "--home", home, "--json")[1])
    assert [(each["store"], each["first"], each["after"]) for each in shown["changes"]] == [("1", "2013-03-25", 650.0)]
    code, out, err = cli("plan", "import", file, "--home", home, "--apply", "--by", "Ada")
    assert (code, "Took 1 change. The plan is at revision 1." in out) == (0, True), err
    code, _, err = cli("plan", "import", file, "--home", home)
    assert (code, "Ada wrote store 1" in err) == (2, True), err
    sheet.cell(8, titles["Override"]).value = "abc"
    book.save(file)
    code, _, err = cli("plan", "import", file, "--home", home)
    assert (code, "plan.xlsx, sheet Weeks, P8: found 'abc', expected the total" in err) == (2, True), err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "--version", "9"), "no version 9"),
        (("summary", "--version", "9"), "no version 9"),
        (("export", "--version", "9", "--out", "plan.xlsx"), "no version 9"),
        (("export", "--language", "fr", "--out", "plan.xlsx"), "no language 'fr'"),
        (("import", "none.xlsx"), "There is no file"),
        (("comment", "x", "--store", "9"), "has no such store; it has 4"),
        (("comment", "x", "--first", "2013-03-25"), "needs the store"),
        (("comment", "x", "--store", "1", "--first", "2012-03-25"), "Expected days of version 1"),
        (("comment", " "), "a text of 1 to 1000 characters"),
        (("compare",), "first of the plan"),
        (("advance", "--to", "locked"), "what can follow is reviewed"),
        (("advance", "--to", "aproved"), "Did you mean approved"),
        (("publish", "--model", "other"), "no forecast of other"),
        (("publish", "--explain"), "file"),
        (("override", "--key", "1", *WEEK), "one of --figure, --amount and --factor"),
        (("override", "--key", "1", *WEEK, "--figure", "1", "--factor", "2"), "one of --figure, --amount and --factor"),
        (("override", "--key", "9", *WEEK, "--figure", "1"), "no such store"),
        (
            ("override", "--key", "1", "--first", "2013-03-25", "--reason", "wether", "--factor", "2"),
            "Did you mean weather",
        ),
        (("override", "--key", "1", "--figure", "1"), "Say --first and --reason, or --file"),
        (("withdraw", "7"), "no override 7"),
        (("undo", "--revision", "7"), "no write that can be taken back"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(cli: Cli, home: Path, words: tuple[str, ...], message: str) -> None:
    code, _, err = cli("plan", *words, "--home", home)
    assert (code, message in err) == (2, True), err


def test_drivers_need_a_home(cli: Cli, home: Path) -> None:
    code, _, err = cli("plan", "publish", "--explain", "--db", home_url(home))
    assert (code, "give --home" in err) == (2, True)
