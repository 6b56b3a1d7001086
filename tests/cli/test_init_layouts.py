"""Odd but plausible exports: promotions of several kinds, totals in wide tables, years whose headers differ, dates in words."""

import datetime as dt
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from storecast.data.clean import clean
from storecast.data.read import read_chain
from storecast.errors import DataError
from storecast.stages import INIT_STAGES
from support.commands import Cli, ended_stages


def days_from(first: dt.date, days: int) -> list[dt.date]:
    return [first + dt.timedelta(days=k) for k in range(days)]


def refused_nothing(printed: tuple[int, str, str]) -> None:
    """Look at what `init` printed: no notice, no refusal."""
    code, _, err = printed
    assert (code, err.count("\n"), ended_stages(err)) == (0, len(INIT_STAGES), INIT_STAGES), err


def test_promotions_of_several_kinds_are_known_ahead_whatever_the_files_call_them(cli: Cli, tmp_path: Path) -> None:
    kinds = ["", "Leaflet", "Coupon"]
    days = days_from(dt.date(2022, 1, 3), 114)
    lines = ["Shop,Business Day,Net Sales,Promotion"]
    lines += [
        f"{shop},{day},{len(shop) * k + 90.5},{kinds[k // 3 % 3]}"
        for shop in ("North", "Southend")
        for k, day in enumerate(days[:100])
    ]
    tmp_path.joinpath("sales.csv").write_text("\n".join(lines), encoding="utf-8")
    plan = ["Outlet,Trading Date,Promo Type"]
    plan += [f"{shop},{day},Coupon" for shop in ("North", "Southend") for day in days[100:]]
    tmp_path.joinpath("plan.csv").write_text("\n".join(plan), encoding="utf-8")
    refused_nothing(cli("init", "--data", tmp_path))
    chain = read_chain(tmp_path)
    assert chain.known == ("Promotion = Coupon", "Promotion = Leaflet")
    assert chain.ahead is not None
    assert chain.ahead["Promotion = Coupon"].sum() == 28


def test_a_price_of_the_days_ahead_is_no_figure_of_sales(cli: Cli, tmp_path: Path) -> None:
    days = days_from(dt.date(2022, 1, 3), 114)
    rows = [f"{store},{day},{store * k % 9 + 5.25},{1.99 + k % 3}" for store in (1, 2) for k, day in enumerate(days)]
    sales = ["Store,Date,Sales,price", *(row for k, row in enumerate(rows) if k % 114 < 100)]
    tmp_path.joinpath("train.csv").write_text("\n".join(sales), encoding="utf-8")
    plan = [",".join(row.split(",")[part] for part in (0, 1, 3)) for k, row in enumerate(rows) if k % 114 >= 100]
    tmp_path.joinpath("test.csv").write_text("\n".join(["Store,Date,price", *plan]), encoding="utf-8")
    refused_nothing(cli("init", "--data", tmp_path))
    chain = read_chain(tmp_path)
    assert chain.known == ("price",)
    assert chain.ahead is not None
    assert chain.ahead.height == 28


def test_a_number_of_promotions_is_known_ahead_and_a_flag_of_that_name_is_said_to_be_none(
    cli: Cli, tmp_path: Path
) -> None:
    lines = ["Store,Date,Sales,Promo"]
    lines += [
        f"{store},{day},{store * k % 9 + 5},{k % 7}"
        for store in (1, 2)
        for k, day in enumerate(days_from(dt.date(2022, 1, 3), 100))
    ]
    tmp_path.joinpath("train.csv").write_text("\n".join(lines), encoding="utf-8")
    code, _, err = cli("check", "--data", tmp_path)
    assert code == 2
    assert "found '2'; expected 0 or 1. Where it holds amounts or several kinds of promotions" in err
    refused_nothing(cli("init", "--data", tmp_path))
    assert clean(read_chain(tmp_path)).panel.calendar["Promotions"].max() == 6


def test_a_wide_table_may_have_totals_weekdays_and_a_last_row_of_sums(cli: Cli, tmp_path: Path) -> None:
    days = days_from(dt.date(2022, 1, 3), 60)
    (tmp_path / "dates").mkdir()
    lines = [";".join(["Region", "Filiale", *(f"{day:%d.%m.%Y}" for day in days), "Summe"])]
    lines += [";".join(["Süd", f"00{store}", *["10,5"] * 60, "630,0"]) for store in (1, 2, 3)]
    lines += [";".join(["Gesamt", "", *["31,5"] * 60, "1890,0"])]
    (tmp_path / "dates" / "Auswertung.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "stores").mkdir()
    lines = ["Fecha,Día,Málaga,Ávila,Cádiz,Total"]
    lines += [
        f"{day},{'lunes' if day.isoweekday() == 1 else 'otro'},10.5,11.5,{9 + k % 5},99" for k, day in enumerate(days)
    ]
    (tmp_path / "stores" / "ventas.csv").write_text("\n".join([*lines, "Total,,630,690,660,9999"]), encoding="utf-8")
    for name, stores in (("dates", ["001", "002", "003"]), ("stores", ["Cádiz", "Málaga", "Ávila"])):
        refused_nothing(cli("init", "--data", tmp_path / name))
        sales = read_chain(tmp_path / name).sales
        assert (sales["Store"].unique().sort().to_list(), sales.height) == (stores, 60 * len(stores))


@pytest.mark.parametrize(("column", "row"), [("All stores", "Total geral"), ("Total", "Average")])
def test_a_column_of_all_stores_and_a_last_row_in_any_language_are_totals(
    cli: Cli, tmp_path: Path, column: str, row: str
) -> None:
    days = days_from(dt.date(2024, 1, 1), 120)
    lines = [f"Date,0001,0002,0007,{column}", *(f"{day},{500 + k},600,700,{1800 + k}" for k, day in enumerate(days))]
    (tmp_path / "chain").mkdir()
    (tmp_path / "chain" / "s.csv").write_text("\n".join([*lines, f"{row},1,2,3,6"]), encoding="utf-8")
    refused_nothing(cli("init", "--data", tmp_path / "chain"))
    sales = read_chain(tmp_path / "chain").sales
    assert sales["Store"].unique().sort().to_list() == ["0001", "0002", "0007"]
    assert sales["Date"].max() == days[-1]


def test_years_whose_files_share_no_header_are_one_table_of_the_same_stores(cli: Cli, tmp_path: Path) -> None:
    for year, header in (
        (2021, "Sklep;Dzień;Wartość sprzedaży;Liczba klientów"),
        (2022, "Nazwa sklepu;Data;Sprzedaż netto;Klienci;Akcja"),
    ):
        more = ";T" if year == 2022 else ""
        lines = [
            f"{shop};{day:%d.%m.%Y};1 234,5;9{more}"
            for shop in ("Łódź", "Gdańsk")
            for day in days_from(dt.date(year, 1, 1), 365)
        ]
        tmp_path.joinpath(f"sprzedaz_{year}.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    refused_nothing(cli("init", "--data", tmp_path))
    chain = read_chain(tmp_path)
    assert (chain.sales.height, chain.sales["Promo"].sum()) == (4 * 365, 2 * 365)


def test_sales_and_stores_on_two_sheets_of_a_workbook_are_two_tables(cli: Cli, tmp_path: Path) -> None:
    book = Workbook(tmp_path / "rapor.xlsx", {"default_date_format": "dd.mm.yyyy"})
    sales = book.add_worksheet("Satışlar")
    sales.write_row(0, 0, ["Mağaza Kodu", "Tarih", "Satış Tutarı", "Kampanya"])
    for row, day in enumerate(days_from(dt.date(2022, 1, 3), 60)):
        for store in (0, 1):
            sales.write_string(1 + 2 * row + store, 0, f"M{store}")
            sales.write_datetime(1 + 2 * row + store, 1, dt.datetime(day.year, day.month, day.day))
            sales.write_row(1 + 2 * row + store, 2, [50.5 + row * store, "Evet" if row % 3 else "Hayır"])
    stores = book.add_worksheet("Mağazalar")
    for row, cells in enumerate([["Mağaza Kodu", "Bölge"], ["M0", "Ege"], ["M1", "Marmara"]]):
        stores.write_row(row, 0, cells)
    book.close()
    refused_nothing(cli("init", "--data", tmp_path))
    chain = read_chain(tmp_path)
    assert (chain.sales.height, chain.sales["Promo"].sum()) == (120, 80)
    assert chain.stores["State"].to_list() == ["Ege", "Marmara"]


def write_stores_with_facts(folder: Path, *, beside_sales: bool) -> None:
    """Write six stores that sell orders, with their facts in a file of their own or in each row of the sales."""
    facts = [f"{90.5 + k},{'Mall' if k < 3 else 'Street'},Road {k},{k % 2},4{k}00" for k in range(6)]
    header = "Floor Area,Site,Address,Parking,Zip Code"
    lines = ["date,branch,orders" + f",{header}" * beside_sales]
    for day in days_from(dt.date(2022, 1, 3), 60):
        lines += [f"{day},B{k},{k + day.day}" + f",{facts[k]}" * beside_sales for k in range(6)]
    (folder / "orders.csv").write_text("\n".join(lines), encoding="utf-8")
    if not beside_sales:
        lines = [f"branch,{header}", *(f"B{k},{fact}" for k, fact in enumerate(facts))]
        (folder / "branches.csv").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("beside_sales", [False, True])
def test_facts_groups_and_the_target_are_proposed(cli: Cli, tmp_path: Path, beside_sales: bool) -> None:
    write_stores_with_facts(tmp_path, beside_sales=beside_sales)
    refused_nothing(cli("init", "--data", tmp_path))
    assert read_chain(tmp_path).known == ("Floor Area", "Site = Mall", "Site = Street", "Parking")
    path = tmp_path / "storecast.toml"
    text = path.read_text(encoding="utf-8")
    for name in ('groups = ["Site"]', 'target = "orders"', 'unit = "pieces"'):
        assert f"# {name}  #" in text
        text = text.replace(f"# {name}", name)
    path.write_text(text, encoding="utf-8")
    panel = clean(read_chain(tmp_path)).panel
    assert (panel.target.title, panel.breakdown.groups[0].of_store["B5"]) == ("orders (pieces)", "Street")


def test_visits_are_the_figure_where_there_is_no_other_and_money_needs_no_target(cli: Cli, tmp_path: Path) -> None:
    for figure in ("visits", "revenue"):
        lines = [f"date,museum,{figure}"]
        lines += [
            f"{day},{name},{len(name) * day.day}" for day in days_from(dt.date(2022, 1, 3), 60) for name in ("A", "BC")
        ]
        (tmp_path / "train.csv").write_text("\n".join(lines), encoding="utf-8")
        refused_nothing(cli("init", "--data", tmp_path, "--replace"))
        text = (tmp_path / "storecast.toml").read_text(encoding="utf-8")
        assert ('# target = "visits"' in text) == (figure == "visits")


def test_a_workbook_with_a_sheet_for_each_year_is_one_table(cli: Cli, tmp_path: Path) -> None:
    book = Workbook(tmp_path / "train.xlsx")
    for year in (2021, 2022):
        sheet = book.add_worksheet(str(year))
        sheet.write_row(0, 0, ["Store", "Date", "Sales"])
        for row, day in enumerate(days_from(dt.date(year, 6, 1), 40 if year == 2022 else 214)):
            for store in (1, 2):
                sheet.write_row(2 * row + store, 0, [store, day.isoformat(), 10.5 + row * store])
    book.close()
    refused_nothing(cli("init", "--data", tmp_path))
    settings = tmp_path / "storecast.toml"
    assert 'train = ["2021", "2022"]' in settings.read_text(encoding="utf-8")
    assert read_chain(tmp_path).sales.height == 2 * 254
    settings.write_text('sheet = ["2022", "2021"]\n', encoding="utf-8")
    assert read_chain(tmp_path).sales.height == 2 * 254
    for wrong in ('sheet = ["2022", "2022"]', "sheet = 2022", "sheet = []", "[sheet]\ntrain = [1]"):
        settings.write_text(wrong, encoding="utf-8")
        with pytest.raises(DataError, match="sheet: "):
            read_chain(tmp_path)
