"""Which stores should run promotions, and when."""

import polars as pl

from storecast.exploration.response.parts import GAIN, RAW_UPLIFT, UPLIFT, Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, LOW, MEASURE, POSITION, VALUE
from storecast.exploration.shared.wording import count_text, cross_table, full_text, short_text
from storecast.report import charts
from storecast.report.section import Picture, SectionBody, TextTable

STORES_SHOWN = 10  # stores at either end


def response_section(table: pl.DataFrame) -> SectionBody:
    """Answer which stores respond to promotions, and what moving some would bring."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=[_uplift_by_store(estimates), _break_even(estimates), *_when(estimates)],
        tables=_tables(estimates),
        method=(
            "Each store's weeks with a promotion against its weeks without, like with like and against the same weeks of the whole chain. The "
            "best of many noisy figures looks better than it is; so each is drawn to the chain's mean by as much as its error says "
            "(random-effects meta-analysis, spread by Paule and Mandel). Intervals hold the error of the store and of the chain. A promotion "
            "day's gain is the uplift times the store's usual day without promotion. Stores are told apart where their uplifts differ by more "
            "than chance (Cochran's test of heterogeneity). Moving promotions: a tenth of all promotion days goes from the stores where a day "
            "gains least to those where it gains most, of each store a quarter of its own at most; the interval draws all true uplifts again, "
            "and there is none where a store would have more promotions, or fewer, than any was seen to have."
        ),
        unproven=(
            "Moving promotions between stores is an extrapolation: where the chain promotes in all stores at once, no store ever had one alone, "
            "and advertising, supply and a store's pull on its neighbours would change; so would the uplift of a store that has more of them. "
            "Margins are not in the data: a promotion that lowers the gross margin from 30 to 25% of sales must bring 20% more sales to pay "
            "(30 / 25 − 1), which is what the break-even figure is for."
        ),
    )


def _stores(estimates: EstimateTable, measure: str) -> pl.DataFrame:
    return estimates.part(Part.STORE, measure)


def _answer(estimates: EstimateTable) -> str:
    rows = _stores(estimates, UPLIFT)
    best, worst = rows.row(0, named=True), rows.row(-1, named=True)
    surely = estimates.first(Part.BREAK_EVEN, "0%", "surely above")
    assert surely is not None
    sure = how_many_gain(round(surely[VALUE]), surely["N"])
    if not estimates.has(Part.SHIFT):
        return (
            f"The {count_text(surely['N'])} stores answer alike, as far as can be told: by {full_text(estimates.first(Part.CHAIN))}, and their uplifts "
            f"differ by no more than chance may bring; {sure}. So none is called the strongest, and no promotion is moved to another store."
        )
    return (
        f"The uplift runs from {short_text(best)} in store {best[GROUP]} to {short_text(worst)} in store {worst[GROUP]}; of the {count_text(surely['N'])} stores "
        f"{sure}. {_moved(estimates)}"
    )


def how_many_gain(gaining: int, stores: int) -> str:
    """Say how many of the stores surely gain sales."""
    if gaining == stores:
        return "all of them surely gain sales"
    if 2 * gaining > stores:
        return f"all but {stores - gaining:,} of them surely gain sales"
    return f"{gaining or 'none'} of them surely gain{'s' if gaining < 2 else ''} sales"


def _moved(estimates: EstimateTable) -> str:
    money, share = estimates.first(Part.SHIFT, "sales a year"), estimates.first(Part.SHIFT, "share of sales")
    assert money is not None
    text = (
        "Moving a tenth of the promotion days from the weakest stores to the strongest, a quarter of a store's own at most, would bring about "
        f"{full_text(money)} a year, {short_text(share)} of sales: an extrapolation, not a measurement"
    )
    if money[LOW] is None:
        return text + ", and without an interval, as no store was seen with so many promotions or so few."
    return text + "."


def _uplift_by_store(estimates: EstimateTable) -> Picture:
    rows = _stores(estimates, UPLIFT)
    ranks = list(range(1, rows.height + 1))
    figure = charts.curves(
        [chart_series("uplift of sales", rows, ranks)],
        y_format=charts.PERCENT_CHANGE,
        x_title="stores, by their uplift",
        marks=False,
    )
    chain, spread = estimates.first(Part.CHAIN), estimates.first(Part.SPREAD)
    return Picture(
        "ranked",
        "Uplift of each store",
        figure,
        alt=f"Falling curve of the stores' uplifts with a band; the chain's mean is {full_text(chain)}, and true uplifts spread by about {short_text(spread)}.",
        caption="Shrunk for noise; the band is the 95% interval of each store.",
        wide=False,
    )


def _break_even(estimates: EstimateTable) -> Picture:
    rows = estimates.part(Part.BREAK_EVEN)
    series = []
    for name in ("surely above", "open", "surely below"):
        part = rows.filter(pl.col(MEASURE) == name).sort(POSITION)
        series.append(chart_series(name, part, bounds=False))
    return Picture(
        "break-even",
        "Stores above and below a break-even uplift",
        charts.bars(
            series, y_format=",.0f", x_title="uplift needed for a promotion to pay", y_title="stores", stacked=True
        ),
        alt="Stacked bars: for each uplift that may be needed to pay, how many stores are surely above it, surely below it, or open.",
        caption="Surely: the whole 95% interval of the store lies on that side.",
        wide=False,
    )


def _when(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.WHEN)
    if rows.is_empty():
        return []
    figure = charts.dots(
        [chart_series("uplift", rows, [_short(name) for name in rows[GROUP]])],
        y_format=charts.PERCENT_CHANGE,
        height=260,
    )
    best = rows.sort(VALUE, descending=True).row(0, named=True)
    return [
        Picture(
            "when",
            "Uplift by time of the year and of the month",
            figure,
            alt=f"Dots with intervals; the uplift is highest for {best[GROUP]}: {short_text(best)}.",
            caption="Against weeks without promotion, within stores; bars are 95% intervals clustered by spell and store.",
        )
    ]


def _short(name: str) -> str:
    words = name.split(" to ")
    return (
        "–".join(word[:3] for word in words)
        if len(words) == 2
        else name.replace("weeks with a ", "").replace(" weeks", "")
    )


def _tables(estimates: EstimateTable) -> list[TextTable]:
    uplift = _stores(estimates, UPLIFT)
    names = uplift[GROUP].to_list()
    many = len(names) > 2 * STORES_SHOWN
    estimates_of = {(row[GROUP], row[MEASURE]): row for row in estimates.part(Part.STORE).iter_rows(named=True)}
    head = ("store", "uplift", "before shrinking", "gain of a promotion day")

    def body(chosen: list[str]) -> list[tuple[str, ...]]:
        return [
            (name, *(short_text(estimates_of.get((name, measure))) for measure in (UPLIFT, RAW_UPLIFT, GAIN)))
            for name in chosen
        ]

    differ = "" if estimates.has(Part.SHIFT) else ", which differ from the others by no more than chance may bring"
    tables = [
        TextTable(
            f"The strongest answers to promotions{differ}." if many else "All stores.",
            head,
            body(names[:STORES_SHOWN] if many else names),
        )
    ]
    if many:
        tables.append(TextTable(f"The weakest{differ}.", head, body(names[-STORES_SHOWN:])))
    tables.append(
        cross_table(
            estimates.part(Part.BREAK_EVEN),
            "Stores by the uplift that is needed for a promotion to pay.",
            "uplift needed",
        )
    )
    for part, caption, head_of in (
        (Part.SHIFT, "Moving a tenth of the promotion days, a quarter of a store's own at most.", "what"),
        (Part.WHEN, "Uplift by time.", "when"),
        (Part.RELIABILITY, "Do stores answer alike each time?", "correlation of"),
    ):
        if estimates.has(part):
            tables.append(cross_table(estimates.part(part), caption, head_of, folded=part != Part.SHIFT))
    return tables
