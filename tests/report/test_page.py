"""One page that needs nothing else, escapes what it is told, and leaves out what cannot be said."""

import dataclasses
import datetime as dt
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.panel import Panel
from storecast.explain.counterfactuals import NO_PROMOTION
from storecast.explain.explanations import USUAL
from storecast.report.page import render, write_report
from storecast.report.report_input import ReportInput, report_words
from storecast.report.templates import number_filters
from storecast.uncertainty.totals import totals

NAME = "<script>alert(1)</script>"
SECTIONS = (
    "s-weeks",
    "s-check",
    "s-doubt",
    "s-ahead",
    "s-stores",
    "s-accuracy",
    "s-intervals",
    "s-hard",
    "s-assumed",
    "s-data",
    "s-terms",
)


@pytest.fixture(scope="module")
def page(report_input: ReportInput) -> str:
    return render(report_input)


class Outline(HTMLParser):
    """The page's tags, without what scripts hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text.append(data)

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if "id" in attrs]

    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


def sections(page: str) -> set[str]:
    return {name for name in Outline(page).ids() if name.startswith("s-")}


def test_the_page_is_small_enough_and_holds_its_library_once(page: str) -> None:
    assert len(page.encode()) < 8_000_000
    assert page.count("plotly.js v") == 1


def test_the_page_asks_for_nothing_from_elsewhere(page: str) -> None:
    outline = Outline(page)
    for tag, attrs in outline.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed"}
        assert "src" not in attrs
        assert str(attrs.get("href") or "#").startswith("#")
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(attrs["content"] for tag, attrs in outline.tags if tag == "meta" and "http-equiv" in attrs)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_the_page_is_well_formed_and_escapes_its_input(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids()) == len(set(outline.ids()))
    assert f"Store {NAME}" in outline.words()
    assert "<b>what</b>" in outline.words()
    assert NAME not in page
    assert not {"b", "i"} & {tag for tag, _ in outline.tags}


def test_tables_have_captions_and_figures_have_words(page: str) -> None:
    outline = Outline(page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("table") == tags.count("caption") > 5
    assert all(attrs.get("aria-label") for _, attrs in outline.tags if attrs.get("role") in {"img", "region"})
    assert page.count('role="img"') == page.count('class="plot"') > 5
    assert ("html", {"lang": "en"}) in outline.tags


def test_the_page_says_measured_and_promises_nothing(page: str) -> None:
    words = Outline(page).words()
    assert "Measured coverage" in words
    assert "inside their 80% interval" in words
    assert "guarantee" not in words
    assert "This is a generated chain, not a real one." in words
    assert "(baseline)" in words
    assert "without five worst" in words


def test_every_link_of_the_contents_has_its_section(page: str) -> None:
    targets = {str(attrs["href"])[1:] for tag, attrs in Outline(page).tags if tag == "a"}
    assert targets == sections(page) | {"top"}


def test_the_same_input_gives_the_same_page(report_input: ReportInput, page: str) -> None:
    assert render(report_input) == page


def test_the_page_is_written_whole(report_input: ReportInput, page: str, tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", report_input)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_assumed_days_are_named(report_input: ReportInput, page: str) -> None:
    assert "s-assumed" not in sections(page)
    day = report_input.cutoff + dt.timedelta(days=2)
    calendar = report_input.panel.calendar.with_columns((pl.col(s.DATE) == day).alias(s.ASSUMED))
    assumed = render(dataclasses.replace(report_input, panel=report_input.panel.with_calendar(calendar)))
    words = Outline(assumed).words()
    assert sections(assumed) == set(SECTIONS)
    assert "On 1 of the 14 days ahead" in words
    assert "The calendar of one of 14 days ahead is assumed, not given." in words
    assert f"{day:%a} {day.day} {day:%b %Y}" in words


def test_without_last_year_nothing_is_compared_with_it(report_input: ReportInput, page: str) -> None:
    recent = report_input.panel.sales.filter(pl.col(s.DATE) > report_input.cutoff - dt.timedelta(days=200))
    short = render(
        dataclasses.replace(report_input, panel=Panel(recent, report_input.panel.stores, report_input.panel.calendar))
    )
    assert "Against last year" in tile_titles(page)
    assert "Against last year" not in tile_titles(short)


def tile_titles(page: str) -> list[str]:
    """Return the titles of the figures on top."""
    tiles = page[page.index('<dl class="facts">') : page.index("</dl>")]
    return re.findall("<dt>(.*?)</dt>", tiles)


@pytest.mark.parametrize(("language", "down"), [("en", "−2.0%"), ("de", "−2,0\u00a0%")])
def test_a_change_of_nothing_has_no_sign(language: str, down: str) -> None:
    change = number_filters(report_words(language))["change"]
    nothing = down.replace("−2", "0")
    assert [change(value) for value in (-0.0004, 0.0, -0.02, None)] == [nothing, nothing, down, "–"]


def test_a_forecast_that_begins_later_says_so(report_input: ReportInput) -> None:
    late = report_input.forecast.filter(pl.col(s.DATE) > report_input.cutoff + dt.timedelta(days=5))
    words = Outline(render(dataclasses.replace(report_input, forecast=late))).words()
    assert "9 days ahead" in words
    assert "The forecast begins 6 days after the last known day." in words


def test_one_store_is_reported(report_input: ReportInput) -> None:
    page = render(dataclasses.replace(report_input, forecast=report_input.forecast.filter(pl.col(s.STORE) == NAME)))
    assert "One store, 14 days ahead" in Outline(page).words()
    assert "The only store" in Outline(page).words()


@pytest.mark.parametrize(
    ("spoil", "gone"),
    [
        ({"worst": []}, {"s-hard"}),
        ({"scores": []}, {"s-accuracy", "s-intervals"}),
        ({}, {"s-accuracy", "s-intervals", "s-hard"}),
    ],
)
def test_what_has_no_scores_is_left_out(report_input: ReportInput, spoil: dict[str, Any], gone: set[str]) -> None:
    scores = {**report_input.scores, **spoil} if spoil else {"generated": False}
    page = render(dataclasses.replace(report_input, scores=scores, backtest=pl.DataFrame(), repairs=()))
    assert sections(page) == set(SECTIONS) - gone - {"s-assumed"}
    assert "Nothing was found to repair." in Outline(page).words()


def test_intervals_of_totals_are_shown_where_there_are_some(report_input: ReportInput, page: str) -> None:
    assert "totals.csv has them all" not in page
    bounds = (pl.col(s.FORECAST).mul(share).alias(name) for name, share in (("Lower80", 0.9), ("Upper80", 1.1)))
    wide = (pl.col(s.FORECAST).mul(share).alias(name) for name, share in (("Lower95", 0.8), ("Upper95", 1.2)))
    sums = report_input.sums.with_columns(*bounds, *wide)
    total = sums.filter(Level="chain-horizon").row(0, named=True)
    text = render(dataclasses.replace(report_input, sums=sums))
    assert f"<td>{total['Lower80']:,.0f}–{total['Upper80']:,.0f}</td>" in text
    assert f"95% interval: {total['Lower95'] / 1e3:,.0f} to {total['Upper95'] / 1e3:,.0f}." in text
    assert "totals.csv has them all" in text


def test_own_groups_and_months_have_tables_of_their_own_with_names_that_do_no_harm(report_input: ReportInput) -> None:
    stores = report_input.panel.stores[s.STORE].to_list()
    own = Breakdown((StoreGroup("Region", {stores[0]: NAME, stores[1]: "=cmd"}),), ("month",))
    sums = totals(report_input.forecast, report_input.panel.stores, breakdown=own)
    panel = dataclasses.replace(report_input.panel, breakdown=own)
    text = render(dataclasses.replace(report_input, panel=panel, sums=sums))
    Outline(text)
    assert "All days by Region." in text
    assert "By month, cut at the ends of the forecast." in text
    assert NAME not in text
    for key, forecast in sums.filter(Level="Region-horizon").select("Key", s.FORECAST).iter_rows():
        name = html.escape(key)
        assert re.search(rf">{re.escape(name)}</th><td>\d</td><td>{forecast:,.0f}</td>", text)


def test_the_baseline_alone_is_reported_without_a_comparison(report_input: ReportInput) -> None:
    page = render(dataclasses.replace(report_input, champion="naive"))
    assert "naive is in use." in Outline(page).words()


def test_the_bias_of_each_window_is_shown_and_said(report_input: ReportInput) -> None:
    words = Outline(render(report_input)).words()
    line = next(each for each in report_input.scores["scores"] if each["model"] == report_input.champion)
    assert f"{line['bias'] * 100:+.2f}%".replace("-", "−") in words
    assert f"{report_input.champion} was {abs(line['bias']) * 100:.1f}% too" in words


def test_a_driver_is_shown_with_its_interval_and_whether_that_holds_zero(report_input: ReportInput) -> None:
    drivers = pl.DataFrame({"Kind": ["driver", "driver"], "Name": ["promotion", "holidays"], "Share": [0.2, 0.01]})
    words = Outline(
        render(
            dataclasses.replace(
                report_input,
                drivers=drivers,
                contributions=pl.DataFrame(schema={s.FORECAST: pl.Float64, s.STORE: pl.Int64}),
            )
        )
    ).words()
    importance = report_input.scores["importance"]
    low, high = importance["interval"][report_input.champion]["promotion"]
    assert f"({low * 100:+.2f} … {high * 100:+.2f})".replace("-", "−") in words
    assert words.count("may be chance") == 1


def test_what_a_promotion_adds_is_said_from_the_forecast_without_it(report_input: ReportInput) -> None:
    """Of the days with a promotion, and not of the contribution, which compares with the chain's usual day."""
    days = pl.DataFrame(
        {
            s.STORE: ["other 2"] * 3,
            s.DATE: [report_input.cutoff + dt.timedelta(days=k) for k in (1, 2, 3)],
            s.FORECAST: [5000.0, 5200.0, 4000.0],
            USUAL: [3000.0] * 3,
            "Level": [1000.0] * 3,
            "Promotion": [400.0, 600.0, -500.0],
            NO_PROMOTION: [4000.0, 3800.0, None],
        }
    )
    drivers = pl.DataFrame({"Kind": ["driver"], "Name": ["promotion"], "Share": [0.2]})
    explained = dataclasses.replace(report_input, contributions=days, drivers=drivers)
    sentence = "Without their promotions, its days with one would change by"
    assert f"{sentence} −1,200 on average" in Outline(render(explained)).words()
    unasked = dataclasses.replace(explained, contributions=days.drop(NO_PROMOTION))
    none_ahead = dataclasses.replace(
        explained, contributions=days.with_columns(pl.lit(None, pl.Float64).alias(NO_PROMOTION))
    )
    for report in (unasked, none_ahead):
        assert sentence not in Outline(render(report)).words()
