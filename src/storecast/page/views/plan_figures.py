"""What the view Plan shows: one version with its plan, and the groups of its stores."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import polars as pl
from dash import dcc
from dash.development.base_component import Component

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.current_plan import read_groups, read_plan, read_reasons, read_revision, read_writes
from storecast.database.plan_budget import read_budget
from storecast.database.plan_versions import all_versions
from storecast.page.actions import action_button
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.plan_memory import cached
from storecast.page.view import ViewRequest
from storecast.plan.budget import budget_of, weeks_beside_budget
from storecast.plan.exceptions import STALE
from storecast.plan.overrides import PLAN, USUAL_REASONS
from storecast.plan.scopes import CHAIN, STORE, StoreGroups
from storecast.plan.store_days import CENT, StoreDays
from storecast.plan.totals import TotalInterval, chain_total, plan_totals
from storecast.plan.versions import APPROVED, LOCKED, PlanVersion
from storecast.workflows.planning import show_overrides

UNDO = "plan-undo"  # the action that takes a write back


@dataclass(frozen=True, eq=False)
class PlanFigures:
    """A version of the plan, as its view needs it.

    Attributes
    ----------
    version : that is shown
    versions : all, newest first
    revision : of the plan's overrides
    figures : forecast, bounds, plan, and the override that holds each store-day
    groups : of its stores
    reasons : that an override may have
    weeks : of all stores beside the budget, as `budget.weeks_beside_budget` returns them
    total : of all stores and days beside the forecast's interval; None: that is not known
    last_write : who made the write of the revision, and when; None: there was none
    """

    version: PlanVersion
    versions: Sequence[PlanVersion]
    revision: int
    figures: StoreDays
    groups: StoreGroups
    reasons: Sequence[str]
    weeks: pl.DataFrame
    total: TotalInterval | None
    last_write: tuple[str, dt.datetime] | None = None

    @property
    def newest(self) -> bool:
        """Whether it is the newest version: overrides are written on it alone."""
        return self.version.version == self.versions[0].version

    @property
    def open(self) -> bool:
        """Whether overrides can be written on it."""
        return self.newest and self.version.state not in (APPROVED, LOCKED)

    @property
    def changed(self) -> float:
        """By how much money the plan differs from the forecast."""
        return int((self.figures.cents[PLAN] - self.figures.cents[s.FORECAST]).sum()) / CENT

    @property
    def planned(self) -> float:
        """The plan of all stores and days."""
        return int(self.figures.cents[PLAN].sum()) / CENT


def read_figures(request: ViewRequest) -> PlanFigures | None:
    """Return the version that the address names, or the newest; None where nothing has been published yet.

    Raises
    ------
    MissingError
        where there is no such version
    """
    text = request.query.get("version", "")
    number = int(text) if text.isdecimal() and len(text) < 10 else None
    return cached(request.database, ("figures", number), lambda: _read_figures(request.database, number))


def _read_figures(database: Database, number: int | None) -> PlanFigures | None:
    with database.reading() as conn:
        versions = all_versions(conn)
        if not versions:
            return None
        version, figures = read_plan(conn, number)
        groups = read_groups(conn).only(figures.stores)
        revision = read_revision(conn)
        last_write = read_writes(conn).get(revision)
        reasons, budget = read_reasons(conn), read_budget(conn)
    weeks = weeks_beside_budget(figures, budget_of(figures, budget), groups, CHAIN)
    total = chain_total(plan_totals(version.totals, figures, groups))
    return PlanFigures(version, versions, revision, figures, groups, reasons, weeks, total, last_write)


def undo_button(request: ViewRequest, plan: PlanFigures) -> Component | None:
    """Return the button that takes the last write to the plan back; None where there was none."""
    if plan.last_write is None:
        return None
    who, at = plan.last_write
    words = request.words
    text = words.text("Undo the last write ({name}, {moment})", name=who, moment=moment(at, words))
    return action_button(text, UNDO, str(plan.revision), kind="plain")


def scope_name(level: str, key: str, words: Words) -> str:
    """Name the stores of a scope for people: all stores, store 12, type a.

    Parameters
    ----------
    level, key : of the scope
    words : the language
    """
    if level == CHAIN:
        return words.text("All stores")
    if level == STORE:
        return words.text("Store {store}", store=key)
    return f"{level_name(level, words)} {key}"


def level_name(level: str, words: Words) -> str:
    """Name a level for people; one of the chain's own has its own name."""
    names = {
        CHAIN: words.text("Chain"),
        STORE: words.text("Store"),
        "type": words.text("Type"),
        "state": words.text("State of the country"),
    }
    return names.get(level, level)


def exception_link(row: Mapping[str, Any], words: Words) -> Component:
    """Return the way to what an exception is of: a store, or the overrides.

    Parameters
    ----------
    row : of exceptions, with Kind and Key
    words : the language
    """
    if row["Kind"] == STALE:
        return dcc.Link(words.text("Overrides"), href=f"{BASE}plan?part=overrides")
    href = f"{BASE}store?{urlencode({'store': row['Key']})}"
    return dcc.Link(words.text("Store {store}", store=row["Key"]), href=href)


def overrides_note(changed: float, words: Words) -> str:
    """Return by how much overrides move a plan, in words."""
    return words.text("{amount} by overrides", amount=words.signed(changed)) if changed else words.text("no overrides")


def budget_facts(weeks: pl.DataFrame, words: Words) -> list[tuple[str, str, str]]:
    """Return the entry of `tables.facts` on the budget of a plan; none where it has no budget.

    Parameters
    ----------
    weeks : with Budget and Variance
    words : the language
    """
    if weeks["Variance"].null_count() == weeks.height:
        return []
    budget = words.money(float(weeks["Budget"].sum()))
    variance = words.signed(float(weeks["Variance"].sum()))
    return [(words.text("Against budget"), variance, words.text("budget {amount}", amount=budget))]


def standing_overrides(request: ViewRequest) -> pl.DataFrame:
    """Return the overrides that stand, as `show_overrides` does, in the language of the request."""
    words = request.words
    return cached(
        request.database, ("overrides", words.language), lambda: show_overrides(request.database, words.message)
    ).overrides


def reason_name(reason: str, words: Words) -> str:
    """Name a reason for people: those that every plan begins with in their language, others as somebody entered them."""
    return words.text(reason) if reason in USUAL_REASONS else reason


def moment(at: dt.datetime, words: Words) -> str:
    """Write a moment, UTC."""
    return f"{words.date(at.date())}, {at:%H:%M} UTC"


def what_stands(added: int, withdrawn: int, words: Words) -> str:
    """Say what a write did.

    Parameters
    ----------
    added, withdrawn : overrides that stand from then on, and that stand no more
    words : the language
    """
    now = words.plural("{count} override stands from now on,", "{count} overrides stand from now on,", added)
    gone = words.plural("{count} stands no more.", "{count} stand no more.", withdrawn)
    return f"{now} {gone}"
