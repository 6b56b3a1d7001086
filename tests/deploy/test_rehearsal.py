"""A rolling upgrade, a rollback and a restore behind nginx: no request fails, and nothing that was acknowledged is lost."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from storecast.database.tables import REVISIONS
from support.served_home import chain, copy_of, fill, home

__all__ = ["home"]
SCRIPT = Path(__file__).parents[2] / "deploy" / "rehearse.py"
STORECAST = [sys.executable, "-P", "-m", "storecast.cli"]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rehearse", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["rehearse"] = module  # its dataclasses look for it
    spec.loader.exec_module(module)
    return module


REHEARSE = script()


@pytest.mark.long
@pytest.mark.skipif(REHEARSE.NGINX is None, reason="nginx is not installed")
def test_a_rolling_upgrade_and_its_rollback_fail_no_request(home: Path, tmp_path: Path, empty_postgres: str) -> None:
    own = copy_of(home, tmp_path / "home")
    fill(empty_postgres, chain())
    result = REHEARSE.rehearse(own, STORECAST, STORECAST, seconds=2.0, database=empty_postgres)
    assert result["failed"] == 0
    assert result["requests"] > 100
    assert result["restore into an empty database"] < 120


@pytest.mark.long
def test_the_new_version_trains_a_model_of_its_own_where_it_needs_one(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    rehearsal = REHEARSE.Rehearsal(own, tmp_path)
    before = rehearsal.usable(STORECAST)
    assert rehearsal.tables(STORECAST) == REVISIONS[-1]
    rehearsal.train(STORECAST, "naive")
    trained = set(rehearsal.usable(STORECAST)) - set(before)
    in_use = [model["name"] for model in rehearsal.models(STORECAST) if model["promoted"]]
    assert (len(trained), in_use) == (1, before[:1]), "what is in use stays in use"


def test_nginx_leads_to_one_service_while_the_other_restarts(tmp_path: Path) -> None:
    rehearsal = REHEARSE.Rehearsal(tmp_path, tmp_path)
    rehearsal.lead_to(rehearsal.ports[1])
    text = (tmp_path / "storecast.conf").read_text(encoding="utf-8")
    assert f"server 127.0.0.1:{rehearsal.ports[0]} down;" in text
    assert f"server 127.0.0.1:{rehearsal.ports[1]};" in text
    assert f"listen 127.0.0.1:{rehearsal.port} ssl;" in text
    assert "/etc/ssl" not in text
