"""The page over a small home, and a browser that is logged in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast.database.connect import Database, home_url
from storecast.page.routes import page_routes
from support.page_client import PageClient
from support.served_home import Client, copy_of, home, make_key, running, settings_of

__all__ = ["browser", "client", "database", "home", "own"]


@pytest.fixture(scope="module")
def own(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(home, tmp_path_factory.mktemp("page") / "home")


@pytest.fixture(scope="module")
def client(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        with running(settings_of(own), make_key(home_url(own)), page=page_routes()) as service:
            yield service


@pytest.fixture(scope="module")
def database(own: Path) -> Iterator[Database]:
    opened = Database.open(home_url(own))
    yield opened
    opened.close()


@pytest.fixture
def browser(client: Client) -> PageClient:
    logged_in = PageClient(client)
    assert client.key is not None
    logged_in.log_in(client.key)
    return logged_in
