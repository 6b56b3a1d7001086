"""A store attribute that is declared in schema.COLUMNS reaches a Panel from files and frames; nothing else names it."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.chain_files import write_chain

DECLARED = """
import polars as pl, sys
from storecast import schema as s
column = s.Column("FloorArea", "stores", "number", pl.Float64(), 0, 1e6, unit="square metres", meaning="sales floor")
s.COLUMNS = (*s.COLUMNS, column)
s.BY_NAME["FloorArea"] = column
s.STORES_SCHEMA["FloorArea"] = column.dtype
from pathlib import Path
import storecast
from storecast.data.panel import Panel
panel = storecast.check(Path(sys.argv[1])).panel
print(panel.stores["FloorArea"].unique().to_list())
again = Panel.from_frames(panel.sales, panel.stores.with_columns(FloorArea=pl.lit(7)))
print(again.stores["FloorArea"].unique().to_list())
"""


@pytest.mark.parametrize(("cell", "value"), [("550.5", "[550.5]"), (None, "[None]")])
def test_a_declared_attribute_is_read_where_a_file_has_it(tmp_path: Path, cell: str | None, value: str) -> None:
    folder = write_chain(tmp_path)
    if cell is not None:
        file = folder / "store.csv"
        head, *rows = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([f"{head},FloorArea", *(f"{row},{cell}" for row in rows)]) + "\n", encoding="utf-8")
    ran = subprocess.run([sys.executable, "-c", DECLARED, str(folder)], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == [value, "[7.0]"], ran.stderr
