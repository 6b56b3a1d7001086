"""The first page: what is expected, why weeks differ, which stores to look at, what moved, what is dubious."""

import dataclasses
import datetime as dt

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.language import Words
from storecast.plan.summary import BudgetFigures
from storecast.report.amounts import Amounts
from storecast.report.facts import outlook
from storecast.report.front_facts import FrontFacts
from storecast.report.front_page import Week, past_tests, rows_and_edges, weeks_ahead
from storecast.report.front_remarks import remarks, stores
from storecast.report.front_tiles import tiles
from storecast.report.front_weeks import holidays_ahead, why_weeks_differ
from storecast.report.report_input import ReportInput, report_words
from storecast.report.since_last import SinceLast, since_last
from storecast.report.stores_to_check import ABOVE, BELOW, MISSED, SHUT, StoreToCheck, stores_to_check
from storecast.report.week_calendar import Holiday, WeekCalendar, feast_names, week_calendars
from storecast.report.week_figure import weeks_figure
from support.panels import make_panel

ENGLISH, GERMAN = report_words(), report_words("de")
MONDAY = dt.date(2015, 6, 15)


def week(k: int, promotions: float = 0.0, *, before: float = 0.0, days: int = 7, expected: float = 4e6) -> Week:
    first = MONDAY + dt.timedelta(weeks=k)
    then = WeekCalendar(before, (), 0.0)
    last = first + dt.timedelta(days=days - 1)
    return Week(first, last, expected, 0.9 * expected, 1.1 * expected, 0.25, WeekCalendar(promotions, (), 0.0), then)


def view(report: ReportInput, weeks: list[Week], words: Words = ENGLISH) -> FrontFacts:
    outlooks = outlook(report.forecast, report.panel.sales, report.panel.stores, report.sums)
    return FrontFacts(dataclasses.replace(report, words=words), outlooks, weeks, [], None)


def texts(report: ReportInput, words: Words = ENGLISH) -> dict[str, str]:
    """Return figure and text of each tile by its title."""
    return {tile.title: f"{tile.figure} {tile.text}" for tile in tiles(view(report, [week(0)], words))}


def test_a_week_with_promotions_and_one_without_are_told_apart_and_so_are_those_of_last_year(
    report_input: ReportInput,
) -> None:
    weeks = [week(0, 5.0, before=5.0, expected=6e6), week(1, before=5.0), week(2, 5.0, expected=8e6, before=5.0)]
    weeks.append(week(3, 5.0, before=5.0, expected=9e6, days=6))  # no whole week, which the mean does not count
    high, moved = why_weeks_differ(view(report_input, weeks))
    assert high.startswith(
        "A whole week with promotions (W25, W27) is expected to sell 7,000 thousand on average, one without 4,000 thousand"
    )
    assert "(W26 differ)" in moved
    assert why_weeks_differ(view(report_input, [week(0), week(1)])) == []


def test_a_single_day_at_an_end_is_no_row() -> None:
    sunday = dataclasses.replace(week(-1), first=MONDAY - dt.timedelta(days=1), last=MONDAY - dt.timedelta(days=1))
    rows, edges = rows_and_edges([sunday, week(0), week(1, days=5)])
    assert [each.number for each in rows] == [25, 26]
    assert edges == [sunday]
    assert rows_and_edges([sunday]) == ([sunday], [])


def test_promotions_holidays_and_school_of_a_week_are_counted_now_and_a_year_before() -> None:
    panel = make_panel(stores=4, days=420, ahead=14)
    span = (dt.date(2013, 12, 23), dt.date(2013, 12, 29))
    (now,) = week_calendars(panel, panel.stores[s.STORE], [span])
    assert now is not None
    assert [(holiday.day.day, holiday.stores) for holiday in now.holidays] == [(25, 4), (26, 4)]
    promoted = panel.calendar.filter(pl.col(s.DATE).is_between(*span) & (pl.col(s.STORE) == 1) & (pl.col(s.OPEN) == 1))
    assert now.promotion_days == promoted[s.PROMO].sum()
    assert week_calendars(panel, panel.stores[s.STORE], [span], back=dt.timedelta(days=364)) == [None]
    august = week_calendars(panel, panel.stores[s.STORE], [(dt.date(2013, 8, 5), dt.date(2013, 8, 11))])
    assert august[0] is not None
    assert august[0].school == 1.0


def test_holidays_have_the_names_of_the_country() -> None:
    panel = dataclasses.replace(make_panel(stores=2), country="DE")
    assert feast_names(panel, dt.date(2013, 5, 1), dt.date(2013, 5, 1)) == {dt.date(2013, 5, 1): "Erster Mai"}


@pytest.fixture(scope="module")
def chain() -> Panel:
    """Return a chain over two years, so that last year is known."""
    return make_panel(stores=6, days=500, ahead=28)


def test_stores_to_look_at_have_each_another_reason(chain: Panel) -> None:
    ahead = chain.calendar.filter(pl.col(s.DATE) > chain.end)
    before = chain.sales.select(s.STORE, pl.col(s.DATE) + dt.timedelta(days=364), pl.col(s.SALES).alias(s.FORECAST))
    factor = pl.when(pl.col(s.STORE) == 1).then(0.7).when(pl.col(s.STORE) == 2).then(1.5).otherwise(1.0)
    forecast = ahead.select(s.KEYS).join(before, on=s.KEYS).with_columns(pl.col(s.FORECAST) * factor)
    shut = (pl.col(s.STORE) == 3) & (pl.col(s.DATE) > chain.end) & (pl.col(s.DATE) <= chain.end + dt.timedelta(days=7))
    calendar = chain.calendar.with_columns(pl.when(shut).then(0).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN))
    tested = chain.sales.tail(30).with_columns((pl.col(s.SALES) * 1.2).alias(s.FORECAST))  # of the last store
    sums = pl.DataFrame(schema={"Level": pl.String, "Key": pl.String, "Start": pl.Date})
    chosen = stores_to_check(forecast, chain.sales, sums, calendar, tested)
    assert (
        stores_to_check(forecast.sample(fraction=1.0, shuffle=True, seed=1), chain.sales, sums, calendar, tested)
        == chosen
    )
    by_reason = {store.reason: store for store in chosen}
    assert {reason: store.store for reason, store in by_reason.items()} == {MISSED: 6, BELOW: 1, SHUT: 3, ABOVE: 2}
    assert by_reason[MISSED].share == pytest.approx(0.2)
    assert by_reason[SHUT].other == 6
    assert by_reason[BELOW].share == pytest.approx(-0.3, abs=0.01)


def test_a_weekday_with_rows_of_a_few_weeks_is_none_on_which_a_store_usually_is_open(chain: Panel) -> None:
    thursday = pl.col(s.DATE).dt.weekday() == 4
    past, ahead = pl.col(s.DATE) <= chain.end, pl.col(s.DATE) > chain.end
    shut = (ahead & thursday & (pl.col(s.STORE) == 3)).alias("shut")
    calendar = chain.calendar.with_columns(pl.when(shut).then(0).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN))
    rare = (pl.col(s.STORE) == 3) & past & thursday & (pl.col(s.DATE) < chain.end - dt.timedelta(days=21))
    forecast = chain.calendar.filter(ahead).select(*s.KEYS, pl.lit(1000.0).alias(s.FORECAST))
    sums = pl.DataFrame(schema={"Level": pl.String, "Key": pl.String, "Start": pl.Date})
    tested = chain.sales.head(30).with_columns(pl.col(s.SALES).alias(s.FORECAST))
    for days, shown in ((calendar, True), (calendar.filter(~rare), False)):
        chosen = stores_to_check(forecast, chain.sales, sums, days, tested)
        assert (SHUT in {store.reason for store in chosen}) == shown


def test_each_reason_is_a_sentence(report_input: ReportInput) -> None:
    reasons = [StoreToCheck(7, reason, 1e5, 0.123, 2.0) for reason in (MISSED, BELOW, SHUT, ABOVE, "uncertain")]
    sentences = [why for _, why in stores(view(report_input, [week(0)]), reasons)]
    assert sentences == [
        "100,000 expected, but the last test was 12.3% too high. Find out why before you rely on it.",
        "100,000 expected: +12% on last year, the chain +200.0%. Why?",
        "Shut on 2 days on which it usually is open; 100,000 expected. Is that still planned?",
        "100,000 expected: +12% on last year, the chain +200.0%. Was last year unusual?",
        "100,000 expected, give or take 12%: the least certain store.",
    ]


def test_what_moved_since_the_last_forecast_names_its_drivers(report_input: ReportInput) -> None:
    since = SinceLast(MONDAY, MONDAY + dt.timedelta(days=20), 1e6, 1.1e6, {"Promotion": 9.0, "Trend": -2.0}, 2, None)
    sentence = texts(dataclasses.replace(report_input, since=since))["Since the last forecast"]
    assert sentence.startswith("+10.0% The forecast for 15 Jun–5 Jul changed by +")
    assert "mostly because of: Promotion (+), Trend (−)" in sentence
    unknown = dataclasses.replace(since, drivers=None, came=(MONDAY, MONDAY, 100.0, 90.0))
    sentence = texts(dataclasses.replace(report_input, since=unknown))["Since the last forecast"]
    assert "The reason is not known. Actual figures for 15 Jun: −10.0% against it." in sentence


def test_a_forecast_is_compared_on_the_days_of_both() -> None:
    days = [MONDAY + dt.timedelta(days=k) for k in range(3)]
    before = pl.DataFrame({s.STORE: [1, 1], s.DATE: days[:2], s.FORECAST: [10.0, 20.0]})
    now = pl.DataFrame({s.STORE: [1, 1], s.DATE: days[1:], s.FORECAST: [26.0, 9.0]})
    sales = pl.DataFrame({s.STORE: [1], s.DATE: days[:1], s.SALES: [8.0]})
    then = pl.DataFrame({s.STORE: [1], s.DATE: days[1:2], "Usual": [15.0], "Promotion": [5.0]})
    since = since_last(before, now, sales, (then, then.with_columns(Promotion=pl.lit(11.0))))
    assert since is not None
    assert (since.before, since.after, since.came) == (20.0, 26.0, (days[0], days[0], 10.0, 8.0))
    assert since.drivers == {"Promotion": 6.0}
    assert since_last(before.head(1), now, sales, None) is None


def test_the_budget_stands_beside_the_forecast_where_there_is_one(report_input: ReportInput) -> None:
    assert list(texts(report_input)) == ["Expected sales in 14 days", "Against last year"]
    budget = BudgetFigures(budget=100_000.0, plan=105_000.0, whole=False)
    sentence = texts(dataclasses.replace(report_input, budget=budget))["Against budget"]
    assert sentence == "+5.0% 105 against 100 thousand, where there is a budget."


def test_the_days_ahead_that_hold_what_the_past_does_not_are_dubious(report_input: ReportInput) -> None:
    texts_of = [remark.text for remark in remarks(view(report_input, [week(0)]), [])]
    assert (
        "Openings, promotions and holidays ahead are taken from your files. If they change, forecast again." in texts_of
    )
    assert any("storecast.toml" in text for text in texts_of)
    short = report_input.panel.sales.filter(pl.col(s.DATE) > report_input.cutoff - dt.timedelta(days=30))
    panel = Panel(short, report_input.panel.stores, report_input.panel.calendar)
    unseen = remarks(view(dataclasses.replace(report_input, panel=panel), [week(0)]), [])
    assert unseen[0].text == "The days ahead hold February; the past holds none. No model knows what that does."


def test_holidays_are_named_with_the_stores_that_keep_them(report_input: ReportInput) -> None:
    calendar = WeekCalendar(0.0, (Holiday(MONDAY, "", 2), Holiday(MONDAY, "Whit Monday", 4)), 0.4)
    sentence = holidays_ahead(view(report_input, [dataclasses.replace(week(0), ahead=calendar)]))
    assert sentence == (
        "W25 15 Jun public holiday (2 stores); W25 15 Jun Whit Monday; school holidays (W25: 40% of the stores)"
    )
    schools = dataclasses.replace(week(0), ahead=WeekCalendar(0.0, (), 0.4))
    assert holidays_ahead(view(report_input, [schools])).startswith("no public holiday; school holidays (W25: 40%")
    assert holidays_ahead(view(report_input, [dataclasses.replace(week(0), ahead=WeekCalendar(0.0, (), 0.0))])) == ""


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        ((4, 0), (0, 0), "More holidays than last year in W25: compare with care."),
        ((0, 0), (0, 4), "Fewer holidays than last year in W26: compare with care."),
        ((3, 0), (0, 4), "(more in W25, fewer in W26): compare these weeks with care."),
        ((1, 4), (0, 4), None),
    ],
)
def test_weeks_with_other_holidays_than_last_year_are_named(
    report_input: ReportInput, now: tuple[int, int], before: tuple[int, int], sentence: str | None
) -> None:
    def calendar(stores: int) -> WeekCalendar:
        return WeekCalendar(0.0, (Holiday(MONDAY, "", stores),) if stores else (), 0.0)

    weeks = [dataclasses.replace(week(k), ahead=calendar(now[k]), before=calendar(before[k])) for k in (0, 1)]
    sentences = why_weeks_differ(view(report_input, weeks))
    assert len(sentences) == (sentence is not None)
    assert all(each.endswith(str(sentence)) for each in sentences)


def test_past_tests_are_summed_the_newest_first() -> None:
    rows = [(dt.date(2015, 1, k), 1, dt.date(2015, 1, k + 1), 11.0, 10.0) for k in (1, 8)]
    tested = pl.DataFrame(rows, schema=[s.CUTOFF, s.STORE, s.DATE, s.FORECAST, s.SALES], orient="row")
    tests = past_tests(tested)
    assert [test.first.day for test in tests] == [9, 2]
    assert tests[0].error == pytest.approx(0.1)
    assert past_tests(tested.clear()) == []


def test_the_chart_shows_intervals_and_last_year_in_the_unit() -> None:
    figure = weeks_figure([week(0, 5.0), week(1)], ENGLISH, "Sales (EUR)")
    promoted, plain, last_year = figure.data
    assert (list(promoted.x), list(plain.x)) == (["W25<br>15 Jun"], ["W26<br>22 Jun"])
    assert list(last_year.y) == [3.2e6, 3.2e6]
    assert promoted.error_y.array[0] == pytest.approx(4e5)
    assert figure.layout.yaxis.title.text == "Sales (EUR)"


@pytest.mark.parametrize(
    ("value", "words", "text"),
    [
        (329_690_123.0, ENGLISH, "329.7 million EUR"),
        (329_690_123.0, GERMAN, "329,7 Mio. EUR"),
        (1_234_567.0, ENGLISH, "1,235 thousand EUR"),
        (950.0, ENGLISH, "950 EUR"),
    ],
)
def test_amounts_are_written_in_a_size_that_is_read_at_a_glance(value: float, words: Words, text: str) -> None:
    assert Amounts.up_to(value, words, "EUR").full(value) == text


def test_weeks_of_a_forecast_have_their_calendars(report_input: ReportInput) -> None:
    facts = outlook(report_input.forecast, report_input.panel.sales, report_input.panel.stores, report_input.sums)
    weeks = weeks_ahead(report_input.panel, report_input.forecast[s.STORE], facts["weeks"])
    assert sum(each.expected for each in weeks) == pytest.approx(facts["chain"][s.FORECAST])
    assert all(each.before is not None for each in weeks)
    assert {each.promoted for each in weeks} <= {True, False, None}
