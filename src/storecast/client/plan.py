"""PlanClient: the plan, from forecasts that are published to one that is agreed; `client.plan` is one."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, cast

from storecast.client.paging import pages
from storecast.client.plan_replies import (
    Advanced,
    BudgetWritten,
    Commented,
    FilledWorkbook,
    Handled,
    PlanComparison,
    PlanInSentences,
    PlanOverrides,
    PlanValue,
    PlanVersion,
    PlanWritten,
    Published,
    State,
)
from storecast.client.replies import Row, StoreId
from storecast.client.request_parts import idempotency_header, query_of, without_none
from storecast.client.scenarios import ScenariosClient
from storecast.client.sending import Sender

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlanClient:
    """The plan of a service. It raises as `Client` does.

    Parameters
    ----------
    sender : of the client
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.scenarios = ScenariosClient(sender)

    def publish(
        self, model: str | None = None, *, explain: bool = False, note: str = "", idempotency_key: str | None = None
    ) -> Published:
        """Publish the forecast of a model as a version of the plan, a draft.

        Parameters
        ----------
        model : name of a model file; None: the promoted model
        explain : keep what the forecast is made of, by which versions are compared
        note : a remark
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = without_none({"model": model, "explain": explain, "note": note})
        headers = idempotency_header(idempotency_key)
        return cast(
            "Published", self._sender.send("POST", "/v1/plan/versions", body=body, headers=headers, slow=explain)
        )

    def versions(self) -> list[PlanVersion]:
        """Return the versions, newest first."""
        return cast("list[PlanVersion]", self._sender.send("GET", "/v1/plan/versions")["versions"])

    def version(self, version: int) -> PlanVersion:
        """Return a version, with the states that it came into."""
        return cast("PlanVersion", self._sender.send("GET", f"/v1/plan/versions/{version:d}"))

    def days(self, version: int, store: StoreId | None = None) -> Iterator[Row]:
        """Yield the days of a version, page by page: Store, Date, Forecast, Lower80, Upper80, Plan, Override.

        Parameters
        ----------
        version : its number
        store : whose days; None: those of every store
        """
        for page in pages(self._sender, f"/v1/plan/versions/{version:d}/days", query_of(store=store)):
            yield from page["days"]

    def weeks(self, version: int, store: StoreId | None = None, *, level: str | None = None) -> list[Row]:
        """Return the weeks of a version beside the budget: Key, Start, End, Forecast, Plan, Difference, Budget, Variance.

        Parameters
        ----------
        version : its number
        store : whose weeks; None: those of all stores together
        level : whose weeks are summed, in place of a store: store, type, state, or a group of the chain's own
        """
        path = f"/v1/plan/versions/{version:d}/weeks"
        return [row for page in pages(self._sender, path, query_of(store=store, level=level)) for row in page["weeks"]]

    def set_budget(self, budget: Iterable[Mapping[str, Any]], *, idempotency_key: str | None = None) -> BudgetWritten:
        """Put a budget in the place of the one before.

        Parameters
        ----------
        budget : Store, Period (2015-06-14, 2015-W25 or 2015-06) and Amount
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body, headers = {"budget": [dict(row) for row in budget]}, idempotency_header(idempotency_key)
        return cast("BudgetWritten", self._sender.send("POST", "/v1/plan/budget", body=body, headers=headers))

    def undo_budget(self, load: int, *, idempotency_key: str | None = None) -> BudgetWritten:
        """Take the last budget back, by the number that its reply named: the one before it stands again."""
        headers = idempotency_header(idempotency_key)
        return cast("BudgetWritten", self._sender.send("DELETE", f"/v1/plan/budget/{load:d}", headers=headers))

    def advance(
        self, version: int, state: State, *, seen: State, note: str = "", idempotency_key: str | None = None
    ) -> Advanced:
        """Bring a version into its next state, or back to a draft.

        Parameters
        ----------
        version : its number
        state : reviewed, approved, locked; or draft again
        seen : the state in which you saw it; where somebody changed it since, a `ConflictError` says so
        note : a remark
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = {"state": state, "seen": seen, "note": note}
        path, headers = f"/v1/plan/versions/{version:d}/state", idempotency_header(idempotency_key)
        return cast("Advanced", self._sender.send("POST", path, body=body, headers=headers))

    def compare(
        self, before: int | None = None, after: int | None = None, store: StoreId | None = None
    ) -> PlanComparison:
        """Compare two versions: what moved, by how much, and because of what.

        Parameters
        ----------
        before, after : their numbers; None: the newest version, and the one before it
        store : whose changes; None: those of every store
        """
        of_changes = pages(self._sender, "/v1/plan/comparison", query_of(before=before, after=after, store=store))
        compared = cast("PlanComparison", next(of_changes))
        compared.pop("next", None)
        for page in of_changes:
            compared["changes"] += page["changes"]
        return compared

    def summary(self, version: int | None = None) -> PlanInSentences:
        """Return a version, by default the newest, in a few sentences, with the figures that they are made of."""
        query = query_of(version=version)
        return cast("PlanInSentences", self._sender.send("GET", "/v1/plan/summary", query=query))

    def workbook(self, version: int) -> bytes:
        """Return a version as an Excel workbook with cells to fill in."""
        path = f"/v1/plan/versions/{version:d}/workbook"
        return cast("bytes", self._sender.send("GET", path, slow=True, media_type=XLSX))

    def take_workbook(
        self, workbook: bytes, *, apply: bool = False, idempotency_key: str | None = None
    ) -> FilledWorkbook:
        """Say what a workbook that was filled in changes, or take the changes, all or none.

        Parameters
        ----------
        workbook : the bytes of the file
        apply : take the changes; where others changed the same since, a `ConflictError` says what they did
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        headers = {"Content-Type": XLSX, **idempotency_header(idempotency_key)}
        query = {"apply": "true"} if apply else {}
        sent = self._sender.send("POST", "/v1/plan/workbook", query=query, body=workbook, headers=headers, slow=True)
        return cast("FilledWorkbook", sent)

    def value_added(self, since: str | dt.date | None = None) -> PlanValue:
        """Return what each step from the naive forecast to the approved plan did to the error, from a first day on."""
        query = query_of(since=since)
        return cast("PlanValue", self._sender.send("GET", "/v1/plan/value-added", query=query))

    def exceptions(self, *, everything: bool = False) -> Iterator[Row]:
        """Yield what needs a look, the most money at stake first; with everything, what is done or snoozed, too."""
        for page in pages(self._sender, "/v1/plan/exceptions", {"all": "true"} if everything else {}):
            yield from page["exceptions"]

    def handle(
        self,
        exception: str,
        state: Literal["open", "done", "snoozed"],
        *,
        owner: str = "",
        until: str | dt.date | None = None,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> Handled:
        """Say who looks after an exception, that it is done, or until when it is snoozed.

        Parameters
        ----------
        exception : its name
        state : open, done or snoozed
        owner : who looks after it
        until : the day on which one that is snoozed is open again
        note : a remark
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = without_none({"exception": exception, "state": state, "owner": owner, "until": until, "note": note})
        headers = idempotency_header(idempotency_key)
        return cast("Handled", self._sender.send("POST", "/v1/plan/exceptions", body=body, headers=headers))

    def comments(self, version: int | None = None, store: StoreId | None = None) -> Iterator[Row]:
        """Yield comments, newest first: Comment, Version, Store, Start, End, Text, By, At.

        Parameters
        ----------
        version : on which version; None: on all
        store : on which store; None: on all, and on versions as a whole
        """
        given = without_none({"version": version, "store": store})
        for page in pages(self._sender, "/v1/plan/comments", {name: str(value) for name, value in given.items()}):
            yield from page["comments"]

    def comment(
        self,
        text: str,
        *,
        version: int | None = None,
        store: StoreId | None = None,
        first: str | dt.date | None = None,
        last: str | dt.date | None = None,
        idempotency_key: str | None = None,
    ) -> Commented:
        """Comment on a version, on a store, or on some of its days.

        Parameters
        ----------
        text : what is to be said
        version : the number of the version; None: the newest
        store : on which store; None: on the version as a whole
        first, last : on which of its days; None: on all
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = without_none({"Text": text, "version": version, "Store": store, "Start": first, "End": last})
        headers = idempotency_header(idempotency_key)
        return cast("Commented", self._sender.send("POST", "/v1/plan/comments", body=body, headers=headers))

    def overrides(self) -> PlanOverrides:
        """Return the overrides that stand, newest first, with the version and the revision that a write names."""
        of_overrides = pages(self._sender, "/v1/plan/overrides")
        shown = cast("PlanOverrides", next(of_overrides))
        shown.pop("next", None)
        for page in of_overrides:
            shown["overrides"] += page["overrides"]
        return shown

    def override(
        self, overrides: Iterable[Mapping[str, Any]], *, version: int, seen: int, idempotency_key: str | None = None
    ) -> PlanWritten:
        """Write overrides, all of them or none.

        Parameters
        ----------
        overrides : Level, Key, Start, End, Kind (figure, amount or factor), Value, Reason, and a Note
        version, seen : the version and the revision that you saw; where somebody changed the same store-days since, a
            `ConflictError` says what they did
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = {"version": version, "seen": seen, "overrides": [dict(row) for row in overrides]}
        headers = idempotency_header(idempotency_key)
        return cast("PlanWritten", self._sender.send("POST", "/v1/plan/overrides", body=body, headers=headers))

    def withdraw(self, override: int, *, idempotency_key: str | None = None) -> PlanWritten:
        """Withdraw an override, by its number."""
        headers = idempotency_header(idempotency_key)
        return cast("PlanWritten", self._sender.send("DELETE", f"/v1/plan/overrides/{override:d}", headers=headers))

    def undo(self, revision: int, *, idempotency_key: str | None = None) -> PlanWritten:
        """Take a write to the plan back, by the revision that its reply named."""
        headers = idempotency_header(idempotency_key)
        return cast("PlanWritten", self._sender.send("DELETE", f"/v1/plan/writes/{revision:d}", headers=headers))

    def reasons(self) -> list[str]:
        """Return the reasons that an override may have."""
        return cast("list[str]", self._sender.send("GET", "/v1/plan/reasons")["reasons"])

    def change_reasons(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[str]:
        """Add reasons to the list, remove some, and return it."""
        body = {"add": list(add), "remove": list(remove)}
        return cast("list[str]", self._sender.send("POST", "/v1/plan/reasons", body=body)["reasons"])
