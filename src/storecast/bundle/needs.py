"""What a model needs that storecast does not bring: models and features of plug-ins.

A model file names them, so that a process without them can say what is missing. It never causes an import.
"""

from collections.abc import Mapping
from typing import Any

from storecast import plugins
from storecast.errors import ModelFileError, quote
from storecast.features.registry import feature_modules
from storecast.models.base import module_of, names

OURS = "storecast."
FEATURES, MODEL = "features", "model_module"


def needs_of(kind: str) -> dict[str, Any]:
    """Return what a model that is fitted here needs: the module of the model, where it is a plug-in's, and own features.

    Parameters
    ----------
    kind : the registered name of the model
    """
    module = module_of(kind)
    return {FEATURES: feature_modules(), **({} if module.startswith(OURS) else {MODEL: module})}


def check_needs(kind: str, needs: Mapping[str, Any]) -> None:
    """Refuse a model whose plug-ins are not loaded.

    Parameters
    ----------
    kind : the registered name of the model
    needs : as `needs_of` returned it when the model was saved; empty for a file that does not say

    Raises
    ------
    ModelFileError
        with the model or feature that is missing, the module that brings it, and how to load that
    """
    features = needs.get(FEATURES, {})
    absent = [name for name in features if name not in feature_modules()] if isinstance(features, Mapping) else []
    if absent:
        raise ModelFileError(_missing(f"the feature {quote(absent[0])}", features[absent[0]]))
    if MODEL in needs and kind not in names():
        raise ModelFileError(_missing(f"the model {quote(kind)}", needs[MODEL]))


def _missing(what: str, module: object) -> str:
    return (
        f"it needs {what} of the plug-in {quote(module)}, which is not loaded here. Name the plug-in in {plugins.VARIABLE} or "
        "under `plugins` in storecast.toml, or train the model again without it"
    )
