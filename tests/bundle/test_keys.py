import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from storecast.bundle.keys import key_id, key_path, signing_key, trusted_keys
from storecast.errors import ConfigError


def test_the_private_key_is_made_once_and_only_its_owner_may_read_it(config: Path) -> None:
    first, second = signing_key(), signing_key()
    assert key_id(first.public_key()) == key_id(second.public_key())
    assert stat.S_IMODE((config / "signing.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(config.stat().st_mode) == 0o700
    assert sorted(path.name for path in config.iterdir()) == ["signing.key", "signing.pub"]


def test_when_many_need_a_first_key_then_all_get_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: key_id(signing_key().public_key()), range(16)))
    assert len(set(keys)) == 1


def test_without_xdg_the_key_lies_in_dot_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", "relative/path"):
        monkeypatch.setenv("XDG_CONFIG_HOME", unset)
        assert key_path() == tmp_path / ".config" / "storecast" / "signing.key"


def test_an_override_names_another_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: Path) -> None:
    usual = key_id(signing_key().public_key())
    monkeypatch.setenv("STORECAST_SIGNING_KEY", str(tmp_path / "other" / "team.key"))
    assert key_id(signing_key().public_key()) != usual
    assert (tmp_path / "other" / "team.pub").exists()
    assert usual not in trusted_keys()


def test_trusting_makes_no_key(config: Path) -> None:
    assert trusted_keys() == {}
    assert not config.exists()


def test_own_colleagues_and_named_keys_are_trusted(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = key_id(signing_key().public_key())
    others = []
    for name in ("anna", "ben", "carl"):
        monkeypatch.setenv("STORECAST_SIGNING_KEY", str(tmp_path / name / "signing.key"))
        others.append(key_id(signing_key().public_key()))
    monkeypatch.delenv("STORECAST_SIGNING_KEY")
    (config / "trusted").mkdir()
    (tmp_path / "anna" / "signing.pub").rename(config / "trusted" / "anna.pub")
    assert set(trusted_keys()) == {mine, others[0]}
    named = os.pathsep.join(str(tmp_path / name / "signing.pub") for name in ("ben", "carl"))
    monkeypatch.setenv("STORECAST_TRUSTED_KEYS", named)
    assert set(trusted_keys()) == {mine, *others}


def test_a_key_beside_the_model_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    monkeypatch.setenv("STORECAST_SIGNING_KEY", str(models / "signing.key"))
    signing_key()
    monkeypatch.setenv("STORECAST_TRUSTED_KEYS", str(models / "signing.pub"))
    assert trusted_keys(models) == {}
    assert len(trusted_keys()) == 1


def test_a_private_key_that_others_may_read_is_refused(config: Path) -> None:
    signing_key()
    (config / "signing.key").chmod(0o640)
    for use in (signing_key, trusted_keys):
        with pytest.raises(ConfigError, match=r"Others may read .* \(mode 0640\)"):
            use()


def test_what_is_no_ed25519_key_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    pem = serialization.Encoding.PEM
    private = other.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = other.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    config.mkdir(parents=True)
    for content in (b"", b"not a key", private, b"x" * 20_000):
        (config / "signing.key").write_bytes(content)
        (config / "signing.key").chmod(0o600)
        with pytest.raises(ConfigError, match="holds no key that can be used"):
            signing_key()
    (config / "signing.key").unlink()
    monkeypatch.setenv("STORECAST_TRUSTED_KEYS", str(tmp_path / "named.pub"))
    for content in (b"", b"not a key", public):
        (tmp_path / "named.pub").write_bytes(content)
        with pytest.raises(ConfigError, match="holds no key that can be used"):
            trusted_keys()


def test_a_named_key_that_is_missing_or_no_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.pub")
    for name, reason in (("missing.pub", "cannot be read"), ("fifo.pub", "holds no key"), (".", "cannot be read")):
        monkeypatch.setenv("STORECAST_TRUSTED_KEYS", str(tmp_path / name))
        with pytest.raises(ConfigError, match=reason):
            trusted_keys()


def test_where_no_key_can_be_made_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STORECAST_SIGNING_KEY", str(tmp_path / "file" / "signing.key"))
    with pytest.raises(ConfigError, match="Set STORECAST_SIGNING_KEY"):
        signing_key()
