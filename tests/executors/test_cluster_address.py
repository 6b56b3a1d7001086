from pathlib import Path

import pytest

from storecast.errors import ConfigError
from storecast.executors.cluster_address import check_address, tls_files


@pytest.mark.parametrize("address", ["tls://cluster.example:8786", "tls://10.0.0.1:8786", "tls://[fe80::1]:8786"])
def test_an_encrypted_scheduler_may_be_anywhere(address: str) -> None:
    assert check_address(address) == "tls"


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://127.8.0.1:1", "tcp://localhost:8786", "tcp://[::1]:8786"]
)
def test_on_this_machine_it_need_not_be_encrypted(address: str) -> None:
    assert check_address(address) == "tcp"


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.1:8786", "tcp://0.0.0.0:8786", "tcp://cluster:8786", "tcp://localhost.example:8786", "tcp://[::]:1"],
)
def test_elsewhere_it_must_be_encrypted_or_allowed_by_name(address: str) -> None:
    with pytest.raises(ConfigError, match=r"neither encrypted nor on this machine.*--insecure"):
        check_address(address)
    assert check_address(address, insecure=True) == "tcp"


@pytest.mark.parametrize(
    "address",
    [
        "", "cluster:8786", "tls://", "tls://cluster", "tls://:8786", "tls://cluster:port", "tls://cluster:99999", "ucx://127.0.0.1:1",
        "ws://127.0.0.1:1", "inproc://127.0.0.1/1", "tcp://127.0.0.1:1@10.0.0.1:2", "tcp://u:p@127.0.0.1:1", "tcp://127.0.0.1:1/path",
        "tls://[::1:8786", "/path/to/scheduler.json",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="expected tls://HOST:PORT"):
        check_address(address, insecure=True)


def test_the_three_files_of_tls_go_together(tmp_path: Path) -> None:
    ca, cert, key = (tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem"))
    assert tls_files(None, None, None) is None
    with pytest.raises(ConfigError, match="--tls-cert, --tls-key missing"):
        tls_files(ca, None, None)
    with pytest.raises(ConfigError, match=r"--tls-ca: .*ca.pem' is no file"):
        tls_files(ca, cert, key)
    for path in (ca, cert, key):
        path.touch()
    files = tls_files(ca, cert, key)
    assert files is not None
    assert files.key == key
