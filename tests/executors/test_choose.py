import subprocess
import sys
from pathlib import Path

import pytest

from storecast.errors import ConfigError
from storecast.executors.choose import Workforce
from storecast.executors.processes import ProcessExecutor
from storecast.executors.serial import SERIAL
from storecast.executors.versions import check_versions, versions


def test_one_worker_is_this_process() -> None:
    for workforce in (Workforce(), Workforce(1)):
        with workforce.executor() as executor:
            assert executor is SERIAL
    with Workforce(2).executor() as executor:
        assert isinstance(executor, ProcessExecutor)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 2, "scheduler": "tls://cluster:8786"}, "one of them"),
        ({"insecure": True}, "how to reach a --scheduler"),
        ({"workers": 2, "tls_ca": Path("ca.pem")}, "how to reach a --scheduler"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Workforce(**options)  # type: ignore[arg-type]


def test_files_of_tls_make_no_sense_without_it(tmp_path: Path) -> None:
    path = tmp_path / "any.pem"
    path.touch()
    workforce = Workforce(scheduler="tcp://127.0.0.1:1", tls_ca=path, tls_cert=path, tls_key=path)
    with pytest.raises(ConfigError, match="is not encrypted; give tls://HOST:PORT"), workforce.executor():
        pass


def test_a_worker_with_other_versions_is_refused() -> None:
    check_versions(versions())
    with pytest.raises(ConfigError, match=r"has polars .* in place of 0\.1\. Install the same requirements"):
        check_versions({**versions(), "polars": "0.1"})


def test_distributed_is_imported_for_a_scheduler_alone() -> None:
    code = (
        "import sys; from storecast.executors.choose import Workforce\n"
        "with Workforce(2).executor(): print({'distributed', 'dask', 'polars', 'numpy'} & {*sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
