"""A TCP proxy in front of a database: tests cut the connection, or delay what passes without closing it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa


class TcpProxy:
    """Listens on a port, and hands on what comes to a PostgreSQL and back.

    Attributes
    ----------
    url : of the database, through the proxy
    """

    def __init__(self, url: str) -> None:
        address = sa.make_url(url)
        host = address.host or str(address.query.get("host") or "localhost")
        self._to = f"{host}/.s.PGSQL.{address.port or 5432}" if host.startswith("/") else (host, address.port or 5432)
        self._passes = threading.Event()
        self._passes.set()
        self._links: set[socket.socket] = set()
        self._door: socket.socket | None = None
        self._port = 0
        self.mend()
        near = address.set(host="127.0.0.1", port=self._port, query={})
        self.url = near.render_as_string(hide_password=False)

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        if self._door is not None:
            self._door.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a connection
            self._door.close()
            self._door = None
        self._passes.set()
        for link in tuple(self._links):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Hand nothing on."""
        self._passes.clear()

    def mend(self) -> None:
        """Hand on again what comes, and what came."""
        self._passes.set()
        if self._door is None:
            self._door = socket.create_server(("127.0.0.1", self._port))
            self._port = self._door.getsockname()[1]
            threading.Thread(target=self._open, args=(self._door,), daemon=True).start()

    def _open(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX if isinstance(self._to, str) else socket.AF_INET)
            far.connect(self._to)
            self._links |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._passes.wait()
                other.sendall(data)
        for link in (one, other):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            one.close()
        self._links.discard(one)


@contextmanager
def proxy_to(url: str) -> Iterator[TcpProxy]:
    """Run a proxy to a database, and stop it at the end."""
    proxy = TcpProxy(url)
    try:
        yield proxy
    finally:
        proxy.cut()
