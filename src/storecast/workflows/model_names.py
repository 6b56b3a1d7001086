"""Names of models and settings, and the libraries of models, checked before anything is read."""

from collections.abc import Collection

from storecast.models import create
from storecast.models.base import NeedsLibraries
from storecast.models.settings import NONE, Settings
from storecast.workflows.preparation import Source, import_plugins_of


def check_models(
    names: Collection[str], *, data: Source | None = None, fast: bool = False, settings: Settings = NONE
) -> None:
    """Refuse a model or setting that does not exist, or lacks its library, before a large file has been read.

    Parameters
    ----------
    names : of models
    data : the folder whose storecast.toml may name plug-ins that register models; None: a database
    fast : whether the models are the quicker ones
    settings : of models, where they depart from the defaults

    Raises
    ------
    ConfigError
        where a model or setting has no such name, or a library is not installed
    """
    if data is not None:
        import_plugins_of(data)
    for name in names:
        model = create(name, fast=fast, settings=settings)
        if isinstance(model, NeedsLibraries):
            model.check_libraries()
