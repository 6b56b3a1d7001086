"""storecast plan summary: a version of the plan in a few sentences."""

import datetime as dt
from contextlib import closing
from dataclasses import asdict
from typing import Any

from storecast.cli import options, show
from storecast.cli.plan import Version, opened


def summary(
    version: Version = None, home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False
) -> None:
    """Say in a few sentences what a version expects, what changed, and what needs a look."""
    from storecast.plan.sentences import sentences
    from storecast.workflows.plan_summary import plan_summary

    with closing(opened(home, db)) as database:
        figures = plan_summary(database, version)
    if json:
        show.as_json({"sentences": sentences(figures), "figures": _plain(asdict(figures))})
        return
    for sentence in sentences(figures):
        print(show.printable(sentence))


def _plain(value: Any) -> Any:
    """Return figures with their days and times as text."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, dt.date) else value
