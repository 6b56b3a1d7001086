"""What promotions do."""

from typing import TypeGuard

import polars as pl

from storecast.exploration.promotions.estimate import ATTRIBUTES
from storecast.exploration.promotions.parts import ALL_WEEKDAYS, PROMO2_STORES, WEEK_AFTER, Part
from storecast.exploration.promotions.pictures import ATTRIBUTE_NAMES, pictures
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, VALUE
from storecast.exploration.shared.evidence import Row, effect_text, names_of, rank
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.wording import count_text, cross_table, full_text, short_text
from storecast.report.section import SectionBody, TextTable

PROMO2_METHOD = (
    " Promo2 starts at different times: each store that joins is compared, half a year before and after, with stores that have not "
    "joined by then (stacked difference in differences), clustered by store; the months of its rounds with the store's other months "
    "(effects of stores and months)."
)


def promotions_section(table: pl.DataFrame) -> SectionBody:
    """Answer what promotions bring, and where from."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=pictures(estimates),
        tables=_tables(estimates),
        method=(
            "Weeks with a promotion are compared with weeks without one, within each store and on the same weekdays, after the calendar "
            "(holidays, season, trend, day of the month) is taken off. Where all stores have their promotions together, a promotion is one "
            "event however many stores take part: the 95% intervals are clustered by promotion spell and by store at once. New customers: "
            f"the uplift of customers as a share of the uplift of sales, on logs.{PROMO2_METHOD if _has_promo2(estimates) else ''}"
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    whole = estimates.first(Part.UPLIFT, ALL_WEEKDAYS, SALES)
    parts = []
    if whole:
        days = rank(estimates.part(Part.UPLIFT, SALES).filter(pl.col(GROUP) != ALL_WEEKDAYS))
        text = f"Against the same weekdays without one, a promotion week sells {effect_text(whole)}"
        if days.highest and days.lowest:
            high, low = days.highest[0], days.lowest[0]
            text += f", from {short_text(high)} on {names_of(days.highest)} down to {short_text(low)} on {names_of(days.lowest)}"
        share = estimates.first(Part.NEW_CUSTOMERS)
        if _divides(whole, share):
            text += f"; {full_text(share)} of it is more customers, the rest larger baskets"
        parts.append(f"{text}.")
    joined, rounds = (
        estimates.first(Part.PROMO2_BEGINS, "joined", SALES),
        estimates.first(Part.PROMO2_ROUND, measure=SALES),
    )
    if joined:
        parts.append(f"Over the half year after, joining Promo2 moved sales by {effect_text(joined)}.")
    elif rounds:
        parts.append(
            f"Against its other months, the months of its Promo2 round move the sales of a store by {effect_text(rounds)}."
        )
    return " ".join(parts)


def _divides(uplift: Row, share: Row | None) -> TypeGuard[Row]:
    """Say whether an uplift is one beyond chance, and surely made of more customers and of larger baskets.

    Parameters
    ----------
    uplift : in sales
    share : of customers in it
    """
    if share is None or uplift[VALUE] <= 0 or (uplift[LOW] is not None and uplift[LOW] <= 0):
        return False
    ends = (share[VALUE] if share[end] is None else share[end] for end in (LOW, HIGH))
    return all(0 <= end <= 1 for end in ends)


def _unproven(estimates: EstimateTable) -> str:
    facts = {str(row[GROUP]): row[VALUE] for row in estimates.part(Part.FACTS).iter_rows(named=True)}
    parts = []
    if facts.get("all stores together"):
        parts.append(
            f"The {count_text(facts['spells'])} spells ran in all stores at once: no store shows what would have happened without one on the "
            "same day, so that whatever else the chain did in those weeks is part of the uplift."
        )
    if estimates.has(Part.UPLIFT) and estimates.first(Part.BORROWED, WEEK_AFTER) is None:
        parts.append(
            "Hardly any week off lies further from a promotion than its neighbour, so that what a promotion borrows from the weeks around it "
            "cannot be told from its uplift, which is against the usual week between two promotions."
        )
    if estimates.has(Part.BORROWED):
        parts.append(
            "Nearly every day without one lies either just after a promotion or just before the next, so that days before it can only be compared with "
            "days after it."
        )
    if estimates.has(Part.UPLIFT):
        parts.append(
            "On weekdays that never have a promotion nothing can be said. Customers are receipts and not persons."
        )
    if estimates.has(Part.PROMO2_BEGINS):
        drift = estimates.first(Part.PROMO2_BEGINS, "drift before", SALES)
        parts.append(
            f"Stores chose when to join Promo2; before it their sales drifted by {full_text(drift)} against the others."
        )
    elif _has_promo2(estimates):
        parts.append("Too few stores joined Promo2 within these days to say what joining does.")
    return " ".join(parts)


def _has_promo2(estimates: EstimateTable) -> bool:
    """Say whether any store takes part in Promo2, which only some chains have."""
    return not estimates.part(Part.FACTS).filter(pl.col(GROUP) == PROMO2_STORES).is_empty()


def _tables(estimates: EstimateTable) -> list[TextTable]:
    tables = []
    if estimates.has(Part.UPLIFT):
        tables.append(cross_table(estimates.part(Part.UPLIFT), "Uplift by weekday, with 95% intervals.", "weekday"))
    for column in ATTRIBUTES:
        if estimates.has(f"{Part.UPLIFT_BY} {column}"):
            rows = estimates.part(f"{Part.UPLIFT_BY} {column}")
            tables.append(
                cross_table(rows, f"Uplift by {ATTRIBUTE_NAMES[column]}.", ATTRIBUTE_NAMES[column], folded=True)
            )
    for part, caption, head in (
        (Part.UPLIFT_BY_DAY, "Uplift by day of the promotion.", "day"),
        (Part.BORROWED, "What promotions may borrow: days near one against others.", "days"),
        (
            Part.PROMO2_BEGINS,
            "Stores that join Promo2: the half year after against the half year before, and the drift before.",
            "Promo2",
        ),
        (Part.PROMO2_ROUND, "Months of a store's Promo2 round against its other months.", "Promo2"),
    ):
        if estimates.has(part):
            tables.append(cross_table(estimates.part(part), caption, head, folded=part == Part.UPLIFT_BY_DAY))
    return tables
