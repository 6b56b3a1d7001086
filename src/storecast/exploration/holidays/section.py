"""Before, during and after holidays."""

import polars as pl

from storecast.exploration.holidays.parts import Part
from storecast.exploration.shared.calendar_terms import HOLIDAY_KINDS, OPEN_KINDS, Family
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, POSITION, VALUE
from storecast.exploration.shared.evidence import effect_text, like_days, rank, stands_out
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.wording import full_text, short_text
from storecast.report import charts
from storecast.report.section import Picture, SectionBody, TextTable
from storecast.wording import in_words

TITLES = {
    "public": "Public holidays",
    "Easter": "Easter",
    "Christmas": "Christmas and New Year",
    Family.SCHOOL: "School holidays",
}
NAMES = {"public": "public holidays", "Easter": "Easter", "Christmas": "Christmas"}
TITLES |= {f"open on {kind}": f"Open on {name}" for kind, name in NAMES.items()}
NAMES |= {
    "open on public": "public holidays",
    "open on Easter": "the holidays of Easter",
    "open on Christmas": "the holidays of Christmas",
}
SCHOOL_METHOD = (
    "School holidays: states in holidays against the other states on the same day (effects of states and days; errors clustered by "
    "state). "
)
ZERO_NOTES = {"Easter": "0 is Easter Saturday", Family.SCHOOL: "0 is the mean of the holidays themselves"}
ZERO_NOTES |= dict.fromkeys(OPEN_KINDS, "0 is the holiday itself")


def holidays_section(table: pl.DataFrame) -> SectionBody:
    """Answer how sales move around holidays."""
    estimates = EstimateTable(table)
    kinds = [
        kind
        for kind in (*HOLIDAY_KINDS, *OPEN_KINDS, Family.SCHOOL)
        if estimates.table.filter(pl.col(GROUP) == kind).height
    ]
    return SectionBody(
        answer=_answer(estimates, kinds),
        pictures=[*(_curve(estimates, kind) for kind in kinds), *_states(estimates)],
        tables=_tables(estimates, kinds),
        method=(
            "Each day's sales are compared with what the same stores usually sell on that weekday, and with or without promotion: one "
            "regression of the chain's daily index (the mean of its stores' log sales, each store's own weekday level taken off) on "
            "weekdays, promotions by weekday, day of the month, season, trend and the days from each kind of holiday at once, with "
            "first-order autocorrelated errors (GLSAR). A rare holiday is so judged by the unrest of all days. State holidays count where "
            "they shut a store on a weekday on which the chain trades, and by themselves where most stores are open on them"
            f"{'; New Year is among the days after Christmas' if 'Christmas' in kinds else ''}. A day or kind is named where it stands out by more than chance among all that were measured. "
            f"{SCHOOL_METHOD if Family.SCHOOL in kinds else ''}Days that "
            "always fall on a weekday without trade have no figure."
        ),
        unproven=(
            f"{_rare(kinds)}: the intervals tell how unusual the days "
            "were, not how the next ones will differ. Sales brought forward from closed days are in the figures; who bought them is not "
            "in the data."
        ),
    )


def _rare(kinds: list[str]) -> str:
    """Say of which holidays there were few."""
    feasts = [name for name in ("Christmas", "Easter") if name in kinds or f"open on {name}" in kinds]
    return f"Each {' and '.join(feasts) or 'holiday'} is one event for the whole chain, and there are only a few"


def _answer(estimates: EstimateTable, kinds: list[str]) -> str:
    shut = [kind for kind in kinds if kind in HOLIDAY_KINDS]
    parts = [*_peaks(estimates, shut), *_open_days(estimates, kinds)]
    school = estimates.first(Part.CURVE, Family.SCHOOL, SALES, 0.0)
    if school:
        parts.append(f"School holidays themselves move sales by {effect_text(school)}.")
    return " ".join([*parts, *_whole_periods(estimates, shut)])


def _peaks(estimates: EstimateTable, kinds: list[str]) -> list[str]:
    """Return the best day around each kind of holiday that shuts stores, where it stands out among the days measured."""
    peaks, quiet = [], []
    for kind in kinds:
        rows = estimates.part(Part.CURVE, SALES).filter(pl.col(GROUP) == kind).sort(VALUE, descending=True)
        best = rows.row(0, named=True)
        if best[VALUE] > 0 and stands_out(best, among=rows.height):
            peaks.append(f"{_where(kind, int(best[POSITION]))} ({full_text(best, in_brackets=True)})")
        else:
            quiet.append(NAMES[kind])
    parts = [f"Sales are highest {in_words(peaks)}, against {like_days(estimates)}."] if peaks else []
    if quiet:
        parts.append(f"Around {in_words(quiet)} no single day sells more than chance alone may bring.")
    return parts


def _open_days(estimates: EstimateTable, kinds: list[str]) -> list[str]:
    """Return what stores sell that are open on a holiday."""
    parts = []
    for kind in (kind for kind in kinds if kind in OPEN_KINDS):
        day = estimates.first(Part.CURVE, kind, SALES, 0.0)
        if day:
            parts.append(
                f"On {NAMES[kind]}, against {like_days(estimates)}, stores that are open sell {effect_text(day)}."
            )
    return parts


def _whole_periods(estimates: EstimateTable, kinds: list[str]) -> list[str]:
    """Return how all the days around a holiday sell, of the kinds that move them by more than chance."""
    rows = estimates.part(Part.MEAN_AROUND, SALES).filter(pl.col(GROUP).is_in(kinds))
    moved = [row for row in rows.iter_rows(named=True) if stands_out(row, among=rows.height)]
    highest = rank(rows).highest
    if len(moved) > 1 and len(highest) == 1 and highest[0] in moved:
        return [f"Taken together, the days around {NAMES[str(highest[0][GROUP])]} gain most: {full_text(highest[0])}."]
    lines = [f"{NAMES[str(row[GROUP])]} sell {full_text(row)}" for row in moved]
    return [f"Taken together, the days around {in_words(lines)}."] if lines else []


def _where(kind: str, place: int) -> str:
    if place == 0:
        return "on Easter Saturday" if kind == "Easter" else f"between the holidays of {NAMES[kind]}"
    days = f"{abs(place)} days" if abs(place) > 1 else "the day"
    return f"{days} {'before' if place < 0 else 'after'} {NAMES[kind]}"


def _curve(estimates: EstimateTable, kind: str) -> Picture:
    rows = estimates.part(Part.CURVE, SALES).filter(pl.col(GROUP) == kind).sort(POSITION)
    series = [chart_series("sales", rows, POSITION)]
    counted = estimates.part(Part.CURVE, CUSTOMERS).filter(pl.col(GROUP) == kind).sort(POSITION)
    if counted.height:
        series.append(chart_series("customers", counted, POSITION, bounds=False))
    figure = charts.curves(series, y_format=charts.PERCENT_CHANGE, x_title="days from the holiday", height=270)
    figure.update_xaxes(tickvals=list(range(-10, 11, 2)))
    ranked = rows.sort(VALUE)
    low, high = ranked.row(0, named=True), ranked.row(-1, named=True)
    return Picture(
        name=kind.lower().replace(" ", "-"),
        title=TITLES[kind],
        figure=figure,
        alt=(
            f"Curve of sales from ten days before to ten days after: highest {int(high[POSITION]):+d} days from it at {short_text(high)}, "
            f"lowest {int(low[POSITION]):+d} days from it at {short_text(low)}."
        ),
        caption=f"Change against a usual day; the band is the 95% interval of sales.{' ' + ZERO_NOTES[kind] + '.' if kind in ZERO_NOTES else ''}",
        wide=False,
    )


def _states(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.BY_STATE).filter(pl.col(POSITION).abs() == 1)
    if rows.is_empty():
        return []
    rows = rows.with_columns(
        pl.col(GROUP).str.split(", ").list.first().alias("kind"),
        pl.col(GROUP).str.split(", ").list.last().alias("state"),
    )
    values = {(row["state"], row["kind"], int(row[POSITION])): row[VALUE] for row in rows.iter_rows(named=True)}
    states = sorted({state for state, _, _ in values})
    columns = [
        (kind, place) for kind in HOLIDAY_KINDS for place in (-1, 1) if any((x, kind, place) in values for x in states)
    ]
    labels = [f"{kind}<br>{'before' if place < 0 else 'after'}" for kind, place in columns]
    figure = charts.heatmap(
        labels,
        states,
        [[values.get((state, *column)) for column in columns] for state in states],
        z_format=charts.PERCENT_CHANGE,
        z_title="change",
        around_zero=True,
        texts=True,
        height=120 + 24 * len(states),
    )
    figure.update_traces(x=labels)  # with their line breaks, which a heatmap shows as text: its names may be anybody's
    return [
        Picture(
            name="states",
            title="The days next to a holiday, state by state",
            figure=figure,
            alt="Heatmap: change of sales on the day before and the day after each kind of holiday, a row a state. The table below has the values.",
            caption="Change of sales against a usual day. States with few stores are noisy: see the intervals in the table.",
        )
    ]


def _tables(estimates: EstimateTable, kinds: list[str]) -> list[TextTable]:
    rows = estimates.part(Part.CURVE, SALES)
    places = sorted(set(rows[POSITION].to_list()))
    body = [
        (
            f"{int(place):+d}" if place else "0",
            *(short_text(estimates.first(Part.CURVE, kind, SALES, place)) for kind in kinds),
        )
        for place in places
    ]
    tables = [
        TextTable(
            "Sales by days from the holiday, with 95% intervals.",
            ("days", *(TITLES[kind] for kind in kinds)),
            body,
            folded=True,
        )
    ]
    local = estimates.part(Part.BY_STATE)
    if local.height:
        groups = list(dict.fromkeys(local[GROUP].to_list()))
        places = sorted(set(local[POSITION].to_list()))
        tables.append(
            TextTable(
                "The days next to a holiday, state by state.",
                ("kind, state", *(f"{int(place):+d} days" for place in places)),
                [
                    (name, *(short_text(estimates.first(Part.BY_STATE, name, SALES, place)) for place in places))
                    for name in groups
                ],
                folded=True,
            )
        )
    return tables
