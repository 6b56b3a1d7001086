"""storecast plan summary: a version of the plan in a few sentences."""

from contextlib import closing
from dataclasses import asdict

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
        show.as_json({"sentences": sentences(figures), "figures": show.plain_values(asdict(figures))})
        return
    for sentence in sentences(figures):
        print(show.printable(sentence))
