"""The command line: parse, call one workflow, show the result.

app        every command and group by its name
run        storecast run | check | demo-data
weekly     storecast weekly
parts      storecast partition | run-parts
explore    storecast explore | explain
train      storecast backtest | train | tune
forecast   storecast forecast | future | scenario
serve      storecast serve
mcp        storecast mcp
monitor    storecast monitor
models     storecast models list | show | verify | promote | rollback | prune
db         storecast db upgrade | downgrade | load | backup | restore | status
key        storecast key create | list | revoke
plan       storecast plan publish | list | show | advance | compare
plan_overrides   storecast plan override | overrides | withdraw | undo | budget | reasons | value
plan_exceptions  storecast plan exceptions | handle
plan_comments    storecast plan comment | comments
plan_summary     storecast plan summary
plan_workbook    storecast plan export | import
machine_errors   a full disk and the like, in words
options    what several commands take
show       results as tables for people, or as JSON

Results go to stdout; progress, logs and errors to stderr. Exit 0: done; 2: something the user must correct, message in one message;
1: a bug of storecast, with its traceback, or a run in which a model failed; 130: interrupted.
"""

import atexit
import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interrupt at any moment, that of the imports too, ends with one message."""
    try:
        # The command is over by then: without this, Ctrl-C while Python shuts down kills the process and hides its exit code.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        _call()
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)
    except SystemExit as end:  # Typer makes one of an interrupt within a command
        if end.code == INTERRUPTED:
            _say_interrupted()
        raise


def _say_interrupted() -> None:
    sys.stderr.write("storecast: interrupted. Every file is as it was or whole; run the command again.\n")


def _call() -> None:
    from storecast.cpus import thread_variables
    from storecast.errors import UserError

    try:
        os.environ.update(thread_variables())  # before the libraries are imported, which read it then
        _run_app()
    except UserError as error:
        sys.stderr.write(f"storecast: {error}\n")
        sys.exit(2)


def _run_app() -> None:
    from storecast.cli.app import app
    from storecast.cli.machine_errors import machine_error
    from storecast.plugins import import_plugins

    try:
        import_plugins()
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except (OSError, MemoryError) as error:
        message = machine_error(error)
        if message is None:
            raise
        sys.stderr.write(f"storecast: {message}\n")
        sys.exit(2)
