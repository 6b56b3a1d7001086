"""The plan over HTTP: forecasts are published, agreed on and compared."""

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from storecast.client import Client as ServiceClient
from storecast.client import ConflictError, InvalidError, NotFoundError
from storecast.database.connect import home_url
from storecast.service.route import XLSX
from support.served_home import FIRST, HORIZON, STORES, Client, client_through, copy_of, make_key, running, settings_of


@pytest.fixture(scope="module")
def planned(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Run a service whose plan has a version of the linear model and one of the naive one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        own = copy_of(home, tmp_path_factory.mktemp("planned") / "home")
        with running(settings_of(own), make_key(home_url(own))) as client:
            yield client


@pytest.fixture(scope="module")
def plan(planned: Client) -> Iterator[ServiceClient]:
    with client_through(planned) as service:
        first = service.plan.publish(explain=True)
        models = {model["kind"]: model["name"] for model in service.models()}
        second = service.plan.publish(models["naive"], note="to compare")
        assert (first["version"], second["version"], first["explained"], second["explained"]) == (1, 2, True, False)
        yield service


def test_a_version_holds_the_forecast_that_is_served(planned: Client, plan: ServiceClient) -> None:
    served = planned.forecasts({"store": 2}).json()["forecasts"]
    days = list(plan.plan.days(1, 2))
    assert [day["Forecast"] for day in days] == [day["Forecast"] for day in served]
    assert set(days[0]) == {"Store", "Date", "Forecast", "Lower80", "Upper80", "Plan", "Override"}
    assert all(day["Plan"] == day["Forecast"] and day["Override"] is None for day in days)
    assert len(list(plan.plan.days(1))) == STORES * HORIZON
    page = planned.get("/v1/plan/versions/1/days?limit=5").json()
    following = planned.get(f"/v1/plan/versions/1/days?limit=1&cursor={page['next']}").json()
    assert following["days"][0]["Date"] > page["days"][-1]["Date"]


def test_publishing_again_keeps_the_number_and_versions_are_listed(plan: ServiceClient) -> None:
    again = plan.plan.publish()
    assert (again["version"], again["new"]) == (1, False)
    assert [version["version"] for version in plan.plan.versions()] == [2, 1]
    version = plan.plan.version(2)
    assert (version["first"], version["stores"], version["state"]) == (FIRST.isoformat(), STORES, "draft")
    assert [(each["by"], each["note"]) for each in version["history"]] == [("test", "to compare")]


def test_two_versions_are_compared_and_an_unknown_cause_is_said_to_be_unknown(plan: ServiceClient) -> None:
    compared = plan.plan.compare(store=2)
    assert (compared["before"], compared["after"]) == (1, 2)
    assert "Because of what is not known: version 2" in " ".join(compared["notices"])
    assert {row["Level"] for row in compared["chain"]} == {"chain-horizon", "chain-week"}
    assert {row["Key"] for row in compared["changes"]} == {"2"}
    assert all(row["Drivers"] is None for row in compared["changes"])
    same = plan.plan.compare(1, 1)
    assert all(row["Change"] == 0 and set(row["Drivers"].values()) == {0.0} for row in same["changes"])


def week_of(store: object, value: float, kind: str = "figure") -> dict[str, object]:
    return {
        "Level": "store", "Key": store, "Start": FIRST.isoformat(), "End": (FIRST + dt.timedelta(days=6)).isoformat(),
        "Kind": kind, "Value": value, "Reason": "local event",
    }  # fmt: skip


def test_two_people_at_once_lose_nothing_and_every_write_is_taken_back(planned: Client, plan: ServiceClient) -> None:
    seen = plan.plan.overrides()
    assert (seen["version"], seen["overrides"]) == (2, [])
    state = {"version": seen["version"], "seen": seen["revision"]}
    written = plan.plan.override([week_of(2, 5000)], **state)
    assert (written["added"], written["withdrawn"]) == (1, 0)
    with pytest.raises(ConflictError, match=r"test wrote store 2, .*figure 5,000.00 \(local event"):
        plan.plan.override([week_of("2", 1.1, "factor")], **state)
    assert plan.plan.override([week_of(3, 1.1, "factor")], **state)["revision"] == written["revision"] + 1
    standing = plan.plan.overrides()["overrides"]
    assert [(each["Key"], each["By"], each["Stale"]) for each in standing] == [("3", "test", ""), ("2", "test", "")]
    days = list(plan.plan.days(2, 2))
    assert round(sum(day["Plan"] for day in days[:7]), 2) == 5000
    assert {day["Override"] for day in days[:7] if day["Forecast"]} == {standing[1]["Override"]}
    assert days[7]["Plan"] == days[7]["Forecast"]
    withdrawn = plan.plan.withdraw(standing[0]["Override"])
    plan.plan.undo(withdrawn["revision"])
    assert len(plan.plan.overrides()["overrides"]) == 2
    plan.plan.undo(written["revision"])
    assert [each["Key"] for each in plan.plan.overrides()["overrides"]] == ["3"]
    now = plan.plan.overrides()
    with pytest.raises(InvalidError, match="no such reason"):
        plan.plan.override([{**week_of(4, 1), "Reason": "whim"}], version=2, seen=now["revision"])
    with pytest.raises(ConflictError, match="you saw version 1"):
        plan.plan.override([week_of(4, 1)], version=1, seen=0)


def test_a_key_that_may_not_read_learns_nothing_of_what_others_wrote(planned: Client, plan: ServiceClient) -> None:
    seen = plan.plan.overrides()
    plan.plan.override([week_of(5, 4321)], version=2, seen=seen["revision"])
    key = make_key(home_url(planned.service.settings.home), "write")
    body = {"version": 2, "seen": seen["revision"], "overrides": [week_of(5, 2, "factor")]}
    reply = planned.post("/v1/plan/overrides", body, key=key)
    assert (reply.status_code, "4,321" in reply.text, "Others have changed" in reply.text) == (409, False, True)


def test_a_budget_stands_beside_the_plan(plan: ServiceClient) -> None:
    weeks = plan.plan.weeks(2, 6)
    assert {week["Budget"] for week in weeks} == {None}
    rows = [{"Store": 6, "Period": FIRST.isoformat(), "Amount": 100.5}, {"Store": 1, "Period": "2014-W15", "Amount": 7}]
    assert plan.plan.set_budget(rows)["rows"] == 2
    week = plan.plan.weeks(2, 6)[0]
    assert (week["Start"], week["Budget"]) == (FIRST.isoformat(), 100.5)
    first_day = next(plan.plan.days(2, 6))
    assert week["Variance"] == round(first_day["Plan"] - 100.5, 2)
    revision = plan.plan.overrides()["revision"]
    assert plan.plan.set_budget([]) == {"rows": 0, "replaced": 2, "version": revision, "load": 2}
    with pytest.raises(ConflictError, match=r"The budget 1 is not the last: test put budget 2 in place"):
        plan.plan.undo_budget(1)
    assert plan.plan.undo_budget(2) == {"rows": 2, "replaced": 0, "version": revision, "load": 2}
    assert plan.plan.weeks(2, 6)[0]["Budget"] == 100.5
    assert plan.plan.undo_budget(1)["rows"] == 0
    with pytest.raises(NotFoundError, match="no budget to take back"):
        plan.plan.undo_budget(1)


def test_weeks_of_groups_add_up_to_those_of_the_chain(planned: Client, plan: ServiceClient) -> None:
    chain = plan.plan.weeks(2)
    assert {week["Key"] for week in chain} == {"chain"}
    stores = plan.plan.weeks(2, level="store")
    assert [week for week in stores if week["Key"] == "6"] == plan.plan.weeks(2, 6)
    for weeks in (stores, plan.plan.weeks(2, level="type"), plan.plan.weeks(2, level="Region")):
        for whole in chain:
            parts = [week["Plan"] for week in weeks if week["Start"] == whole["Start"]]
            assert len(parts) > 1
            assert round(sum(parts), 2) == whole["Plan"]
    page = planned.get("/v1/plan/versions/2/weeks?level=type&limit=1").json()
    assert (page["level"], len(page["weeks"])) == ("type", 1)
    following = planned.get(f"/v1/plan/versions/2/weeks?level=type&limit=1&cursor={page['next']}").json()
    assert following["weeks"] == plan.plan.weeks(2, level="type")[1:2]


def test_value_added_is_told_once_sales_have_come(plan: ServiceClient) -> None:
    before_sales = plan.plan.value_added()
    assert (before_sales["sentence"], before_sales["overrides"]) == ("No day of an override has come yet.", [])
    assert plan.plan.value_added(since=FIRST)["steps"] == []


def test_exceptions_are_ranked_by_money_and_handled(plan: ServiceClient) -> None:
    standing = list(plan.plan.exceptions())
    stakes = [each["Stake"] for each in standing]
    assert stakes == sorted(stakes, reverse=True)
    assert {each["State"] for each in standing} == {"open"}
    assert standing[0]["Kind"] == "change"
    name = standing[0]["Exception"]
    assert plan.plan.handle(name, "done", owner="Ada")["owner"] == "Ada"
    assert name not in {each["Exception"] for each in plan.plan.exceptions()}
    everything = {each["Exception"]: each for each in plan.plan.exceptions(everything=True)}
    assert (everything[name]["State"], everything[name]["Owner"], everything[name]["By"]) == ("done", "Ada", "test")
    with pytest.raises(NotFoundError, match="no such exception"):
        plan.plan.handle("change:2014-01-01:99", "done")
    with pytest.raises(InvalidError, match="needs the day"):
        plan.plan.handle(name, "snoozed")


def test_a_version_is_told_in_sentences_and_in_figures(plan: ServiceClient) -> None:
    summary = plan.plan.summary()
    figures = summary["figures"]
    assert 3 <= len(summary["sentences"]) <= 6
    assert (figures["version"], figures["change"]["version"], figures["change"]["drivers"]) == (2, 1, None)
    assert "the cause is not known" in " ".join(summary["sentences"])
    assert figures["forecast"] == round(sum(day["Forecast"] for day in plan.plan.days(2)), 2)
    assert plan.plan.summary(1)["figures"]["exceptions"] is None
    with pytest.raises(NotFoundError, match="no version 99"):
        plan.plan.summary(99)


def test_a_workbook_goes_out_is_filled_in_and_comes_back(planned: Client, plan: ServiceClient) -> None:
    data = plan.plan.workbook(2)
    unchanged = plan.plan.take_workbook(data)
    assert (unchanged["changes"], unchanged["applied"], unchanged["file_version"]) == ([], False, 2)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["Weeks"]
    titles = {cell.value: cell.column for cell in sheet[5]}
    row = next(row for row in range(6, 50) if sheet.cell(row, 1).value == "1")
    sheet.cell(row, titles["Override"]).value, sheet.cell(row, titles["Reason"]).value = 4711.11, "local event"
    out = io.BytesIO()
    book.save(out)
    before = plan.plan.overrides()
    shown = plan.plan.take_workbook(out.getvalue())
    assert [(each["store"], each["after"], each["action"]) for each in shown["changes"]] == [("1", 4711.11, "add")]
    assert plan.plan.overrides() == before, "it was shown, and nothing else"
    taken = [plan.plan.take_workbook(out.getvalue(), apply=True, idempotency_key="filled") for _ in range(2)]
    assert taken[0] == taken[1]
    assert (taken[0]["added"], taken[0]["revision"] > before["revision"]) == (1, True)
    standing = plan.plan.overrides()["overrides"][0]
    assert (standing["Key"], standing["Value"], standing["By"]) == ("1", 4711.11, "test")
    with pytest.raises(ConflictError, match="test wrote store 1"):
        plan.plan.take_workbook(out.getvalue(), apply=True)
    sheet.cell(row, titles["Override"]).value = "=cmd|' /C calc'!A0"
    sheet.cell(row, titles["Override"]).data_type = "s"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(InvalidError) as refused:
        plan.plan.take_workbook(out.getvalue())
    assert [each["where"] for each in refused.value.errors] == [
        f"Weeks!{sheet.cell(row, titles['Override']).coordinate}"
    ]
    assert "cmd" not in str(refused.value), "what was sent is not said again"
    plan.plan.undo(taken[0]["revision"])
    sheet.cell(row, titles["Override"]).value, sheet.cell(row, titles["Reason"]).value = None, None
    sheet.cell(row, titles["Budget"]).value = 815
    out = io.BytesIO()
    book.save(out)
    shown = plan.plan.take_workbook(out.getvalue())
    assert [(each["action"], each["after"], shown["budget_load"]) for each in shown["changes"]] == [
        ("budget", 815.0, None)
    ]
    budget = plan.plan.take_workbook(out.getvalue(), apply=True)
    assert (budget["applied"], budget["budget"], budget["added"]) == (True, 1, 0)
    plan.plan.undo_budget(budget["budget_load"])
    headers = {"content_type": XLSX}
    for body, status in ((b"PK", 422), (b"", 422), (b"x" * 100, 422)):
        assert planned.ask("POST", "/v1/plan/workbook", body, **headers).status_code == status
    assert planned.ask("POST", "/v1/plan/workbook", data).status_code == 415
    assert planned.ask("POST", "/v1/plan/overrides", data, **headers).status_code == 415
    key = make_key(home_url(planned.service.settings.home), "write")
    assert planned.ask("POST", "/v1/plan/workbook", data, key=key, **headers).status_code == 403
    with pytest.raises(NotFoundError, match="no version 99"):
        plan.plan.workbook(99)


def test_a_workbook_of_an_older_version_is_told_so_with_each_change_that_no_longer_fits(plan: ServiceClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(plan.plan.workbook(1)))
    sheet = book["Weeks"]
    titles = {cell.value: cell.column for cell in sheet[5]}
    row = next(row for row in range(6, 50) if sheet.cell(row, 1).value == "1")
    before = float(sheet.cell(row, titles["Forecast"]).value)
    sheet.cell(row, titles["Override"]).value, sheet.cell(row, titles["Reason"]).value = (
        round(before) + 1,
        "local event",
    )
    out = io.BytesIO()
    book.save(out)
    shown = plan.plan.take_workbook(out.getvalue())
    assert shown["notices"][0].startswith("The file is of version 1, the newest is ")
    [change] = shown["changes"]
    assert change["stale"].startswith("the forecast of its days went from ")
    assert change["stale"] in shown["refused"]


def test_comments_are_kept_with_who_and_when(planned: Client, plan: ServiceClient) -> None:
    assert list(plan.plan.comments()) == []
    first = plan.plan.comment("<b>Looks high</b>", version=1)
    again = [plan.plan.comment("Roadworks", store=2, first=FIRST, idempotency_key="said") for _ in range(2)]
    assert (first, again[0]) == ({"comment": 1, "version": 1}, again[1])
    comments = list(plan.plan.comments())
    assert [(each["Version"], each["Store"], each["Text"], each["By"]) for each in comments] == [
        (2, "2", "Roadworks", "test"),
        (1, None, "<b>Looks high</b>", "test"),
    ]
    assert (comments[0]["Start"], comments[0]["End"]) == (FIRST.isoformat(), FIRST.isoformat())
    assert [each["Comment"] for each in plan.plan.comments(1)] == [1]
    assert [each["Store"] for each in plan.plan.comments(store=2)] == ["2"]
    page = planned.get("/v1/plan/comments?limit=1").json()
    assert planned.get(f"/v1/plan/comments?cursor={page['next']}").json()["comments"][0]["Comment"] == 1
    for refused in ({"store": 99}, {"first": FIRST}, {"store": 2, "first": "1999-01-01"}):
        with pytest.raises(InvalidError):
            plan.plan.comment("x", **refused)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="no version 99"):
        list(plan.plan.comments(99))
    key = make_key(home_url(planned.service.settings.home), "read")
    assert planned.post("/v1/plan/comments", {"Text": "x"}, key=key).status_code == 403


def test_reasons_are_a_list_that_an_admin_keeps(plan: ServiceClient) -> None:
    assert "market day" in plan.plan.change_reasons(add=["market day"], remove=["weather", "not there"])
    assert "weather" not in plan.plan.reasons()


def test_the_second_of_two_who_saw_the_same_state_is_told(plan: ServiceClient) -> None:
    assert plan.plan.advance(2, "reviewed", seen="draft")["before"] == "draft"
    with pytest.raises(ConflictError, match="reviewed by now"):
        plan.plan.advance(2, "reviewed", seen="draft")
    with pytest.raises(ConflictError, match="what can follow is approved"):
        plan.plan.advance(2, "locked", seen="reviewed")
    key = "once"
    done = [plan.plan.advance(2, "approved", seen="reviewed", idempotency_key=key) for _ in range(2)]
    assert done[0] == done[1]
    with pytest.raises(ConflictError, match="Idempotency-Key was used for another request"):
        plan.plan.advance(1, "approved", seen="reviewed", idempotency_key=key)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/plan/versions/99", None, 404),
        ("GET", "/v1/plan/versions/x", None, 404),
        ("GET", "/v1/plan/versions/99/days", None, 404),
        ("GET", "/v1/plan/comparison?after=1", None, 404),
        ("GET", "/v1/plan/comparison?after=0", None, 422),
        ("GET", "/v1/plan/summary?version=0", None, 422),
        ("GET", "/v1/plan/nothing", None, 404),
        ("DELETE", "/v1/plan/overrides/99", None, 404),
        ("DELETE", "/v1/plan/overrides/x", None, 404),
        ("DELETE", "/v1/plan/writes/99", None, 404),
        ("POST", "/v1/plan/overrides", '{"version": 1, "seen": 0, "overrides": []}', 422),
        ("POST", "/v1/plan/overrides", '{"version": 1, "overrides": [{}]}', 422),
        ("POST", "/v1/plan/overrides", "{", 400),
        ("GET", "/v1/plan/versions/1/weeks?store=99", None, 422),
        ("GET", "/v1/plan/versions/1/weeks?level=Regions", None, 422),
        ("GET", "/v1/plan/versions/1/weeks?level=type&store=1", None, 422),
        ("POST", "/v1/plan/budget", '{"budget": [{"Store": 99, "Period": "2014-01", "Amount": 1}]}', 422),
        ("POST", "/v1/plan/budget", '{"budget": [{"Store": 1, "Period": "2014-13", "Amount": 1}]}', 422),
        ("GET", "/v1/plan/exceptions?all=yes", None, 422),
        ("POST", "/v1/plan/exceptions", '{"exception": "x", "state": "done"}', 404),
        ("POST", "/v1/plan/exceptions", '{"exception": "x", "state": "gone"}', 422),
        ("POST", "/v1/plan/reasons", '{"add": [" "]}', 422),
        ("POST", "/v1/plan/versions", '{"model": "model-x.pkl"}', 422),
        ("POST", "/v1/plan/versions", '{"moodel": "x"}', 422),
        ("POST", "/v1/plan/versions", "[", 400),
        ("POST", "/v1/plan/versions/99/state", '{"state": "reviewed", "seen": "draft"}', 404),
        ("POST", "/v1/plan/versions/1/state", '{"state": "done", "seen": "draft"}', 422),
        ("POST", "/v1/plan/versions/1/state", "", 400),
    ],
)
def test_what_cannot_be_done_is_refused(
    planned: Client, plan: ServiceClient, method: str, path: str, body: str | None, status: int
) -> None:
    reply = planned.ask(method, path, body)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_key_that_only_reads_changes_no_plan(planned: Client, plan: ServiceClient) -> None:
    key = make_key(home_url(planned.service.settings.home), "read")
    assert planned.get("/v1/plan/versions", key=key).status_code == 200
    assert planned.post("/v1/plan/versions", {}, key=key).status_code == 403
    body = {"state": "reviewed", "seen": "draft"}
    assert planned.post("/v1/plan/versions/1/state", body, key=key).status_code == 403


def test_a_version_that_is_not_there_is_an_error_of_the_client(plan: ServiceClient) -> None:
    with pytest.raises(NotFoundError, match="no version 99"):
        plan.plan.version(99)
