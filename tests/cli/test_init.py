"""A stranger's files: `storecast init` guesses what they hold, says so, and writes settings by which `run` forecasts."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from xlsxwriter import Workbook

from storecast.data.column_names import read_column_names
from storecast.data.read import read_chain
from storecast.stages import INIT_STAGES
from support.chain_files import write_chain
from support.commands import Cli, ended_stages


def write_german_file(folder: Path, *, stores: int = 15, days: int = 1095) -> Path:
    """Write one CSV with a decimal comma and the day first; no rows on Sundays."""
    rng = np.random.default_rng(1)
    lines = ["filiale;datum;umsatz"]
    for store in range(1, stores + 1):
        noise = rng.normal(0, 0.1, days)
        for k in range(days):
            day = dt.date(2021, 1, 1) + dt.timedelta(days=k)
            if day.isoweekday() < 7:
                sales = (3000 + 100 * store) * (1 + 0.2 * (day.isoweekday() == 6)) * np.exp(noise[k])
                lines.append(f"{store};{day:%d.%m.%Y};{f'{sales:.2f}'.replace('.', ',')}")
    folder.mkdir(exist_ok=True)
    (folder / "umsatz.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_from_one_strange_file_to_a_forecast_by_init_and_run_alone(cli: Cli, tmp_path: Path) -> None:
    folder = write_german_file(tmp_path / "data")
    code, out, err = cli("init", "--data", folder)
    assert (code, ended_stages(err)) == (0, INIT_STAGES), err
    for word in ("filiale", "datum", "umsatz", "date_format = %d.%m.%Y", "15 stores", "2021-01-01 to 2023-12-30"):
        assert word in out
    code, out, _ = cli("run", "--data", folder, "--models", "naive", "--fast", "--out", tmp_path / "home", "--json")
    assert code == 0
    forecast = pl.read_csv(tmp_path / "home" / "forecast.csv", try_parse_dates=True)
    assert forecast["Store"].n_unique() == 15
    sundays = forecast.filter(pl.col("Date").dt.weekday() == 7)["Forecast"]
    assert sundays.sum() == 0
    assert forecast["Forecast"].sum() == pytest.approx(15 * 36 * 3800 * 1.033, rel=0.05)
    assert any("stores were open on all days that have a row" in notice for notice in json.loads(out)["notices"])


def test_the_settings_are_commented_and_can_be_read(cli: Cli, tmp_path: Path) -> None:
    folder = write_german_file(tmp_path / "data", stores=2, days=60)
    cli("init", "--data", folder)
    text = (folder / "storecast.toml").read_text(encoding="utf-8")
    assert 'Sales = "umsatz"  # sales of the day, or the target' in text
    assert '# Promo = "…"  # a promotion runs' in text
    names = read_column_names(folder)
    assert names.file_names == {"Store": "filiale", "Date": "datum", "Sales": "umsatz"}
    assert names.layout.files == {"train": ("umsatz.csv",)}


def test_files_in_our_own_names_need_no_settings(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data")
    code, out, _ = cli("init", "--data", folder)
    assert (code, (folder / "storecast.toml").exists()) == (0, False)
    assert "no storecast.toml is needed" in out
    assert "4 stores, 480 rows" in out


def test_settings_that_are_there_are_kept_unless_they_are_to_be_replaced(cli: Cli, tmp_path: Path) -> None:
    folder = write_german_file(tmp_path / "data", stores=2, days=60)
    (folder / "storecast.toml").write_text("# mine\n", encoding="utf-8")
    code, _, err = cli("init", "--data", folder)
    assert (code, (folder / "storecast.toml").read_text(encoding="utf-8")) == (2, "# mine\n")
    assert "--replace" in err
    assert cli("init", "--data", folder, "--replace")[0] == 0
    assert 'Sales = "umsatz"' in (folder / "storecast.toml").read_text(encoding="utf-8")


def renamed(path: Path, to: Path, **columns: str) -> None:
    """Write a file under another name, with other names of columns, and remove it."""
    frame = pl.read_csv(path, infer_schema=False).rename(columns)
    path.unlink()
    frame.write_csv(to, separator=";")


def test_every_table_is_recognised_by_what_it_holds(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data")
    good = read_chain(folder)
    for name in ("train.csv", "test.csv"):
        path = folder / name
        pl.read_csv(path, infer_schema=False).with_columns(pl.lit("3.5").alias("Prospekt")).write_csv(path)
    german = {"Store": "FilialNr", "Date": "Verkaufstag", "Promo": "Aktion", "SchoolHoliday": "Schulferien"}
    renamed(folder / "train.csv", folder / "kasse.csv", **german, Sales="Tagesumsatz", Customers="Kundenzahl")
    renamed(folder / "test.csv", folder / "plan.csv", **german)
    renamed(folder / "store.csv", folder / "filialen.csv", Store="FilialNr")
    renamed(folder / "store_states.csv", folder / "land.csv", Store="FilialNr", State="Bundesland")
    (folder / "notes.csv").write_text("to do\ncall Anna\n", encoding="utf-8")
    code, out, _ = cli("init", "--data", folder)
    assert code == 0
    assert "notes.csv is left out" in out
    assert not [line for line in out.splitlines() if "Not used" in line and "Prospekt" in line]
    assert read_column_names(folder).known == ("Prospekt",)
    raw = read_chain(folder)
    assert raw.sales.drop("Prospekt").equals(good.sales.select(raw.sales.drop("Prospekt").columns))
    assert raw.stores.equals(good.stores.select(raw.stores.columns))
    assert raw.ahead is not None
    assert good.ahead is not None
    assert raw.ahead.height == good.ahead.height


def test_a_file_each_year_is_one_table(cli: Cli, tmp_path: Path) -> None:
    folder = write_german_file(tmp_path / "data", stores=3, days=760)
    lines = (folder / "umsatz.csv").read_text(encoding="utf-8").splitlines()
    (folder / "umsatz.csv").unlink()
    for year in ("2021", "2022", "2023"):
        rows = [line for line in lines[1:] if f".{year};" in line]
        (folder / f"umsatz-{year}.csv").write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    assert cli("init", "--data", folder)[0] == 0
    files = tuple(f"umsatz-{year}.csv" for year in ("2021", "2022", "2023"))
    assert read_column_names(folder).layout.files == {"train": files}
    assert read_chain(folder).sales.height == len(lines) - 1


@pytest.mark.parametrize(("kind", "on", "index"), [("stores", "Store", "Date"), ("dates", "Date", "Store")])
def test_wide_tables_are_recognised(cli: Cli, tmp_path: Path, kind: str, on: str, index: str) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=40)
    frame = pl.read_csv(folder / "train.csv", infer_schema=False).with_columns(Store="S" + pl.col("Store"))
    for path in folder.iterdir():
        path.unlink()
    frame.pivot(on, index=index, values="Sales").write_csv(folder / "sales.csv")
    code, out, _ = cli("init", "--data", folder)
    assert code == 0
    assert f"wide = {kind}" in out
    assert read_chain(folder).sales["Store"].unique().sort().to_list() == ["S1", "S2", "S3"]


def test_one_store_and_several_rows_a_day_are_recognised(cli: Cli, tmp_path: Path) -> None:
    days = [dt.date(2021, 1, 1) + dt.timedelta(days=k // 2) for k in range(120)]
    frame = pl.DataFrame({"Datum": days, "Kasse": [1, 2] * 60, "Betrag": [10.5 + k for k in range(120)]})
    (tmp_path / "two").mkdir()
    frame.with_columns(pl.lit("Nord").alias("Markt")).write_csv(tmp_path / "two" / "bons.csv")
    assert cli("init", "--data", tmp_path / "two")[0] == 0
    assert read_chain(tmp_path / "two").sales.height == 60
    (tmp_path / "one").mkdir()
    frame.filter(pl.col("Kasse") == 1).drop("Kasse").write_csv(tmp_path / "one" / "Laden Mitte.csv")
    code, out, _ = cli("init", "--data", tmp_path / "one" / "Laden Mitte.csv")
    assert code == 0
    assert "1 store, 60 rows" in out
    assert read_chain(tmp_path / "one").sales["Store"].unique().to_list() == ["Laden Mitte"]


def test_dates_that_read_two_ways_are_a_choice(cli: Cli, tmp_path: Path) -> None:
    days = [f"{1 + k % 12:02d}/{1 + k // 12:02d}/2021" for k in range(48)]
    pl.DataFrame({"shop": [7] * 48, "day": days, "sales": list(range(48))}).write_csv(tmp_path / "sales.csv")
    code, _, err = cli("init", "--data", tmp_path)
    assert code == 2
    assert "several ways" in err
    text = (tmp_path / "storecast.toml").read_text(encoding="utf-8")
    assert '# date_format = "%d/%m/%Y"' in text
    assert '# date_format = "%m/%d/%Y"' in text


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "date,note\n2021-01-01,x\n"])
def test_a_folder_without_sales_is_refused_with_what_it_holds(cli: Cli, tmp_path: Path, text: str) -> None:
    if text:
        (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    code, _, err = cli("init", "--data", tmp_path)
    assert code == 2
    assert "No file seems to hold sales" in err
    assert not text or "list.csv has" in err
    assert not (tmp_path / "storecast.toml").exists()


def test_weekly_sales_are_refused_in_words(cli: Cli, tmp_path: Path) -> None:
    weeks = [dt.date(2021, 1, 1) + dt.timedelta(weeks=k) for k in range(60)]
    pl.DataFrame({"Store": [1] * 60, "Date": weeks, "Weekly_Sales": [100 + k for k in range(60)]}).write_csv(
        tmp_path / "s.csv"
    )
    code, _, err = cli("init", "--data", tmp_path)
    assert code == 2
    assert "sales of weeks" in err


def test_a_file_that_cannot_be_read_is_left_out_with_the_reason(cli: Cli, tmp_path: Path) -> None:
    folder = write_german_file(tmp_path / "data", stores=2, days=60)
    (folder / "broken.csv").write_text("a,b\n1,2,3\n", encoding="utf-8")
    code, out, _ = cli("init", "--data", folder)
    assert code == 0
    assert "broken.csv is left out: it cannot be read" in out


def test_titles_above_names_in_another_language_and_amounts_with_a_currency_are_read(cli: Cli, tmp_path: Path) -> None:
    lines = ["Informe de ventas", "", "Fecha;Tienda;Ventas netas"]
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=k) for k in range(120)]
    lines += [
        f"{day:%d/%m/%Y};Quito {store};1.{store}50,{k:02d} €" for k, day in enumerate(days[:99]) for store in (1, 2)
    ]
    tmp_path.joinpath("ventas.csv").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = cli("init", "--data", tmp_path)
    assert (code, ended_stages(err)) == (0, INIT_STAGES), err
    assert "2 stores, 198 rows from 2022-01-01 to 2022-04-09." in out
    assert read_chain(tmp_path).sales["Sales"][0] == 1150.0


def test_a_workbook_with_titles_is_recognised_in_another_language(cli: Cli, tmp_path: Path) -> None:
    book = Workbook(tmp_path / "ventas.xlsx")
    sheet = book.add_worksheet("Ventas")
    for row, cells in enumerate([["Informe de ventas"], [], ["Fecha", "Tienda", "Ventas netas"]]):
        sheet.write_row(row, 0, cells)
    date = book.add_format({"num_format": "dd/mm/yyyy"})
    for k in range(60):
        for place, store in enumerate(("Quito", "Cuenca")):
            row = 3 + 2 * k + place
            sheet.write_datetime(row, 0, dt.datetime(2022, 1, 1) + dt.timedelta(days=k), date)
            sheet.write_row(row, 1, [store, 100.5 + k * (1 + place)])
    book.close()
    code, out, err = cli("init", "--data", tmp_path)
    assert (code, ended_stages(err)) == (0, INIT_STAGES), err
    assert "2 stores, 120 rows from 2022-01-01 to 2022-03-01." in out


def test_a_wide_table_of_days_with_tabs_and_decimal_commas_is_no_title_above_a_header(cli: Cli, tmp_path: Path) -> None:
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=k) for k in range(90)]
    lines = ["\t".join(["Loja", "UF", *(f"{day:%d/%m/%Y}" for day in days)])]
    lines += ["\t".join([str(store), "SP", *(f"{1000 + store},5" for _ in days)]) for store in (100, 101, 102)]
    tmp_path.joinpath("vendas.csv").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = cli("init", "--data", tmp_path)
    assert (code, ended_stages(err)) == (0, INIT_STAGES), err
    assert "3 stores, 270 rows from 2022-01-01 to 2022-03-31." in out
    assert read_chain(tmp_path).sales["Sales"][0] == 1100.5


def test_facts_of_stores_among_their_sales_are_recognised_where_they_never_change(cli: Cli, tmp_path: Path) -> None:
    lines = ["date,store_nbr,sales,state,format"]
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=k) for k in range(60)]
    for k, day in enumerate(days):
        lines += [
            f"{day},{store},{100 * store + k}.5,{'Manabi' if store > 1 else 'Azuay'},{'ab'[k % 2]}"
            for store in (1, 2, 3)
        ]
    tmp_path.joinpath("sales.csv").write_text("\n".join(lines), encoding="utf-8")
    assert cli("init", "--data", tmp_path)[0] == 0
    chain = read_chain(tmp_path)
    assert chain.stores.sort("Store")["State"].to_list() == ["Azuay", "Manabi", "Manabi"]
    assert "StoreType" not in read_column_names(tmp_path).file_names


def test_sales_by_product_are_refused_and_their_sum_is_offered(cli: Cli, tmp_path: Path) -> None:
    lines = ["date,shop,item,qty"]
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=k) for k in range(60)]
    lines += [f"{day},{shop},{item},{shop + k}" for day in days for shop in (1, 2) for k, item in enumerate("abc")]
    tmp_path.joinpath("sales.csv").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = cli("init", "--data", tmp_path)
    assert (code, "sum = True" in out) == (2, False)
    assert "'item': these seem to be sales by product" in err
    settings = tmp_path / "storecast.toml"
    text = settings.read_text(encoding="utf-8")
    assert "\n# sum = true\n" in text
    settings.write_text(text.replace("# sum = true", "sum = true"), encoding="utf-8")
    assert read_chain(tmp_path).sales["Sales"][0] == 1 + 2 + 3


@pytest.mark.parametrize(
    ("header", "first", "words"),
    [
        ("month,shop,sales", "2021-{m:02d}", "sales of months"),
        ("year,month,shop,sales", "2021,{m}", "sales of months"),
        ("Jahr,KW,Filiale,Umsatz", "2021,{m}", "sales of weeks"),
        ("week,shop,sales", "2021-W{m:02d}", "sales of weeks"),
        ("year,month,day,shop,sales", "2021,{m},3", "Put the parts of a date together"),
    ],
)
def test_dates_that_are_no_days_are_refused_in_words(
    cli: Cli, tmp_path: Path, header: str, first: str, words: str
) -> None:
    rows = [f"{first.format(m=m)},{shop},{100 * shop + m}" for m in range(1, 13) for shop in (1, 2)]
    tmp_path.joinpath("sales.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    code, _, err = cli("init", "--data", tmp_path)
    assert code == 2
    assert words in err


def test_files_that_call_the_same_columns_otherwise_have_names_of_their_own(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data")
    good = read_chain(folder)
    old = {"Store": "Filiale", "Date": "Datum", "Sales": "Umsatz", "Promo": "Aktion"}
    new = {"Store": "Markt", "Date": "Tag", "Sales": "Erlös", "Promo": "Aktion"}
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    (folder / "train.csv").unlink()
    for name, columns, rows in (("a-2014.csv", old, frame.head(400)), ("b-2014.csv", new, frame.tail(-400))):
        rows.drop("Customers").rename(columns).write_csv(folder / name)
    renamed(folder / "test.csv", folder / "plan.csv", Store="Haus", Promo="Werbung")
    renamed(folder / "store.csv", folder / "filialen.csv", Store="Filialnummer")
    assert cli("init", "--data", folder)[0] == 0
    names = read_column_names(folder)
    assert names.layout.files["train"] == ("a-2014.csv", "b-2014.csv")
    assert names.of("train", "b-2014.csv").file_names["Sales"] == "Erlös"
    assert (names.of("test").file_names["Store"], names.of("store").file_names["Store"]) == ("Haus", "Filialnummer")
    raw = read_chain(folder)
    assert raw.sales.drop("Customers").equals(good.sales.drop("Customers"))
    assert raw.stores.select("Store", "StoreType").equals(good.stores.select("Store", "StoreType"))
    assert raw.ahead is not None
    assert raw.ahead.height == 4 * 14
