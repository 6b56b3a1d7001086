"""What moves sales, and what a forecast is made of: explore, explain."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from storecast.cli import options, show


def explore(
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html and tables/.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    questions: Annotated[
        Sequence[str],
        typer.Option(
            "--questions",
            parser=options.names,
            metavar="<str>",
            help="Names, such as promotions,holidays. Default: all.",
        ),
    ] = "",
    png: Annotated[bool, typer.Option("--png", help="Write each picture as a PNG too; needs the extra png.")] = False,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    language: options.Language = "en",
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Show what moves sales and customers: a report of questions and answers, and the table behind each."""
    from storecast import workflows
    from storecast.stages import EXPLORE_STAGES, PICTURES

    stages = (*EXPLORE_STAGES, PICTURES) if png else EXPLORE_STAGES
    with show.working(log_format, verbose=verbose, stages=stages) as progress:
        exploration = workflows.explore(
            options.source(data, db),
            out=out,
            questions=questions,
            pictures=png,
            skip=skip or (),
            sum_rows=sum_rows,
            language=language,
            progress=progress,
        )
    sections, reasons = exploration.worded_sections(), exploration.worded_reasons()
    if json:
        answers = {section.key: section.body.answer for section in sections}
        show.as_json({"answers": answers, "unanswered": reasons})
        return
    for section in sections:
        print(f"{show.printable(section.title)}\n  {show.printable(section.body.answer)}\n")
    for name, reason in reasons.items():
        print(f"Not answered: {name}: {reason}.")
    print(f"Open {out / 'report.html'}; the tables are in {out / 'tables'}.")


def explain(
    model: options.ModelFile = None,
    home: options.ModelHome = None,
    data: options.MaybeData = None,
    db: options.FromDb = None,
    store: Annotated[
        str | None, typer.Option("--store", help="A store. Default: what matters to the model on the whole.")
    ] = None,
    date: Annotated[
        dt.date | None,
        typer.Option(
            "--date",
            parser=options.day("--date"),
            metavar="<str>",
            help="A day of the past or of the forecast. Default: every day of the forecast.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The contributions to write, a CSV file.")] = None,
    horizon: options.Horizon = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Say what a forecast is made of, in the unit of sales: level, weekday, season, promotion, holidays, competition, trend."""
    from storecast import workflows
    from storecast.stages import EXPLAIN_STAGES

    model_file, source = options.model_file(model, home), options.source(data, db, home)
    with show.working(log_format, verbose=verbose, stages=EXPLAIN_STAGES) as progress:
        explained, model_in_use = workflows.explain(
            source,
            model=model_file,
            store=store,
            date=date,
            out=out,
            horizon=horizon,
            skip=skip or (),
            sum_rows=sum_rows,
            progress=progress,
        )
    if json:
        show.as_json(explained.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts())
    elif store is None:
        show.importance(explained)
    else:
        show.contributions(explained, model_in_use.target, model_in_use.trained_until)
