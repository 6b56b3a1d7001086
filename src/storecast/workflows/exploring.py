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
    exploration = explore_panel(prepared.panel, questions, progress)
    progress("report")
    write_tables(exploration, out / "tables")
    write_exploration(
        out / "report.html",
        exploration,
        prepared.panel,
        prepared.cleaned.repairs,
        generated=prepared.cleaned.generated,
        created=dt.datetime.now(dt.UTC).replace(microsecond=0),
        version=__version__,
    )
    if pictures:
        progress("pictures")
        log.info("wrote %d pictures into %s", write_pictures(out / "pictures", exploration), out / "pictures")
    log.info(
        "%d questions answered, %d not; wrote %s",
        len(exploration.tables),
        len(exploration.unanswered),
        out / "report.html",
    )
    return exploration


def explore_panel(panel: Panel, questions: Sequence[str] = (), progress: Progress = no_progress) -> Exploration:
    """Ask questions of a panel, one after the other; all of them where none is named.

    Parameters
    ----------
    panel : the chain
    questions : names; none: all
    progress : called with what is being done

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
        answer = ask(panel, name)
        if isinstance(answer, str):
            unanswered[name] = answer
        else:
            tables[name] = answer
    return Exploration(tables, unanswered, panel.first, panel.end)


def missing_libraries() -> list[str]:
    """Name the statistics libraries that exploration needs and this machine lacks."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def write_tables(exploration: Exploration, folder: Path) -> None:
    """Write each question's tidy table as CSV and as Parquet; tables of an earlier run that are not answered now go."""
    for name in ASKED.keys() - exploration.tables.keys():
        for kind in ("csv", "parquet"):
            (folder / f"{name}.{kind}").unlink(missing_ok=True)
    for name, table in exploration.tables.items():
        with atomic_write(folder / f"{name}.csv") as draft:
            table.write_csv(draft)
        with atomic_write(folder / f"{name}.parquet") as draft:
            table.write_parquet(draft)
