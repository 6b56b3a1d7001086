"""The chain of the demo: a generated one whose sales come in week by week, and in which things happen that no file tells.

Road works, a competitor that closes, a fair: planners know of them, and the model does not.
"""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.generate import ChainSpec, GeneratedChain, generate, write_chain
from storecast.errors import ConfigError
from storecast.files import atomic_write

HORIZON = 42  # days
WEEK = 7  # days
REGION, DISTRICT = "Region", "District"
DISTRICTS = ("Coast", "Lakes", "Hills", "Valley")  # of equal size, as far as stores can be divided
REGIONS = ("North", "North", "South", "South")  # of each district
MIN_STORES, MAX_STORES = 8, 60
MIN_WEEKS, MAX_WEEKS = 2, 26


@dataclass(frozen=True)
class DemoSpec:
    """How large a demo, and which one."""

    weeks: int = 13  # Mondays, each with a version of the plan
    stores: int = 12
    seed: int = 3  # the same one gives the same sales and plan; of 3, no store was shut in the year before
    history: int = 116  # weeks of sales before the first Monday

    def __post_init__(self) -> None:
        """Refuse a demo that would show nothing, or take too long."""
        if not MIN_WEEKS <= self.weeks <= MAX_WEEKS:
            raise ConfigError(f"--weeks: found {self.weeks}; expected {MIN_WEEKS} to {MAX_WEEKS}.")
        if not MIN_STORES <= self.stores <= MAX_STORES:
            raise ConfigError(f"--stores: found {self.stores}; expected {MIN_STORES} to {MAX_STORES}.")
        if self.seed < 0:
            raise ConfigError(f"--seed: found {self.seed}; expected 0 or more.")

    @property
    def cutoffs(self) -> list[dt.date]:
        """The last day with sales before each Monday."""
        begin = ChainSpec.first - dt.timedelta(days=ChainSpec.first.weekday())  # the Monday of the chain's first week
        first = begin + dt.timedelta(days=WEEK * self.history - 1)
        return [first + dt.timedelta(weeks=week) for week in range(self.weeks)]


@dataclass(frozen=True)
class Incident:
    """What happens to a store over some weeks, and what planners expect of it."""

    store: int
    week: int  # the Monday on which it begins, from 0
    weeks: int
    effect: float  # on sales: 0.75 is a quarter less
    expected: float  # by the planner, who knows of it beforehand
    reason: str
    note: str


INCIDENTS = (
    Incident(3, 1, 3, 0.72, 0.75, "supply", "Road works on Mill Street: lorries cannot unload"),
    Incident(6, 3, 1, 1.42, 1.35, "local event", "Town fair, three days"),
    Incident(2, 5, 2, 1.28, 1.25, "competition", "The competitor across the street closes for rebuilding"),
    Incident(8, 7, 1, 0.55, 0.60, "opening hours", "Stocktaking: shorter hours all week"),
    Incident(5, 9, 2, 1.30, 1.30, "local event", "Garden show"),
    Incident(1, 11, 2, 0.78, 0.80, "weather", "Flood warning along the river"),
)


class DemoChain:
    """A generated chain that is handed out week by week.

    Parameters
    ----------
    spec : how large
    """

    def __init__(self, spec: DemoSpec) -> None:
        self.spec = spec
        days = (spec.cutoffs[-1] - ChainSpec.first).days + 1 + HORIZON
        whole = generate(ChainSpec(spec.stores, days, spec.seed, HORIZON))
        self._whole = replace(whole, train=with_incidents(whole.train, spec.cutoffs[0]))

    @cached_property
    def calendar(self) -> pl.DataFrame:
        """Every day of every store: what was known of it beforehand."""
        columns = [s.STORE, s.DAY_OF_WEEK, s.DATE, *s.KNOWN]
        return pl.concat([self._whole.train.select(columns), self._whole.test.select(columns)])

    @cached_property
    def districts(self) -> pl.DataFrame:
        """Where each store lies: Store, Region, District."""
        ids = self._whole.stores[s.STORE]
        places = [place * len(DISTRICTS) // len(ids) for place in range(len(ids))]
        columns = {REGION: [REGIONS[place] for place in places], DISTRICT: [DISTRICTS[place] for place in places]}
        return pl.DataFrame({s.STORE: ids, **columns})

    def write_files(self, out: Path) -> None:
        """Write what there is on the first Monday: the files of a chain, with the regions and districts of its stores."""
        first = self.spec.cutoffs[0]
        whole = self._whole
        last = first + dt.timedelta(days=HORIZON)
        ahead = self.calendar.filter(pl.col(s.DATE) > first, pl.col(s.DATE) <= last)
        truth = {**whole.truth, "incidents": [vars(each) for each in INCIDENTS]}
        files = GeneratedChain(
            train=whole.train.filter(pl.col(s.DATE) <= first),
            test=ahead,
            stores=whole.stores.join(self.districts, on=s.STORE, maintain_order="left"),
            states=whole.states,
            truth=truth,
        )
        write_chain(out, files)
        with atomic_write(out / "storecast.toml") as draft:
            draft.write_text(f'groups = ["{REGION}", "{DISTRICT}"]\n', encoding="utf-8")

    def sales_until(self, week: int) -> pl.DataFrame:
        """Return the sales of the seven days before a Monday, as they come in."""
        cutoff = self.spec.cutoffs[week]
        days = pl.col(s.DATE).is_between(cutoff - dt.timedelta(days=WEEK), cutoff, closed="right")
        return self._whole.train.filter(days).drop(s.DAY_OF_WEEK)

    def days_ahead(self, week: int) -> pl.DataFrame:
        """Return the calendar of the seven days that come into sight on a Monday."""
        end = self.spec.cutoffs[week] + dt.timedelta(days=HORIZON)
        return self.calendar.filter(pl.col(s.DATE).is_between(end - dt.timedelta(days=WEEK), end, closed="right")).drop(
            s.DAY_OF_WEEK
        )

    def year_before(self) -> pl.DataFrame:
        """Return the sales of the 364 days before the first Monday, with what was known of the days."""
        first = self.spec.cutoffs[0]
        return self._whole.train.filter(
            pl.col(s.DATE).is_between(first - dt.timedelta(days=364), first, closed="right")
        )


def with_incidents(sales: pl.DataFrame, first: dt.date) -> pl.DataFrame:
    """Return sales with the incidents in them.

    Parameters
    ----------
    sales : Store, Date, Sales, Customers
    first : the last day before the first Monday
    """
    effect = pl.lit(1.0)
    for incident in INCIDENTS:
        begin, end = span_of(incident, first)
        touched = (pl.col(s.STORE) == incident.store) & pl.col(s.DATE).is_between(begin, end)
        effect = pl.when(touched).then(incident.effect).otherwise(effect)
    return sales.with_columns((pl.col(name) * effect).round().cast(pl.Int64) for name in (s.SALES, s.CUSTOMERS))


def span_of(incident: Incident, first: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of an incident.

    Parameters
    ----------
    incident : what happens
    first : the last day before the first Monday
    """
    begin = first + dt.timedelta(days=WEEK * incident.week + 1)
    return begin, begin + dt.timedelta(days=WEEK * incident.weeks - 1)
