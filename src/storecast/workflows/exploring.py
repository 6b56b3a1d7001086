"""Ask a chain what moves its sales and customers, and write what was found."""

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from storecast import __version__
from storecast.bundle.fitting import Progress, no_progress
from storecast.data.panel import Panel
from storecast.errors import ConfigError
from storecast.files import atomic_write
from storecast.report.answers.registry import ASKED
from storecast.report.exploration import Exploration, write_exploration, write_pictures
from storecast.workflows.preparation import Source, prepare

log = logging.getLogger(__name__)

LIBRARIES = ("linearmodels", "pandas", "statsmodels")  # of the extra `explore`


def explore(
    data: Source,
    *,
    out: Path,
    questions: Sequence[str] = (),
    pictures: bool = False,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> Exploration:
    """Explore a folder: write report.html and tables/*.csv and *.parquet, and return what was found.

    Parameters
    ----------
    questions : names, as in `storecast.questions.registry`; empty: all
    pictures : write each picture as a PNG too, into pictures/
    """
    progress("reading and cleaning")
    prepared = prepare(data, horizon=None, skip=skip, allow_longer_test=True)
    found = explore_panel(prepared.panel, questions, progress)
    progress("report")
    write_tables(found, out / "tables")
    write_exploration(
        out / "report.html",
        found,
        prepared.panel,
        prepared.cleaned.repairs,
        generated=prepared.cleaned.generated,
        created=dt.datetime.now(dt.UTC).replace(microsecond=0),
        version=__version__,
    )
    if pictures:
        progress("pictures")
        log.info("wrote %d pictures into %s", write_pictures(out / "pictures", found), out / "pictures")
    log.info("%d questions answered, %d not; wrote %s", len(found.tables), len(found.unanswered), out / "report.html")
    return found


def explore_panel(panel: Panel, questions: Sequence[str] = (), progress: Progress = no_progress) -> Exploration:
    """Ask questions of a panel, one after the other; all of them where none is named.

    Raises
    ------
    ConfigError
        where the statistics libraries of the extra ``explore`` are missing, or a question has no such name.
    """
    absent = missing_libraries()
    if absent:
        raise ConfigError(
            f"Exploration needs {', '.join(absent)}, not installed here. Install the extra: pip install 'storecast[explore]'."
        )
    from storecast.questions.registry import QUESTIONS, ask

    tables: dict[str, pl.DataFrame] = {}
    unanswered: dict[str, str] = {}
    for name in questions or QUESTIONS:
        progress(f"question: {name}")
        got = ask(panel, name)
        if isinstance(got, str):
            unanswered[name] = got
        else:
            tables[name] = got
    return Exploration(tables, unanswered, panel.first, panel.end)


def missing_libraries() -> list[str]:
    """Name the statistics libraries that exploration needs and this machine lacks."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def write_tables(found: Exploration, folder: Path) -> None:
    """Write each question's tidy table as CSV and as Parquet; tables of an earlier run that are not answered now go."""
    for name in ASKED.keys() - found.tables.keys():
        for kind in ("csv", "parquet"):
            (folder / f"{name}.{kind}").unlink(missing_ok=True)
    for name, table in found.tables.items():
        with atomic_write(folder / f"{name}.csv") as draft:
            table.write_csv(draft)
        with atomic_write(folder / f"{name}.parquet") as draft:
            table.write_parquet(draft)
