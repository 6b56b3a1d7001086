"""Network namespaces with addresses of their own, joined by a bridge, whose cables tests may pull."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

SUBNET = "10.231.77"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass(frozen=True)
class Networks:
    """Namespaces by what lives in them.

    Attributes
    ----------
    hub : the namespace that holds the bridge
    names : of what lives in a namespace
    """

    hub: str
    names: Sequence[str]

    def address(self, name: str) -> str:
        return f"{SUBNET}.{self.names.index(name) + 1}"

    def prefix(self, name: str) -> list[str]:
        """Return what stands in front of a command line that runs in a namespace."""
        return ["ip", "netns", "exec", f"{self.hub}-{name}"]

    def pull(self, name: str) -> None:
        ip("-n", self.hub, "link", "set", f"to-{name}", "down")

    def plug(self, name: str) -> None:
        ip("-n", self.hub, "link", "set", f"to-{name}", "up")


@contextmanager
def networks(*names: str) -> Iterator[Networks]:
    """Make a namespace for each name; skip the test where that is not allowed."""
    joined = Networks(f"storecast{os.getpid()}", names)
    try:
        try:
            _make(joined)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = error.stderr.decode() if isinstance(error, subprocess.CalledProcessError) else str(error)
            pytest.skip(f"no network namespaces here: {reason}")
        yield joined
    finally:
        for namespace in (joined.hub, *(f"{joined.hub}-{name}" for name in names)):
            with suppress(OSError, subprocess.CalledProcessError):
                ip("netns", "del", namespace)


def _make(networks: Networks) -> None:
    ip("netns", "add", networks.hub)
    ip("-n", networks.hub, "link", "add", "bridge0", "type", "bridge")
    ip("-n", networks.hub, "link", "set", "bridge0", "up")
    for name in networks.names:
        namespace, cable = f"{networks.hub}-{name}", f"to-{name}"
        ip("netns", "add", namespace)
        ip("-n", networks.hub, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        ip("-n", networks.hub, "link", "set", cable, "master", "bridge0", "up")
        ip("-n", namespace, "addr", "add", f"{networks.address(name)}/24", "dev", "eth0")
        ip("-n", namespace, "link", "set", "eth0", "up")
        ip("-n", namespace, "link", "set", "lo", "up")
