"""The process that forks services for the tests: it has imported what takes long, and starts no thread of its own.

It imports no Polars, which starts threads: a process with threads cannot be forked safely. Each line on its input is a question, in
JSON, and gets a line in answer. It ends with the tests, and every service ends with it.
"""

import ctypes
import importlib
import json
import logging
import os
import signal
import sys
import time
import traceback
from typing import Any

SLOW = (
    "alembic",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "holidays",
    "msgspec",
    "narwhals",
    "orjson",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "rich.progress",
    "rich.table",
    "scipy.linalg",
    "scipy.special",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "starlette.applications",
    "typer.main",
    "typer._adapters",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
    "xlsxwriter",
)
PR_SET_PDEATHSIG = 1
CAPABILITIES_V3 = 0x20080522


def serve_forks() -> None:
    """Answer until there are no more questions."""
    for name in SLOW:
        importlib.import_module(name)
    codes: dict[int, int | None] = {}  # of services: how each ended
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(_answer(request, codes)), flush=True)


def _answer(request: dict[str, Any], codes: dict[int, int | None]) -> Any:
    if request["do"] == "count threads":
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - they are only counted
    if request["do"] == "start":
        pid = os.fork()
        if pid == 0:
            _run_service(request)
        codes[pid] = None
        return pid
    pid = request["pid"]
    if codes[pid] is None:
        gone, how = os.waitpid(pid, os.WNOHANG)
        codes[pid] = os.waitstatus_to_exitcode(how) if gone else None
    return codes[pid]


def _run_service(request: dict[str, Any]) -> None:
    """Be a service, to its end."""
    code = 1
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if request["no_rights"]:  # root may write to what it owns, and to nothing that is read-only
            header, none = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0), (ctypes.c_uint32 * 6)()
            assert libc.capset(ctypes.byref(header), ctypes.byref(none)) == 0
        nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(request["log"], os.O_WRONLY | os.O_APPEND)
        for old, new in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(old, new)
        os.environ.update(request["env"])
        time.tzset()
        if not request["tried"]:
            loading = importlib.import_module("storecast.bundle.loading")
            loading.try_in_child = lambda path, **_: path
        if not request[
            "page"
        ]:  # as where Dash is missing: importing it and preparing the first view take as long as all the rest
            importlib.import_module("storecast.cli.serve").PAGE_NEEDS = ("no_page",)
        sys.argv = request["argv"]
        if sys.argv[1] == "run":  # without the exploration of its report, which is half of its CPU time
            importlib.import_module("storecast.workflows.running").missing_libraries = lambda chosen: ["these"]
        importlib.import_module("storecast.cli").main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve_forks()
