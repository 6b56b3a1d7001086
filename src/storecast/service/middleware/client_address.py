"""The address of a client: that of its connection, or what a proxy says that is trusted."""

import ipaddress
from collections.abc import Sequence

from starlette.types import Scope

from storecast.errors import ConfigError, quote

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks with commas between.

    Raises
    ------
    ConfigError
        where one is none

    Examples
    --------
    >>> read_networks("127.0.0.1, 10.0.0.0/8")
    (IPv4Network('127.0.0.1/32'), IPv4Network('10.0.0.0/8'))
    """
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(
            f"STORECAST_TRUSTED_PROXIES: found {quote(text)}; expected addresses or networks such as 127.0.0.1,10.0.0.0/8."
        ) from error


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """Return the address of whoever sent a request.

    A client may send X-Forwarded-For itself, and each proxy adds the address that it saw at the end. So it is read from its end,
    for as long as the one who said it is trusted.

    Parameters
    ----------
    scope : of ASGI
    trusted : networks of proxies
    """
    address = str((scope.get("client") or ("",))[0])
    if not trusted or not _is_in(address, trusted):
        return address
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for part in reversed(",".join(sent).split(",")):
        try:
            address = str(ipaddress.ip_address(part.strip()))
        except ValueError:
            break
        if not _is_in(address, trusted):
            break
    return address


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(number in network for network in networks)
