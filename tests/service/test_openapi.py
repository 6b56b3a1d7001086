"""The document says what the service does: committed, compared, and tried by schemathesis with every check on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storecast.database.connect import home_url
from storecast.service.openapi import document, text
from storecast.service.routes import ROUTES
from storecast.service.settings import Settings
from support.served_home import Client, copy_of, make_key
from support.service_process import ServiceFactory

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_the_committed_document_is_the_codes() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == text(), (
        "docs/openapi.json is old: PYTHONPATH=src python -m storecast.service.openapi > docs/openapi.json"
    )


def test_fields_are_described_by_the_docstrings_of_their_types() -> None:
    schemas = document(ROUTES, Settings())["components"]["schemas"]
    assert schemas["Written"]["description"] == "What a write did."
    assert schemas["Written"]["properties"]["inserted"]["description"] == "Rows that were new."
    assert "----" not in text()


def test_the_service_tells_the_same_document(client: Client) -> None:
    assert client.get("/openapi.json").json() == document(ROUTES, client.service.settings)


def test_accident_5_every_route_is_in_the_document_with_its_scope() -> None:
    scopes = {
        (method.upper(), path): route.get("x-scope")
        for path, methods in document(ROUTES, Settings())["paths"].items()
        for method, route in methods.items()
    }
    assert scopes == {(route.method, route.path): route.scope for route in ROUTES}


def try_by_schemathesis(
    service_factory: ServiceFactory, home: Path, folder: Path, phases: str, max_examples: int
) -> None:
    """Let schemathesis try every route of a service of its own, with every check on."""
    own = copy_of(home, folder / "home")
    key = make_key(home_url(own))
    document_file = folder / "openapi.json"
    document_file.write_text(json.dumps(document(ROUTES, Settings())), encoding="utf-8")
    program = str(Path(sys.executable).with_name("schemathesis"))
    with service_factory.running(own) as service:
        command = [
            *(
                program,
                "--config-file",
                str(CONFIG),
                "run",
                str(document_file),
                "--url",
                f"http://127.0.0.1:{service.port}",
            ),
            *("-H", f"Authorization: Bearer {key}", "--checks", "all", "--phases", phases),
            *("--max-examples", str(max_examples), "--seed", "1", "--no-color", "--request-timeout", "60"),
        ]
        hooks = {"SCHEMATHESIS_HOOKS": str(CONFIG.with_name("schemathesis_hooks.py"))}
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, **hooks}
        )
        assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
        assert "Tested: 63" in ran.stdout
        assert service.code() is None


def test_schemathesis_finds_nothing(service_factory: ServiceFactory, home: Path, tmp_path: Path) -> None:
    try_by_schemathesis(service_factory, home, tmp_path, "fuzzing", max_examples=1)


@pytest.mark.long
def test_schemathesis_finds_nothing_at_the_bounds_of_every_field(
    service_factory: ServiceFactory, home: Path, tmp_path: Path
) -> None:
    try_by_schemathesis(service_factory, home, tmp_path, "examples,coverage,fuzzing", max_examples=10)
