"""The people of the demo, and what they put into the plan on a Monday.

Ada plans and knows what happens in town; Bo sells, and always expects a little more; Cleo looks after districts; Dan approves.
So some of their overrides make the forecast better, and others make it worse.
"""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.plan.overrides import FACTOR, FIGURE
from storecast.plan.scopes import STORE
from storecast.plan.versions import APPROVED, LOCKED, REVIEWED
from storecast.workflows.demo_chain import (
    DISTRICT,
    DISTRICTS,
    INCIDENTS,
    REGION,
    REGIONS,
    WEEK,
    DemoSpec,
    Incident,
    span_of,
)

ADA, BO, CLEO, DAN = "Ada", "Bo", "Cleo", "Dan"
OPTIMISM = (1.04, 1.06, 1.08, 1.10)  # of Bo
A_TOUCH_MORE = 1.01
GUESSES = (0.96, 0.98, 1.02, 1.04)  # of Cleo
TYPING_ERROR = 1.4  # for 1.04
APPROVED_EVERY, LOCKED_EVERY = 4, 8  # versions
BUDGET_GROWTH = 1.03  # over the year before

Row = dict[str, Any]  # as `database.plan_overrides.add_overrides` takes it


def overrides_on(spec: DemoSpec, week: int, stores: pl.DataFrame, days: pl.DataFrame) -> dict[str, list[Row]]:
    """Return what each person overrides on a Monday.

    Parameters
    ----------
    spec : of the demo
    week : of the Monday, from 0
    stores : Store, Region, District
    days : Store, Date, Forecast of the version that was published on that day

    Returns
    -------
    dict
        rows by person
    """
    rng = np.random.default_rng([spec.seed, week])
    known = [_of_incident(each, spec.cutoffs[0], days) for each in _known_on(week)]
    return {ADA: known, BO: _of_flyers(spec, week, rng), CLEO: _of_districts(spec, week, stores, days, rng)}


def comments_on(spec: DemoSpec, week: int) -> list[Row]:
    """Return what people say on a Monday: by, text, and the store and days that it is about, or None.

    Parameters
    ----------
    spec : of the demo
    week : of the Monday, from 0
    """
    comments = []
    for incident in _known_on(week):
        first, last = span_of(incident, spec.cutoffs[0])
        about = {"store": str(incident.store), "first": first, "last": last}
        comments.append({"by": ADA, "text": f"{incident.note}. The store manager told me.", **about})
    if week % 2 == 0:
        district = DISTRICTS[week // 2 % len(DISTRICTS)]
        text = f"{district}: I talk to the stores on Tuesday. Please leave their weeks as they are until then."
        comments.append({"by": CLEO, "text": text, "store": None, "first": None, "last": None})
    return comments


def typing_error_on(spec: DemoSpec, week: int) -> Row | None:
    """Return what Cleo mistypes on a Monday, and takes back at once; None on most.

    Parameters
    ----------
    spec : of the demo
    week : of the Monday, from 0
    """
    if week % 7 != 1:
        return None
    return _row(REGION, REGIONS[-1], week_ahead(spec, week, 4), FACTOR, TYPING_ERROR, "promotion", "")


def is_withdrawn_on(week: int) -> bool:
    """Say whether Ada talks Bo out of his last override on a Monday."""
    return week % 4 == 3


def states_on(spec: DemoSpec, week: int) -> list[tuple[str, str, str]]:
    """Return the states that a version comes into, each with who says so and a note; the newest stays a draft.

    Parameters
    ----------
    spec : of the demo
    week : of the Monday, from 0
    """
    if week == spec.weeks - 1:
        return []
    states: list[tuple[str, str, str]] = [(REVIEWED, ADA, "Looked at with the districts")]
    if week % APPROVED_EVERY == 0:
        states.append((APPROVED, DAN, "Plan of the month"))
    if week % LOCKED_EVERY == 0:
        states.append((LOCKED, DAN, ""))
    return states


def budget_of(past: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """Return a budget: Store, Week and Amount, what a store's weekdays sold on the mean in the year before, and 3% more.

    Parameters
    ----------
    past : Store, DayOfWeek, Promo, Open and Sales of the year before
    calendar : Store, DayOfWeek, Promo, Open and Date of the days that it is to cover
    """
    kind = [s.STORE, s.DAY_OF_WEEK, s.PROMO]
    sold = past.filter(pl.col(s.OPEN) == 1)
    usual = sold.group_by(kind).agg(pl.col(s.SALES).mean())
    mean = sold.group_by(s.STORE).agg(pl.col(s.SALES).mean().alias("mean"))
    days = calendar.join(usual, on=kind, how="left").join(mean, on=s.STORE, how="left")
    amount = pl.when(pl.col(s.OPEN) == 1).then(pl.coalesce(s.SALES, "mean")).otherwise(0.0) * BUDGET_GROWTH
    week = pl.col(s.DATE).dt.strftime("%G-W%V").alias("Week")
    sums = days.group_by(s.STORE, week).agg(amount.sum().alias("Amount")).sort(s.STORE, "Week")
    return sums.with_columns((pl.col("Amount") / 100).round() * 100)


def week_ahead(spec: DemoSpec, week: int, ahead: int) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a week after a Monday; 1 is the week that it begins.

    Parameters
    ----------
    spec : of the demo
    week : of the Monday, from 0
    ahead : which week after it
    """
    begin = spec.cutoffs[week] + dt.timedelta(days=WEEK * (ahead - 1) + 1)
    return begin, begin + dt.timedelta(days=WEEK - 1)


def _known_on(week: int) -> list[Incident]:
    """Return what Ada hears of on a Monday: what begins a week later, or at once on the first."""
    return [each for each in INCIDENTS if max(0, each.week - 1) == week]


def _of_incident(incident: Incident, first: dt.date, days: pl.DataFrame) -> Row:
    """Return Ada's override for what she knows of: a total where it is over within a week, else a factor."""
    span = span_of(incident, first)
    kind, value = FACTOR, incident.expected
    if incident.weeks == 1:
        forecast = days.filter(pl.col(s.STORE) == incident.store, pl.col(s.DATE).is_between(*span))[s.FORECAST].sum()
        kind, value = FIGURE, round(float(forecast) * incident.expected, -2)
    return _row(STORE, str(incident.store), span, kind, value, incident.reason, incident.note)


def _of_flyers(spec: DemoSpec, week: int, rng: np.random.Generator) -> list[Row]:
    """Return Bo's overrides: one or two stores of the week after next, and now and then a touch more in five weeks.

    The forecast of that store moves by more than his touch before those days come, which makes the override stale.
    """
    busy = {
        each.store for each in INCIDENTS if each.week - 2 <= week < each.week + each.weeks
    }  # those he leaves to Ada
    stores = [store for store in range(1, spec.stores + 1) if store not in busy]
    rows = []
    for store in sorted(rng.choice(stores, 1 + week % 2, replace=False)):
        span, factor = week_ahead(spec, week, 2), float(rng.choice(OPTIMISM))
        rows.append(_row(STORE, str(store), span, FACTOR, factor, "promotion", "Flyer week"))
    if week % 5 == 0:
        span = week_ahead(spec, week, 5)
        store = next((each.store for each in INCIDENTS if each.week > week), INCIDENTS[-1].store)
        rows.append(_row(STORE, str(store), span, FACTOR, A_TOUCH_MORE, "other", "Gut feeling"))
    return rows


def _of_districts(
    spec: DemoSpec, week: int, stores: pl.DataFrame, days: pl.DataFrame, rng: np.random.Generator
) -> list[Row]:
    """Return Cleo's overrides: the weather of a district in every third week, a region's target in every fourth.

    Parameters
    ----------
    spec, week, stores, days : as for `overrides_on`
    rng : draws what she expects
    """
    rows = []
    district, guess = str(rng.choice(DISTRICTS)), float(rng.choice(GUESSES))
    if week % 3 == 0:
        weather = "Warm and dry" if guess > 1 else "Rain all week"
        rows.append(_row(DISTRICT, district, week_ahead(spec, week, 1), FACTOR, guess, "weather", weather))
    if week % 4 == 2:
        span = week_ahead(spec, week, 3)
        members = stores.filter(pl.col(REGION) == REGIONS[0])[s.STORE].implode()
        of_region = pl.col(s.STORE).is_in(members) & pl.col(s.DATE).is_between(*span)
        target = round(float(days.filter(of_region)[s.FORECAST].sum()) * BUDGET_GROWTH, -3)
        rows.append(_row(REGION, REGIONS[0], span, FIGURE, target, "promotion", "Agreed with marketing"))
    return rows


def _row(level: str, key: str, span: tuple[dt.date, dt.date], kind: str, value: float, reason: str, note: str) -> Row:
    scope = {"level": level, "key": key, "first": span[0], "last": span[1]}
    return {**scope, "kind": kind, "value": value, "reason": reason, "note": note}
