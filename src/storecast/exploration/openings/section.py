"""The section on openings and closings: closures, absences, and Sunday trading."""

import polars as pl

from storecast.exploration.openings.absences import SPANS
from storecast.exploration.openings.parts import SAME_DAY, WHOLE_STATE, Absence, Part, Sundays
from storecast.exploration.openings.pictures import pictures
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, MEASURE, POSITION, VALUE, N
from storecast.exploration.shared.evidence import TRADES_ON_SUNDAYS, effect_text
from storecast.exploration.shared.observed import CUSTOMERS, SALES, SPEND
from storecast.exploration.shared.wording import count_text, full_text, interval_text, value_text
from storecast.report.section import SectionBody, TextTable
from storecast.wording import in_words

LATER = tuple(SPANS)[-1]  # the span that tells a lasting change from the first rush
NEXT_DAYS = (-1.0, 1.0, 2.0)


def openings_section(table: pl.DataFrame) -> SectionBody:
    """Make the section of the tidy table."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=pictures(estimates),
        tables=_tables(estimates),
        method=(
            "A closure is a run of days without sales; trading days lost are its days on which the store usually trades"
            f"{'' if estimates.has(TRADES_ON_SUNDAYS) else ', Sundays left out,'} and that are no holidays. Where most of these have no "
            "row, it is a gap in the data and no closure. "
            "Sales are logs less the store's usual weekday, the calendar's part, and the day's mean of the other stores. Around "
            "a closure they stand beside the store's own level 28 to 11 days before (errors clustered by store; by day where "
            "stores shut together), around an absence beside its weeks 26 to 13 before and the stores that stayed (a t interval "
            "over stores; where a whole state was away, from how far the other states drift over the same weeks). First days "
            "after holidays stand beside a usual day of the same weekday and promotion, clustered by day. Sunday trading: by "
            "store, Saturday (Monday) less the mean of Tuesday to Friday, on days without promotion, regressed on Sunday trading "
            "and store type (pooled variance below ten Sunday stores, else HC3); and, of stores with and without, weeks with "
            "an open Sunday less the others, beside stores without Sundays of the same state in the same weeks."
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    first = [text for text in (_absence(estimates), _holiday(estimates)) if text]
    sunday = _sunday(estimates)
    words = [f"{text[:1].upper()}{text[1:]}." for text in ("; ".join(first), sunday) if text]
    return " ".join(words) if words else _closure(estimates)


def _absence(estimates: EstimateTable) -> str:
    """Return what lasts after an absence, of the most telling kind: gaps in the rows come last."""
    for kind in (Absence.SHORTER, Absence.SHUT, Absence.NO_ROWS):
        line = estimates.first(Part.AROUND_ABSENCE, f"{kind}: {LATER}", SALES)
        if line is None or line["Low"] is None:
            continue
        stores = f"{count_text(line[N])} stores"
        what = f"that had {Absence.NO_ROWS} for four weeks or more" if kind == Absence.NO_ROWS else f"that were {kind}"
        gap = estimates.first(Part.ABSENCES, f"{Absence.NO_ROWS}, {WHOLE_STATE}")
        gaps = ""
        if kind != Absence.NO_ROWS and gap and gap[VALUE]:
            gaps = f" ({count_text(gap[VALUE])} more stores, whole states at once, have no rows: a gap in the data)"
        return f"in {LATER} after it, {stores} {what} sell {effect_text(line)} compared with before{gaps}"
    return ""


def _holiday(estimates: EstimateTable) -> str:
    rows = estimates.part(Part.AROUND_CLOSED_DAYS).filter((pl.col(POSITION) == 1) & pl.col("Low").is_not_null())
    if rows.is_empty():
        return ""
    line = rows.sort(N, descending=True, maintain_order=True).row(0, named=True)
    length = str(line[GROUP]).split(",")[0]
    return (
        f"beside a usual day, the first day after holidays that shut stores for {length} stands at {effect_text(line)}"
    )


def _sunday(estimates: EstimateTable) -> str:
    saturday, monday = (estimates.first(Part.SUNDAY_TRADING, name, SALES) for name in ("Saturday", "Monday"))
    if saturday is None or monday is None or saturday[VALUE] is None:
        return _sunday_switched(estimates)
    like = estimates.first(Part.STORES_BY_SUNDAYS, Sundays.NEARLY_ALL_SAME_TYPE)
    alone = like is not None and not like[VALUE]
    end = ", but no store of their type stays shut on Sundays, so that the type may be the cause" if alone else ""
    return (
        f"Saturdays of stores that trade on nearly all Sundays stand at {full_text(saturday)} and their Mondays at {full_text(monday)} "
        f"beside stores that never do, each against its own Tuesdays to Fridays{end}"
    )


def _sunday_switched(estimates: EstimateTable) -> str:
    saturday, monday = (estimates.first(Part.SUNDAYS_ON_AND_OFF, name, SALES) for name in ("Saturday", "Monday"))
    if saturday is None or monday is None:
        return ""
    return (
        f"in weeks with an open Sunday, Saturdays stand at {full_text(saturday)} and Mondays at {full_text(monday)} beside the same "
        "stores' other weeks"
    )


def _closure(estimates: EstimateTable) -> str:
    """Return how many closures there were, where no effect can be given."""
    counts = [
        f"{count_text(row[VALUE])} closure{'' if row[VALUE] == 1 else 's'} of {str(row[GROUP]).replace('1 day', 'one day')}"
        for row in estimates.part(Part.CLOSURES).iter_rows(named=True)
    ]
    return f"Trading days were lost to {in_words(counts)}: too few to say more." if counts else _seldom(estimates)


def _seldom(estimates: EstimateTable) -> str:
    stores = "Stores" if estimates.has(TRADES_ON_SUNDAYS) else "Apart from Sundays, stores"
    return f"{stores} were shut too seldom to say what happens around closures."


def _tables(estimates: EstimateTable) -> list[TextTable]:
    tables = [_closure_table(estimates), _absence_table(estimates), _sunday_table(estimates), _count_table(estimates)]
    return [text_table for text_table in tables if text_table.rows]


def _closure_table(estimates: EstimateTable) -> TextTable:
    rows = []
    for kind in estimates.part(Part.CLOSURES)[GROUP]:
        for place in NEXT_DAYS:
            line = estimates.first(Part.AROUND_CLOSURE, kind, SALES, place)
            if line:
                rows.append((f"{kind}: {_place(place)}", value_text(line), interval_text(line), count_text(line[N])))
    for line in estimates.part(Part.AROUND_CLOSED_DAYS).iter_rows(named=True):
        rows.append((f"holidays, {line[GROUP]}", value_text(line), interval_text(line), count_text(line[N])))  # noqa: PERF401
    return TextTable("Days next to closures and holidays", ("When", "Sales", "95% interval", "Cases"), rows)


def _absence_table(estimates: EstimateTable) -> TextTable:
    rows = []
    for group in estimates.part(Part.AROUND_ABSENCE, SALES)[GROUP]:
        lines = [estimates.first(Part.AROUND_ABSENCE, group, measure) for measure in (SALES, CUSTOMERS, SPEND)]
        sales = lines[0]
        assert sales is not None
        rows.append(
            (
                group,
                value_text(sales),
                interval_text(sales),
                value_text(lines[1]),
                value_text(lines[2]),
                count_text(sales[N]),
            )
        )
    head = ("When", "Sales", "95% interval", "Customers", "Spend", "Stores")
    return TextTable("Around absences, beside the store before and the stores that stayed", head, rows)


def _sunday_table(estimates: EstimateTable) -> TextTable:
    names = {Part.SUNDAY_TRADING: "beside stores that never do", Part.SUNDAYS_ON_AND_OFF: "beside their own other weeks", Part.SUNDAY_ITSELF: "Sunday",
             Part.WEEK_WITH_SUNDAY: "in sales, beside stores that never do", Part.SHARE_ON_SUNDAYS: "share of their sales made on Sundays"}  # fmt: skip
    rows = [
        (
            _row_name(part, str(line[GROUP]), what),
            str(line[MEASURE]),
            value_text(line),
            interval_text(line),
            count_text(line[N]),
        )
        for part, what in names.items()
        for line in estimates.part(part).iter_rows(named=True)
    ]
    return TextTable("Sunday trading", ("What", "Measure", "Value", "95% interval", "Stores"), rows)


def _row_name(part: str, group: str, what: str) -> str:
    if part == Part.SUNDAY_ITSELF:
        return f"Sunday, stores with {group} Sundays, beside Tuesday to Friday"
    return f"stores with {group} Sundays: {what}" if part == Part.SHARE_ON_SUNDAYS else f"{group}, {what}"


def _count_table(estimates: EstimateTable) -> TextTable:
    rows = [
        (f"{name}: {line[GROUP]}", count_text(line[VALUE]), count_text(line[N]), base)
        for part, name, base in (
            (Part.CLOSURES, "closures that lose trading days", "stores they fell on"),
            (Part.ABSENCES, "absences", "absences of the kind"),
            (Part.STORES_BY_SUNDAYS, "stores by their Sundays", "stores asked about"),
        )
        for line in estimates.part(part).iter_rows(named=True)
    ]
    return TextTable("How many there were", ("What", "Number", "Of or on", "Which are"), rows, folded=True)


def _unproven(estimates: EstimateTable) -> str:
    sentences = ["Within a day nothing is known: the data have no hours, neither of opening nor of sale."]
    if estimates.has(Part.ABSENCES):
        sentences.append(
            "Nobody wrote down why a store was shut: a refurbishment, a move or a flood look alike, and stores are not shut at random."
        )
    whole, same = (estimates.first(Part.ABSENCES, f"{Absence.NO_ROWS}, {what}") for what in (WHOLE_STATE, SAME_DAY))
    if whole and whole[VALUE] and same:
        sentences.append(
            f"Of {count_text(whole[N])} stores without rows, {count_text(same[VALUE])} vanish on one day and "
            f"{count_text(whole[VALUE])} are nearly all stores of their state: rows left out, rather than stores rebuilt, so "
            "that no effect of a refurbishment can be read from them."
        )
    if not estimates.has(Part.ABSENCES):
        sentences.append("No store was away for long, so that nothing can be said of refurbishments.")
    return " ".join([*sentences, *_unproven_sunday(estimates)])


def _unproven_sunday(estimates: EstimateTable) -> list[str]:
    if not estimates.has(Part.STORES_BY_SUNDAYS):
        return ["No store trades on Sundays often enough, so that nothing can be said of Sunday trading."]
    sentences = []
    like = estimates.first(Part.STORES_BY_SUNDAYS, Sundays.NEARLY_ALL_SAME_TYPE)
    if estimates.has(Part.SUNDAY_TRADING):
        sentences.append(
            "Stores were not drawn by lot to trade on Sundays: many stand where travellers are, whose weekdays differ anyway. What "
            "Saturday to Monday gain together is an upper bound on what is new, as other days and other stores may lose too."
        )
    if like and not like[VALUE]:
        sentences.append("Store type and Sunday trading cannot be told apart here.")
    if estimates.has(Part.SUNDAYS_ON_AND_OFF):
        some, once = (
            estimates.first(Part.STORES_BY_SUNDAYS, Sundays.SOME),
            estimates.first(Part.STORES_BY_SUNDAYS, Sundays.SWITCHED_ONCE),
        )
        sentences.append(
            f"Of {value_text(some)} stores with and without Sundays {value_text(once)} began or ended once; the others open by season, and a "
            "season's guests may shop on other weekdays."
        )
    if not estimates.has(Part.SUNDAY_TRADING) and not estimates.has(Part.SUNDAYS_ON_AND_OFF):
        never = estimates.first(Part.STORES_BY_SUNDAYS, Sundays.NEVER)
        few = f"Only {value_text(never)} stores never trade" if never and never[VALUE] else "Every store trades"
        sentences.append(f"{few} on Sundays: there is nothing to compare with.")
    return sentences


def _place(place: float) -> str:
    return {-1.0: "the last day before", 1.0: "the first day after", 2.0: "two days after"}[place]
