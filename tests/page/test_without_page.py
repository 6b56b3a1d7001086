"""A service where the extra `page` is not installed: the API alone, and nothing of Dash loaded."""

import subprocess
import sys
from pathlib import Path

from storecast.database.connect import Database, home_url

BLOCKED = ("a2wsgi", "dash", "dash_ag_grid", "flask", "werkzeug")
SERVED = f"""
import sys

blocked = {BLOCKED!r}
sys.modules.update(dict.fromkeys(blocked))  # as if none were installed

from starlette.testclient import TestClient

from storecast import cli
from storecast.service import server
from storecast.service.app import create_app


def look(settings, *page):
    assert not page, "the page is served"
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        for path in ("/app/", "/app/plan", "/app/login", "/app/_dash-layout", "/"):
            answer = client.get(path, headers={{"accept": "text/html"}})
            assert answer.status_code == 404, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json", path
        assert client.get("/v1/models").status_code == 200
    loaded = [name for name, module in sys.modules.items() if module and name.partition(".")[0] in blocked]
    assert not loaded, loaded
    print("looked")


server.serve = look
sys.argv = ["storecast", "serve", "--home", sys.argv[1], "--no-keys"]
cli.main()
"""


def test_without_the_page_the_api_is_served_and_nothing_of_dash_is_loaded(tmp_path: Path) -> None:
    Database.open(home_url(tmp_path), create=True).close()
    command = [sys.executable, "-P", "-c", SERVED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert (done.returncode, done.stdout) == (0, "looked\n"), done.stderr
    assert "pip install 'storecast[page]' adds it" in done.stderr
