"""What is set under [notify] in the storecast.toml of a home. Secrets are named there, and never stand there.

docs/operations.md lists every setting; a test compares.
"""

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from storecast.errors import ConfigError, hint, quote
from storecast.notify.alerts import Threshold

FILE = "storecast.toml"  # in the home
KINDS = {
    "late": "days that the sales are late",
    "missing": "stores of which no sales have come",
    "incomplete": "days that are not complete yet",
    "model": "a model that failed",
    "band": "a figure of past forecasts outside its band",
    "certificate": "a certificate that runs out",
    "key": "a key of the service that ends",
    "failed": "the job itself",
}
TLS = ("starttls", "tls", "none")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
CERTIFICATE_DAYS = 21.0


@dataclass(frozen=True)
class WebhookSettings:
    """A service that takes JSON."""

    url: str = field(repr=False)  # it may hold a secret in its path, as those of chats do
    token: str = field(default="", repr=False)  # sent as Authorization: Bearer
    ca_file: str = ""  # certificates of a private authority
    timeout: float = 10.0  # seconds


@dataclass(frozen=True)
class EmailSettings:
    """A mail server, and who gets mail."""

    host: str
    to: tuple[str, ...]
    sender: str
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 10.0  # seconds


@dataclass(frozen=True)
class NotifySettings:
    """Who is told what, and when."""

    name: str = ""  # of the chain, in what is sent; empty: the name of the home's folder
    end_after_days: int = 0  # for which a condition must be away before its end is reported
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)  # by kind, one of `KINDS`
    certificates: tuple[str, ...] = ()  # files of certificates in PEM, whose end is watched
    certificate_days: float = CERTIFICATE_DAYS  # before its end, from which on that is told
    webhook: WebhookSettings | None = None
    email: EmailSettings | None = None


class _Table:
    """A table of the file: each setting is taken once, with its type; what is left over at the end is a mistake."""

    def __init__(self, path: Path, name: str, values: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.where = f"{path}: [{name}]"
        self._values = dict(values)
        self._known: list[str] = []
        self._environment = environment

    def take(self, name: str, kind: type | tuple[type, ...], default: Any, expected: str) -> Any:
        """Return a value; the default where it is not set."""
        self._known.append(name)
        value = self._values.pop(name, default)
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            raise ConfigError(f"{self.where} {name}: found {quote(value)}; expected {expected}.")
        return value

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        text: str = self.take(name, str, default, "a text")
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self.take(name, list, [], "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise ConfigError(f"{self.where} {name}: found {quote(values)}; expected a list of texts.")
        return tuple(values)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Return a number within bounds."""
        value: float = self.take(name, (int, float), default, "a number")
        if not low <= value <= high:
            raise ConfigError(f"{self.where} {name}: found {value:g}; expected {low:g} to {high:g}.")
        return value

    def secret(self, name: str, *, plain: bool = False) -> str:
        """Return a secret from the variable that NAME_env names, or from the file that NAME_file names.

        Parameters
        ----------
        name : of the setting
        plain : whether it may stand in the file as well, since it need not be secret
        """
        variable, file = self.text(f"{name}_env"), self.text(f"{name}_file")
        if not plain and name in self._values:
            raise ConfigError(
                f"{self.where} {name}: a secret does not stand in this file. Name a variable of the environment with "
                f"{name}_env, or a file with {name}_file."
            )
        if variable:
            if variable not in self._environment:
                raise ConfigError(f"{self.where} {name}_env: there is no variable {quote(variable)}. Set it.")
            return self._environment[variable]
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(
                    f"{self.where} {name}_file: {quote(file)} cannot be read. Name a file with the secret in it."
                ) from error
        return self.text(name) if plain else ""

    def end(self) -> None:
        """Refuse what nobody took."""
        for name in self._values:
            known = ", ".join(self._known)
            raise ConfigError(
                f"{self.where}: there is no setting {quote(name)}.{hint(name, self._known)} There are: {known}."
            )


def read_settings(path: Path, environment: Mapping[str, str] | None = None) -> NotifySettings:
    """Return what is set under [notify] in a file; where there is no such file or table, nobody is told.

    Parameters
    ----------
    path : of a storecast.toml
    environment : with the secrets; None: that of the process

    Raises
    ------
    ConfigError
        where the file cannot be read, or a setting has no meaning
    """
    variables = os.environ if environment is None else environment
    if not path.exists():
        return NotifySettings()
    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}. Correct it.") from error
    if "notify" not in whole:
        return NotifySettings()

    def table(name: str, values: Any) -> _Table:
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: found {quote(values)} as {name}; expected the table [{name}].")
        return _Table(path, name, values, variables)

    top = table("notify", whole["notify"])
    tables = {name: top.take(name, dict, None, "a table") for name in ("thresholds", "webhook", "email")}
    settings = NotifySettings(
        top.text("name"),
        int(top.number("end_after_days", 0, 0, 366)),
        _thresholds(table("notify.thresholds", tables["thresholds"] or {})),
        top.texts("certificates"),
        top.number("certificate_days", CERTIFICATE_DAYS, 1, 366),
        None if tables["webhook"] is None else _webhook(table("notify.webhook", tables["webhook"])),
        None if tables["email"] is None else _email(table("notify.email", tables["email"])),
    )
    top.end()
    return settings


def _thresholds(table: _Table) -> dict[str, Threshold]:
    """Read thresholds: one number, or two where an alert ends at a lower one than it begins at."""
    thresholds = {}
    expected = "a number of at least 1, or two: where it begins and, below that, where it ends, as in [5, 2]"
    for kind in KINDS:
        value = table.take(kind, (int, float, list), None, expected)
        if value is None:
            continue
        pair = value if isinstance(value, list) else [value, value]
        numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair)
        if len(pair) != 2 or not numbers or not 1 <= pair[1] <= pair[0]:
            raise ConfigError(f"{table.where} {kind}: found {quote(value)}; expected {expected}.")
        thresholds[kind] = Threshold(*pair)
    table.end()
    return thresholds


def _webhook(table: _Table) -> WebhookSettings:
    url = table.secret("url", plain=True)
    token, authority, timeout = table.secret("token"), table.text("ca_file"), table.number("timeout", 10.0, 0.1, 300)
    table.end()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"{table.where} url: it is no URL; expected https://HOST/PATH.") from error
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"{table.where} url: it holds a user or password. Use token_env, or url_env for the whole URL."
        )
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (plain or parts.scheme == "https") or not url.isascii() or not url.isprintable():
        raise ConfigError(
            f"{table.where} url: expected https://HOST/PATH; http is for this machine alone. Set url, url_env or url_file."
        )
    return WebhookSettings(url, token, authority, timeout)


def _email(table: _Table) -> EmailSettings:
    settings = EmailSettings(
        table.text("host"),
        table.texts("to"),
        table.text("from"),
        int(table.number("port", 587, 1, 65535)),
        table.text("tls", "starttls"),
        table.text("user"),
        table.secret("password"),
        table.text("ca_file"),
        table.number("timeout", 10.0, 0.1, 300),
    )
    table.end()
    if not settings.host or not settings.sender or not settings.to:
        raise ConfigError(f"{table.where}: expected host, from and to.")
    for address in (settings.sender, *settings.to):
        if address.count("@") != 1 or not address.isprintable() or " " in address:
            raise ConfigError(
                f"{table.where}: found the address {quote(address)}; expected one such as ada@example.com."
            )
    _check_one_of(table, "tls", settings.tls, TLS)
    if settings.tls == "none" and settings.host not in LOOPBACK:
        raise ConfigError(f"{table.where} tls: found 'none'; mail to another machine needs starttls or tls.")
    return settings


def _check_one_of(table: _Table, name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ConfigError(f"{table.where} {name}: found {quote(value)}; expected one of {', '.join(choices)}.")
