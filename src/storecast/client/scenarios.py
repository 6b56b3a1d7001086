"""ScenariosClient: scenarios that are kept by name; `client.plan.scenarios` is one."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from storecast.client.plan_replies import PlanScenario, ScenarioComparison, ScenarioPublished, ScenarioWritten
from storecast.client.request_parts import idempotency_header, without_none
from storecast.client.sending import Sender


class ScenariosClient:
    """The scenarios of a service. It raises as `Client` does.

    Parameters
    ----------
    sender : of the client
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def save(
        self,
        name: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        model: str | None = None,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> ScenarioWritten:
        """Work a scenario out and keep it; takes minutes on a large chain.

        Parameters
        ----------
        name : under which it is kept; no other scenario may have it
        rows : Store, Date, and the values that replace those of the stored calendar
        model : name of a model file; None: the promoted model
        note : a remark
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = without_none({"name": name, "rows": [dict(row) for row in rows], "model": model, "note": note})
        headers = idempotency_header(idempotency_key)
        sent = self._sender.send("POST", "/v1/plan/scenarios", body=body, headers=headers, slow=True)
        return cast("ScenarioWritten", sent)

    def all(self) -> list[PlanScenario]:
        """Return the scenarios, newest first."""
        return cast("list[PlanScenario]", self._sender.send("GET", "/v1/plan/scenarios")["scenarios"])

    def show(self, scenario: int) -> PlanScenario:
        """Return a scenario by its number."""
        return cast("PlanScenario", self._sender.send("GET", f"/v1/plan/scenarios/{scenario:d}"))

    def compare(self, scenarios: Iterable[int]) -> ScenarioComparison:
        """Set 2 to 10 scenarios beside each other, by their numbers."""
        query = {"scenarios": ",".join(f"{number:d}" for number in scenarios)}
        return cast("ScenarioComparison", self._sender.send("GET", "/v1/plan/scenario-comparison", query=query))

    def delete(self, scenario: int, *, idempotency_key: str | None = None) -> ScenarioWritten:
        """Delete a scenario; `restore` takes that back."""
        headers = idempotency_header(idempotency_key)
        return cast("ScenarioWritten", self._sender.send("DELETE", f"/v1/plan/scenarios/{scenario:d}", headers=headers))

    def restore(self, scenario: int, *, idempotency_key: str | None = None) -> ScenarioWritten:
        """Bring a scenario back that was deleted."""
        path, headers = f"/v1/plan/scenarios/{scenario:d}/restore", idempotency_header(idempotency_key)
        return cast("ScenarioWritten", self._sender.send("POST", path, headers=headers))

    def publish(self, scenario: int, *, note: str = "", idempotency_key: str | None = None) -> ScenarioPublished:
        """Make a version of the plan, a draft, of what a scenario expects.

        Parameters
        ----------
        scenario : its number
        note : a remark; empty: the name of the scenario
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        path, headers = f"/v1/plan/scenarios/{scenario:d}/publish", idempotency_header(idempotency_key)
        return cast("ScenarioPublished", self._sender.send("POST", path, body={"note": note}, headers=headers))
