"""Write a guess as a commented `storecast.toml`, which someone reads, corrects and keeps."""

import json
from typing import Any

from storecast import schema as s
from storecast.data.file_columns import file_column
from storecast.data.file_layout import TABLES
from storecast.data.guess_files import Guess, file_names, sheets

MEANINGS = {
    "date_format": "how dates are written; without it they are ISO: 2015-06-14",
    "wide": "each column of the sales is one of these",
    "one_store": "the files know one store alone; this names it",
    "sum": "several rows of a store and day are added up",
    "store_ids": "ids are kept as text",
    "known": "your own columns that are known ahead",
    "facts": "your own facts of stores, which never change",
}


def settings_text(guess: Guess) -> str:
    """Return the lines of a storecast.toml.

    Parameters
    ----------
    guess : what the files seem to hold
    """
    lines = ["# Made by `storecast init`. Every setting is explained in docs/data.md. Correct what is wrong.", ""]
    for name, value in guess.settings.items():
        lines += [f"{name} = {_toml(value)}  # {MEANINGS[name]}"]
    for name, values in guess.choices.items():
        lines += [
            f"# {MEANINGS[name]}. The column reads in several ways: take one line.",
            *(f"# {name} = {_toml(value)}" for value in values),
        ]
    if guess.products is not None:
        lines += [
            f"# Several rows of a store and day are told apart by {_toml(guess.products)}: these seem to be sales by product.",
            "# Take the next line if the sum of each store is wanted; else write a file for each product group.",
            "# sum = true",
        ]
    if guess.groups:
        lines += [f"# groups = {_toml(list(guess.groups))}  # columns of the stores by which totals are made, too"]
    if guess.figure:
        lines += [
            f"# target = {_toml(guess.figure)}  # the figure that is forecast, which seems to be no money: texts name it so",
            '# unit = "pieces"  # what it is counted in',
        ]
    lines += ['# country = "DE"  # whose public holidays and feasts the stores keep: the code of your country']
    files = file_names(guess)
    if files:
        lines += [
            "",
            "[files]  # table = its file, or several",
            *(f"{table} = {_toml(names)}" for table, names in files.items()),
        ]
    if sheets(guess):
        lines += [
            "",
            "[sheet]  # table = its sheet, or several",
            *(f"{table} = {_toml(name)}" for table, name in sheets(guess).items()),
        ]
    renamed = {name: file_name for name, file_name in guess.columns.items() if file_name != name}
    absent = [name for name in (*s.KNOWN, s.CUSTOMERS) if name not in guess.columns]
    if renamed or absent:
        lines += ["", "[columns]  # our name = yours"]
    lines += [f"{name} = {_toml(file_name)}  # {file_column(name).meaning}" for name, file_name in renamed.items()]
    if absent:
        lines += ["# Not found, and not needed; name yours where there is one:"]
        lines += [f'# {name} = "…"  # {file_column(name).meaning}' for name in absent]
    for part, names in guess.names_of.items():
        where = f"columns.{part}" if part in TABLES else f"columns.{_toml(part)}"
        lines += ["", f"[{where}]  # the names that differ there"]
        lines += [f"{name} = {_toml(file_name)}" for name, file_name in names.items()]
    return "\n".join(lines) + "\n"


def says_nothing(guess: Guess) -> bool:
    """Return whether the files are as storecast expects them, so that no settings are needed."""
    renamed = any(name != file_name for name, file_name in guess.columns.items())
    several_sheets = any(isinstance(of_table, list) for of_table in sheets(guess).values())
    settings = guess.names_of or guess.settings or guess.choices or guess.products or file_names(guess)
    return not (renamed or settings or several_sheets)


def _toml(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False
    )  # a string, a list of strings and a truth value are written alike in TOML
