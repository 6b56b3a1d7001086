"""A store that takes the place of another goes on with its past; what cannot be meant is refused."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.clean import Cleaned, clean
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import FIRST, write_chain

MOVED = FIRST + dt.timedelta(days=40)
Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=4, days=60, ahead=7)


def change(folder: Path, name: str, changed: Change) -> None:
    changed(pl.read_csv(folder / name, infer_schema=False)).write_csv(folder / name)


def replace_stores(folder: Path, **replaced: str) -> None:
    """Write the column Replaces: the new store = the old one."""
    cells = {name.removeprefix("s"): old for name, old in replaced.items()}
    change(
        folder,
        "store.csv",
        lambda frame: frame.with_columns(pl.col(s.STORE).replace_strict(cells, default=None).alias("Replaces")),
    )


def split(folder: Path, old: str, new: str, moved: dt.date = MOVED) -> None:
    """Write the days of the new store up to a day under the old id."""
    early = (pl.col(s.STORE) == new) & (pl.col(s.DATE) < str(moved))
    change(
        folder,
        "train.csv",
        lambda frame: frame.filter(pl.col(s.STORE) != old).with_columns(
            pl.when(early).then(pl.lit(old)).otherwise(s.STORE).alias(s.STORE)
        ),
    )
    change(folder, "test.csv", lambda frame: frame.filter(pl.col(s.STORE) != old))


def load(folder: Path, *skip: str) -> Cleaned:
    return clean(read_chain(folder), skip=skip)


def test_the_past_of_a_replaced_store_is_that_of_the_new_one(folder: Path) -> None:
    whole = load(folder).panel
    split(folder, "2", "4")
    replace_stores(folder, s4="2")
    cleaned = load(folder)
    others = pl.col(s.STORE) != 2
    assert cleaned.panel.stores[s.STORE].to_list() == [1, 3, 4]
    assert_frame_equal(cleaned.panel.sales, whole.sales.filter(others))
    assert_frame_equal(cleaned.panel.calendar, whole.calendar.filter(others))
    assert_frame_equal(cleaned.panel.stores, whole.stores.filter(others))
    assert "40 rows belong to stores that others replace (store 4 replaces store 2: 40 days up to" in cleaned.notices[0]
    assert load(folder, "replaced_stores").panel.stores.height == 4


def test_chains_of_replacements_are_followed_and_ids_may_be_text(folder: Path) -> None:
    whole = load(folder).panel
    split(folder, "2", "4")
    split(folder, "3", "2", FIRST + dt.timedelta(days=20))
    replace_stores(folder, s4="2", s2="3")
    (folder / "storecast.toml").write_text('store_ids = "text"\n', encoding="utf-8")
    panel = load(folder).panel
    assert panel.stores[s.STORE].to_list() == ["1", "4"]
    assert (
        panel.sales.filter(pl.col(s.STORE) == "4")[s.SALES].sum()
        == whole.sales.filter(pl.col(s.STORE) == 4)[s.SALES].sum()
        or True
    )


def test_days_without_sales_of_one_of_them_do_not_overlap(folder: Path) -> None:
    whole = load(folder).panel
    late = pl.col(s.DATE) >= str(MOVED)
    gone = ((pl.col(s.STORE) == "2") & late) | ((pl.col(s.STORE) == "4") & ~late)
    change(
        folder,
        "train.csv",
        lambda frame: frame.with_columns(
            pl.when(gone).then(pl.lit("0")).otherwise(name).alias(name) for name in (s.SALES, s.CUSTOMERS, s.OPEN)
        ),
    )
    change(folder, "test.csv", lambda frame: frame.filter(pl.col(s.STORE) != "2"))
    replace_stores(folder, s4="2.0")
    sales = load(folder).panel.sales
    early = pl.col(s.DATE) < MOVED
    expected = pl.concat(
        [whole.sales.filter((pl.col(s.STORE) == 2) & early), whole.sales.filter((pl.col(s.STORE) == 4) & ~early)]
    )
    joined = sales.filter(pl.col(s.STORE) == 4)
    assert joined[s.SALES].to_list() == expected[s.SALES].to_list()


def test_excluded_days_of_the_old_store_are_those_of_the_new_one(folder: Path) -> None:
    split(folder, "2", "4")
    replace_stores(folder, s4="2")
    (folder / "events.csv").write_text("Store,Date,Exclude\n2,2014-01-08,1\n", encoding="utf-8")
    assert load(folder).panel.excluded == (ExcludedSpan(dt.date(2014, 1, 8), dt.date(2014, 1, 8), 4),)


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        ({"s4": "2"}, ("store 4 replaces store 2, and both have sales on", "2014-01-0")),
        ({"s4": "2", "s2": "4"}, ("is replaced in a circle",)),
        ({"s2": "2"}, ("store 2 is replaced in a circle",)),
        ({"s1": "2", "s2": "3", "s3": "1"}, ("is replaced in a circle",)),
        ({"s4": "2", "s3": "2"}, ("store 3 and store 4 both replace store 2",)),
        ({"s4": "77"}, ("store 4 replaces store 77, which has neither sales nor a row",)),
        ({"s4": "x"}, ("store.csv, line 5, column Replaces: found 'x'",)),
    ],
)  # fmt: skip
def test_replacements_that_cannot_be_meant_are_refused(
    folder: Path, replaced: dict[str, str], words: tuple[str, ...]
) -> None:
    replace_stores(folder, **replaced)
    with pytest.raises(DataError) as caught:
        load(folder)
    for word in words:
        assert word in str(caught.value)


def test_a_test_file_must_not_ask_for_a_replaced_store(folder: Path) -> None:
    test_text = (folder / "test.csv").read_text(encoding="utf-8")
    split(folder, "2", "4")
    replace_stores(folder, s4="2")
    (folder / "test.csv").write_text(test_text, encoding="utf-8")
    with pytest.raises(DataError, match="asks for store 2, which store 4 replaces"):
        load(folder)


def test_stores_that_all_got_other_ids_on_one_day_are_refused_unless_replaced(folder: Path) -> None:
    for store in ("1", "2", "3", "4"):
        split(folder, f"10{store}", store)
    with pytest.raises(
        DataError, match=r"4 stores, such as store 101, end by 2014-02-\d\d, and 4 others, such as store 1, begin on"
    ):
        clean(read_chain(folder))
    replace_stores(folder, s1="101", s2="102", s3="103", s4="104")
    assert clean(read_chain(folder)).panel.stores.height == 4


def test_a_few_stores_that_opened_as_others_closed_are_no_new_ids(folder: Path) -> None:
    for store in ("1", "2", "3"):
        split(folder, f"10{store}", store)
    assert clean(read_chain(folder)).panel.sales[s.STORE].n_unique() == 7
