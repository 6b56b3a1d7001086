"""Explore a chain: its report, and the table behind each answer."""

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from storecast import __version__
from storecast.exploration import registry
from storecast.exploration.exploration import Exploration, explore_panel
from storecast.files import atomic_write
from storecast.report.exploration_page import write_exploration
from storecast.report.picture_files import write_pictures
from storecast.report.report_input import report_words
from storecast.stages import EXPLORING, PICTURES, READING, REPORT, Progress, no_progress
from storecast.workflows.preparation import Source, prepare

log = logging.getLogger(__name__)


def explore(
    data: Source,
    *,
    out: Path | str,
    questions: Sequence[str] = (),
    pictures: bool = False,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    language: str = "en",
    progress: Progress = no_progress,
) -> Exploration:
    """Explore a folder: write report.html and tables/*.csv and *.parquet.

    Parameters
    ----------
    data : a folder of files, or a database
    out : the folder to write into
    questions : their keys, as in `storecast.exploration.registry`; empty: all
    pictures : whether each picture is written as a PNG too, into pictures/
    skip : cleaning rules that are not applied
    sum_rows : add several rows of a store and day up
    language : of the report, en or de
    progress : called with what is being done: `stages.EXPLORE_STAGES`, PICTURES too where they are written, and steps between

    Returns
    -------
    the answers

    Raises
    ------
    ConfigError
        where a library of the extra ``explore`` is missing, or there is no such question or language.
    """
    out, words = Path(out), report_words(language)
    for key in questions:
        registry.find_question(key)  # a wrong name is refused before the data are read
    progress(READING)
    prepared = prepare(data, horizon=None, skip=skip, sum_rows=sum_rows, allow_longer_test=True)
    progress(EXPLORING)
    exploration = explore_panel(prepared.panel, questions, progress)
    progress(REPORT)
    write_tables(exploration, out / "tables")
    write_exploration(
        out / "report.html",
        exploration.report_part(),
        prepared.panel,
        prepared.cleaned.repairs,
        generated=prepared.cleaned.generated,
        created=dt.datetime.now(dt.UTC).replace(microsecond=0),
        version=__version__,
        words=words,
    )
    if pictures:
        progress(PICTURES)
        count = write_pictures(out / "pictures", exploration.worded_sections(language))
        log.info("wrote %d pictures into %s", count, out / "pictures")
    answered, unanswered = len(exploration.tables), len(exploration.unanswered)
    log.info("%d questions answered, %d not; wrote %s", answered, unanswered, out / "report.html")
    return exploration


def write_tables(exploration: Exploration, folder: Path) -> None:
    """Write each question's tidy table as CSV and as Parquet; tables of an earlier run that are not answered now go.

    Parameters
    ----------
    exploration : the answers
    folder : the folder of the tables
    """
    for key in registry.questions().keys() - exploration.tables.keys():
        for kind in ("csv", "parquet"):
            (folder / f"{key}.{kind}").unlink(missing_ok=True)
    for key, table in exploration.tables.items():
        with atomic_write(folder / f"{key}.csv") as draft:
            table.write_csv(draft)
        with atomic_write(folder / f"{key}.parquet") as draft:
            table.write_parquet(draft)
