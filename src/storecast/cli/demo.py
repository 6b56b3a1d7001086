"""storecast demo: a home with a plan to look at."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    home: Annotated[Path, typer.Option("--home", help="The folder to make.")],
    weeks: Annotated[int, typer.Option("--weeks", help="Mondays, each with a version of the plan.")] = 13,
    stores: Annotated[int, typer.Option("--stores", help="Number of stores.")] = 12,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same sales and the same plan.")] = 3,
) -> None:
    """Make a home to look at: a generated chain and months of its plan, with overrides, a budget and sales that came in."""
    from storecast.workflows import make_demo
    from storecast.workflows.demo_chain import DemoSpec

    new = make_demo(home, DemoSpec(weeks, stores, seed), lambda line: print(line, flush=True))
    print(f"{home} has the demo{'' if new else ' already'}. Serve it: storecast serve --home {home} --no-keys")
