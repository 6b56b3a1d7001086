"""Names of models and settings, checked before anything is read."""

from collections.abc import Collection

from storecast.models import create
from storecast.models.settings import NONE, Settings
from storecast.workflows.preparation import Source, import_plugins_of


def check_models(
    names: Collection[str], *, data: Source | None = None, fast: bool = False, settings: Settings = NONE
) -> None:
    """Refuse the name of a model or setting that does not exist, before a large file has been read.

    Parameters
    ----------
    names : of models
    data : the folder whose storecast.toml may name plug-ins that register models; None: a database
    fast : whether the models are the quicker ones
    settings : of models, where they depart from the defaults

    Raises
    ------
    ConfigError
        where a model or setting has no such name
    """
    if data is not None:
        import_plugins_of(data)
    for name in names:
        create(name, fast=fast, settings=settings)
