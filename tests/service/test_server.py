"""The process: its first key, its log, and how it ends."""

import datetime as dt
import json
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from storecast.cli.app import app
from storecast.database.connect import home_url
from storecast.errors import ConfigError
from support.served_home import copy_of, make_key, served_process, status, wait_until
from support.service_process import ServiceFactory

ENDS_WITHIN_S = 60  # so long only on a machine with much other work


def test_a_first_start_makes_a_key_and_sigterm_loses_no_request(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    replies: list[int] = []
    lost: list[str] = []
    ready: list[int] = []
    end = threading.Event()
    with served_process(own, STORECAST_RATE="0", STORECAST_DRAIN_SECONDS="1") as (process, port):
        path = own / "admin.key"
        token = path.read_text(encoding="ascii").strip()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any("well again" in line for line in process.lines), "nothing was wrong before"  # type: ignore[attr-defined]
        base = f"http://127.0.0.1:{port}"
        assert pasted(process.lines, tmp_path).status_code == 200  # type: ignore[attr-defined]

        def load() -> None:
            with httpx.Client(base_url=base, headers={"authorization": f"Bearer {token}"}) as client:
                while not end.is_set():
                    try:
                        body = {"store": 1, "totals": True} if len(replies) % 5 == 0 else {"store": 1, "days": 1}
                        replies.append(client.post("/v1/forecasts", json=body, timeout=20).status_code)
                    except httpx.ConnectError:
                        return  # the door is closed: nothing was sent
                    except httpx.TransportError as error:
                        lost.append(repr(error))
                        return

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        while process.poll() is None and time.monotonic() - began < ENDS_WITHIN_S:
            ready.append(status(port))
            time.sleep(0.05)
        assert process.wait(1) == 0
        end.set()
        for thread in threads:
            thread.join(5)
        assert lost == []
        assert set(replies) == {200}
        assert 503 in ready  # not ready, and answering still
        assert process.stdout is not None
        assert process.stdout.read() == f"{path}\n"
        log = process.lines  # type: ignore[attr-defined]
    assert token not in "".join(log)
    lines = [json.loads(line) for line in log]
    request_lines = [line for line in lines if line["logger"] == "storecast.requests"]
    assert len(request_lines) == len(replies) + 1  # the pasted one, and those of the load: the log of requests is whole
    for line in request_lines:
        assert {"request", "key", "key_name", "method", "route", "status", "ms"} <= line.keys()
        assert line["client"] == "127.0.0.1"
        assert line["message"].endswith(f" from 127.0.0.1, request {line['request']}")
        assert dt.datetime.fromisoformat(line["time"]).tzinfo is not None


def pasted(log: list[str], folder: Path) -> httpx.Response:
    """Send the request that a service shows when it begins, as a shell in another folder reads it; the start names no error."""

    def messages() -> list[str]:
        return [json.loads(line)["message"] for line in log]

    wait_until(lambda: any(line.startswith("the page: ") for line in messages()), 20)
    assert "error" not in "".join(log).lower()
    shown = next(line for line in messages() if line.startswith("try it: ")).removeprefix("try it: ")
    script = f"curl() {{ printf '%s\\n' \"$@\"; }}; {shown}"
    words = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd=folder).stdout.split(
        "\n"
    )
    headers = [words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"]
    return httpx.post(words[-2], headers=dict(headers), content=words[words.index("-d") + 1], timeout=30)


def test_a_stopped_service_does_not_wait_for_ever(service_factory: ServiceFactory, home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    key = make_key(home_url(own))
    patience = {"STORECAST_DRAIN_SECONDS": "0", "STORECAST_STOP_SECONDS": "1", "STORECAST_BODY_SECONDS": "600"}
    with service_factory.running(own, **patience) as service:
        link = socket.create_connection(("127.0.0.1", service.port))
        with link:  # a request whose body never comes
            head = (
                f"POST /v1/forecasts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: text/csv\r\n"
            )
            link.sendall(f"{head}content-length: 10\r\n\r\n".encode())
            time.sleep(0.3)
            service.signal(signal.SIGTERM)
            wait_until(lambda: service.code() is not None, 60)  # the body has ten times as long


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--home", "nowhere"], "There is no folder"),
        (["--no-keys", "--host", "0.0.0.0"], "loopback"),
        (["--port", "70000"], "STORECAST_LISTEN_PORT"),
    ],
)
def test_a_home_that_cannot_be_served_is_refused_with_the_reason(options: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["serve", *options])
    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)


def test_an_address_that_is_taken_is_refused(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(app, ["serve", "--home", str(own), "--port", str(taken.getsockname()[1])])
    assert result.exit_code != 0
