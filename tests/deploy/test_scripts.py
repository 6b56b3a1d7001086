"""The shell scripts of deploy/: secrets that are made once, and a signing key that only its user may read."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from storecast.bundle import keys

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def make_secrets(folder: Path) -> None:
    subprocess.run([DEPLOY / "secrets.sh", folder], check=True)


def test_secrets_are_made_once(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    make_secrets(secrets)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before
    assert set(before) == {"database-password", "pg_service.conf", "signing.key", "signing.pub"}


def test_the_folder_of_secrets_is_its_users_alone_and_the_password_is_long(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    password = (secrets / "database-password").read_text(encoding="ascii").strip()
    assert len(password) == 64
    assert f"password={password}\n" in (secrets / "pg_service.conf").read_text(encoding="ascii")


def test_what_retraining_signs_the_service_trusts(
    secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "storecast"
    stand_in.write_text('#!/bin/sh\ncp -p "$STORECAST_SIGNING_KEY" "$COPY"\necho "$@"\n', encoding="ascii")
    stand_in.chmod(0o755)
    environment = {
        "PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}",
        "SIGNING_KEY_SECRET": str(secrets / "signing.key"),
        "TMPDIR": str(tmp_path),
        "COPY": str(tmp_path / "own.key"),
    }
    key = {"SIGNING_KEY": (secrets / "signing.key").read_text(encoding="ascii").strip(), "SIGNING_KEY_SECRET": "none"}
    for words, command, more in (
        ([], "run --out", {}),
        (["weekly"], "weekly --home", {}),
        (["weekly"], "weekly --home", key),
    ):
        ran = subprocess.run(
            [DEPLOY / "retrain.sh", *words, "--db", "some url", "--models=naive"],
            env=environment | more,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout == f"{command} /var/lib/storecast --db some url --models=naive\n"
    monkeypatch.setenv(keys.SIGNING_KEY, str(tmp_path / "own.key"))
    public = keys.signing_key().public_key()  # a key that others may read is refused
    monkeypatch.setenv(keys.SIGNING_KEY, str(tmp_path / "none" / "signing.key"))
    monkeypatch.setenv(keys.TRUSTED_KEYS, str(secrets / "signing.pub"))
    assert list(keys.trusted_keys()) == [keys.key_id(public)]
