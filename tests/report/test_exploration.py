import builtins
import dataclasses
import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.errors import ConfigError
from storecast.exploration.competition.estimate import estimate_competition
from storecast.exploration.covariate_shift import adversarial_validation, separability
from storecast.exploration.exploration import Exploration
from storecast.exploration.promotions.estimate import estimate_promotions
from storecast.exploration.registry import ask, questions
from storecast.exploration.seasons import strength
from storecast.language import LANGUAGES
from storecast.report.exploration_page import template_values, write_exploration
from storecast.report.picture_files import write_pictures
from storecast.report.report_input import report_words
from storecast.report.section import SectionBody
from storecast.report.templates import render_template
from support.known_chain import first_stores, last_days, usual_chain


@pytest.fixture(scope="module")
def exploration() -> Exploration:
    panel = usual_chain()
    tables = {"promotions": estimate_promotions(panel), "competition": estimate_competition(panel)}
    return Exploration(tables, {"customers": "customers were <not> counted"}, panel.first, panel.end)


@pytest.fixture(scope="module")
def page(exploration: Exploration, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    repairs = [Repair("double_rows", "The same row stands more than once.", "dropped", 3, ("train: 3",))]
    created = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
    chain, words = usual_chain(), report_words()
    write_exploration(
        path, exploration.report_part(), chain, repairs, generated=True, created=created, version="1.2.3", words=words
    )
    return path.read_text(encoding="utf-8")


def test_the_page_holds_every_section_and_its_contents_lead_there(page: str, exploration: Exploration) -> None:
    targets = set(re.findall(r'href="#([\w-]+)"', page))
    assert {"top", "q-promotions", "q-competition", "q-unanswered", "s-data"} == targets
    assert targets <= set(re.findall(r'id="([\w-]+)"', page))
    for section in exploration.sections():
        assert section.title in page
        assert all(picture.title in page for picture in section.body.pictures)


def test_what_cannot_be_answered_is_named_with_its_reason_escaped(page: str) -> None:
    assert "How do sales and customers hang together?" in page
    assert "customers were &lt;not&gt; counted" in page


def test_the_page_says_that_the_chain_is_generated_and_what_was_repaired(page: str) -> None:
    assert "This is a generated chain, not a real one." in page
    assert "double_rows" in page


def test_the_page_asks_for_nothing_from_outside(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    body = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)  # Plotly names addresses that it does not load
    assert not re.search(r'(?:src|href)="https?:', body)


def test_every_table_scrolls_by_itself_and_every_figure_has_words(page: str, exploration: Exploration) -> None:
    pictures = [picture for section in exploration.sections() for picture in section.body.pictures]
    assert page.count('role="img"') == len(pictures) + 1, "and the stores with sales by week"
    assert page.count("<table>") == page.count('class="scroll"') > 4


def test_names_of_the_input_are_text_and_never_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and attributes come from files of others: they are shown as they stand."""
    monkeypatch.setattr(separability, "MAX_WINDOWS", 2)  # each window, fold and draw takes as long as the next
    monkeypatch.setattr(adversarial_validation, "FOLDS", adversarial_validation.MIN_FOLDS)
    monkeypatch.setattr(strength, "DRAWS", 1)
    evil = "<img src=x onerror=alert(1)>"
    panel = last_days(first_stores(usual_chain(), 16), 760)
    marked = [pl.format(evil + " {}", pl.col(name)).alias(name) for name in (s.STORE_TYPE, s.ASSORTMENT, s.STATE)]
    named = pl.format(evil + " {}", pl.col(s.STORE)).alias(s.STORE)
    leaflet = (pl.col(s.DATE).dt.ordinal_day() // 7 + pl.col(s.STORE)) % 4 == 0
    own = leaflet.cast(pl.Float64).alias(evil)
    hostile = Panel(
        panel.sales.with_columns(named).sort(*s.KEYS),
        panel.stores.with_columns(named, *marked).sort(s.STORE),
        panel.calendar.with_columns(named, own).sort(*s.KEYS),
    )
    answers = {key: ask(hostile, question) for key, question in questions().items()}
    tables = {key: table for key, table in answers.items() if isinstance(table, pl.DataFrame)}
    assert tables.keys() == answers.keys()
    for language in LANGUAGES:
        part = template_values(Exploration(tables, {}, panel.first, panel.end).report_part(), language=language)
        page = render_template("exploration.html", report_words(language), exploration=part, report=None)
        assert "&lt;img src=x" in page
        assert "<img" not in page


@pytest.mark.parametrize("missing", ["kaleido", "choreographer.errors"])
def test_pictures_without_kaleido_name_the_extra(
    exploration: Exploration, tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ConfigError, match=r"storecast\[png\]"):
        write_pictures(tmp_path / "pictures", exploration.sections())
    assert not (tmp_path / "pictures").exists()


def test_a_browser_that_does_not_start_is_named(
    exploration: Exploration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_browser = shutil.which("true")
    assert no_browser
    monkeypatch.setenv("BROWSER_PATH", no_browser)
    with pytest.raises(ConfigError, match=f"did not start.*BROWSER_PATH is {no_browser}"):
        write_pictures(tmp_path / "pictures", exploration.sections())


def test_a_table_that_changes_changes_the_page(exploration: Exploration) -> None:
    other = {name: table.with_columns(pl.col("Value") * 0.5) for name, table in exploration.tables.items()}
    one, two = (
        template_values(Exploration(tables, {}, exploration.first, exploration.last).report_part())
        for tables in (exploration.tables, other)
    )
    for before, after in zip(one["sections"], two["sections"], strict=True):
        assert before["lead"] != after["lead"]
        assert before["tables"] != after["tables"]


def test_a_section_leads_with_one_sentence_without_its_intervals() -> None:
    answer = "Mondays sell +12.3% (95% interval +10.0 to +14.5%), more than Sundays, +1.0% (−1.0 to +3.0). And so on."
    body = SectionBody(answer, (), (), "method", "unproven")
    assert body.lead == "Mondays sell +12.3%, more than Sundays, +1.0%."
    long = dataclasses.replace(body, answer=f"Mondays sell most; {'and much more is known of days, ' * 8}too.")
    assert long.lead == "Mondays sell most."


def test_every_axis_and_scale_of_numbers_has_a_title() -> None:
    panel = usual_chain()
    answers = {key: ask(panel, question) for key, question in questions().items()}
    tables = {key: answer for key, answer in answers.items() if not isinstance(answer, str)}
    sections = Exploration(tables, {}, panel.first, panel.end).sections()
    assert len(sections) > 8
    untitled = []
    for picture in [picture for section in sections for picture in section.body.pictures]:
        figure = picture.figure
        for name, axes in (("x", figure.select_xaxes()), ("y", figure.select_yaxes())):
            values = [value for trace in figure.data for value in (trace[name] if trace[name] is not None else ())]
            if any(isinstance(value, int | float) for value in values):
                untitled += [(picture.name, name) for axis in axes if not axis.title.text]
        scales = figure.select_traces(selector={"type": "heatmap"})
        untitled += [(picture.name, "scale") for trace in scales if not trace.colorbar.title.text]
    assert not untitled


def test_an_axis_that_counts_the_figure_names_its_unit(exploration: Exploration) -> None:
    panel = usual_chain()
    part = Exploration({"stores": ask(panel, questions()["stores"])}, {}, panel.first, panel.end).report_part()
    assert "sales a day (EUR)" in str(template_values(part, Target(unit="EUR")))
    assert "sales a day (EUR)" not in str(template_values(part))
