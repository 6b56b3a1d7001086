"""A chain that is too large for memory: partition, run-parts."""

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
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Cut the files of a chain that is too large for memory into parts of whole stores; files are read as streams."""
    from storecast import workflows
    from storecast.cpus import thread_count
    from storecast.stages import PARTITION_STAGES

    with show.working(log_format, verbose=verbose, stages=PARTITION_STAGES) as progress:
        chain = workflows.partition(
            data,
            out=out,
            stores_per_part=stores_per_part,
            memory=memory,
            processes=processes or thread_count(),
            skip=skip or (),
            sum_rows=sum_rows,
            target=target,
            progress=progress.rows,
        )
    if json:
        show.as_json(chain.summary())
        return
    print(
        f"{show.stores(chain.stores)}, {chain.rows:,} rows from {chain.whole.first} to {chain.whole.last} lie in "
        f"{len(chain.parts)} parts in {out}. Forecast them: storecast run-parts --parts {out} --out HOME"
    )


def run_parts(
    parts: Annotated[Path, typer.Option("--parts", help="Folder that `storecast partition` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="The home: folder for forecasts, totals and models.")],
    models: options.ModelName = "boosting",
    sample_stores: Annotated[
        int, typer.Option("--sample-stores", min=1, help="How many stores of all parts the model learns from.")
    ] = 1115,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same stores.")] = 0,
    windows: Annotated[
        int, typer.Option("--windows", min=1, help="Scored windows, whose errors give the intervals.")
    ] = 1,
    quantiles: options.Quantiles = None,
    fast: options.Fast = False,
    settings: options.Settings = None,
    processes: Processes = None,
    scheduler: options.Scheduler = "",
    tls_ca: options.TlsCa = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    insecure: options.Insecure = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Train a model on a sample of the stores of all parts, forecast part by part and add totals up; goes on where it ended."""
    from storecast import workflows
    from storecast.cpus import thread_count
    from storecast.executors.choose import Workforce
    from storecast.stages import RUN_PARTS_STAGES

    workforce = Workforce(processes if scheduler else None, scheduler, tls_ca, tls_cert, tls_key, insecure)
    with (
        show.working(log_format, verbose=verbose, stages=RUN_PARTS_STAGES) as progress,
        workforce.executor() as executor,
    ):
        summary = workflows.run_parts(
            parts,
            home=out,
            model=models,
            sample_stores=sample_stores,
            seed=seed,
            windows=windows,
            quantiles=tuple(quantiles or ()),
            fast=fast,
            settings=settings or {},
            processes=processes or thread_count(),
            cluster=executor if scheduler else None,
            progress=progress.rows,
        )
    if json:
        show.as_json(summary)
        return
    sample = summary["sample"]
    print(
        f"Wrote {summary['forecasts']} forecasts after {summary['cutoff']} in {summary['parts']} parts to {out / 'parts'}, and "
        f"totals to {out / 'totals.csv'}. The model {summary['kind']} learned from {sample['stores']} of {sample['of']} stores."
    )
