"""Which schedulers may be talked to, and with what certificates."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from storecast.errors import ConfigError, quote

TLS, TCP = "tls", "tcp"


@dataclass(frozen=True)
class TlsFiles:
    """The files by which a cluster and its clients know each other, in PEM format.

    Attributes
    ----------
    ca : certificate of the authority that signed those of scheduler, workers and clients
    cert : this client's certificate
    key : its private key
    """

    ca: Path
    cert: Path
    key: Path


def tls_files(ca: Path | None, cert: Path | None, key: Path | None) -> TlsFiles | None:
    """Return the files of a client; None where none is named.

    Parameters
    ----------
    ca, cert, key : as of `TlsFiles`

    Raises
    ------
    ConfigError
        where some are named and others are not, or one is no file
    """
    named = {"--tls-ca": ca, "--tls-cert": cert, "--tls-key": key}
    if ca is None or cert is None or key is None:
        missing = [name for name, path in named.items() if path is None]
        if len(missing) == len(named):
            return None
        raise ConfigError(f"{', '.join(missing)} missing: the three files of TLS go together.")
    for name, path in named.items():
        if path is not None and not path.is_file():
            raise ConfigError(f"{name}: {quote(path)} is no file.")
    return TlsFiles(ca, cert, key)


def check_address(address: str, *, insecure: bool = False) -> str:
    """Return the protocol of a scheduler's address that may be talked to.

    Parameters
    ----------
    address : tls://HOST:PORT, or tcp://HOST:PORT on this machine
    insecure : allow tcp to another machine, too

    Raises
    ------
    ConfigError
        where it is no such address, or would send the data of the chain, and take code, over the network in the clear
    """
    try:
        parts = urlsplit(address)
        host, complete = parts.hostname or "", parts.port is not None
    except ValueError:  # a port that is no number, an IPv6 address without its end
        host, complete = "", False
    plain = not (parts.username or parts.path or parts.query or parts.fragment) if host else False
    if not (host and complete and plain and parts.scheme in (TLS, TCP)):
        raise ConfigError(f"--scheduler: found {quote(address)}; expected tls://HOST:PORT.")
    if parts.scheme == TCP and not (insecure or _is_loopback(host)):
        raise ConfigError(
            f"--scheduler: {quote(address)} is neither encrypted nor on this machine: anyone on the way could read the chain, "
            "and run code here and on the workers. Give tls://HOST:PORT, or --insecure where the network is trusted that far."
        )
    return parts.scheme


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
