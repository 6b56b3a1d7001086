"""Ask a server as fast as it answers, over connections that stay open, with one request in flight on each.

Run in a process of its own, so that it shares no interpreter with a server. It does as little as a client can: requests are put
together before the clock starts, sockets are waited for by epoll, and of a reply only its status and its end are looked at. A
request costs it half of what the leanest server here takes, most of that in the kernel; ``busy`` says which share of a core it
used.
"""

import json
import select
import socket
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Any

READ = 1 << 20  # bytes at once
QUANTILES = (0.5, 0.99)


class Link:
    """One connection to a server, and what has come of a reply."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.parts: list[bytes] = []
        self.size = 0
        self.whole = 0  # bytes of the reply; 0: not known yet, -1: it comes in chunks

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.parts, self.size, self.whole = [], 0, 0
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; say whether the reply is whole."""
        part = self.socket.recv(READ)
        if not part:
            sys.exit("The server has closed a connection.")
        self.parts.append(part)
        self.size += len(part)
        if not self.whole:
            begun = b"".join(self.parts)
            head, _, _ = begun.partition(b"\r\n\r\n")
            if len(head) == len(begun):
                return False
            if not head.startswith(b"HTTP/1.1 200 "):
                sys.exit(f"The server has answered {begun[:1000].decode(errors='replace')}")
            self.whole = _length(head.lower(), len(head) + 4)
        if self.whole > 0:
            return self.size >= self.whole
        return b"".join(self.parts[-2:])[-7:].endswith(b"\r\n0\r\n\r\n")

    def reply(self) -> bytes:
        """Return the last reply, as it came."""
        return b"".join(self.parts)


def load(port: int, requests: list[bytes], connections: int, seconds: float, most: int) -> dict[str, Any]:
    """Ask for some seconds, or until ``most`` requests were answered, whichever ends first.

    Returns
    -------
    requests, seconds, rate (requests a second), milliseconds (p50 and p99), busy (share of a core), reply (the last)
    """
    links = {link.socket.fileno(): link for link in (Link(port) for _ in range(connections))}
    poll = select.epoll()
    next_request, taken, clock = cycle(requests).__next__, [], time.perf_counter
    began, used = clock(), time.process_time()
    for number, link in links.items():
        poll.register(number, select.EPOLLIN)
        link.ask(next_request())
    until, sent, last = began + seconds, connections, None
    while len(taken) < sent:
        for number, _ in poll.poll():
            link = links[number]
            if link.receive():
                now = clock()
                taken.append(now - link.began)
                last = link
                if now < until and sent < most:
                    sent += 1
                    link.ask(next_request())
    spent = clock() - began
    ordered = sorted(taken)
    return {
        "requests": len(taken),
        "seconds": spent,
        "rate": len(taken) / spent,
        "milliseconds": [1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in QUANTILES],
        "busy": (time.process_time() - used) / spent,
        "reply": last.reply()[-300:].decode(errors="replace") if last else "",
    }


def request(path: str, body: bytes, key: str) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {key}",
        "content-type: application/json",
    ]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def _length(head: bytes, begin: int) -> int:
    """Return the bytes of a reply, its head and all; -1 where it comes in chunks."""
    _, header, length = head.partition(b"\r\ncontent-length:")
    return begin + int(length.partition(b"\r")[0]) if header else -1


def main() -> None:
    """Read what to do from stdin, as JSON, and print the result so."""
    what = json.load(sys.stdin)
    bodies = Path(what["bodies"]).read_bytes().splitlines()
    requests = [request(what["path"], body, what["key"]) for body in bodies]
    print(json.dumps(load(what["port"], requests, what["connections"], what["seconds"], what["most"])))


if __name__ == "__main__":
    main()
