"""A service without a model or a chain: each view says so at once, in words."""

from pathlib import Path

import pytest

from storecast.database.connect import Database, home_url
from storecast.page.addresses import VIEW_NAMES
from storecast.page.routes import page_routes
from support.page_client import PageClient
from support.served_home import make_key, running, settings_of, wait_until

OF_THE_DATABASE = {"plan", "accuracy", "data"}  # views that look at what was kept, and need no model


def test_every_view_that_needs_a_model_says_that_none_is_served_yet(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    Database.open(home_url(tmp_path), create=True).close()
    key = make_key(home_url(tmp_path))
    with running(settings_of(tmp_path), key, page=page_routes(), ready=False) as client:
        browser = PageClient(client)
        wait_until(lambda: browser.log_in(key).status_code == 303, 20)  # before, the database has not been reached yet
        for name in VIEW_NAMES:
            drawn = browser.draw(f"/app/{name}")
            assert "No model is served yet" in drawn or name in OF_THE_DATABASE, name

        def reason() -> str:
            """Return why it is not ready."""
            answer = client.get("/health/ready", key=None)
            assert answer.status_code == 503
            return str(answer.json()["detail"])

        assert reason().startswith("The home holds no model yet; `storecast run`")
        for path in ("/v1/sales", "/v1/calendar"):
            refused = client.ask("POST", path, b'{"rows":[{"Store":1,"Date":"2015-01-02"}]}', key=key)
            assert refused.status_code == 503
            assert refused.json()["detail"].startswith("The database holds no chain yet. Fill it with"), path
        (tmp_path / "models" / "model-a.pkl").write_bytes(b"no model")
        (tmp_path / "models" / "current").write_text("model-a.pkl\n", encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client.service.live.source, "_down", True)
            assert reason() == "The database does not answer. The log says more."
