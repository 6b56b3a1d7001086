import platform
import re
from importlib import metadata

import pytest

from storecast.bundle import versions
from storecast.bundle.versions import check_versions, installed, running
from storecast.errors import ModelFileError
from storecast.features import VERSION

OURS = {"features": VERSION}


def test_running_versions_name_python_storecast_and_the_libraries() -> None:
    here = running("xgboost", "scikit-learn")
    assert here["python"] == platform.python_version()
    assert here["xgboost"] == metadata.version("xgboost-cpu")
    assert here["scikit-learn"] == metadata.version("scikit-learn")
    assert "storecast" in here
    check_versions(here)


def test_the_name_of_a_library_that_no_one_has_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="no-such-library"):
        running("no-such-library")


def test_another_minor_version_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "installed", lambda name: "3.9.1" if name == "xgboost" else installed(name))
    check_versions({**OURS, "xgboost": "3.2.0"})


@pytest.mark.parametrize("made_with", [{}, {"features": "3"}, {"features": "4.00000000"}])
def test_a_model_that_learned_from_other_features_is_refused(made_with: dict[str, str]) -> None:
    with pytest.raises(
        ModelFileError, match=rf"here they are of version {re.escape(VERSION)}: .*; train the model again"
    ):
        check_versions(made_with)


def test_another_major_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "installed", lambda name: "4.0.0" if name == "xgboost" else installed(name))
    with pytest.raises(ModelFileError, match=r"made with xgboost 3\.2\.0, and here is 4\.0\.0: another major version"):
        check_versions({**OURS, "xgboost": "3.2.0"})


def test_a_missing_library_is_refused() -> None:
    assert installed("no-such-library") is None
    with pytest.raises(ModelFileError, match=r"made with 'no-such-library' 1\.0, which is not installed here"):
        check_versions({**OURS, "no-such-library": "1.0"})
