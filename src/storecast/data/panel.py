"""Panel and Window: one chain, and a cutoff in it that separates what is known from what is asked.

A model is handed ``window.past`` and ``window.future``. What happened is a separate call, ``window.actual()``, made by
whoever scores. A live forecast is a window at the end of the sales, where there is nothing to call.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.arguments import check_argument
from storecast.data.breakdown import Breakdown, check_periods
from storecast.data.country_holidays import country_code
from storecast.data.events import read_events_frame
from storecast.data.excluded_spans import ExcludedSpan, without_excluded
from storecast.data.frame_groups import split_countries, take_groups
from storecast.data.frames import read_frames
from storecast.data.implied_country import implied_country
from storecast.data.own_feasts import OwnFeast, read_own_feasts
from storecast.data.own_frames import OwnColumns
from storecast.data.panel_checks import check_tables
from storecast.data.repair_holidays import marks_holidays, with_country_holidays
from storecast.data.store_countries import read_places, with_countries
from storecast.data.stores_as_of import stores_as_of
from storecast.data.target import Target, read_target
from storecast.errors import DataError, HistoryError
from storecast.notebook import Shown

TABLES = ("sales", "stores", "calendar")


@dataclass(frozen=True, eq=False, repr=False)
class Panel(Shown):
    """One chain, cleaned.

    Attributes
    ----------
    sales : a row per store and observed day: Store, Date, Sales (money), Customers (null where not counted)
    stores : a row per store, with what does not change by day
    calendar : a row per store and day, past and ahead: Open, Promo, StateHoliday, SchoolHoliday, Assumed, own columns
    known_from : the first day of the chain, where this is a part of it whose stores opened later
    known_until : the last day that is known of, where it has no rows itself: a chain may keep none of closed days
    excluded : days that the user marked as not to be learned from
    country : ISO code of the country whose holidays the stores keep; of several with commas, and then State begins with that of the
        store, see `store_countries`; None: what the data show, see `holiday_country`
    feasts : that the stores keep beside those of the country, or in place of them
    breakdown : by what totals are made beside store types, states and weeks
    target : the figure that Sales holds: what it is called, and its unit
    """

    sales: pl.DataFrame
    stores: pl.DataFrame
    calendar: pl.DataFrame
    known_until: dt.date | None = None
    excluded: tuple[ExcludedSpan, ...] = ()
    country: str | None = None
    feasts: tuple[OwnFeast, ...] = ()
    breakdown: Breakdown = Breakdown()  # noqa: RUF009 - it is frozen
    target: Target = Target()  # noqa: RUF009 - it is frozen
    known_from: dt.date | None = None
    _cut_from: "Panel | None" = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse tables that break `schema`, or are not sorted by unique keys; leave out days before the first sale."""
        check_tables(self.sales, self.stores, self.calendar)
        early = self.calendar[s.DATE].min()
        if self.sales.height and isinstance(early, dt.date) and early < self.first:
            object.__setattr__(self, "calendar", self.calendar.filter(pl.col(s.DATE) >= self.first))

    @classmethod
    def from_frames(
        cls,
        sales: Any,
        stores: Any = None,
        calendar: Any = None,
        *,
        events: Any = None,
        country: str | Mapping[str, Sequence[Any]] | None = None,
        feasts: Mapping[str, Any] | None = None,
        known: Sequence[str] = (),
        past: Sequence[str] = (),
        facts: Sequence[str] = (),
        columns: Mapping[str, str] | None = None,
        groups: Sequence[str] = (),
        periods: Sequence[str] = (),
        target: str = s.SALES,
        unit: str = "",
        whole_numbers: bool = False,
        sum_rows: bool = False,
    ) -> "Panel":
        """Make a Panel of data frames of Polars, pandas or Arrow.

        Parameters
        ----------
        sales : a row per store and day: Store (whole numbers or text), Date, Sales (money), and optional Customers, Open, Promo,
            StateHoliday, SchoolHoliday, Stockout (1: no model learns from the day), and columns of your own
        stores : a row per store: Store and optional StoreType, Assortment, State, CompetitionDistance (metres), CompetitionSince,
            Promo2, Promo2Since, PromoInterval, Country (CZ, or with a region DE-BY), Replaces (the id before), and facts of your
            own; None: the stores of the sales, without attributes
        calendar : what is known of days, past and ahead: Store, Date and optional Open, Promo, StateHoliday, SchoolHoliday and
            columns of your own that are known ahead, numbers or texts
        events : days that no model should learn from: Date, or First and Last, Exclude (1), and optional Store (null: all) and
            Name
        country : ISO code of the country whose holidays the stores keep; of several, the stores of each country or region, such as
            {"CZ": ["Brno_1"], "DE-BY": ["Munich_1"]}; None: Germany where State or StateHoliday show it
        feasts : of your own, by name, such as {"Town fair": "2 Sunday 9"}, as under [feasts] in storecast.toml
        known : your own columns that are known ahead, numbers or texts: of the sales, or of the calendar, whose other columns
            are such without being named
        past : your own numeric columns of the sales that are known of the past alone, such as receipts
        facts : your own columns of the stores, or of the sales, numbers or texts that never change within a store
        columns : our name of a column = that of your frames, such as {"Store": "Filiale"}
        groups : columns of the frame stores by which totals are made, beside StoreType and State: texts or numbers
        periods : of totals, beside weeks and the whole horizon: "month", "day"
        target : the column of the frame sales that is forecast; a column Sales beside it is not used
        unit : what it is counted in, such as pieces or EUR
        whole_numbers : whether every value is a whole number: quantiles and bounds of a store's day are whole then
        sum_rows : add several rows of a store and day up, as `sum = true` does for files

        Returns
        -------
        Panel
            without Open, a store was open on the days it sold, and on days without sales where it has many; without the other
            columns, there was no promotion, and no holiday but those of the country. Such days are marked as assumed. Days ahead
            that the calendar leaves out are worked out when they are forecast.

        Raises
        ------
        DataError
            where a column is missing, unknown or of another type, a value is out of bounds, a store and day stands twice, or
            there is no such country

        Examples
        --------
        >>> import polars as pl
        >>> sales = pl.DataFrame({"Store": [1, 1], "Date": ["2015-06-12", "2015-06-13"], "Sales": [5263.0, 4952.0]})
        >>> Panel.from_frames(sales).end
        datetime.date(2015, 6, 13)
        """
        figure = read_target({"target": target, "unit": unit, "whole_numbers": whole_numbers}, "Panel.from_frames")
        stores, own_groups = take_groups(stores, groups, OwnColumns(known, past, facts, columns or {}))
        stores, names, places = split_countries(stores, columns or {})
        if isinstance(country, Mapping):
            places, country = read_places(country, "country"), None
        frames = read_frames(sales, stores, calendar, OwnColumns(known, past, facts, names), figure, sum_rows=sum_rows)
        excluded = () if events is None else read_events_frame(events, frames.sales, frames.stores, frames.replaced)
        code = None if country is None else country_code(country, "country")
        placed, code = with_countries(frames.stores, code, places, "country")
        days = frames.calendar
        if code is not None and not marks_holidays(days):
            days = with_country_holidays(days, placed, code)
        own_feasts = read_own_feasts(feasts or {}, "feasts")
        breakdown = Breakdown(own_groups, check_periods(periods, "periods"))
        return cls(
            frames.sales,
            placed,
            days,
            excluded=excluded,
            country=code,
            feasts=own_feasts,
            breakdown=breakdown,
            target=figure,
        )

    def _facts(self) -> dict[str, object]:
        """Return stores, sales and calendar in words, for `repr` and notebooks."""
        facts: dict[str, object] = {"stores": self.stores.height, "days of stores": f"{self.sales.height:,}"}
        if self.sales.height:
            facts |= {
                self.target.noun: f"{self.first} to {self.end}",
                "calendar": f"to {self._day(self.calendar[s.DATE].max())}",
            }
        return facts | ({"own columns": ", ".join(self.own)} if self.own else {})

    @cached_property
    def first(self) -> dt.date:
        """The first day with sales, of the whole chain where this is a part of one."""
        return self.known_from or self._day(self.sales[s.DATE].min())

    @cached_property
    def end(self) -> dt.date:
        """The last day that is known of: the last with sales, or the one that `until` cut at; the cutoff of a live forecast."""
        return self.known_until or self._day(self.sales[s.DATE].max())

    @property
    def known(self) -> tuple[str, ...]:
        """The chain's own known-ahead columns, beyond the usual four."""
        return tuple(name for name in self.own if not name.startswith(s.PAST_ONLY))

    @property
    def past_only(self) -> tuple[str, ...]:
        """The chain's own columns that are known of the past alone; no model is told what they are on days after its cutoff."""
        return tuple(name for name in self.own if name.startswith(s.PAST_ONLY))

    @property
    def own(self) -> tuple[str, ...]:
        """All of the chain's own columns."""
        fixed = {*s.KEYS, *s.KNOWN, s.ASSUMED}
        return tuple(name for name in self.calendar.columns if name not in fixed)

    @cached_property
    def holiday_country(self) -> str:
        """ISO code of the country that is set, of several with commas; else Germany where the data show it, or "" for none."""
        return implied_country(self.stores, self.calendar) if self.country is None else self.country

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change when any value of the Panel changes."""
        digest = hashlib.sha256()
        for table in TABLES:
            frame: pl.DataFrame = getattr(self, table)
            digest.update(repr(frame.schema).encode())
            digest.update(frame.hash_rows(seed=0).to_numpy().tobytes())
        if self.excluded:
            digest.update(repr(self.excluded).encode())
        if self.country is not None:
            digest.update(self.country.encode())
        if self.feasts:
            digest.update(repr(self.feasts).encode())
        if self.breakdown:
            digest.update(repr(self.breakdown).encode())
        if self.target != Target():
            digest.update(repr(self.target).encode())
        return digest.hexdigest()[:16]

    def window(self, cutoff: dt.date, horizon: int) -> "Window":
        """Cut the panel after a day and ask for the days that follow.

        Parameters
        ----------
        cutoff : the last day whose sales are known
        horizon : days ahead

        Returns
        -------
        Window
            with the past up to the cutoff, and what is known of the days ahead

        Raises
        ------
        HistoryError
            where the cutoff lies outside the sales
        """
        check_argument("cutoff", cutoff, dt.date, "a datetime.date")
        return Window(self, cutoff, horizon)

    def until(self, cutoff: dt.date) -> "Panel":
        """Return what was known at the end of a day: no later day, no competitor or Promo2 that starts later.

        Parameters
        ----------
        cutoff : the day

        Returns
        -------
        Panel
            whose last day is the cutoff
        """
        return Panel(
            sales=self.sales.filter(pl.col(s.DATE) <= cutoff),
            stores=stores_as_of(self.stores, cutoff),
            calendar=self.calendar.filter(pl.col(s.DATE) <= cutoff),
            known_until=min(cutoff, self.end),
            excluded=self.excluded,
            country=self.holiday_country,
            feasts=self.feasts,
            breakdown=self.breakdown,
            target=self.target,
            known_from=self.known_from,
        )

    @property
    def source(self) -> "Panel":
        """The Panel of the window whose past this is; itself where it is no window's past."""
        return self._cut_from or self

    def with_calendar(self, calendar: pl.DataFrame) -> "Panel":
        """Return the same chain under another calendar.

        Parameters
        ----------
        calendar : a row per store and day, past and ahead, in the columns of this Panel's calendar

        Returns
        -------
        Panel
            with the same sales and stores

        Raises
        ------
        DataError
            where the calendar lacks a column, or is not sorted by store and day
        """
        return replace(self, calendar=calendar)

    @staticmethod
    def _day(value: object) -> dt.date:
        if not isinstance(value, dt.date):
            raise DataError("The sales hold no rows. Expected a row per store and day in train.csv.")
        return value


@dataclass(frozen=True)
class Window:
    """A cutoff in a Panel: what is known up to it, and what is asked after it."""

    panel: Panel
    cutoff: dt.date
    horizon: int

    def __post_init__(self) -> None:
        """Refuse a window without past."""
        if self.cutoff < self.panel.first or self.cutoff > self.panel.end:
            raise HistoryError(
                f"The cutoff {self.cutoff} lies outside the sales, which run from {self.panel.first} to "
                f"{self.panel.end}. Choose a cutoff between them."
            )

    @property
    def last(self) -> dt.date:
        """The last day asked for."""
        return self.cutoff + dt.timedelta(days=self.horizon)

    @cached_property
    def past(self) -> Panel:
        """The Panel as it was known at the end of the cutoff."""
        past = self.panel.until(self.cutoff)
        object.__setattr__(past, "_cut_from", self.panel)  # frozen, and no argument: `replace` makes a Panel of its own
        return past

    @cached_property
    def future(self) -> pl.DataFrame:
        """What is known ahead: the calendar's rows of the days after the cutoff, sorted by Store and Date."""
        return self.panel.calendar.filter((pl.col(s.DATE) > self.cutoff) & (pl.col(s.DATE) <= self.last)).sort(*s.KEYS)

    def actual(self) -> pl.DataFrame:
        """Return what happened, for scoring; never handed to a model.

        Returns
        -------
        Store, Date, Sales (money) of the days after the cutoff that are not excluded; no row where none of them has sales
        """
        days = self.panel.sales.filter((pl.col(s.DATE) > self.cutoff) & (pl.col(s.DATE) <= self.last))
        return without_excluded(days, self.panel.excluded).select(*s.KEYS, s.SALES)
