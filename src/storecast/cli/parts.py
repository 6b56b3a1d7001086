"""A chain that is too large for memory: partition."""

from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show

Processes = Annotated[
    int | None,
    typer.Option("--processes", min=1, help="Processes side by side. Default: the cores that this process may use."),
]


def partition(
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", help="Folder for the parts and chain.json.")],
    stores_per_part: Annotated[
        int | None, typer.Option("--stores-per-part", min=1, help="About how many stores a part has. Default: 1000.")
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option(
            "--memory",
            parser=options.bytes_of_memory,
            metavar="<str>",
            help="Memory of all processes together, such as 3GiB: parts are made so small that they fit.",
        ),
    ] = None,
    processes: Processes = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    target: options.Target = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Cut the files of a chain that is too large for memory into parts of whole stores; files are read as streams."""
    from storecast import workflows
    from storecast.cpus import thread_count

    with show.working_on_rows(log_format) as progress:
        chain = workflows.partition(
            data,
            out=out,
            stores_per_part=stores_per_part,
            memory=memory,
            processes=processes or thread_count(),
            skip=skip or (),
            sum_rows=sum_rows,
            target=target,
            progress=progress,
        )
    if json:
        show.as_json(chain.summary())
        return
    print(
        f"{show.stores(chain.stores)}, {chain.rows} rows from {chain.whole.first} to {chain.whole.last} lie in "
        f"{len(chain.parts)} parts in {out}."
    )
