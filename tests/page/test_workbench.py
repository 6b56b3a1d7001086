"""The web page in a real browser: every view opens, nothing fails, nothing is fetched from elsewhere, links hold the whole view."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from storecast.database.connect import Database, home_url
from storecast.database.plan_versions import read_version
from storecast.page.addresses import VIEW_NAMES
from storecast.workflows.demo import DemoSpec, make_demo
from support.chromium import (
    DRAWN,
    MESSAGE,
    SLOW_MS,
    listen,
    log_in,
    out_of_reach,
    person,
    serious_barriers,
    settled,
    started_chromium,
)
from support.served_home import make_key, served_process

pytestmark = pytest.mark.page
UPDATE = "**/_dash-update-component*"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workbench") / "home"
    make_demo(folder, DemoSpec(weeks=3))
    return folder


def first_day_ahead(home: Path) -> dt.date:
    """Return the day after the last one with sales."""
    with closing(Database.open(home_url(home))) as database, database.reading() as conn:
        last = read_version(conn).cutoff
    return last + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def key(home: Path) -> str:
    return make_key(home_url(home), "admin")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with served_process(home) as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def chromium_process() -> Iterator[Browser]:
    with started_chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page(chromium_process: Browser, address: str, key: str) -> Iterator[Page]:
    with person(chromium_process, address, key) as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 390])
def test_every_view_and_part_is_whole_and_accessible(
    chromium_process: Browser, address: str, key: str, width: int
) -> None:
    with person(chromium_process, address, key, width) as page:
        wrong, addresses = listen(page)
        for view in page.locator("#header nav a").all_inner_texts():
            page.locator("#header nav").get_by_role("link", name=view, exact=True).click()
            page.wait_for_url(f"**/app/{'' if view == 'Home' else view.lower()}")
            check_shown(page, view)
            for part in page.locator(".tabs a:not(.here)").all_inner_texts():
                page.locator(".tabs").get_by_role("link", name=part, exact=True).click()
                expect(page.locator(".tabs a.here")).to_have_text(part)
                check_shown(page, f"{view}, {part}")
        use_the_queue_promotions_and_scenarios(page)
        check_shown(page, "a scenario's results")
        assert wrong == []
        assert [url for url in addresses if not url.startswith((address, "data:", "blob:"))] == []


def check_shown(page: Page, name: str) -> None:
    """Check what is shown: whole, within the screen and without barriers; on a wide screen in dark, too."""
    settled(page)
    assert page.locator(".message.refused").count() == 0, name
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
    assert out_of_reach(page) == [], name
    assert serious_barriers(page) == [], name
    if page.viewport_size == {"width": 1280, "height": 900}:
        turn = "theme => { document.documentElement.dataset.theme = theme }"
        page.evaluate(turn, "dark")
        assert serious_barriers(page, "color-contrast") == [], f"{name}, dark"
        page.evaluate(turn, "light")


def use_the_queue_promotions_and_scenarios(page: Page) -> None:
    """Look after an exception, and work out what the best promotion days would bring."""
    page.locator("#header nav").get_by_role("link", name="Plan", exact=True).click()
    page.locator(".tabs").get_by_role("link", name="Exceptions", exact=True).click()
    page.get_by_role("button", name="I look after it").first.click()
    expect(page.locator(MESSAGE)).to_contain_text("looks after the exception.")
    page.locator("#header nav").get_by_role("link", name="Promotions", exact=True).click()
    page.get_by_role("link", name="Open the plan as a scenario").click()
    page.get_by_role("link", name="Work out the difference").click()
    expect(page.get_by_role("heading", name="What scenario A changes")).to_be_visible()


def test_the_login_is_accessible(chromium_process: Browser, address: str) -> None:
    for theme in ("light", "dark"):
        page = chromium_process.new_page(color_scheme=theme, viewport={"width": 390, "height": 844})  # type: ignore[arg-type]
        page.goto(f"{address}/app/login")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert serious_barriers(page) == [], theme
        page.close()


def test_a_dark_page_is_printed_in_dark_ink_without_its_controls(
    chromium_process: Browser, address: str, key: str
) -> None:
    with person(chromium_process, address, key, 1280, color_scheme="dark") as page:
        page.goto(f"{address}/app/plan")
        page.wait_for_selector(DRAWN)
        ink = "getComputedStyle(document.body).color"
        on_screen = page.evaluate(ink)
        page.emulate_media(media="print")
        assert page.evaluate(ink) == "rgb(27, 31, 36)" != on_screen
        for hidden in ("#header", ".skip", ".tabs"):
            assert not page.locator(hidden).first.is_visible(), hidden


def test_a_link_opens_the_whole_view_in_another_browser(
    chromium_process: Browser, address: str, key: str, home: Path
) -> None:
    first = first_day_ahead(home)
    change = f"type:a~{first}~{first + dt.timedelta(days=5)}~Promo=1"
    monday = first + dt.timedelta(days=-first.weekday() % 7)
    past = first - dt.timedelta(days=21)
    links = {
        "": ["exceptions are open."],
        f"store?store=3&weeks=26&day={past}": ["Store 3", "26 weeks", f"{past.day} {past.year} was made of"],
        "plan?version=2&part=moves&before=1": ["Version 2", "What moved"],
        f"scenarios?a={change}": ["Scenario A", "promotion", "Work out the difference"],
        f"promotions?budget=10&most=1&needed=5&weeks={monday}": ["10", "1 day", "5%", "Week from"],
        "explore?question=holidays&group=StoreType a": ["Holidays", "Store type a"],
        "accuracy?weeks=26": ["26 weeks"],
        "data?rows=calendar": ["Days ahead"],
    }
    assert [link.partition("?")[0] for link in links] == list(VIEW_NAMES)
    context = chromium_process.new_context()
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    for link, texts in links.items():
        page.goto(f"{address}/app/{link}")
        if page.url.startswith(f"{address}/app/login"):
            log_in(page, key)
        for text in texts:
            expect(page.locator("#view")).to_contain_text(text)
        assert unquote(page.url) == f"{address}/app/{link}"
    context.close()


def test_back_forward_and_reload_bring_the_view_of_then(page: Page, address: str) -> None:
    page.goto(f"{address}/app/store?store=2")
    expect(page.locator(DRAWN)).to_have_text("Store 2")
    page.locator("#header nav").get_by_role("link", name="Explore").click()
    expect(page.locator(DRAWN)).to_have_text("What moves sales and customers?")
    page.go_back()
    expect(page.locator(DRAWN)).to_have_text("Store 2")
    page.go_forward()
    expect(page.locator(DRAWN)).to_have_text("What moves sales and customers?")
    page.reload()
    expect(page.locator(DRAWN)).to_have_text("What moves sales and customers?")


def test_the_language_and_the_theme_stay(page: Page, address: str) -> None:
    page.goto(f"{address}/app/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#header nav").get_by_role("link", name="Übersicht")).to_be_visible()
    before = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name="Hell oder dunkel").click()
    page.wait_for_function("before => (document.documentElement.dataset.theme ?? null) !== before", arg=before)
    page.reload()
    expect(page.locator("#header nav").get_by_role("link", name="Übersicht")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") != before
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.title() == "Übersicht · storecast"
    page.get_by_role("button", name="English").click()
    expect(page.locator("#header nav").get_by_role("link", name="Home")).to_be_visible()


def test_an_amount_is_read_in_the_notation_of_either_language_or_not_at_all(page: Page, address: str) -> None:
    page.goto(f"{address}/app/plan")
    page.wait_for_selector(DRAWN)
    read = """([lang, text]) => {
        document.documentElement.lang = lang;
        return window.dashAgGridFunctions.storecastAmount({ newValue: text, oldValue: -1 });
    }"""
    for either, amount in {
        "570.000,50": 570000.5,
        "570,000.50": 570000.5,
        "5700": 5700,
        "12.5": 12.5,
        "12,50": 12.5,
    }.items():
        assert [page.evaluate(read, [lang, either]) for lang in ("en", "de")] == [amount] * 2, either
    assert [page.evaluate(read, [lang, "570,000"]) for lang in ("en", "de")] == [570000, 570]
    assert [page.evaluate(read, [lang, "1.234.567"]) for lang in ("en", "de")] == [1234567] * 2
    for wrong in ("abc", "1.2.3", "-5", "", "1,23,456", "1.234,5.6", "1e5"):
        assert [page.evaluate(read, [lang, wrong]) for lang in ("en", "de")] == [-1] * 2, wrong


def test_a_view_is_reached_and_used_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/app/")
    page.wait_for_selector(DRAWN)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Store":
            break
    page.keyboard.press("Enter")
    expect(page.locator(DRAWN)).to_have_text("Store 1")


def test_a_file_is_looked_at_taken_and_taken_back(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}/app/data")
    last = page.locator(".facts .figure").nth(1)
    before = last.inner_text()
    page.wait_for_selector("#upload")
    after = dt.datetime.strptime(before, "%b %d, %Y").date() + dt.timedelta(days=1)
    file = tmp_path / "sales.csv"
    file.write_text(f"Store,Date,Sales,Open,Promo\n1,{after},4321.5,1,0\n", encoding="utf-8")
    page.locator("#upload input[type=file]").set_input_files(file)
    expect(page.locator("#loaded")).to_contain_text("4321.5")
    page.get_by_role("button", name="Take these rows").click()
    expect(page.locator("#said")).to_contain_text("1 new rows")
    expect(last).not_to_have_text(before)
    page.get_by_role("button", name="Take the latest write back").click()
    expect(page.locator("#said")).to_contain_text("1 rows removed")
    expect(last).to_have_text(before)


def test_a_logout_ends_the_session(chromium_process: Browser, address: str, key: str) -> None:
    with person(chromium_process, address, key) as page:
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/app/login")
        page.goto(f"{address}/app/")
        page.wait_for_url("**/app/login?next=*")


def test_somebody_who_types_in_an_open_dropdown_finds_the_store(page: Page, address: str) -> None:
    page.goto(f"{address}/app/store?store=3")
    page.wait_for_load_state("networkidle")
    page.locator(".control button").first.click()
    page.wait_for_selector(".dash-dropdown-search")
    page.keyboard.type("11")
    expect(page.locator(".dash-dropdown-option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(DRAWN)).to_have_text("Store 11")


def test_a_request_that_fails_is_one_sentence_and_loses_no_text(
    chromium_process: Browser, address: str, key: str
) -> None:
    plan = f"{address}/app/plan?part=overrides"
    with person(chromium_process, address, key) as page:
        page.goto(plan)
        page.wait_for_load_state("networkidle")
        failed, note = page.locator("#failed"), page.get_by_role("textbox", name="Note", exact=True)
        note.fill("a street party")
        for button, answer, sentence in (  # another one each time: two presses of one at once count as one
            (
                "Save the override",
                lambda route: route.abort(),
                "The service does not answer. What you entered is still there. Check the connection.",
            ),
            (
                "Mark as reviewed",
                lambda route: route.fulfill(status=503),
                "The service is busy. What you entered is still there. Try again in a few seconds.",
            ),
        ):
            page.route(UPDATE, answer)
            page.get_by_role("button", name=button).click()
            expect(failed.get_by_text(sentence)).to_be_visible()
            expect(note).to_have_value("a street party")
            page.unroute(UPDATE)
            failed.get_by_role("button", name="Draw the view again").click()
            expect(failed).to_be_hidden()
            settled(page)  # or what is drawn again comes after the next press, and hides what is said of it
            expect(note).to_have_value("a street party")
        page.context.clear_cookies()  # as after 12 hours
        page.get_by_role("button", name="Withdraw").first.click()
        expect(failed.get_by_text("Your session has ended. What you entered is kept.")).to_be_visible()
        assert serious_barriers(page) == []
        failed.get_by_role("link", name="Log in again").click()
        log_in(page, key)
        page.wait_for_url(plan)
        expect(note).to_have_value("a street party")
