"""From the files of a part to a clean panel, as `preparation` makes one of a whole chain."""

from dataclasses import replace
from pathlib import Path

from storecast.data.clean import clean
from storecast.errors import DataError
from storecast.parts.chain_file import ChainFile
from storecast.parts.survey import read_part_files
from storecast.plugins import import_plugins
from storecast.workflows.preparation import USUAL_HORIZON, with_calendar_ahead
from storecast.workflows.prepared import Prepared


def prepare_part(folder: Path, chain: ChainFile, *, quantiles: tuple[float, ...] = ()) -> Prepared:
    """Read and clean a part, and work its calendar ahead out where it is not given.

    Parameters
    ----------
    folder : of the part, or of any stores of the chain in the same layout
    chain : what was decided for the whole chain
    quantiles : to add to the forecast

    Raises
    ------
    DataError
        where the part cannot be read or cleaned, with its name
    """
    names = chain.names()
    import_plugins(names.plugins)
    raw = replace(read_part_files(folder, names), generated=chain.generated)
    try:
        cleaned = clean(raw, skip=chain.cut.skip, whole=chain.whole)
        return with_calendar_ahead(cleaned, None, horizon=days_ahead(chain), skip=chain.cut.skip, quantiles=quantiles)
    except DataError as error:
        raise DataError(f"{folder.name}: {error}") from error


def days_ahead(chain: ChainFile) -> int:
    """Return the days ahead that are forecast: those that test.csv covers in any part, else 42."""
    return USUAL_HORIZON if chain.last_requested is None else (chain.last_requested - chain.whole.last).days
