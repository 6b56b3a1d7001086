"""Models: one protocol, and the kinds that follow it.

base       the Forecaster protocol; models by name; a model of one's own
built_in   the models below by name, imported when one is needed
naive      median by store, weekday and promotion: the baseline of every table
linear     ridge of log sales per store, shrunk to the chain
trees      what forest and boosting share: rows after many origins, one fitted scikit-learn pipeline
forest     scikit-learn's random forest
boosting   XGBoost
lightgbm   LightGBM, an extra
lstm       a network over all stores, trained by PyTorch, asked through ONNX Runtime
tree_library a model composed of a tree library
blend      the mean of linear and both boostings: the most accurate
"""

from storecast.models.base import Forecaster, create, names, register, restore

__all__ = [
    "Forecaster",
    "create",
    "names",
    "register",
    "restore",
]
