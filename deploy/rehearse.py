"""Rehearse an upgrade, a rollback and a restore on a copy of a home, under load; needs nginx.

    python deploy/rehearse.py --home home [--old COMMAND] [--new COMMAND] [--seconds 5]

Two services of a copy stand behind nginx with deploy/nginx/storecast.conf. While clients ask for forecasts and write sales
without a pause, the tables are brought up to date, a model is trained where the new version refuses the one in use, each service
is restarted in turn with the new version, another model is promoted, and all of it is taken back, the tables too. Then the backup
that was made at first is restored into an empty database. COMMAND is the storecast of a version, such as
/opt/storecast-0.1.0/.venv/bin/storecast. Ends with 1 where a request failed, or where a write that was acknowledged is not there.
"""

import argparse
import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONFIGURATION = Path(__file__).parent / "nginx" / "storecast.conf"
NGINX = next((path for path in ("/usr/sbin/nginx", shutil.which("nginx")) if path and Path(path).exists()), None)
READY_S = 300.0  # in which a service must be ready
OPEN_DAY = {"Open": 1, "Promo": 0, "StateHoliday": "0", "SchoolHoliday": 0}


@dataclass
class Seen:
    """What clients saw.

    Attributes
    ----------
    requests, longest : how many were answered with 200, and the seconds of the slowest
    failed : what came of the others
    models : the models that answered
    acknowledged : the sales of the last write that was acknowledged
    """

    requests: int = 0
    longest: float = 0.0
    failed: list[str] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    acknowledged: float | None = None


class Rehearsal:
    """Two services behind nginx, and clients that never rest.

    Parameters
    ----------
    home : a copy, which is written to
    folder : for nginx
    database : URL of the database; empty: that of the home
    """

    def __init__(self, home: Path, folder: Path, database: str = "") -> None:
        self.home, self.folder = home, folder
        self.options = ["--db", database] if database else []
        self.port, *self.ports = free_ports(3)
        self.services: list[subprocess.Popen[bytes] | None] = [None, None]
        self.seen = Seen()
        self.key = ""
        self._ended = threading.Event()
        self._trusted = ssl.create_default_context()

    def call(self, command: Sequence[str], *words: str) -> str:
        """Run a command of storecast on the database; return what it prints."""
        of_home = words[0] == "models" or not self.options
        line = [*command, *words, *(["--home", str(self.home)] if of_home else self.options)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{shlex.join(line)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def models(self, command: Sequence[str]) -> list[dict[str, Any]]:
        """Return the models of the home as a version sees them."""
        listed: list[dict[str, Any]] = json.loads(self.call(command, "models", "list", "--json"))
        return listed

    def usable(self, command: Sequence[str]) -> list[str]:
        """Return the names of the models that a version does not refuse."""
        return [model["name"] for model in self.models(command) if not model["refused"]]

    def tables(self, command: Sequence[str]) -> str:
        """Return the version of the tables."""
        return str(json.loads(self.call(command, "db", "status", "--json"))["tables"])

    def train(self, command: Sequence[str], kind: str) -> None:
        """Train a model on what the database holds; the one in use stays in use."""
        database = self.options or ["--db", f"sqlite:///{self.home / 'storecast.db'}"]
        line = [*command, "train", "--models", kind, "--out", str(self.home), *database]
        subprocess.run(line, check=True, capture_output=True)

    def start(self, place: int, command: Sequence[str]) -> None:
        """Start one service, and wait until it is ready."""
        line = [*command, "serve", "--home", str(self.home), "--port", str(self.ports[place]), *self.options]
        log = (self.folder / f"service-{place}.log").open("ab")
        environment = {**os.environ, "STORECAST_RATE": "0", "STORECAST_TRUSTED_PROXIES": "127.0.0.1"}
        with log:
            process = subprocess.Popen(line, stdout=log, stderr=log, env=environment)
        self.services[place] = process
        until = time.monotonic() + READY_S
        while status(self.ports[place]) != 200:
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"a service does not get ready:\n{(self.folder / f'service-{place}.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, place: int) -> None:
        """Stop one service, gently."""
        process = self.services[place]
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            self.services[place] = None

    def restart(self, command: Sequence[str]) -> None:
        """Restart each service in turn, away from the load."""
        for place in (0, 1):
            self.lead_to(*(self.ports[other] for other in (0, 1) if other != place))
            self.stop(place)
            self.start(place, command)
            self.lead_to(*self.ports)

    def lead_to(self, *ports: int) -> None:
        """Let nginx lead requests to these ports alone; wait until it does."""
        text = CONFIGURATION.read_text(encoding="utf-8")
        for port, own in zip(("8001", "8002"), self.ports, strict=True):
            text = text.replace(f"127.0.0.1:{port};", f"127.0.0.1:{own}{'' if own in ports else ' down'};")
        text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;")
        text = text.replace("/etc/ssl/storecast.crt", str(self.folder / "tls.crt"))
        text = text.replace("/etc/ssl/private/storecast.key", str(self.folder / "tls.key"))
        (self.folder / "storecast.conf").write_text(text, encoding="utf-8")
        pid = self.folder / "nginx.pid"
        if pid.exists():
            before = workers(int(pid.read_text()))
            os.kill(int(pid.read_text()), signal.SIGHUP)
            wait_until(lambda: bool(workers(int(pid.read_text())) - before))

    @contextmanager
    def proxy(self) -> Iterator[None]:
        """Run nginx."""
        assert NGINX is not None
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-keyout",
            str(self.folder / "tls.key"),
        ]
        line = ["openssl", "req", "-x509", *key, "-out", str(self.folder / "tls.crt"), "-days", "2", *subject]
        subprocess.run(line, check=True, capture_output=True)
        self._trusted.load_verify_locations(self.folder / "tls.crt")
        paths = [
            f"{kind}_temp_path {self.folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ]
        main = self.folder / "nginx.conf"
        main.write_text(
            f"daemon off; worker_processes 1; pid {self.folder / 'nginx.pid'}; error_log {self.folder / 'nginx.log'};\n"
            f"events {{}}\nhttp {{ access_log off; {' '.join(paths)} include {self.folder / 'storecast.conf'}; }}\n",
            encoding="utf-8",
        )
        self.lead_to(*self.ports)
        process = subprocess.Popen(
            [NGINX, "-c", str(main), "-p", str(self.folder), "-e", str(self.folder / "nginx.log")]
        )
        try:
            wait_until(lambda: process.poll() is not None or status(self.port, self._trusted) == 200)
            yield
        finally:
            process.terminate()
            process.wait(30)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """Send a request through nginx on a connection of its own."""
        link = http.client.HTTPSConnection("localhost", self.port, context=self._trusted, timeout=60)
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        try:
            link.request(method, path, None if body is None else json.dumps(body), sent)
            reply = link.getresponse()
            return reply.status, reply.read()
        finally:
            link.close()

    def check_last_write(self, day: str, store: object) -> None:
        """Note a failure where the last write that was acknowledged does not stand; replicas see it within a second or so."""
        until = time.monotonic() + 20
        stored = None
        while stored != self.seen.acknowledged and time.monotonic() < until:
            rows = json.loads(self.ask("GET", f"/v1/stores/{store}/history?first={day}&last={day}")[1])["history"]
            stored = rows[0]["Sales"]
            time.sleep(0.2)
        if stored != self.seen.acknowledged:
            self.seen.failed.append(f"the last acknowledged write is {self.seen.acknowledged}; stored is {stored}")

    @contextmanager
    def load(self, day: str, store: object) -> Iterator[None]:
        """Ask for forecasts and write sales of one store and day until the block ends."""

        def read(count: int) -> None:
            status_, body = self.ask("POST", "/v1/forecasts", {"store": store, "days": 1 + count % 7})
            assert status_ == 200, (status_, body[:300])
            self.seen.models.add(json.loads(body)["model"])

        def write(count: int) -> None:
            rows = [{"Store": store, "Date": day, "Sales": 1000 + count, **OPEN_DAY}]
            body = {"rows": rows, "replace": True}
            status_, reply = self.ask("POST", "/v1/sales", body, **{"Idempotency-Key": f"rehearsal-{count}"})
            assert status_ == 200, (status_, reply[:300])
            self.seen.acknowledged = 1000.0 + count

        def work(step: Callable[[int], None], pause: float) -> None:
            count = 0
            while not self._ended.is_set():
                began = time.monotonic()
                try:
                    step(count)
                    self.seen.requests += 1
                except (OSError, http.client.HTTPException, AssertionError) as error:
                    self.seen.failed.append(f"{step.__name__} {count}: {error!r}")
                self.seen.longest = max(self.seen.longest, time.monotonic() - began)
                count += 1
                time.sleep(pause)

        threads = [threading.Thread(target=work, args=each) for each in ((read, 0.03), (read, 0.05), (write, 0.5))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join(90)


def rehearse(
    home: Path, old: Sequence[str], new: Sequence[str], seconds: float = 5.0, database: str = ""
) -> dict[str, float]:
    """Rehearse; return how long each step took, in seconds, and how many requests were answered.

    Parameters
    ----------
    home : a copy, which is written to
    old, new : commands of the two versions
    seconds : of load around each step
    database : URL of the database; empty: that of the home
    """
    took: dict[str, float] = {}

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        took[step] = time.monotonic() - began
        print(f"{step:<32}{took[step]:8.1f} s", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="storecast-rehearsal-"))
    it = Rehearsal(home, folder, database)
    try:
        it.key = it.call(old, "key", "create", "--name", "rehearsal", "--scopes", "read,forecast,write").strip()
        models = it.models(old)
        first, kind = next((model["name"], model["kind"]) for model in models if model["promoted"])
        other = next((model["name"] for model in models if not model["refused"] and not model["promoted"]), first)
        tables = it.tables(old)
        with timed("start of two services"):
            it.start(0, old)
            it.start(1, old)
        with it.proxy():
            history = json.loads(it.ask("GET", "/v1/stores?limit=1")[1])["stores"][0]["Store"]
            day = json.loads(it.ask("POST", "/v1/forecasts", {"store": history, "days": 1})[1])["cutoff"]
            with it.load(day, history):
                time.sleep(seconds)
                with timed("backup"):
                    it.call(old, "db", "backup", "--out", str(folder / "backup.zip"))
                with timed("upgrade of the tables"):
                    it.call(new, "db", "upgrade")
                kept = it.usable(new)
                if first not in kept:
                    with timed("training by the new"):
                        it.train(new, kind)
                    other = next(name for name in it.usable(new) if name not in kept)
                with timed("rolling restart to the new"):
                    it.restart(new)
                with timed("promotion of another model"):
                    it.call(new, "models", "promote", other)
                    wait_until(lambda: other in it.seen.models)
                time.sleep(seconds)
                if it.tables(new) != tables:
                    with timed("downgrade of the tables"):
                        it.call(new, "db", "downgrade", "--to", tables, "--yes")
                with timed("rollback of the model"):
                    it.call(old, "models", "promote", first)
                    it.seen.models.clear()
                    # Services of the new version answer with a model that they can read.
                    wait_until(lambda: it.seen.models == {first if first in kept else other})
                with timed("rolling restart to the old"):
                    it.restart(old)
                    it.seen.models.clear()
                    wait_until(lambda: it.seen.models == {first})
                time.sleep(seconds)
            it.check_last_write(day, history)
        restored = folder / "restored"
        restored.mkdir()
        with timed("restore into an empty database"):
            line = [
                *old,
                "db",
                "restore",
                "--db",
                f"sqlite:///{restored / 'storecast.db'}",
                "--file",
                str(folder / "backup.zip"),
            ]
            subprocess.run(line, check=True, capture_output=True)
        with timed("service over the restored"):
            it.stop(0)
            it.home, it.options = restored, []
            shutil.copytree(home / "models", restored / "models")
            it.start(0, old)
    finally:
        for place in (0, 1):
            it.stop(place)
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{it.seen.requests} requests answered, {len(it.seen.failed)} failed, the slowest after {it.seen.longest:.2f} s"
    )
    for line_ in it.seen.failed[:20]:
        print(f"FAILED {line_}")
    return {**took, "requests": it.seen.requests, "failed": len(it.seen.failed), "longest": it.seen.longest}


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def status(port: int, trusted: ssl.SSLContext | None = None) -> int:
    """Return the status of readiness; 0 where nobody answers."""
    kind = http.client.HTTPConnection if trusted is None else http.client.HTTPSConnection
    more = {} if trusted is None else {"context": trusted}
    link = kind("localhost" if trusted else "127.0.0.1", port, timeout=10, **more)
    try:
        link.request("GET", "/health/ready")
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


def workers(master: int) -> set[int]:
    """Return the processes of nginx that answer."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
    return {int(child) for child in children}


def wait_until(condition: Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            sys.exit("it did not come to hold in time")
        time.sleep(0.02)


def main() -> int:
    """Read the options and rehearse; return the exit code."""
    parser = argparse.ArgumentParser(description="Rehearse an upgrade, a rollback and a restore under load.")
    parser.add_argument("--home", type=Path, required=True, help="a home that `storecast run` wrote; it is only read")
    parser.add_argument("--old", default="storecast", help="the command of the version that runs now")
    parser.add_argument("--new", default="storecast", help="the command of the version to come")
    parser.add_argument("--seconds", type=float, default=5.0, help="of load around each step")
    options = parser.parse_args()
    if NGINX is None:
        print("nginx is not installed: apt-get install nginx-core", file=sys.stderr)
        return 2
    if not (options.home / "storecast.db").exists():
        print(f"{options.home} is no home with a storecast.db.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="storecast-copy-") as name:
        home = Path(name) / "home"
        home.mkdir()
        shutil.copytree(options.home / "models", home / "models")
        subprocess.run(
            [*shlex.split(options.old), "db", "backup", "--home", str(options.home), "--out", f"{name}/copy.zip"],
            check=True,
        )
        line = ["db", "restore", "--db", f"sqlite:///{home / 'storecast.db'}", "--file", f"{name}/copy.zip"]
        subprocess.run([*shlex.split(options.old), *line], check=True)
        result = rehearse(home, shlex.split(options.old), shlex.split(options.new), options.seconds)
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
