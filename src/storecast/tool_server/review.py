"""Tools on accuracy and on the plan."""

import datetime as dt
from typing import Literal

from storecast.client import Client
from storecast.tool_server.bounds import MOST_ROWS, first_rows
from storecast.tool_server.results import Accuracy, Exceptions, PlanSummary


class ReviewTools:
    """The tools.

    Parameters
    ----------
    client : of the service
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def accuracy(
        self, by: Literal["model", "week", "store"] = "model", since: dt.date | None = None, limit: int = 50
    ) -> Accuracy:
        """Say how good past forecasts were, now that the sales are known, and which figures have left their band.

        Parameters
        ----------
        by : model, week (weeks ahead) or store; of stores the worst come first
        since : the first day that counts; null: every day
        limit : how many rows at most
        """
        reply = self._client.accuracy(by, since)
        rows = reply["accuracy"]
        if by == "store":
            rows = sorted(rows, key=lambda row: -(row["wape"] or 0.0))
        scores, more = first_rows(rows, limit)
        alerts, _ = first_rows(reply["alerts"], MOST_ROWS)
        return Accuracy(scores=scores, more=more, alerts=alerts)

    def plan_summary(self, version: int | None = None) -> PlanSummary:
        """Say in a few sentences what a version of the plan expects, what changed since the one before, and what needs a look.

        Parameters
        ----------
        version : its number; null: the newest
        """
        return PlanSummary(sentences=self._client.plan.summary(version)["sentences"])

    def plan_exceptions(self, limit: int = 20) -> Exceptions:
        """List what needs a look in the plan, the most money at stake first: large changes, stale overrides, missing data.

        Parameters
        ----------
        limit : how many at most
        """
        exceptions, more = first_rows(self._client.plan.exceptions(), limit)
        return Exceptions(exceptions=exceptions, more=more)
