"""Look at the files of a chain that storecast does not know yet."""

from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show
from storecast.data.file_columns import file_column
from storecast.data.file_layout import is_wide_column
from storecast.errors import DataError

SHOWN_VALUES = 3
SHOWN_COLUMNS = 12
TABLE_NAMES = {
    "train": "the sales",
    "test": "the days ahead",
    "store": "the stores",
    "store_states": "the stores' regions",
}


def init(
    data: Annotated[Path, typer.Option("--data", help="Folder with the files of a chain, or one file.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace a storecast.toml that is there.")] = False,
    verbose: options.Verbose = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Look at files of any layout, guess which column is which, and write storecast.toml beside them."""
    from storecast import workflows
    from storecast.stages import INIT_STAGES

    with show.working(log_format, verbose=verbose, stages=INIT_STAGES) as progress:
        proposal = workflows.init(data, replace=replace, progress=progress)
    guess = proposal.guess
    for table, files in guess.tables.items():
        names = ", ".join(each.table.name for each in files)
        first = files[0]
        rows = [
            [
                name,
                "the same" if file_name == name else file_name,
                ", ".join(_values(first.table.frame[file_name].to_list())),
                file_column(name).meaning,
            ]
            for name, file_name in first.names.items()
        ]
        show.table(f"{names}: {TABLE_NAMES[table]}", ["ours", "yours", "first values", "meaning"], rows)
        own = {*guess.settings.get("known", ()), *guess.settings.get("facts", ())}
        unused = [name for name in first.unused if name not in own]
        if first.wide:
            unused = [name for name in unused if is_wide_column(first.table.frame[name], first.wide)]
            print(
                f"  {len(unused)} columns seem to be {first.wide}, such as {show.printable(', '.join(unused[:SHOWN_VALUES]))}."
            )
        elif unused:
            print(
                f"  Not used: {show.printable(', '.join(unused[:SHOWN_COLUMNS]))}{' …' * (len(unused) > SHOWN_COLUMNS)}."
            )
        print()
    for name, value in guess.settings.items():
        print(f"{name} = {show.printable(str(value))}")
    for name, reason in guess.unused.items():
        print(f"{show.printable(name)} is left out: it {show.printable(reason)}.")
    if proposal.path is None:
        print("The files have storecast's own names: no storecast.toml is needed.")
    else:
        print(f"Wrote {show.printable(str(proposal.path))}: read it, and correct what is wrong.")
    if proposal.cleaned is None:
        raise DataError(f"Read by these settings the files are refused. {proposal.problem}")
    panel = proposal.cleaned.panel
    print(f"{show.stores(panel.stores.height)}, {panel.sales.height:,} rows from {panel.first} to {panel.end}.")
    for notice in proposal.cleaned.notices:
        print(f"Note: {show.printable(notice)}")
    print(f"Next: storecast run --data {show.printable(str(data))} --out home")


def _values(cells: list[str | None]) -> list[str]:
    return [show.printable(cell) for cell in dict.fromkeys(cell for cell in cells[:1000] if cell)][:SHOWN_VALUES]
