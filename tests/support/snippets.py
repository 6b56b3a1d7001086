"""What the documentation shows in ``sh`` and ``python``, run as a reader would: in order, in a folder, against a service.

A command of storecast runs within this process, since a process of its own would spend its time on imports. `storecast serve` and
everything else, such as curl, is a process of its own.
"""

import io
import os
import re
import signal
import subprocess
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import storecast
from storecast.client import Client
from storecast.database.connect import home_url
from support.commands import run_line
from support.served_home import make_key, wait_until
from support.service_process import ServiceFactory, ServiceProcess

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
CALL = re.compile(r"((?:\w+=\S+ +)*)storecast (.*?)(?: > (\S+))?")
ASKS_SERVICE = re.compile(r"\bcurl\b|\bclient\b")
CURL = 'curl() { local how=--fail-with-body; [[ " $* " == *" --fail "* ]] && how=; command curl $how -sS "$@"; }\n'


@dataclass(frozen=True)
class Snippet:
    """A fenced block of a page."""

    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        """The lines of a shell, those that end in a backslash joined with the next, without prompts, comments and empty ones."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        bare = (re.sub(r"(?:^|\s+)#\s.*", "", line).removeprefix("$ ").strip() for line in joined.splitlines())
        return [line for line in bare if line]


def snippets(text: str) -> list[Snippet]:
    """Return the fenced blocks of a page."""
    return [Snippet(language, textwrap.dedent(block)) for _, language, block in FENCE.findall(text)]


def words_of(line: str) -> list[str]:
    """Return the words of a command as a shell expands them, ``$(cat …)`` and quotes included."""
    expanded = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True)
    return expanded.stdout.split("\0")[:-1]


@dataclass(eq=False)
class Reader:
    """Does what a page says.

    Parameters
    ----------
    folder : where; it has the home ``home`` and its files
    patch : undone when the page has been read
    service_factory : starts services
    """

    folder: Path
    patch: pytest.MonkeyPatch
    service_factory: ServiceFactory
    services: list[ServiceProcess] = field(default_factory=list)
    client: Client | None = None
    names: dict[str, Any] = field(default_factory=dict)  # of the page's Python

    def __post_init__(self) -> None:
        """Go to the folder."""
        self.patch.chdir(self.folder)
        self.patch.setenv("HOME", str(self.folder))

    def read(self, snippet: Snippet) -> None:
        """Run a block."""
        if ASKS_SERVICE.search(snippet.text) and not self.services:
            self.serve("--home home")
        if snippet.language == "python":
            text = self._addressed(snippet.text)
            self.names.update(self._given(text))
            with redirect_stdout(io.StringIO()):
                exec(compile(text, "snippet", "exec"), self.names)
        else:
            self.run(snippet.lines)

    def run(self, lines: Iterable[str]) -> None:
        """Run lines of a shell."""
        for line in lines:
            call = CALL.fullmatch(line)
            if call is None:
                done = subprocess.run(
                    ["bash", "-c", CURL + self._addressed(line)], capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
                continue
            variables, words, target = call.groups()
            with pytest.MonkeyPatch.context() as patch:
                for variable in words_of(variables) if variables else ():
                    patch.setenv(*variable.split("=", 1))
                if words.startswith("serve ") and "--help" not in words:
                    self.serve(words.removeprefix("serve "))
                    continue
                output = run_line(patch, line, *words_of(words), late=words.startswith("weekly"))
            if target:
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                Path(target).write_text(output, encoding="utf-8")

    def serve(self, options: str) -> None:
        """Start a service, on a free port in place of the page's and without a browser, and wait until it is ready to be asked."""
        words = words_of(re.sub(r" --port \d+| --open", "", options))
        place = words.index("--home") + 1
        home = self.folder / words[place]
        words[place] = str(home)  # a service begins in another folder
        service = self.service_factory.run(
            ["serve", *words, "--port", "0"], **{**os.environ, "STORECAST_LOG_FORMAT": "json"}
        )
        self.services.append(service)
        assert service.status("/health/live") == 200, service.output()
        if (home / "models" / "current").exists():
            service.ready()
        if not {"KEY", "STORECAST_KEY"} & {*os.environ}:
            key = make_key(home_url(home), "admin")
            self.patch.setenv("KEY", key)
            self.patch.setenv("STORECAST_KEY", key)

    def _given(self, text: str) -> dict[str, Any]:
        """Return what the page takes for granted: a client, a model."""
        if "client." in text and "with Client" not in text and self.client is None:
            self.client = Client(f"http://127.0.0.1:{self.services[-1].port}", os.environ["STORECAST_KEY"])
            return {"client": self.client}
        if "pl." in text and "import polars" not in text:
            sales = pl.read_csv("demo/train.csv", columns=["Store", "Date", "Sales", "Promo"], try_parse_dates=True)
            model = storecast.fit(storecast.Panel.from_frames(sales), "naive", horizon=28)
            return {"pl": pl, "model": model, "bundle": model}
        return {}

    def _addressed(self, text: str) -> str:
        """Return a text with the address of the service in place of the page's."""
        if not self.services:
            return text
        address = f"127.0.0.1:{self.services[-1].port}"
        text = text.replace("https://storecast.example", f"http://{address}")
        return re.sub(r"(?:127\.0\.0\.1|localhost):800\d", address, text)

    def close(self) -> None:
        """End the services."""
        if self.client is not None:
            self.client.close()
        for service in self.services:
            service.signal(signal.SIGTERM)
            wait_until(lambda service=service: service.code() is not None, 30)


def runnable(page: Iterable[Snippet], programs: Iterable[str]) -> Iterator[Snippet]:
    """Yield the blocks that run here; of one that calls a program which is not for tests, the lines of storecast and curl.

    Parameters
    ----------
    page : its blocks
    programs : the first words of lines that are not run
    """
    for snippet in page:
        if snippet.language == "sh" and any(_calls(line, programs) for line in snippet.lines):
            own = [
                line
                for line in snippet.lines
                if (CALL.fullmatch(line) or line.startswith("curl ")) and not _calls(line, programs)
            ]
            yield Snippet("sh", "\n".join(own))
        elif snippet.language in {"sh", "python"}:
            yield snippet


def _calls(line: str, programs: Iterable[str]) -> bool:
    return re.sub(r"^(?:\w+=\S+ +)+", "", line).startswith(tuple(programs))
