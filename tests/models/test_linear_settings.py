"""Settings of the model linear leave the ridge inside the features of trees as it is."""

import numpy as np

from storecast.models import create
from support.panels import make_panel


def test_accident_10_settings_of_linear_do_not_reach_the_ridge_inside_the_trees() -> None:
    panel = make_panel(stores=4, days=300, ahead=14)
    window = panel.window(panel.end, 14)
    settings = {"linear": {"penalty": 40.0, "recent_share": 0.0}}
    logs, ridges = [], []
    for changed in ({}, settings):
        blend = create("blend", fast=True, settings=changed)
        blend.fit(window.past, 14)
        features = blend.features(window)
        ridges.append(features["boosting.ridge"].to_numpy())
        logs.append(blend.members["linear"].predict(blend.members["linear"].features(window)))
    np.testing.assert_array_equal(*ridges)
    assert np.abs(logs[0] - logs[1]).max() > 1e-3
