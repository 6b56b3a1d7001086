"""The sentences of a run's own summary: one for each cleaning rule that decides what is forecast, and one form for all others.

A template may hold ``{rows}``, ``{action}`` and ``{examples}``; what it leaves out is added in its usual place. It has a form for
one row and, where that differs, one for several.
"""

from collections.abc import Sequence

from storecast.data.active_stores import SILENT_DAYS

EXAMPLES = 3

SENTENCES: dict[str, tuple[str, ...]] = {
    "absent_columns": ("The files have no column {examples}",),
    "broken_days": (
        "{rows} store-day sold a quarter of what is usual on its weekday or less, or four times it or more, or is "
        "of weeks far from usual",
        "{rows} store-days sold a quarter of what is usual on their weekday or less, or four times it or more, or are "
        "of weeks far from usual",
    ),
    "closed_last_days": (
        "All stores are closed on the last days, {rows} row",
        "All stores are closed on the last days, {rows} rows",
    ),
    "country_holidays": ("StateHoliday marks no day, and a country is set",),
    "excluded_days": (
        "The file of events excludes {rows} row of sales",
        "The file of events excludes {rows} rows of sales",
    ),
    "inactive_stores": (
        f"{{rows}} store has sold nothing for {SILENT_DAYS} days or more, up to the chain's last sale",
        f"{{rows}} stores have sold nothing for {SILENT_DAYS} days or more, up to the chain's last sale",
    ),
    "unsold_days": (
        "{rows} row at the end is of a day on which nobody sold anything, as if it were ahead",
        "{rows} rows at the end are of days on which nobody sold anything, as if they were ahead",
    ),
    "unusual_last_days": (
        "Nearly all stores sold far from what is usual on the same weekdays, {rows} row of the last two weeks",
        "Nearly all stores sold far from what is usual on the same weekdays, {rows} rows of the last two weeks",
    ),
    "incomplete_days": ("Only a few stores have reported the last days",),
    "level_jump": (
        "Nearly all stores sell {examples} as before, the level of {rows} store-day: {action}",
        "Nearly all stores sell {examples} as before, the level of {rows} store-days: {action}",
    ),
    "store_level_jump": (
        "The level of a store changed, of which {rows} store-day is at the old one",
        "The level of some stores changed, of which {rows} store-days are at the old one",
    ),
    "own_columns_ahead": (
        "{rows} store-day ahead has no value of some of your own columns, which are assumed: {examples}. {action}",
        "{rows} store-days ahead have no value of some of your own columns, which are assumed: {examples}. {action}",
    ),
    "replaced_stores": (
        "{rows} row belongs to a store that another one replaces",
        "{rows} rows belong to stores that others replace",
    ),
    "school_holidays_ahead": (
        "No published school holidays cover the days ahead of {rows} store",
        "No published school holidays cover the days ahead of {rows} stores",
    ),
    "stores_without_sales": (
        "{rows} store has no sales at all, or stands in store.csv alone",
        "{rows} stores have no sales at all, or stand in store.csv alone",
    ),
    "unknown_countries": (
        "The country of {rows} store is not a known one",
        "The countries of {rows} stores are not known ones",
    ),
    "unknown_regions": (
        "{rows} region in State is not known to belong to its country",
        "{rows} regions in State are not known to belong to their country",
    ),
    "chain_without_sales": (
        "{rows} store-day is marked as open although no store of the chain sold anything on that day",
        "{rows} store-days are marked as open although no store of the chain sold anything on those days",
    ),
    "weekday_without_sales": (
        "{rows} day is marked as open although its store never sells on that weekday, or on holidays",
        "{rows} days are marked as open although their stores never sell on that weekday, or on holidays",
    ),
}


def listed_examples(examples: Sequence[str], more: int = 0) -> str:
    """Return examples in one line, with the number of those that follow.

    Examples
    --------
    >>> listed_examples(["store 1", "store 2"], 3)
    'store 1; store 2 and 3 more'
    """
    return "; ".join(examples) + (f" and {more} more" if more else "")


def repair_sentence(rule: str, what: str, action: str, rows: int, examples: Sequence[str], more: int = 0) -> str:
    """Return what a cleaning rule found and did as one sentence, with the rule's name at its end.

    Parameters
    ----------
    rule : its name
    what : a sentence on what it looks for
    action : what was done
    rows : how many rows it touched
    examples : of them, as text
    more : examples that follow these

    Examples
    --------
    >>> repair_sentence("broken_days", "", "kept", 1, ["2017-07-12: store 47"])[:50]
    '1 store-day sold a quarter of what is usual on its'
    >>> repair_sentence("late_stores", "A store came late.", "kept as missing before", 2, ["store 4", "store 5"])
    'A store came late (found: 2; store 4; store 5): kept as missing before (rule late_stores).'
    """
    complete = not more and (len(examples) < EXAMPLES or rows <= len(examples))
    listed = listed_examples(examples, more)
    if listed and not complete:
        listed = f"such as {listed}"
    forms = SENTENCES.get(rule)
    if forms is None:
        count_and_examples = "; ".join(part for part in (f"found: {rows:,}", listed) if part)
        return f"{what.removesuffix('.')} ({count_and_examples}): {action} (rule {rule})."
    template = forms[0] if rows == 1 else forms[-1]
    text = template.format(rows=f"{rows:,}", action=action, examples=listed_examples(examples, more))
    if listed and "{examples}" not in template:
        text += f" ({listed})"
    if "{action}" not in template:
        text += f": {action}"
    return f"{text} (rule {rule})."
