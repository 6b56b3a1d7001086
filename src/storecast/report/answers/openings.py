"""The section on openings and closings: closures, absences, and Sunday trading."""

import polars as pl

from storecast.questions.absences import (
    ABSENCES,
    NO_ROWS,
    SAME_DAY,
    SHORTER,
    SHUT,
    SPANS,
    SUMMARY,
    WHOLE_STATE,
)
from storecast.questions.closures import AROUND, BACK, CLOSURES
from storecast.questions.levels import CUSTOMERS, SALES, SPEND
from storecast.questions.sunday_trading import (
    ITSELF,
    LIKE,
    NEVER,
    ON_SUNDAYS,
    ONCE,
    SOMETIMES,
    SWITCHING,
    TOGETHER,
    TRADERS,
    TRADING,
)
from storecast.questions.tidy import GROUP, MEASURE, POSITION, UNIT, VALUE, N
from storecast.report.answers.openings_pictures import pictures
from storecast.report.section import NOTHING, Reader, Section, Shown, interval, number, said

LATER = tuple(SPANS)[-1]  # the span that tells a lasting change from the first rush
SELDOM = "Stores were shut too seldom, but for Sundays, to say what happens around it."
NEXT_DAYS = (-1.0, 1.0, 2.0)


def section(table: pl.DataFrame) -> Section:
    """Make the section of the tidy table."""
    reader = Reader(table)
    return Section(
        key="openings",
        question="What happens around closings and openings, and what does Sunday trading do?",
        short="Openings and closings",
        answer=_answer(reader),
        pictures=pictures(reader),
        tables=_tables(reader),
        method=(
            "A closure is a run of days without sales; trading days lost are those of it that are neither Sundays nor holidays. "
            "Sales are logs less the store's usual weekday, the calendar's part, and the day's mean of the other stores. Around "
            "a closure they stand beside the store's own level 28 to 11 days before (errors clustered by store; by day where "
            "stores shut together), around an absence beside its weeks 26 to 13 before and the stores that stayed (a t interval "
            "over stores; where a whole state was away, from how far the other states drift over the same weeks). First days "
            "after holidays stand beside a usual day of the same weekday and promotion, clustered by day. Sunday trading: by "
            "store, Saturday (Monday) less the mean of Tuesday to Friday, on days without promotion, regressed on Sunday trading "
            "and store type (pooled variance below ten Sunday stores, else HC3); and, of stores with and without, weeks with "
            "an open Sunday less the others, beside stores without Sundays of the same state in the same weeks."
        ),
        unproven=_unproven(reader),
    )


def _answer(reader: Reader) -> str:
    first = [text for text in (_absence(reader), _holiday(reader)) if text]
    sunday = _sunday(reader)
    said_ = [f"{text[:1].upper()}{text[1:]}." for text in ("; ".join(first), sunday) if text]
    return " ".join(said_) if said_ else _closure(reader)


def _absence(reader: Reader) -> str:
    """Say what lasts after an absence, of the kind that most stores had; gaps in the rows come last."""
    for kind in (SHORTER, SHUT, NO_ROWS):
        line = reader.line(SUMMARY, f"{kind}: {LATER}", SALES)
        if line is None or line["Low"] is None:
            continue
        stores = f"{number(line[N], 'count')} stores"
        what = f"that had {NO_ROWS} for four weeks or more" if kind == NO_ROWS else f"that were {kind}"
        gap = reader.line(ABSENCES, f"{NO_ROWS}, {WHOLE_STATE}")
        gaps = ""
        if kind != NO_ROWS and gap and gap[VALUE]:
            gaps = (
                f" ({number(gap[VALUE], 'count')} more stores, whole states at once, have no rows: a gap in the data)"
            )
        return f"{stores} {what} sell {said(line)} in {LATER} after it beside before{gaps}"
    return ""


def _holiday(reader: Reader) -> str:
    rows = reader.part(BACK).filter((pl.col(POSITION) == 1) & pl.col("Low").is_not_null())
    if rows.is_empty():
        return ""
    line = rows.sort(N, descending=True, maintain_order=True).row(0, named=True)
    length = str(line[GROUP]).split(",")[0]
    return f"the first day after holidays that shut stores for {length} stands at {said(line)} beside a usual day"


def _sunday(reader: Reader) -> str:
    saturday, monday = (reader.line(TRADING, name, SALES) for name in ("Saturday", "Monday"))
    if saturday is None or monday is None or saturday[VALUE] is None:
        return _sunday_switched(reader)
    like = reader.line(TRADERS, LIKE)
    alone = like is not None and not like[VALUE]
    end = ", but no store of their type stays shut on Sundays, so that the type may be the cause" if alone else ""
    return (
        f"Saturdays of stores that trade on nearly all Sundays stand at {said(saturday)} and their Mondays at {said(monday)} "
        f"beside stores that never do, each against its own Tuesdays to Fridays{end}"
    )


def _sunday_switched(reader: Reader) -> str:
    saturday, monday = (reader.line(SWITCHING, name, SALES) for name in ("Saturday", "Monday"))
    if saturday is None or monday is None:
        return ""
    return (
        f"in weeks with an open Sunday, Saturdays stand at {said(saturday)} and Mondays at {said(monday)} beside the same "
        "stores' other weeks"
    )


def _closure(reader: Reader) -> str:
    """Say how many closures there were, where nothing else can be said."""
    rows = reader.part(CLOSURES)
    counts = ", ".join(f"{row[GROUP]}: {number(row[VALUE], 'count')}" for row in rows.iter_rows(named=True))
    return f"Stores lost trading days to closures ({counts}), too few to say more." if counts else SELDOM


def _tables(reader: Reader) -> list[Shown]:
    made = [_closure_table(reader), _absence_table(reader), _sunday_table(reader), _count_table(reader)]
    return [shown for shown in made if shown.rows]


def _closure_table(reader: Reader) -> Shown:
    rows = []
    for kind in reader.part(CLOSURES)[GROUP]:
        for place in NEXT_DAYS:
            line = reader.line(AROUND, kind, SALES, place)
            if line:
                rows.append((f"{kind}: {_place(place)}", _value(line), interval(line), number(line[N], "count")))
    for line in reader.part(BACK).iter_rows(named=True):
        rows.append((f"holidays, {line[GROUP]}", _value(line), interval(line), number(line[N], "count")))  # noqa: PERF401
    return Shown("Days next to closures and holidays", ("When", "Sales", "95 % interval", "Cases"), rows)


def _absence_table(reader: Reader) -> Shown:
    rows = []
    for group in reader.part(SUMMARY, SALES)[GROUP]:
        lines = [reader.line(SUMMARY, group, measure) for measure in (SALES, CUSTOMERS, SPEND)]
        sales = lines[0]
        assert sales is not None
        rows.append(
            (group, _value(sales), interval(sales), _value(lines[1]), _value(lines[2]), number(sales[N], "count"))
        )
    head = ("When", "Sales", "95 % interval", "Customers", "Spend", "Stores")
    return Shown("Around absences, beside the store before and the stores that stayed", head, rows)


def _sunday_table(reader: Reader) -> Shown:
    names = {TRADING: "beside stores that never do", SWITCHING: "beside their own other weeks", ITSELF: "Sunday",
             TOGETHER: "in money, beside stores that never do", ON_SUNDAYS: "share of their sales made on Sundays"}  # fmt: skip
    rows = [
        (
            _row_name(part, str(line[GROUP]), what),
            str(line[MEASURE]),
            _value(line),
            interval(line),
            number(line[N], "count"),
        )
        for part, what in names.items()
        for line in reader.part(part).iter_rows(named=True)
    ]
    return Shown("Sunday trading", ("What", "Measure", "Value", "95 % interval", "Stores"), rows)


def _row_name(part: str, group: str, what: str) -> str:
    if part == ITSELF:
        return f"Sunday, stores with {group} Sundays, beside Tuesday to Friday"
    return f"stores with {group} Sundays: {what}" if part == ON_SUNDAYS else f"{group}, {what}"


def _count_table(reader: Reader) -> Shown:
    rows = [
        (f"{name}: {line[GROUP]}", number(line[VALUE], "count"), number(line[N], "count"), base)
        for part, name, base in (
            (CLOSURES, "closures that lose trading days", "stores they fell on"),
            (ABSENCES, "absences", "absences of the kind"),
            (TRADERS, "stores by their Sundays", "stores asked about"),
        )
        for line in reader.part(part).iter_rows(named=True)
    ]
    return Shown("How many there were", ("What", "Number", "Of or on", "Which are"), rows, folded=True)


def _unproven(reader: Reader) -> str:
    out = ["Within a day nothing is known: the data have no hours, neither of opening nor of sale."]
    if reader.has(ABSENCES):
        out.append(
            "Nobody wrote down why a store was shut: a refurbishment, a move or a flood look alike, and stores are not shut at random."
        )
    whole, same = (reader.line(ABSENCES, f"{NO_ROWS}, {what}") for what in (WHOLE_STATE, SAME_DAY))
    if whole and whole[VALUE] and same:
        out.append(
            f"Of {number(whole[N], 'count')} stores without rows, {number(same[VALUE], 'count')} vanish on one day and "
            f"{number(whole[VALUE], 'count')} are nearly all stores of their state: rows left out, rather than stores rebuilt, so "
            "that no effect of a refurbishment can be read from them."
        )
    if not reader.has(ABSENCES):
        out.append("No store was away for long, so that nothing can be said of refurbishments.")
    return " ".join([*out, *_unproven_sunday(reader)])


def _unproven_sunday(reader: Reader) -> list[str]:
    if not reader.has(TRADERS):
        return ["No store trades on Sundays often enough, so that nothing can be said of Sunday trading."]
    out = []
    like = reader.line(TRADERS, LIKE)
    if reader.has(TRADING):
        out.append(
            "Stores were not drawn by lot to trade on Sundays: many stand where travellers are, whose weekdays differ anyway. What "
            "Saturday to Monday gain together is an upper bound on what is new, as other days and other stores may lose too."
        )
    if like and not like[VALUE]:
        out.append("Store type and Sunday trading cannot be told apart here.")
    if reader.has(SWITCHING):
        some, once = reader.line(TRADERS, SOMETIMES), reader.line(TRADERS, ONCE)
        out.append(
            f"Of {_value(some)} stores with and without Sundays {_value(once)} began or ended once; the others open by season, and a "
            "season's guests may shop on other weekdays."
        )
    if not reader.has(TRADING) and not reader.has(SWITCHING):
        never = reader.line(TRADERS, NEVER)
        out.append(f"Only {_value(never)} stores never trade on Sundays: there is nothing to compare with.")
    return out


def _place(place: float) -> str:
    return {-1.0: "the last day before", 1.0: "the first day after", 2.0: "two days after"}[place]


def _value(line: dict[str, object] | None) -> str:
    return NOTHING if line is None else number(line[VALUE], str(line[UNIT]))
