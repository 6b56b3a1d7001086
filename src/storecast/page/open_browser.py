"""Open the page in the default browser once there is something to see."""

import logging
import os
import sys
import threading
import webbrowser
from dataclasses import dataclass, field

from storecast.service.app import Follower
from storecast.service.live.snapshot import Snapshot
from storecast.service.service import Service

log = logging.getLogger(__name__)

WITH_DISPLAY = ("darwin", "win32")  # platforms whose sessions have a display
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")  # variables that name one elsewhere


@dataclass
class OpensPage:
    """A follower of the service that opens the page with the first model that is served.

    Attributes
    ----------
    follower : that is called as well
    address : of the page
    """

    follower: Follower
    address: str
    _opened: bool = field(default=False, init=False)

    def begin(self, service: Service) -> None:
        """Begin what follows, too."""
        self.follower.begin(service)

    def follow(self, service: Service, snapshot: Snapshot) -> None:
        """Open the page with the first snapshot.

        Parameters
        ----------
        service, snapshot : that serves it
        """
        self.follower.follow(service, snapshot)
        if not self._opened:
            self._opened = True
            threading.Thread(target=open_page, args=(self.address,), name="browser", daemon=True).start()

    def end(self) -> None:
        """End what follows, too."""
        self.follower.end()


def open_page(address: str) -> None:
    """Open an address in the default browser, or say it where there is no display to open one on."""
    if not has_display() or not webbrowser.open(address):
        log.info("Open %s in a browser.", address)


def has_display() -> bool:
    """Say whether a browser would have a display."""
    return sys.platform in WITH_DISPLAY or any(map(os.environ.get, DISPLAYS))
