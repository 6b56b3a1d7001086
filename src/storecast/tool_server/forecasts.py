"""Tools on forecasts: a store, totals, what a day is made of, and another calendar."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, cast

from anyio import from_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from storecast.client import Client, Forecasts, Scenario
from storecast.client.replies import Explanation as ServedExplanation
from storecast.client.replies import Row
from storecast.tool_server.bounds import MOST_ROWS, check_rows, check_store_days
from storecast.tool_server.results import (
    CalendarChange,
    Comparison,
    Difference,
    Explanation,
    Figure,
    Group,
    StoreDifference,
    StoreForecast,
    StoreId,
    Totals,
)

CHAIN = "chain"
MOST_STORES = 20  # whose difference is told
NO_INTERVAL = "No interval of sums is known for this model."
NO_CHANGE = "No forecast changes: the stored calendar says the same, or the model learned nothing of what is different."
ASSUMED_DAY = "It rests on a calendar that was assumed, of the day itself or of one within a week."
NOT_PROOF = "What another calendar changes is what the model learned from the past, and no proof of cause and effect."


class ForecastTools:
    """The tools.

    Parameters
    ----------
    client : of the service
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def forecast_store(
        self,
        store: StoreId,
        start: dt.date | None = None,
        days: int | None = None,
        by: Literal["day", "week"] = "week",
    ) -> StoreForecast:
        """Forecast one store, by week or by day, with 80% and 95% intervals of each row and of the sum.

        Parameters
        ----------
        store : its id, as list_stores names it
        start : the first day; null: the first day ahead
        days : how many; null: to the end of what is forecast
        by : week or day; weeks run from Monday to Sunday, and are cut at the ends
        """
        reply = self._client.forecast(store, start, days, totals=True)
        totals = _by_level(reply.get("totals", []))
        whole = _figure(totals["store-horizon"][0])
        if by == "day":
            check_rows(len(reply["forecasts"]), "days", "Ask by week, or for fewer days.")
            rows = [_figure({**row, "Start": row["Date"], "End": row["Date"]}) for row in reply["forecasts"]]
        else:
            rows = [_figure(row) for row in totals["store-week"]]
        return StoreForecast(**_origin(reply, _notes(reply, whole)), store=store, whole=whole, rows=rows)

    def forecast_totals(
        self,
        level: str = CHAIN,
        group: str | None = None,
        stores: list[StoreId] | None = None,
        start: dt.date | None = None,
        days: int | None = None,
    ) -> Totals:
        """Forecast sums over stores: the whole chain, or its groups, by week and in all, with intervals of the sums.

        Intervals of days or stores must not be added up; ask here for the sum. For one day of the chain, ask for days=1.

        Parameters
        ----------
        level : by what stores are added up: chain, type (the store type), state, store, or a group of the chain's own
        group : the one group that is wanted, as "a" of the level type; null: all
        stores : that are added up; null: every store
        start : the first day; null: the first day ahead
        days : how many; null: to the end of what is forecast
        """
        added = stores or self._stores()
        ahead = self._client.stored_forecasts(added[0], start, days).forecasts["forecasts"]
        check_store_days(len(added), len(ahead))
        rows = [{"Store": store, "Date": day["Date"]} for store in added for day in ahead]
        reply = self._client.forecast_rows(rows, totals=True)
        totals = _by_level(reply.get("totals", []))
        if f"{level}-horizon" not in totals:
            levels = sorted({name.rpartition("-")[0] for name in totals})
            raise ToolError(f"There is no such level; expected one of {', '.join(levels)}.")
        wholes = [row for row in totals[f"{level}-horizon"] if group in (None, row["Key"])]
        if not wholes:
            raise ToolError(
                f"The level has no such group; leave group out to see all {len(totals[f'{level}-horizon'])}."
            )
        check_rows(len(wholes), "groups", "Name one as group, or add fewer stores up.")
        weeks = [row for row in totals[f"{level}-week"] if group in (None, row["Key"])]
        notes = _notes(reply, _figure(wholes[0]))
        if len(weeks) > MOST_ROWS:
            weeks = []
            notes.append("Weeks are left out of so many groups: name one as group to see its weeks.")
        groups = [
            Group(
                name=row["Key"],
                whole=_figure(row),
                weeks=[_figure(week) for week in weeks if week["Key"] == row["Key"]],
            )
            for row in sorted(wholes, key=lambda row: -row["Forecast"])
        ]
        return Totals(**_origin(reply, notes), level=level, groups=groups)

    def explain_day(self, store: StoreId, date: dt.date) -> Explanation:
        """Explain the forecast of a store's day: what each cause adds or takes away, and what it would be without a promotion.

        Of a day of the past, it is what the model forecasts for it from what was known before; what was sold stands beside it.

        Parameters
        ----------
        store : its id, as list_stores names it
        date : the day, of the past or ahead
        """
        reply = self._client.explanation(store, date)
        parts = _amounts(reply["explanation"])
        forecast, usual_day = parts.pop("Forecast"), parts.pop("Usual")
        trained_until = reply["trained_until"]
        notes = [ASSUMED_DAY] if reply["assumed"] else []
        if reply["sales"] is not None and trained_until is not None and date.isoformat() <= trained_until:
            notes.append(f"The model learned from sales up to {trained_until}, this day among them: this is hindsight.")
        return Explanation(
            **_origin(reply, notes),
            store=store,
            date=date,
            known_until=dt.date.fromisoformat(reply["known_until"]),
            forecast=forecast,
            usual_day=usual_day,
            parts={name: parts[name] for name in sorted(parts, key=lambda name: -abs(parts[name])) if parts[name]},
            otherwise=_amounts(reply["counterfactuals"]),
            sold=reply["sales"],
            unexplained=reply["unexplained"],
        )

    def compare_calendars(self, changes: list[CalendarChange], context: Context[Any, Any]) -> Comparison:
        """Compare the forecast under another calendar with the stored one: promotions, openings or holidays moved or added.

        Nothing is saved. It takes minutes on a large chain.

        Parameters
        ----------
        changes : what is different, on days ahead; where two name the same day of a store, the later one counts
        context : of the call, which takes the progress
        """
        job = self._client.jobs.start_scenario(self._changed_days(changes))["job"]
        last = 0.0

        def report(share: float) -> None:
            nonlocal last
            try:
                from_thread.check_cancelled()
            except BaseException:  # the assistant waits no more
                self._client.jobs.cancel(job)
                raise
            if share > last:  # the protocol wants each to be larger than the one before
                last = share
                from_thread.run(context.report_progress, share, 1.0)

        reply = cast("Scenario", self._client.jobs.wait(job, progress=report))
        by_level = _by_level(reply["changes"])
        stores = sorted(by_level.get("store-horizon", []), key=lambda row: -abs(row["Difference"]))
        return Comparison(
            **_origin(reply, [*reply.get("notices", []), NOT_PROOF if stores else NO_CHANGE]),
            whole=Difference(**_difference(by_level["chain-horizon"][0])),
            weeks=[Difference(**_difference(row)) for row in by_level["chain-week"][:MOST_ROWS]],
            stores=[StoreDifference(**_difference(row), store=row["Key"]) for row in stores[:MOST_STORES]],
            changed_stores=len(stores),
        )

    def _changed_days(self, changes: Sequence[CalendarChange]) -> list[dict[str, Any]]:
        """Return the days of a scenario as rows."""
        days: dict[tuple[StoreId, dt.date], dict[str, Any]] = {}
        for change in changes:
            if change.last < change.first:
                raise ToolError(f"A change ends on {change.last}, before it begins on {change.first}.")
            length, stores = (change.last - change.first).days + 1, change.stores or self._stores()
            check_store_days(len(stores), length)
            for store in stores:
                for offset in range(length):
                    day = change.first + dt.timedelta(days=offset)
                    row = days.setdefault((store, day), {"Store": store, "Date": day})
                    row.update(change.values)
        check_store_days(len(days), 1)
        return list(days.values())

    def _stores(self) -> list[StoreId]:
        return [row["Store"] for row in self._client.stores()]


def _by_level(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return rows by their level, such as chain-week and store-horizon."""
    levels: dict[str, list[Row]] = {}
    for row in rows:
        levels.setdefault(row["Level"], []).append(row)
    return levels


def _origin(reply: Forecasts | Scenario | ServedExplanation, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return where figures come from, as the fields of a `Forecast`."""
    return {
        "model": reply["model"],
        "cutoff": reply["cutoff"],
        "version": reply["version"],
        "figure": reply.get("target", "Sales"),
        "unit": reply.get("unit", ""),
        "notes": list(notes),
    }


def _notes(reply: Forecasts, whole: Figure | None = None) -> list[str]:
    """Return what readers of forecasts should know.

    Parameters
    ----------
    reply : of the service
    whole : the sum; None: none is told
    """
    notes = []
    if reply["assumed"]:
        count = f"{len(reply['assumed']):,} of {len(reply['forecasts']):,}"
        notes.append(
            f"{count} days of stores rest on a calendar that was assumed, of the day itself or of one within a week."
        )
    if whole is not None and whole.lower80 is None:
        notes.append(NO_INTERVAL)
    return notes


def _figure(row: Row) -> Figure:
    return Figure(forecast=row["Forecast"], **_span(row))


def _difference(row: Row) -> dict[str, Any]:
    """Return the fields of a `Difference`."""
    return {
        **_span(row),
        "stored": row["Stored"],
        "changed": row["Scenario"],
        "difference": row["Difference"],
        "possible_lower80": row.get("PossibleLower80"),
        "possible_upper80": row.get("PossibleUpper80"),
    }


def _span(row: Row) -> dict[str, Any]:
    """Return the days of a row and its bounds."""
    bounds = ("Lower80", "Upper80", "Lower95", "Upper95")
    return {"first": row["Start"], "last": row["End"], **{name.lower(): row.get(name) for name in bounds}}


def _amounts(row: Row) -> dict[str, float]:
    """Return the figures of a row that is named by a store and a day."""
    return {name: value for name, value in row.items() if name not in ("Store", "Date") and value is not None}
