"""The main job, and what goes before it: run, check, demo-data."""

from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show


def run(
    out: Annotated[
        Path, typer.Option("--out", "--home", help="The home: folder for forecasts, scores, report and models.")
    ],
    data: options.MaybeData = None,
    db: options.Db = None,
    horizon: options.Horizon = None,
    models: options.RunModels = "",
    windows: Annotated[
        int | None, typer.Option("--windows", help="Scored windows of the past. Default: 2; with --fast 1.")
    ] = None,
    quantiles: options.Quantiles = None,
    fast: options.Fast = False,
    settings: options.Settings = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    select_by: options.SelectBy = options.SelectionScore.sql,
    target: options.Target = None,
    language: options.Language = "en",
    workers: options.Workers = None,
    scheduler: options.Scheduler = "",
    tls_ca: options.TlsCa = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    insecure: options.Insecure = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Do the main job: backtest, train the best model, forecast, and write the home.

    Without --data the chain is read from the database: --db, else storecast.db in the home.
    """
    from storecast import workflows
    from storecast.executors.choose import Workforce
    from storecast.stages import RUN_STAGES
    from storecast.workflows.run_cost import RunCost

    workforce = Workforce(workers, scheduler, tls_ca, tls_cert, tls_key, insecure)
    with (
        show.working(log_format, verbose=verbose, stages=RUN_STAGES) as progress,
        workforce.executor() as executor,
    ):

        def announce(cost: RunCost, look: str) -> None:
            progress.expect(cost.seconds)
            if not verbose:
                progress.tell(cost.sentence())
                progress.tell(look)

        scores = workflows.run(
            data,
            home=out,
            db=db,
            horizon=horizon,
            models=models,
            windows=windows,
            quantiles=tuple(quantiles or ()),
            fast=fast,
            settings=settings or {},
            skip=skip or (),
            sum_rows=sum_rows,
            select_by=select_by,
            target=target,
            language=language,
            executor=executor,
            progress=progress,
            announce=announce,
        )
    show.as_json(scores) if json else show.scores(scores)
    if not json:
        print(f"The home is {out}; open {out / 'report.html'}.")
    if scores["failed"]:
        causes = "; ".join(f"{name}: {cause}" for name, cause in scores["failed"].items())
        what = f"Not all models finished; {scores['selected']['model']} was selected of those that did. {causes}"
        typer.echo(show.printable(f"{what}. The log is {out / 'run.log'}."), err=True)
        raise typer.Exit(1)


def check(
    data: options.Data,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for check.json.")] = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    horizon: options.Horizon = None,
    windows: Annotated[int, typer.Option("--windows", help="Windows that the run is to score.")] = 2,
    target: options.Target = None,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Read and clean a folder; list what was repaired. Exit 0: a run with these options could go on; 2: it could not."""
    from storecast import workflows
    from storecast.stages import CHECK_STAGES

    with show.working(log_format, verbose=verbose, stages=CHECK_STAGES) as progress:
        cleaned = workflows.check(
            data,
            out=out,
            skip=skip or (),
            sum_rows=sum_rows,
            horizon=horizon,
            windows=windows,
            target=target,
            progress=progress,
        )
        report = cleaned.report()
    if json:
        show.as_json(report)
        return
    rows = [[repair.rule, repair.rows, repair.what, repair.action, repair.listed] for repair in cleaned.repairs]
    show.table("Repairs", ["rule", "rows", "what was found", "what was done", "examples"], rows)
    if any(repair.others for repair in cleaned.repairs):
        print(
            f"All examples are in {out / 'check.json' if out else 'check.json, which --out DIR writes, and in --json'}."
        )
    if report["unseen_seasons"]:
        print(report["unseen_seasons"])
    kind = "A generated chain: " if report["generated"] else ""
    print(
        f"{kind}{show.stores(report['stores'])}, {report['rows']:,} rows from {report['first']} to {report['last']}, "
        f"{report['rows_ahead']:,} rows ahead. A run can go on."
    )


def demo_data(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    stores: Annotated[int, typer.Option("--stores", help="Number of stores.")] = 150,
    days: Annotated[int, typer.Option("--days", help="Days in all; the last 48 go to test.csv.")] = 942,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same chain.")] = 1,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Write a generated chain: the same files as a real one, its true effects beside them in truth.json."""
    from storecast.data.generate import ChainSpec, write_demo

    with show.working(log_format, "generating"):
        write_demo(out, ChainSpec(stores=stores, days=days, seed=seed))
    print(f"Wrote a generated chain of {stores} stores and {days} days to {out}.")
