"""Which stores should run promotions, and when."""

import polars as pl

from storecast.questions.response import BREAK_EVEN, CHAIN, GAIN, RAW, RELIABLE, SHIFT, SPREAD, STORE, UPLIFT_OF, WHEN
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said

SHOWN = 10  # stores at either end


def section(table: pl.DataFrame) -> Section:
    """Answer which stores answer to promotions, and what moving some would bring."""
    read = Reader(table)
    return Section(
        key="response",
        question="Which stores should run promotions, and when?",
        short="Promotions by store",
        answer=_answer(read),
        pictures=[_ranked(read), _break_even(read), *_when(read)],
        tables=_tables(read),
        method=(
            "Each store's weeks with a promotion against its weeks without, like with like and against the same weeks of the whole chain. The "
            "best of many noisy figures looks better than it is; so each is drawn to the chain's mean by as much as its error says "
            "(random-effects meta-analysis, spread by Paule and Mandel). Intervals hold the error of the store and of the chain. A promotion "
            "day's gain is the uplift times the store's usual day without promotion. Moving promotions: a tenth of all promotion days goes from "
            "the stores where a day gains least to those where it gains most; the interval draws all true uplifts again."
        ),
        unproven=(
            "Moving promotions between stores is an extrapolation: where the chain promotes in all stores at once, no store ever had one alone, "
            "and advertising, supply and a store's pull on its neighbours would change; so would the uplift of a store that has more of them. "
            "Margins are not in the data: a promotion that lowers the gross margin from 30 to 25 % of sales must bring 20 % more sales to pay "
            "(30 / 25 − 1), which is what the break-even figure is for."
        ),
    )


def _stores(read: Reader, measure: str) -> pl.DataFrame:
    return read.part(STORE, measure)


def _answer(read: Reader) -> str:
    rows = _stores(read, UPLIFT_OF)
    best, worst = rows.row(0, named=True), rows.row(-1, named=True)
    surely = read.line(BREAK_EVEN, "0%", "surely above")
    money, share = read.line(SHIFT, "money a year"), read.line(SHIFT, "share of sales")
    assert surely is not None
    idle = round(surely["N"] - surely[VALUE])
    sure = "all of them surely gain sales" if idle == 0 else f"all but {idle:,} of them surely gain sales"
    return (
        f"The uplift runs from {cell(best)} in store {best[GROUP]} to {cell(worst)} in store {worst[GROUP]}; of the {number(surely['N'], 'count')} stores "
        f"{sure}. Moving a tenth of the promotion days from the weakest stores to the strongest would bring about "
        f"{said(money)} a year, {cell(share)} of sales: an extrapolation, not a measurement."
    )


def _ranked(read: Reader) -> Picture:
    rows = _stores(read, UPLIFT_OF)
    place = list(range(1, rows.height + 1))
    figure = charts.curves(
        [charts.Series("uplift of sales", place, *(rows[name].to_list() for name in (VALUE, LOW, HIGH)))],
        y_format=charts.PERCENT_CHANGE,
        x_title="stores, the strongest first",
        marks=False,
    )
    chain, spread = read.line(CHAIN), read.line(SPREAD)
    return Picture(
        "ranked",
        "Uplift of each store",
        figure,
        alt=f"Falling curve of the stores' uplifts with a band; the chain's mean is {said(chain)}, and true uplifts spread by about {cell(spread)}.",
        caption="Shrunk for noise; the band is the 95 % interval of each store.",
        wide=False,
    )


def _break_even(read: Reader) -> Picture:
    rows = read.part(BREAK_EVEN)
    series = []
    for name in ("surely above", "open", "surely below"):
        part = rows.filter(pl.col(MEASURE) == name).sort(POSITION)
        series.append(charts.Series(name, part[GROUP].to_list(), part[VALUE].to_list()))
    return Picture(
        "break-even",
        "Stores above and below a break-even uplift",
        charts.bars(
            series, y_format=",.0f", x_title="uplift needed for a promotion to pay", y_title="stores", stacked=True
        ),
        alt="Stacked bars: for each uplift that may be needed to pay, how many stores are surely above it, surely below it, or open.",
        caption="Surely: the whole 95 % interval of the store lies on that side.",
        wide=False,
    )


def _when(read: Reader) -> list[Picture]:
    rows = read.part(WHEN)
    if rows.is_empty():
        return []
    figure = charts.dots(
        [
            charts.Series(
                "uplift", [_short(name) for name in rows[GROUP]], *(rows[name].to_list() for name in (VALUE, LOW, HIGH))
            )
        ],
        y_format=charts.PERCENT_CHANGE,
        height=260,
    )
    best = rows.sort(VALUE, descending=True).row(0, named=True)
    return [
        Picture(
            "when",
            "Uplift by time of the year and of the month",
            figure,
            alt=f"Dots with intervals; the uplift is highest for {best[GROUP]}: {cell(best)}.",
            caption="Against weeks without promotion, within stores; bars are 95 % intervals clustered by spell and store.",
        )
    ]


def _short(name: str) -> str:
    words = name.split(" to ")
    return (
        "–".join(word[:3] for word in words)
        if len(words) == 2
        else name.replace("weeks with a ", "").replace(" weeks", "")
    )


def _tables(read: Reader) -> list[Shown]:
    uplift = _stores(read, UPLIFT_OF)
    names = uplift[GROUP].to_list()
    many = len(names) > 2 * SHOWN
    of = {(row[GROUP], row[MEASURE]): row for row in read.part(STORE).iter_rows(named=True)}
    head = ("store", "uplift", "before shrinking", "gain of a promotion day")

    def body(chosen: list[str]) -> list[tuple[str, ...]]:
        return [(name, *(cell(of.get((name, measure))) for measure in (UPLIFT_OF, RAW, GAIN))) for name in chosen]

    tables = [
        Shown(
            "The strongest answers to promotions." if many else "All stores.",
            head,
            body(names[:SHOWN] if many else names),
        )
    ]
    if many:
        tables.append(Shown("The weakest.", head, body(names[-SHOWN:])))
    tables.append(
        crossed(read.part(BREAK_EVEN), "Stores by the uplift that is needed for a promotion to pay.", "uplift needed")
    )
    tables.append(crossed(read.part(SHIFT), "Moving a tenth of the promotion days.", "what"))
    for part, caption, head_of in (
        (WHEN, "Uplift by time.", "when"),
        (RELIABLE, "Do stores answer alike each time?", "correlation of"),
    ):
        if read.has(part):
            tables.append(crossed(read.part(part), caption, head_of, folded=True))
    return tables
