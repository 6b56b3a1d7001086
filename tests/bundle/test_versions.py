import platform
from importlib import metadata

import pytest

from storecast.bundle import versions
from storecast.bundle.versions import check_versions, installed, running
from storecast.errors import ModelFileError


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
    monkeypatch.setattr(versions, "installed", lambda _: "3.9.1")
    check_versions({"xgboost": "3.2.0"})


def test_another_major_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "installed", lambda _: "4.0.0")
    with pytest.raises(ModelFileError, match=r"made with xgboost 3\.2\.0, and here is 4\.0\.0: another major version"):
        check_versions({"xgboost": "3.2.0"})


def test_a_missing_library_is_refused() -> None:
    assert installed("no-such-library") is None
    with pytest.raises(ModelFileError, match=r"made with 'no-such-library' 1\.0, which is not installed here"):
        check_versions({"no-such-library": "1.0"})
