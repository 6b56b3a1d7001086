"""What can be set of the service: variables of the environment, read once when it is started, and checked then.

Options of `storecast serve` come before the environment. docs/service.md lists every variable; a test compares.
"""

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from storecast.bundle.trial_time import DEFAULT_CPU_SECONDS, LEAST_CPU_SECONDS, MOST_CPU_SECONDS
from storecast.errors import ConfigError, quote
from storecast.service.middleware.client_address import read_networks

PREFIX = "STORECAST_"
MEBI = 1024 * 1024


def _about(remark: str, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """Describe a setting: a remark, and for numbers the least and the most."""
    return {"help": remark, "low": low, "high": high}


@dataclass(frozen=True)
class Settings:
    """What can be set. Each field is the variable STORECAST_ and its name in capitals."""

    home: Path = field(default=Path("home"), metadata=_about("the folder that `storecast run` wrote"))
    db: str = field(default="", metadata=_about("URL of the database; empty: storecast.db in the home"))
    host: str = field(default="127.0.0.1", metadata=_about("address to listen on"))
    listen_port: int = field(
        default=8000, metadata=_about("port to listen on; 0: any that is free, told in the log", 0, 65535)
    )
    no_keys: bool = field(
        default=False, metadata=_about("answer without keys; only on loopback, and only to requests from there")
    )
    log_format: str = field(default="text", metadata=_about("how log lines look: text or json"))
    body_limit: int = field(default=32 * MEBI, metadata=_about("most bytes of a request's body", 1024, 1024 * MEBI))
    row_limit: int = field(default=200_000, metadata=_about("most rows of a request", 1, 10_000_000))
    small_rows: int = field(
        default=100, metadata=_about("most rows that are answered at once; larger requests go to the pool", 0, 10_000)
    )
    page_limit: int = field(default=1000, metadata=_about("most rows of a page of stores or history", 1, 100_000))
    trusted_proxies: str = field(
        default="",
        metadata=_about("addresses and networks of proxies whose X-Forwarded-For is believed, with commas between"),
    )
    rate: float = field(
        default=100.0, metadata=_about("requests a second that a key may make on the long run; 0: any number", 0, 1e6)
    )
    burst: int = field(default=200, metadata=_about("requests that a key may make at once", 1, 1_000_000))
    concurrency: int = field(
        default=256, metadata=_about("most requests at work at once; more are sent away with 503", 1, 100_000)
    )
    buffered: int = field(
        default=256 * MEBI,
        metadata=_about("most bytes of bodies held at once, of all requests", MEBI, 1024 * 1024 * MEBI),
    )
    connections: int = field(default=1000, metadata=_about("most connections at once", 1, 100_000))
    connections_per_address: int = field(
        default=500, metadata=_about("most connections at once from one address, of IPv6 from one /64", 1, 100_000)
    )
    unknown_keys: float = field(
        default=5.0,
        metadata=_about(
            "requests a second with unknown keys, or none, that one address may make; 0: any number", 0, 1e6
        ),
    )
    header_limit: int = field(
        default=32 * 1024, metadata=_about("most bytes of a request's line and headers", 1024, MEBI)
    )
    header_seconds: float = field(
        default=10.0, metadata=_about("seconds in which a request's headers must have come", 0.1, 600)
    )
    body_seconds: float = field(
        default=30.0, metadata=_about("seconds in which a request's body must have come", 0.1, 3600)
    )
    time_limit: float = field(default=30.0, metadata=_about("seconds that a request may take", 0.1, 3600))
    long_time_limit: float = field(
        default=300.0, metadata=_about("seconds that a scenario or a change of the model may take", 0.1, 3600)
    )
    workers: int = field(default=4, metadata=_about("threads of the pool", 1, 256))
    waiting: int = field(
        default=64, metadata=_about("requests that may wait for the pool; more are sent away with 503", 0, 100_000)
    )
    jobs: int = field(default=2, metadata=_about("jobs that run at once; more wait", 1, 64))
    fresh_seconds: float = field(
        default=20.0, metadata=_about("seconds that a forecast waits for sales or days that were just written", 0, 600)
    )
    poll_seconds: float = field(
        default=1.0, metadata=_about("seconds between looks at the database's version and the promoted model", 0.05, 60)
    )
    stale_days: int = field(
        default=14,
        metadata=_about("days after the last sales, beyond which health and metrics say that they are old", 1, 100_000),
    )
    models_kept: int = field(default=2, metadata=_about("models held in memory beside the promoted one", 0, 100))
    trial_seconds: float = field(
        default=DEFAULT_CPU_SECONDS,
        metadata=_about(
            "CPU seconds that the trial forecast of a model may use; of the clock, ten times as many",
            LEAST_CPU_SECONDS,
            MOST_CPU_SECONDS,
        ),
    )
    drain_seconds: float = field(
        default=1.0, metadata=_about("seconds between not ready and the end of accepting, when it is stopped", 0, 30)
    )
    stop_seconds: float = field(
        default=8.0, metadata=_about("seconds after a signal to stop in which requests in flight must end", 1, 600)
    )
    public_url: str = field(
        default="", metadata=_about("address at which browsers reach the service, for the login at a provider")
    )
    oidc_issuer: str = field(
        default="", metadata=_about("issuer of OpenID Connect at which people log in to the page; empty: keys alone")
    )
    oidc_client_id: str = field(default="", metadata=_about("name of this service at the provider"))
    oidc_client_secret: str = field(default="", repr=False, metadata=_about("its secret there"))
    oidc_client_secret_file: str = field(default="", metadata=_about("a file with that secret, in its place"))
    oidc_rights: str = field(
        default="", metadata=_about("what values of the claim open: planners=read forecast write; controlling=read")
    )
    oidc_rights_claim: str = field(default="groups", metadata=_about("the claim that holds those values"))
    oidc_name_claim: str = field(
        default="preferred_username", metadata=_about("the claim with the name under which a person writes")
    )
    oidc_scopes: str = field(
        default="openid profile email", metadata=_about("scopes that the provider is asked for, with spaces between")
    )
    oidc_name: str = field(
        default="", metadata=_about("what the login page calls the provider; empty: your company account")
    )

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        for item in fields(self):
            low, high, value = item.metadata["low"], item.metadata["high"], getattr(self, item.name)
            if low is not None and not low <= value <= high:
                raise ConfigError(f"{variable(item.name)} is {value}; expected {low:g} to {high:g}.")
        if self.drain_seconds >= self.stop_seconds:
            raise ConfigError(
                f"{variable('drain_seconds')} is {self.drain_seconds:g} and {variable('stop_seconds')} {self.stop_seconds:g}; "
                "expected the first below the second: requests in flight need time to end."
            )
        read_networks(self.trusted_proxies)
        if self.log_format not in ("text", "json"):
            raise ConfigError(f"{variable('log_format')}: found {quote(self.log_format)}; expected text or json.")
        if self.no_keys and not is_loopback(self.host):
            raise ConfigError(
                f"Without keys the service answers on loopback alone; found the address {quote(self.host)}. Leave --no-keys "
                "out and make keys with `storecast key create`, or listen on 127.0.0.1."
            )

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, **options: Any) -> "Settings":
        """Read the settings from the environment; options that are given (not None) come first.

        Raises
        ------
        ConfigError
            where a value cannot be read, or has no meaning
        """
        variables = os.environ if environment is None else environment
        given = {name: value for name, value in options.items() if value is not None}
        values: dict[str, Any] = {
            item.name: _read(item.name, variables[variable(item.name)], type(item.default))
            for item in fields(cls)
            if variable(item.name) in variables and item.name not in given
        }
        return replace(cls(), **values, **given)

    @property
    def database_url(self) -> str:
        """The URL of the database."""
        from storecast.database.connect import home_url

        return self.db or home_url(self.home)


def variable(name: str) -> str:
    """Return the name of a setting's variable."""
    return PREFIX + name.upper()


def is_loopback(host: str) -> bool:
    """Say whether an address, or a name, is this machine's own.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(name: str, text: str, kind: type) -> object:
    try:
        return _READERS[kind](text)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{variable(name)}: found {quote(text)}; expected {_EXPECTED[kind]}.") from error


_READERS: dict[type, Callable[[str], object]] = {
    bool: lambda text: {"1": True, "true": True, "0": False, "false": False, "": False}[text.lower()],
    int: int,
    float: float,
    str: str,
    type(Path()): Path,
}
_EXPECTED: dict[type, str] = {bool: "1 or 0", int: "a whole number", float: "a number"}
