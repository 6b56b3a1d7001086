"""`storecast mcp` as an assistant starts it: a process that speaks the protocol over stdin and stdout, and nothing beside it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import pytest
import typer
from mcp import Client as Assistant
from mcp import StdioServerParameters

import storecast
from storecast.cli.app import app
from storecast.cli.mcp import KEY
from support.commands import Cli
from support.served_home import FIRST, STORES, Client

SOURCE = Path(storecast.__file__).parents[1]


@contextmanager
def address_of(client: Client) -> Iterator[str]:
    """Let the service of a client be asked at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = {name: headers[name] for name in ("authorization", "content-type") if name in headers}
            reply = client.ask(self.command, self.path, body or None, key=None, **sent)
            self.send_response(reply.status_code)
            self.send_header("Content-Type", reply.headers["content-type"])
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)

        do_GET = do_POST = answer  # noqa: N815 - as the library calls them

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


@pytest.mark.long
def test_an_assistant_starts_it_and_asks(client: Client, tmp_path: Path) -> None:
    assert client.key is not None
    key_file = tmp_path / "assistant.key"
    key_file.write_text(f"{client.key}\n", encoding="utf-8")
    strange: list[Exception] = []

    async def note(message: Any) -> None:
        if isinstance(message, Exception):
            strange.append(message)

    async def ask(url: str) -> None:
        words = ["-P", "-m", "storecast.cli", "mcp", "--url", url, "--key-file", str(key_file)]
        process = StdioServerParameters(command=sys.executable, args=words, env={"PYTHONPATH": str(SOURCE)})
        async with Assistant(process, message_handler=note) as assistant:
            assert len((await assistant.list_tools()).tools) == 10
            served = (await assistant.call_tool("what_is_served", {})).structured_content
            assert served is not None
            assert (served["stores"], served["first_day"]) == (STORES, FIRST.isoformat())
            refused = await assistant.call_tool("forecast_store", {"store": 99})
            assert refused.is_error
            assert "the chain holds no such store" in str(refused.content)

    with address_of(client) as url:
        anyio.run(ask, url)
    assert not strange


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--url", "storecast.example"), "has no host; expected one as https://storecast.example"),
        (("--key-file", "nowhere.key"), "nowhere.key cannot be read; expected a file that holds a key"),
    ],
)
def test_what_cannot_begin_is_one_line(cli: Cli, words: tuple[str, ...], message: str) -> None:
    code, out, err = cli("mcp", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_the_settings_of_the_docs_start_the_command() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "assistants.md").read_text(encoding="utf-8")
    settings = json.loads(page.partition("```json\n")[2].partition("```")[0])["mcpServers"]["storecast"]
    name, *words = settings["args"]
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    with command.make_context(name, words) as context:
        assert context.params == {"url": "https://storecast.example", "key_file": None}
    assert (settings["command"], set(settings["env"])) == ("storecast", {KEY})


def test_a_key_that_is_none_is_not_repeated(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORECAST_KEY", "sc secret")
    code, out, err = cli("mcp")
    assert (code, out) == (2, "")
    assert "was it copied whole?" in err
    assert "secret" not in err


def test_without_the_extra_it_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("storecast.tool_server"):
            monkeypatch.delitem(sys.modules, name)
        elif name.partition(".")[0] == "mcp":
            monkeypatch.setitem(sys.modules, name, None)
    code, out, err = cli("mcp")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'storecast[mcp]'" in err
