"""The section on the stores: groups of similar ones, and those that stand out."""

from typing import Any

import polars as pl

from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, MEASURE, VALUE, N, Unit
from storecast.exploration.shared.evidence import differ, no_growth
from storecast.exploration.shared.wording import count_text, cross_table, format_value, full_text, short_text
from storecast.exploration.stores.parts import Part, Trait
from storecast.exploration.stores.pictures import pictures
from storecast.report.section import SectionBody, TextTable

TRAITS_IN_WORDS = {
    Trait.PROMOTION: "from promotions",
    Trait.SATURDAY: "on Saturdays",
    Trait.SUNDAY: "on Sundays",
    Trait.DECEMBER: "in December",
    Trait.SPEND: "spend per customer",
}
UNUSUAL = 0.5  # standard deviations from all stores, from which a group is called more or less of something
LISTS = (
    (Part.LARGEST, "The ten largest stores, by sales of an open day."), (Part.SMALLEST, "The ten smallest."),
    (Part.FASTEST_GROWING, "The ten fastest growing, drawn to the chain's mean for noise."), (Part.FASTEST_SHRINKING, "The ten fastest shrinking."),
    (Part.MOST_VOLATILE, "The ten most volatile: one standard deviation of what is left of a day after level, calendar and the chain's day."),
)  # fmt: skip


def stores_section(table: pl.DataFrame) -> SectionBody:
    """Answer which stores are similar, and which stand out."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=pictures(estimates),
        tables=_tables(estimates),
        method=(
            "Each store is measured like with like: sales of an open day, growth a year (a line through its departures from the chain's days), "
            "volatility (a robust standard deviation of the same), answer to promotions, Saturday (and Sunday where the chain trades on it) beside Monday to Friday, December beside the rest of the "
            "year, spend per customer. Groups by k-means on standardised measures, their number by the best silhouette; stability is the adjusted Rand "
            "index of groupings of resampled stores (1: the same each time). Growth is drawn to the mean by as much as its error says. Correlations are "
            "Spearman's."
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    top, low = estimates.first(Part.LARGEST), estimates.first(Part.SMALLEST)
    assert top is not None
    assert low is not None
    parts = [
        f"A usual day sells from {full_text(low)} in store {low[GROUP]} to {full_text(top)} in store {top[GROUP]}"
        if differ(low, top, _chance(estimates, Trait.SALES_A_DAY))
        else f"The stores sell alike on a usual day, {full_text(low)} to {full_text(top)}: chance alone may bring the difference"
    ]
    fast, slow = estimates.first(Part.FASTEST_GROWING), estimates.first(Part.FASTEST_SHRINKING)
    if fast and slow:
        surely, falling = (
            estimates.first(Part.SURE_DIRECTION, "growing"),
            estimates.first(Part.SURE_DIRECTION, "shrinking"),
        )
        parts.append(
            f"growth in a year runs from {short_text(slow)} in store {_named(estimates, slow)} to {short_text(fast)} in store "
            f"{_named(estimates, fast)}"
            if differ(slow, fast, _chance(estimates, Trait.GROWTH))
            else f"growth in a year, {short_text(slow)} to {short_text(fast)}, does not differ between stores by more than chance"
        )
        if surely and falling:
            parts.append(_directions(int(surely[VALUE]), int(falling[VALUE])))
    text = "; ".join(parts) + "."
    groups = estimates.part(Part.GROUP_MEMBERS, "stores")
    stable = estimates.part(Part.GROUP_SCORES, "stability")
    if groups.height and stable.height:
        text += f" They fall into {_in_words(groups.height)} groups that are {_how_stable(stable[VALUE][0])} (stability {full_text(stable.row(0, named=True), in_brackets=True)})."
    return text


def _named(estimates: EstimateTable, row: dict[str, Any]) -> str:
    """Return a store's name, and whether a competitor opened there: then its growth holds what that took."""
    new = estimates.first(Part.NEW_COMPETITOR, str(row[GROUP]))
    return f"{row[GROUP]}{' (a competitor opened)' if new else ''}"


def _directions(growing: int, shrinking: int) -> str:
    """Say how many stores surely grow, and how many surely shrink."""
    grow = (
        "no store surely grows"
        if not growing
        else f"{growing:,} store{' surely grows' if growing == 1 else 's surely grow'}"
    )
    shrink = "none" if not shrinking else f"{shrinking:,}"
    return f"{grow}, and {shrink} surely shrink{'s' if shrinking <= 1 else ''}"


def _chance(estimates: EstimateTable, trait: Trait) -> float:
    """Return the probability of stores that differ in a trait as much by chance alone."""
    row = estimates.first(Part.DIFFERENCES, trait)
    return 1.0 if row is None else float(row[VALUE])


def _in_words(groups: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}[groups]


def _how_stable(stability: float) -> str:
    return (
        "firm"
        if stability > 0.8
        else "fairly firm"
        if stability > 0.6
        else "loose: a way to look at them, not kinds of their own"
    )


def _unproven(estimates: EstimateTable) -> str:
    text = "What makes a store grow or swing is not in these data: a new road, a rebuilt street and a good manager look alike."
    text = f"{no_growth(estimates)} {text}".strip()
    if not estimates.has(Part.GROUP_PROFILE):
        return "There are too few stores, or too few measures of each, to group them. " + text
    scores = estimates.part(Part.GROUP_SCORES, "silhouette").sort(VALUE, descending=True)
    best = scores.row(0, named=True)
    return f"The best silhouette is {short_text(best)} where 1 would be clear-cut groups: stores shade into each other. {text}"


def _tables(estimates: EstimateTable) -> list[TextTable]:
    tables = []
    members = estimates.part(Part.GROUP_MEMBERS, "stores")
    if members.height:
        body = []
        for row in members.iter_rows(named=True):
            profile = (
                estimates.part(Part.GROUP_PROFILE)
                .filter(pl.col(GROUP) == row[GROUP])
                .sort(pl.col(VALUE).abs(), descending=True)
            )
            shares = estimates.part(Part.GROUP_MEMBERS).filter(
                (pl.col(GROUP) == row[GROUP]) & pl.col(MEASURE).str.starts_with("type ")
            )
            kinds = ", ".join(
                f"{share[MEASURE].removeprefix('type ')} {format_value(share[VALUE], Unit.SHARE, 0)}"
                for share in shares.iter_rows(named=True)
                if share[VALUE] > 0.05
            )
            body.append((row[GROUP], count_text(row[N]), _differences(profile), kinds))
        tables.append(
            TextTable(
                "The groups in words: more or less of something than other stores.",
                ("group", "stores", "unusual", "store types"),
                body,
                words=True,
            )
        )
    for part, caption in LISTS:
        rows = estimates.part(part)
        if part in (Part.FASTEST_GROWING, Part.FASTEST_SHRINKING):
            names = [_named(estimates, row) for row in rows.iter_rows(named=True)]
            rows = rows.with_columns(pl.Series(GROUP, names, pl.String))
        if rows.height:
            tables.append(cross_table(rows, caption, "store", folded=True))
    if estimates.has(Part.GROUP_SCORES):
        tables.append(
            cross_table(estimates.part(Part.GROUP_SCORES), "How well stores fall into groups.", "number", folded=True)
        )
    return tables


def _differences(profile: pl.DataFrame) -> str:
    differences = [
        f"{'more' if row[VALUE] > 0 else 'less'} {TRAITS_IN_WORDS.get(row[MEASURE], row[MEASURE])}"
        for row in profile.iter_rows(named=True)
        if abs(row[VALUE]) >= UNUSUAL
    ]
    return ", ".join(differences[:4]) or "like the mean of all stores"
