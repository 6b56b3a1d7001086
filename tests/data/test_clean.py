"""Every rule finds what it is for, counts it, and can be switched off with an effect; a Panel keeps its promises."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data import ahead_own, ahead_school
from storecast.data.clean import OBSERVATIONS, RULES, Cleaned, clean
from storecast.data.read import RawChain, read_chain
from storecast.errors import ConfigError, DataError
from support.chain_files import FIRST, add_column, assert_same_chain, drop_columns, edit, rows_of, set_cell, write_chain

DAYS = 120
Spoil = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", days=DAYS)


def load(folder: Path, *skip: str) -> Cleaned:
    return clean(read_chain(folder), skip=skip)


def drop(folder: Path, lines: list[int]) -> None:
    edit(folder, "train.csv", lambda old: [line for number, line in enumerate(old, start=1) if number not in lines])


def store_cell(column: str, value: str) -> Spoil:
    return lambda folder: set_cell(folder, "store.csv", 3, column, value)  # store 2, without Promo2


def close(folder: Path, until: dt.date) -> None:
    """Leave store 2 without sales, and closed, up to a day."""
    for line in rows_of(folder, 2, until):
        for column in ("Sales", "Customers", "Open"):
            set_cell(folder, "train.csv", line, column, "0")


def add_shifts(folder: Path) -> None:
    """Add a second and a third row to a day of store 2."""
    (folder / "storecast.toml").write_text("sum = true\n", encoding="utf-8")
    edit(folder, "train.csv", lambda lines: [*lines, lines[30], lines[30]])


def place_in_atlantis(folder: Path) -> None:
    """Name a country, a holiday, and for store 2 a region that the country does not have."""
    (folder / "storecast.toml").write_text('country = "DE"\n', encoding="utf-8")
    set_cell(folder, "store_states.csv", 3, "State", "Atlantis")
    set_cell(folder, "train.csv", 2, "StateHoliday", "a")


def place_in(folder: Path, country: str) -> None:
    """Place store 2 in a country and the others in Germany, and mark a holiday."""
    edit(folder, "store.csv", lambda lines: [f"{line},{'Country' if k == 0 else 'DE'}" for k, line in enumerate(lines)])
    set_cell(folder, "store.csv", 3, "Country", country)
    set_cell(folder, "train.csv", 2, "StateHoliday", "a")


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def open_on_sundays(folder: Path) -> None:
    """Write every Sunday of store 2 as open; it sells nothing on them."""
    for name, weekday in (("train.csv", 1), ("test.csv", 2)):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines[1:], start=2):
            cells = line.split(",")
            if (cells[weekday - 1], cells[weekday]) == ("2", "7"):
                set_cell(folder, name, number, "Open", "1")


def renumber(folder: Path) -> None:
    """Let store 4 take the place of store 2 on day 61."""
    numbers = {row: line for line, row in enumerate((folder / "store.csv").read_text(encoding="utf-8").splitlines())}
    edit(
        folder, "store.csv", lambda lines: [f"{line},{('Replaces', '', '', '', '2')[numbers[line]]}" for line in lines]
    )
    drop(folder, [*rows_of(folder, 2)[61:], *rows_of(folder, 4, day(60))])
    edit(folder, "test.csv", lambda lines: [line for line in lines if line.split(",")[1] != "2"])


def open_once_after_weeks(folder: Path) -> None:
    """Leave store 2 closed from day 20 to 64, and open without sales on day 65."""
    close(folder, day(65))
    for line, sales in zip(rows_of(folder, 2, day(19)), rows_of(folder, 1, day(19)), strict=True):
        for column in ("Sales", "Customers", "Open"):
            set_cell(folder, "train.csv", line, column, cell(folder, sales, column))
    set_cell(folder, "train.csv", rows_of(folder, 2, day(65))[-1], "Open", "1")


def add_stockout(folder: Path, line: int) -> None:
    add_column(folder, "Stockout", "0")
    set_cell(folder, "train.csv", line, "Stockout", "1")


def group_all_but_one(folder: Path) -> None:
    """Ask for totals by region, which store 2 does not have."""
    (folder / "storecast.toml").write_text('groups = ["Region"]', encoding="utf-8")
    edit(folder, "store.csv", lambda lines: [f"{line},{'' if line[0] == '2' else 'Region'}" for line in lines])


def close_the_chain_at_the_end(folder: Path) -> None:
    for store in (1, 2, 3, 4):
        for line in rows_of(folder, store)[-9:]:
            for column in ("Sales", "Customers", "Open"):
                set_cell(folder, "train.csv", line, column, "0")


def sell_nothing_on_the_last_day(folder: Path) -> None:
    sell_nothing(folder, -1)


def sell_nothing(folder: Path, day: int) -> None:
    for store in (1, 2, 3, 4):
        set_cell(folder, "train.csv", rows_of(folder, store)[day], "Sales", "0")


def sell_little_on_the_last_day(folder: Path) -> None:
    for store in (1, 2, 3, 4):
        set_cell(folder, "train.csv", rows_of(folder, store)[-1], "Sales", "2000")


def cell(folder: Path, line: int, column: str) -> str:
    lines = (folder / "train.csv").read_text(encoding="utf-8").splitlines()
    return lines[line - 1].split(",")[lines[0].split(",").index(column)]


SEEN_BY_ANOTHER = {  # rules that leave to another what they do not repair
    "weekday_without_sales": ["open_without_sales"],
    "chain_without_sales": ["open_without_sales"],
    "silent_days": ["open_without_sales"],
    "unsold_days": ["chain_without_sales"],
    "incomplete_days": ["ended_stores"],
    "replaced_stores": ["late_stores", "inactive_stores"],
}


# What spoils a good chain so that a rule finds something, and how many rows it then finds. Line 31 is store 2 on a Wednesday.
SPOILT: dict[str, tuple[Spoil, int]] = {
    "total_rows": (
        lambda folder: edit(folder, "train.csv", lambda lines: [*lines, "Total,,,99999,,,,,", ",,,,,,,,"]),
        2,
    ),
    "summed_rows": (lambda folder: add_shifts(folder), 2),
    "double_rows": (lambda folder: edit(folder, "train.csv", lambda lines: [*lines, lines[5], lines[6], lines[6]]), 3),
    "absent_columns": (lambda folder: drop_columns(folder, "train.csv", "Open", "SchoolHoliday"), 2),
    "unknown_attributes": (lambda folder: edit(folder, "store.csv", lambda lines: [*lines[:2], *lines[3:]]), 1),
    "replaced_stores": (renumber, 61),
    "competition_distance": (store_cell("CompetitionDistance", ""), 1),
    "competition_date": (store_cell("CompetitionOpenSinceMonth", ""), 1),
    "competition_year": (store_cell("CompetitionOpenSinceYear", "1900"), 1),
    "promo2": (store_cell("Promo2", "1"), 1),
    "known_missing": (lambda folder: set_cell(folder, "train.csv", 31, "Promo", ""), 1),
    "store_countries": (lambda folder: place_in(folder, "MC"), 4),
    "unknown_countries": (lambda folder: place_in(folder, "Atlantis"), 1),
    "country_holidays": (lambda folder: (folder / "storecast.toml").write_text('country = "DE"'), 3 * 4),
    "unknown_regions": (lambda folder: place_in_atlantis(folder), 1),
    "open_missing": (lambda folder: set_cell(folder, "test.csv", 7, "Open", ""), 1),
    "closed_with_sales": (lambda folder: set_cell(folder, "train.csv", 31, "Open", "0"), 1),
    "negative_sales": (lambda folder: set_cell(folder, "train.csv", 31, "Sales", "-12"), 1),
    "stockouts": (lambda folder: add_stockout(folder, 31), 1),
    "open_without_sales": (lambda folder: set_cell(folder, "train.csv", 31, "Sales", "0"), 1),
    "weekday_without_sales": (open_on_sundays, 17 + 2),
    "chain_without_sales": (lambda folder: sell_nothing(folder, 43), 4),
    "broken_days": (lambda folder: set_cell(folder, "train.csv", rows_of(folder, 2)[-3], "Sales", "900000"), 1),
    "excluded_days": (
        lambda folder: (folder / "events.csv").write_text("Store,Date,Exclude\n2,2014-01-08,1\n", encoding="utf-8"),
        1,
    ),
    "silent_days": (open_once_after_weeks, 1),
    "unusual_last_days": (lambda folder: sell_little_on_the_last_day(folder), 4),
    "unsold_days": (lambda folder: sell_nothing_on_the_last_day(folder), 4),
    "incomplete_days": (lambda folder: drop(folder, [rows_of(folder, k)[-1] for k in (1, 2, 4)]), 1),
    "closed_last_days": (close_the_chain_at_the_end, 9 * 4),
    "vanished_stores": (lambda folder: drop(folder, rows_of(folder, 2, day(60))[10:40]), 30),
    "missing_days": (lambda folder: drop(folder, rows_of(folder, 2)[40:42]), 2),
    "late_stores": (lambda folder: drop(folder, rows_of(folder, 2, day(0))), 1),
    "idle_starts": (lambda folder: close(folder, day(40)), 1),
    "ended_stores": (lambda folder: drop(folder, rows_of(folder, 2)[-5:]), 1),
    "inactive_stores": (lambda folder: drop(folder, rows_of(folder, 2)[-50:]), 1),
    "stores_without_sales": (lambda folder: drop(folder, rows_of(folder, 2)), 1),
    "stores_without_group": (group_all_but_one, 1),
}


def test_every_rule_has_a_chain_that_it_finds_fault_with() -> None:
    jumps = {"level_jump", "store_level_jump"}
    assert {*SPOILT, ahead_own.RULE, ahead_school.RULE, *jumps, "other_levels"} == set(RULES), (
        "test_ahead_own, test_ahead_school, test_level_jump and test_own_categories have the others"
    )
    assert set(RULES) >= OBSERVATIONS


def test_a_good_chain_needs_no_repair(folder: Path) -> None:
    assert load(folder).repairs == ()


@pytest.mark.parametrize("rule", sorted(SPOILT))
def test_a_rule_finds_its_fault_and_no_other_does(folder: Path, rule: str) -> None:
    spoil, rows = SPOILT[rule]
    spoil(folder)
    repairs = load(folder).repairs
    assert [(repair.rule, repair.rows) for repair in repairs] == [(rule, rows)]
    repair = repairs[0]
    assert repair.what == RULES[rule]
    assert 1 <= len(repair.examples) <= 3
    assert any(
        word in repair.examples[0]
        for word in (
            "store 2",
            "store 3",
            "train.csv",
            "1 of 4 stores",
            "Open or SchoolHoliday",
            "2014-04-21",
            str(day(DAYS - 1)),
            str(day(43)),
        )
    )


@pytest.mark.parametrize("rule", sorted(SPOILT))
def test_a_rule_that_is_switched_off_repairs_nothing(folder: Path, rule: str) -> None:
    SPOILT[rule][0](folder)
    try:
        off = load(folder, rule)
    except DataError as error:
        assert rule not in OBSERVATIONS
        assert rule in str(error)  # noqa: PT017
        assert "switched off" in str(error)  # noqa: PT017
        return
    assert [repair.rule for repair in off.repairs] == SEEN_BY_ANOTHER.get(rule, [])
    assert (off.panel.fingerprint == load(folder).panel.fingerprint) is (rule in OBSERVATIONS)


def test_rules_that_there_are_not_are_refused_with_those_there_are(folder: Path) -> None:
    with pytest.raises(ConfigError, match="all_rules") as caught:
        load(folder, "all_rules")
    assert all(rule in str(caught.value) for rule in RULES)


def test_cleaning_leaves_what_was_read_alone(folder: Path) -> None:
    for spoil, _ in (SPOILT["open_missing"], SPOILT["known_missing"], SPOILT["closed_with_sales"]):
        spoil(folder)
    raw, again = read_chain(folder), read_chain(folder)
    clean(raw)
    assert_same_chain(raw, again)


def test_a_panel_is_sorted_and_its_calendar_holds_every_row_of_train_and_test(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [lines[0], *reversed(lines[1:])])
    panel = load(folder).panel
    for frame in (panel.sales, panel.calendar):
        assert_frame_equal(frame, frame.sort(s.KEYS))
        assert frame.select(pl.struct(s.KEYS).is_unique().all()).item()
    assert (panel.sales.height, panel.calendar.height) == (4 * DAYS, 4 * (DAYS + 14))
    assert panel.stores[s.COMPETITION_SINCE].unique().to_list() == [dt.date(2008, 9, 1)]
    assert panel.stores[s.PROMO2_SINCE].to_list() == [dt.date(2010, 3, 29), None] * 2  # the Monday of week 13
    assert not panel.calendar[s.ASSUMED].any()


def test_the_requested_rows_are_those_of_test_in_their_order(folder: Path) -> None:
    edit(folder, "test.csv", lambda lines: [lines[0], *reversed(lines[1:])])
    requested = load(folder).requested_rows
    assert requested is not None
    assert requested.columns == ["Id", "Store", "Date"]
    assert requested["Id"].to_list() == [str(number) for number in range(56, 0, -1)]
    (folder / "test.csv").unlink()
    assert load(folder).requested_rows is None


def test_the_report_is_plain_data(folder: Path) -> None:
    SPOILT["closed_with_sales"][0](folder)
    (folder / "truth.json").write_text("{}", encoding="utf-8")
    report = json.loads(json.dumps(load(folder).report()))
    repair = report.pop("repairs")[0]
    assert repair["rule"] == "closed_with_sales"
    assert repair["examples"] == ["store 2, 2014-01-08"]
    assert report == {
        "stores": 4,
        "rows": 480,
        "first": "2014-01-01",
        "last": "2014-04-30",
        "days": 120,
        "rows_ahead": 56,
        "last_day_ahead": "2014-05-14",
        "country": "DE",
        "stores_by_country": {"DE": 4},
        "unseen_seasons": "",
        "own_columns": [],
        "generated": True,
    }


def test_examples_show_text_ids_escaped_and_short(folder: Path) -> None:
    (folder / "storecast.toml").write_text('store_ids = "text"\n', encoding="utf-8")
    name = "\x1b[31m<b>" + "x" * 300
    for file in ("train.csv", "store.csv", "test.csv"):
        frame = pl.read_csv(folder / file, infer_schema=False)
        frame.with_columns(pl.col("Store").replace("2", name)).write_csv(folder / file)
    SPOILT["closed_with_sales"][0](folder)
    example = load(folder).repairs[0].examples[0]
    assert "\x1b" not in example
    assert len(example) < 230


def without(raw: RawChain, gone: list[int]) -> RawChain:
    def others(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(~pl.col(s.STORE).is_in(gone))

    assert raw.ahead is not None
    return RawChain(
        others(raw.sales), others(raw.stores), others(raw.ahead), raw.known, raw.double_rows, generated=False
    )


@pytest.mark.parametrize("gone", [[1, 3], [1, 4], [3, 4]])
def test_when_two_stores_are_dropped_then_no_row_of_the_others_changes(folder: Path, gone: list[int]) -> None:
    (folder / "storecast.toml").write_text('known = ["Leaflet"]\n', encoding="utf-8")
    add_column(folder, "Leaflet", "1")
    for rule in ("competition_year", "promo2", "known_missing", "open_missing", "closed_with_sales", "missing_days"):
        SPOILT[rule][0](folder)
    set_cell(folder, "train.csv", 19, "Open", "")
    set_cell(folder, "train.csv", 27, "Leaflet", "")
    raw = read_chain(folder)
    whole, part = clean(raw).panel, clean(without(raw, gone)).panel
    for table in ("sales", "stores", "calendar"):
        assert_frame_equal(getattr(part, table), getattr(whole, table).filter(~pl.col(s.STORE).is_in(gone)))
