"""What a service says of itself when it begins."""

from pathlib import Path

import pytest

from storecast.service.introduction import introduction
from support.served_home import settings_of


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123/v1/forecasts"),
        ("localhost", "http://localhost:8123/v1/forecasts"),
        ("::1", "http://[::1]:8123/v1/forecasts"),
        ("0.0.0.0", "http://127.0.0.1:8123/v1/forecasts"),
        ("::", "http://[::1]:8123/v1/forecasts"),
    ],
)
def test_the_request_to_try_goes_to_an_address_of_this_machine(home: Path, host: str, address: str) -> None:
    lines = introduction(settings_of(home, host=host, listen_port=8123))
    assert lines[2].endswith(address)


def test_without_a_key_in_the_home_it_says_what_key_stands_for(home: Path, tmp_path: Path) -> None:
    lines = introduction(settings_of(home))
    assert "Bearer KEY" in lines[2]
    assert "storecast key create" in lines[3]
    assert len(introduction(settings_of(home, no_keys=True))) == 3
    assert introduction(settings_of(tmp_path))[0].startswith("nothing to serve yet: ")
