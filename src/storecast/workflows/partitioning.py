"""Cut a chain that is too large for memory into parts of whole stores."""

import logging
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from storecast.data.cleaning_rules import check_rules
from storecast.data.column_names import FILE as SETTINGS
from storecast.data.column_names import parse_settings
from storecast.data.file_layout import EVENTS
from storecast.data.plain_files import read_bytes
from storecast.data.read import TRUTH
from storecast.errors import ConfigError, DataError, quote
from storecast.files import make_folder
from storecast.parts.assign import FEWEST_STORES, PART, USUAL_STORES, assign_parts
from storecast.parts.chain_file import (
    FILE,
    ChainFile,
    Cut,
    PartFiles,
    names_of_parts,
    read_chain_file,
    sha256_of,
    write_chain,
)
from storecast.parts.decimal_mark import decimal_mark, refuse_texts
from storecast.parts.scan import ScannedFile, check_end, scan_files
from storecast.parts.split import part_name, replaced_stores, split, store_rows
from storecast.parts.survey import Survey, categories_of, decide, last_requested, survey_part
from storecast.stages import CUTTING, READING_PARTS, RowProgress, no_progress
from storecast.workflows.part_processes import executor_of
from storecast.workflows.preparation import import_plugins_of

log = logging.getLogger(__name__)

BYTES_PER_ROW = 800  # of sales, that a process needs at most to read, clean and forecast a part (docs/scale.md)
BASE_BYTES = 300 * 2**20  # that a process needs without any rows
DRAFT = ".draft-"
OWN_NAMES = re.compile(rf"part-[0-9]{{4,}}|{re.escape(FILE)}|{re.escape(DRAFT)}.*|\.{re.escape(FILE)}\..*")


def partition(
    data: Path,
    *,
    out: Path,
    stores_per_part: int | None = None,
    memory: int | None = None,
    processes: int = 1,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    target: str | None = None,
    progress: RowProgress = no_progress,
) -> ChainFile:
    """Cut the files of a chain into parts of whole stores, and decide for all of them what only the whole chain can tell.

    Files are read as streams: memory is bounded by the largest part. A folder that holds the same files cut in the same way is left
    as it is.

    Parameters
    ----------
    data : the folder of the files, or the one file that holds the sales: CSV in UTF-8, or Parquet
    out : folder for the parts and chain.json
    stores_per_part : about how many stores a part has; None: as many as fit into the memory, else about 1,000
    memory : bytes that all processes together may use when parts are forecast; None: any
    processes : that read parts side by side
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    target : the figure to forecast in place of the one that storecast.toml names; None: that one
    progress : called with the step, the rows that are done, and all rows

    Raises
    ------
    DataError
        where a file cannot be read as a stream, or the parts do not agree on what must hold for the chain
    ConfigError
        where the folder holds something else, an option has no meaning, or memory is too small
    """
    check_rules(skip)
    import_plugins_of(data)
    settings = _settings(data)
    names = parse_settings(settings.encode(), target)
    tables = scan_files(data, names)
    replaced = replaced_stores(tables)
    stores = store_rows(tables)
    per_part = _stores_per_part(stores, stores_per_part, memory, processes)
    cut = Cut(settings, target, sum_rows, tuple(sorted(skip)), _source(tables), per_part)
    if (out / FILE).exists():
        before = read_chain_file(out)
        if before.cut == cut:
            log.info("the folder %s holds these files in %d parts already", out, len(before.parts))
            return before
    rows = int(stores["rows"].sum())
    progress(CUTTING, 0, rows)
    for files in (tables[stem] for stem in tables if stem != EVENTS):
        for file in files:
            check_end(file)
    sales = tables["train"]
    refuse_texts([*sales, *tables.get("store", ())], names)
    decimal = decimal_mark([*sales, *tables.get("test", ())], names)
    parts = assign_parts(stores, replaced, per_part)
    with _emptied(out) as draft:
        split(tables, parts, draft)
        folders = [draft / part_name(part) for part in parts[PART].unique().sort()]
        settings_of_parts = names_of_parts(names, decimal, sum_rows=sum_rows), cut.skip
        surveys: list[Survey] = []
        with executor_of(processes) as executor:
            for each in executor.map(survey_part, folders, shared=settings_of_parts, label="parts"):
                surveys.append(each)
                progress(READING_PARTS, sum(one.rows for one in surveys), rows)
        chain = ChainFile(
            cut=cut,
            whole=decide(surveys, names, cut.skip),
            decimal=decimal,
            last_requested=last_requested(surveys),
            categories=categories_of(surveys),
            generated=(data / TRUTH).exists(),
            parts=tuple(_part_files(folder, each) for folder, each in zip(folders, surveys, strict=True)),
        )
        for folder in folders:
            folder.replace(out / folder.name)
    write_chain(out, chain)
    log.info("cut %d rows of %d stores into %d parts", chain.rows, chain.stores, len(chain.parts))
    return chain


def _settings(data: Path) -> str:
    """Return the text of storecast.toml; empty without one."""
    path = (data.parent if data.is_file() else data) / SETTINGS
    try:
        return read_bytes(path).decode("utf-8-sig") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise DataError(f"{SETTINGS} is not valid TOML: {quote(error)}.") from error


def _source(tables: Mapping[str, Sequence[ScannedFile]]) -> tuple[tuple[str, int, int], ...]:
    files = [file.path for each in tables.values() for file in each]
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)


def _stores_per_part(stores: pl.DataFrame, wanted: int | None, memory: int | None, processes: int) -> int:
    """Return about how many stores a part has: those that are wanted, or as many as fit into the memory of a process."""
    if wanted is not None or memory is None:
        return USUAL_STORES if wanted is None else wanted
    rows_per_store = max(1.0, float(stores["rows"].sum()) / stores.height)
    fitting = int((memory / processes - BASE_BYTES) / BYTES_PER_ROW / rows_per_store)
    if fitting < min(FEWEST_STORES, stores.height):
        needed = processes * (BASE_BYTES + BYTES_PER_ROW * rows_per_store * min(FEWEST_STORES, stores.height))
        raise ConfigError(
            f"--memory: {memory / 2**30:.2f} GiB for {processes} processes are too little for parts of {FEWEST_STORES} stores with "
            f"{rows_per_store:.0f} rows each; they need {needed / 2**30:.2f} GiB. Give more, or fewer --processes."
        )
    return min(fitting, USUAL_STORES)


@contextmanager
def _emptied(out: Path) -> Iterator[Path]:
    """Yield a folder for new parts within a folder that holds nothing else; what is there goes, and what is left half done, too."""
    make_folder(out)
    strange = [path.name for path in out.iterdir() if not OWN_NAMES.fullmatch(path.name)]
    if strange:
        raise ConfigError(
            f"The folder {quote(out)} holds {quote(strange[0])}; expected an empty folder, or one of parts. Choose another name."
        )
    (out / FILE).unlink(missing_ok=True)  # first: a folder without it holds nothing that anybody reads
    for path in out.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    draft = Path(tempfile.mkdtemp(dir=out, prefix=DRAFT))
    try:
        yield draft
    finally:
        shutil.rmtree(draft)


def _part_files(folder: Path, survey: Survey) -> PartFiles:
    digests = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    return PartFiles(folder.name, survey.stores, survey.rows, digests)
