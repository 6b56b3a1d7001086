"""What files say together, refused where it cannot be meant: ids that do not meet, weeks, dates far off."""

import unicodedata

import polars as pl

from storecast import schema as s
from storecast.data.day_column import DAILY
from storecast.data.dialect import TextTable
from storecast.dates import as_date
from storecast.errors import DataError, quote

MIN_SHARE_MET = 0.5  # of the ids of the shorter list
FAR_DAYS = 28  # without any row, from which what lies beyond is far off
LONE_DATES = 3  # beyond; more of them are a chain that went on
MIN_DATES = 14  # on the near side, below which no date is lone
MIN_STEPS = 12  # between rows of a store, below which nothing is said about their distance
USUAL_SHARE = 0.8  # of steps with the same length
MAX_SHARE_OF_PERIODS = 0.55  # of the days of all stores; with more rows they are days
MIN_PERIOD = (
    5  # days, from which on a usual step is enough; a store that opens on two or three weekdays has shorter ones ...
)
SHORT_PERIOD = 2  # ... of several lengths, so that one which is always the same is no weekday's, either
ALWAYS = 0.95  # of steps with the same length
PERIODS = {"weeks": (7, 7), "fortnights": (14, 14), "months": (28, 31)}


def refuse_lone_dates(table: TextTable | str, days: pl.Series, *, late_only: bool = False) -> None:
    """Refuse a few dates far before or beyond all others, by their line: most such years or months are mistyped.

    Parameters
    ----------
    table : the file, which names the line; or the name of a frame, whose rows have no line
    days : its column Date
    late_only : look beyond the others alone

    Raises
    ------
    DataError
        where there are such dates
    """
    dates = days.unique().sort()
    gaps = dates.diff().dt.total_days().fill_null(0) > FAR_DAYS
    if not gaps.any():
        return
    breaks = gaps.arg_true().to_list()
    late = next((row for row in breaks if len(dates) - row <= LONE_DATES), len(dates))
    early = next((row for row in reversed(breaks) if row <= LONE_DATES), 0)
    _refuse_alone(table, days, dates[late:], dates[:late])
    _refuse_alone(table, days, dates[: 0 if late_only else early], dates[early:])


def _refuse_alone(table: TextTable | str, days: pl.Series, alone: pl.Series, others: pl.Series) -> None:
    if 0 < len(alone) <= LONE_DATES and len(others) >= MIN_DATES:
        after = alone[0] > others[-1]
        apart = (alone[0] - others[-1]).days if after else (others[0] - alone[-1]).days
        wrong = days.is_in(alone.implode())
        row = int(wrong.arg_max() or 0)
        where = table if isinstance(table, str) else f"{table.name}, {table.line(row)}"
        raise DataError(
            f"{where}, column Date: found {days[row]} ({int(wrong.sum())} of {len(days)} rows), "
            f"{apart} days {'after the last' if after else 'before the first'} of the other dates, "
            f"{others[-1] if after else others[0]}; expected no such gap. Correct the date, or leave the rows out."
        )


def refuse_periods(name: str, sales: pl.DataFrame) -> None:
    """Refuse sales of weeks or months: storecast forecasts days.

    Parameters
    ----------
    name : of the file
    sales : Store and Date of each day with sales

    Raises
    ------
    DataError
        where most stores have a row every week or month
    """
    days = (as_date(sales[s.DATE].max()) - as_date(sales[s.DATE].min())).days + 1
    if sales.height > MAX_SHARE_OF_PERIODS * days * sales[s.STORE].n_unique():
        return
    steps = sales.sort(s.KEYS).select(pl.col(s.DATE).diff().over(s.STORE).dt.total_days()).to_series().drop_nulls()
    if len(steps) < MIN_STEPS or steps.median() == 1:
        return
    for period, (shortest, longest) in PERIODS.items():
        share = steps.is_between(shortest, longest).mean()
        if isinstance(share, float) and share >= USUAL_SHARE:
            step = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
            raise DataError(
                f"{name}: most stores have a row every {step} days, so these "
                f"are sales of {period}; expected a row for each store and day. {DAILY}"
            )
    usual, count = steps.value_counts(sort=True).row(0)
    if (usual >= MIN_PERIOD and count >= USUAL_SHARE * len(steps)) or (
        usual >= SHORT_PERIOD and count >= ALWAYS * len(steps)
    ):
        raise DataError(
            f"{name}: most stores have a row every {usual} days, so these are no sales of days; expected a row for each store and "
            f"day. {DAILY}"
        )


def refuse_unmet_ids(sales: pl.DataFrame, facts: dict[str, pl.DataFrame], ahead: pl.DataFrame | None) -> None:
    """Refuse files whose ids do not meet: most ids of one are not in the other, or one store is written in two ways.

    Parameters
    ----------
    sales : the rows of train
    facts : what is known of stores, by the name of its file
    ahead : the rows of test; its new stores may be any

    Raises
    ------
    DataError
        where most ids are strange, or one store is written in two ways
    """
    known = sales[s.STORE].unique().sort()
    _refuse_two_spellings(sales, known)
    for name, frame in facts.items() if ahead is None else [*facts.items(), ("test", ahead)]:
        ids = frame[s.STORE].unique().sort()
        strange = ids.filter(~ids.is_in(known.implode()))
        missing = known.filter(~known.is_in(ids.implode()))
        spelt = {_spelling(store): store for store in missing}
        for store in strange:
            if _spelling(store) in spelt:
                raise DataError(
                    f"{name}: found the store {quote(store)}, and train has {quote(spelt[_spelling(store)])}; expected one way to "
                    "write an id in all files. Change one of them."
                )
        met = len(ids) - len(strange)
        if name in facts and met < MIN_SHARE_MET * min(len(ids), len(known)):
            raise DataError(
                f"{name}: train holds {met} of its {len(ids)} stores, such as {quote(strange[0])}, "
                f"and has {len(known)} stores, such as {quote(missing[0])}. "
                "Expected the same ids in both. Change them in one of the files."
            )


def _refuse_two_spellings(sales: pl.DataFrame, stores: pl.Series) -> None:
    """Refuse a store that is written in two ways within the sales: two ids alike, which never have a row on the same day."""
    by_spelling: dict[str, object] = {}
    for store in stores if stores.dtype == pl.String else ():
        other = by_spelling.setdefault(_spelling(store), store)
        if other == store:
            continue
        both = sales.filter(pl.col(s.STORE).is_in([store, other]))
        if both[s.DATE].n_unique() == both.height:
            raise DataError(
                f"train: found the stores {quote(other)} and {quote(store)}, which never have a row on the same day; expected one "
                "way to write an id. Change one of them."
            )


def _spelling(store: object) -> str:
    """Return what is left of an id without leading zeros, kinds and numbers of spaces, forms of accents, case, a decimal zero."""
    text = " ".join(unicodedata.normalize("NFKC", str(store)).casefold().split()).removesuffix(".0")
    return text.lstrip("0") or text[-1:]
