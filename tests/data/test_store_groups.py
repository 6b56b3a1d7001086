"""Groups of one's own: columns of the stores by which totals are made, from files, frames and the database."""

from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.clean import clean
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.panels import make_panel

SETTINGS = 'groups = ["Region", "District"]\nperiods = ["month"]\n'
STORES = "Store,Region,District\n1, North ,007\n2,North,008\n3,<b>=1</b>,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the files of three stores, two of them in the north."""
    panel = make_panel(stores=3, days=60)
    panel.sales.select(*s.KEYS, s.SALES).write_csv(tmp_path / "train.csv")
    (tmp_path / "store.csv").write_text(STORES, encoding="utf-8")
    (tmp_path / "storecast.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def groups(folder: Path) -> dict[str, dict[object, str]]:
    return {group.name: group.of_store for group in read_chain(folder).breakdown.groups}


def test_values_are_texts_without_blanks_around_them_and_codes_keep_their_zeros(folder: Path) -> None:
    assert groups(folder) == {
        "Region": {1: "North", 2: "North", 3: "<b>=1</b>"},
        "District": {1: "007", 2: "008"},
    }


def test_a_store_without_a_value_is_named_once_and_counts_as_unknown(folder: Path) -> None:
    cleaned = clean(read_chain(folder))
    repair = next(repair for repair in cleaned.repairs if repair.rule == "stores_without_group")
    assert (repair.rows, repair.examples) == (1, ("store 3: 'District'",))
    assert cleaned.panel.breakdown.with_columns(pl.DataFrame({s.STORE: [3]}))["group District"].to_list() == ["unknown"]
    with pytest.raises(DataError, match="no value for store 3: 'District', and the rule stores_without_group"):
        clean(read_chain(folder), skip=["stores_without_group"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('groups = ["Regoin"]', r"no column 'Regoin' in store\.csv\. Did you mean Region\?"),
        ('groups = "Region"', r'expected a list of columns of the stores, such as \["Region"\]'),
        ('groups = ["Region", "Region"]', "stands twice"),
        ('groups = ["State"]', "totals by State are always made, as state"),
        ('groups = ["chain"]', "found 'chain'; expected a name .* none of store, type, state, chain"),
        ('groups = ["Region"]\n[columns]\nState = "Region"', "'Region': totals by State are always made"),
        ('periods = ["months"]', "no period 'months'. Did you mean month?"),
        ('periods = "month"', r'expected a list, such as \["month"\]'),
    ],
)
def test_what_makes_no_groups_is_refused_in_words(folder: Path, settings: str, message: str) -> None:
    (folder / "storecast.toml").write_text(settings, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_chain(folder)


def test_a_store_with_two_groups_is_refused_with_its_line(folder: Path) -> None:
    (folder / "store.csv").write_text(STORES.replace("3,<b>=1</b>,", "2,South,"), encoding="utf-8")
    with pytest.raises(
        DataError, match=r"store\.csv, line 4, column Region: found 'South'; expected one group a store"
    ):
        read_chain(folder)


def test_groups_may_stand_among_the_sales(folder: Path) -> None:
    (folder / "store.csv").unlink()
    sales = pl.read_csv(folder / "train.csv")
    region = pl.when(pl.col(s.STORE) == 1).then(pl.lit("17.0")).otherwise(pl.lit("18.0"))
    sales.with_columns(region.alias("Region")).write_csv(folder / "train.csv")
    (folder / "storecast.toml").write_text('groups = ["Region"]', encoding="utf-8")
    assert groups(folder) == {"Region": {1: "17", 2: "18", 3: "18"}}


def test_a_group_may_stand_in_a_wide_table_of_days(folder: Path) -> None:
    (folder / "store.csv").unlink()
    sales = pl.read_csv(folder / "train.csv").pivot(on="Date", index="Store", values="Sales")
    sales.with_columns(pl.Series("Region", ["a", "a", "b"])).write_csv(folder / "train.csv")
    (folder / "storecast.toml").write_text('wide = "dates"\ngroups = ["Region"]', encoding="utf-8")
    assert groups(folder) == {"Region": {1: "a", 2: "a", 3: "b"}}


def test_a_column_that_has_a_meaning_may_be_a_group_under_either_name(folder: Path) -> None:
    (folder / "store.csv").write_text("Store,Sortiment\n1,a\n2,b\n3,b\n", encoding="utf-8")
    (folder / "storecast.toml").write_text(
        'groups = ["Sortiment"]\n[columns]\nAssortment = "Sortiment"', encoding="utf-8"
    )
    assert groups(folder) == {"Sortiment": {1: "a", 2: "b", 3: "b"}}
    assert read_chain(folder).stores["Assortment"].to_list() == ["a", "b", "b"]


def test_frames_name_groups_of_the_stores_and_without_them_nothing_changes() -> None:
    panel = make_panel(stores=3, days=60)
    stores = pl.DataFrame({"Store": [1, 2, 3], "Region": ["N", None, "S"], "Code": [7.0, 8.0, 8.0]})
    grouped = Panel.from_frames(panel.sales, stores, groups=["Region", "Code"], periods=["month"])
    regions, codes = grouped.breakdown.groups
    assert (regions.of_store, codes.of_store) == ({1: "N", 3: "S"}, {1: "7", 2: "8", 3: "8"})
    assert grouped.breakdown.periods == ("month",)
    plain = Panel.from_frames(panel.sales, stores.select("Store"))
    assert not plain.breakdown
    assert plain.fingerprint != grouped.fingerprint
    assert grouped.until(grouped.end).breakdown is grouped.breakdown
    with pytest.raises(DataError, match=r"no column 'Regio'\. Did you mean Region\?"):
        Panel.from_frames(panel.sales, stores, groups=["Regio"])
    with pytest.raises(DataError, match="the frame stores has no column 'Store'"):
        Panel.from_frames(panel.sales, groups=["Region"])


def test_a_breakdown_survives_the_way_through_json() -> None:
    breakdown = Breakdown((StoreGroup("Region", {"b": "N", "a": "S"}), StoreGroup("=x", {"a": "<i>"})), ("month",))
    assert repr(Breakdown.from_setting(breakdown.as_setting())) == repr(breakdown)
    assert not Breakdown.from_setting(None)


def test_a_group_of_a_frame_may_be_a_fact_too_and_its_ids_may_have_another_name() -> None:
    panel = make_panel(stores=3, days=60)
    sales = panel.sales.rename({"Store": "Filiale"})
    stores = pl.DataFrame({"Filiale": [1, 2, 3], "Region": ["east", "east", "west"]})
    grouped = Panel.from_frames(sales, stores, columns={"Store": "Filiale"}, facts=["Region"], groups=["Region"])
    assert grouped.breakdown.groups[0].of_store == {1: "east", 2: "east", 3: "west"}
    assert grouped.known == ("Region = east", "Region = west")
