"""A version of the plan as a workbook with cells to fill in."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.database.chain_info import existing_chain
from storecast.database.chain_settings import read_target_of_chain
from storecast.database.connect import Database
from storecast.database.current_plan import read_groups, read_overrides, read_plan, read_reasons, read_revision
from storecast.database.day_spans import calendar_between, sales_between
from storecast.database.plan_budget import read_budget
from storecast.errors import moment
from storecast.plan import workbook_layout as w
from storecast.plan.budget import budget_of
from storecast.plan.overrides import NOBODY, OVERRIDE, PLAN, describe
from storecast.plan.store_days import BAND, StoreDays, as_money
from storecast.plan.workbook_changes import Scope, cell_text, store_week_figures
from storecast.plan.workbook_content import WorkbookContent
from storecast.plan.workbook_words import WorkbookWords
from storecast.plan.workbook_writing import write_workbook
from storecast.report.tables import YEAR
from storecast.workflows.workbook_content import GENERATED, WEEK, budget_sum, figure_title, store_weeks, with_groups

MAX_NAMED = 3  # overrides in one cell


def export_workbook(db: Database, version: int | None = None, language: str = "en") -> bytes:
    """Return a version of the plan as a workbook with cells to fill in.

    Parameters
    ----------
    db : the database
    version : its number; None: the newest
    language : of the workbook, en or de

    Raises
    ------
    ConfigError
        where there is no such language
    MissingError
        where there is no such version
    """
    words = WorkbookWords(language)
    with db.reading() as conn:
        wanted, figures = read_plan(conn, version)
        revision = read_revision(conn)
        groups = read_groups(conn).only(figures.stores)
        every = read_overrides(conn, since=0)
        budget, reasons = read_budget(conn), read_reasons(conn)
        calendar = calendar_between(conn, figures.first, figures.last)
        sales = sales_between(conn, figures.first - YEAR, figures.last - YEAR)
        target, generated = read_target_of_chain(conn), existing_chain(conn).generated
    days = figures.to_frame().with_columns(pl.col(s.STORE).cast(calendar.schema[s.STORE]))
    weeks = store_weeks(days, calendar, sales)
    planned = _plan_weeks(figures, budget, every, reasons, words)
    rows, names = with_groups(weeks.join(planned, on=[w.STORE, WEEK], how="left", maintain_order="left"), groups)
    standing = store_week_figures(every.filter(pl.col("withdrawn").is_null()))
    created = dt.datetime.now(dt.UTC)
    content = WorkbookContent(
        title=words.text(
            "Version {version} of the plan, {state}, after {cutoff}",
            version=wanted.version,
            state=words.text(wanted.state),
            cutoff=words.date(wanted.cutoff),
        ),
        facts={
            w.VERSION: wanted.version,
            w.REVISION: revision,
            w.MODEL: wanted.model,
            w.CUTOFF: wanted.cutoff,
            w.STATE: words.text(wanted.state),
            w.DAYS: words.text("{first} to {last}", first=words.date(wanted.first), last=words.date(wanted.last)),
            w.EXPORTED: words.message(moment(created)),
        },
        rows=_with_standing(rows, standing, reasons, words),
        groups=names,
        reasons=reasons,
        figure=figure_title(target, words),
        notices=[words.text(GENERATED)] if generated else [],
        words=words,
    )
    return write_workbook(content, created)


def _plan_weeks(
    figures: StoreDays, budget: pl.DataFrame, overrides: pl.DataFrame, reasons: Sequence[str], words: WorkbookWords
) -> pl.DataFrame:
    """Return bounds, budget and plan of store-weeks, and what overrides do to each.

    Parameters
    ----------
    figures : with the plan and who holds each store-day
    budget : as `read_budget` returns it
    overrides : all that ever stood
    reasons : that one may have
    words : of the language
    """
    cells = budget_of(figures, budget)
    days = StoreDays(figures.stores, figures.first, {**figures.cents, w.BUDGET: cells}).in_cents()
    weeks = days.group_by(s.STORE, pl.col(s.DATE).dt.truncate("1w").alias(WEEK), maintain_order=True).agg(
        as_money(pl.col(BAND[0]).sum()).alias(w.LOWER),
        as_money(pl.col(BAND[1]).sum()).alias(w.UPPER),
        budget_sum(),
        as_money(pl.col(PLAN).sum()).alias(w.PLAN),
        pl.col(OVERRIDE).filter(pl.col(OVERRIDE) != NOBODY).unique().sort().alias("holders"),
    )
    texts = {
        row["id"]: words.text(
            "override {number}: {override} ({reason}, {person})",
            number=row["id"],
            override=words.message(describe(row)),
            reason=words.reason(row["reason"], reasons),
            person=row["by"],
        )
        for row in overrides.iter_rows(named=True)
    }
    listed = [_listed([texts[number] for number in numbers], words) for numbers in weeks["holders"].to_list()]
    standing = pl.Series(w.STANDING, listed, dtype=pl.String)
    return weeks.drop("holders").with_columns(pl.col(s.STORE).cast(pl.String).alias(w.STORE), standing)


def _listed(texts: Sequence[str], words: WorkbookWords) -> str | None:
    named, more = "; ".join(texts[:MAX_NAMED]), len(texts) - MAX_NAMED
    if more > 0:
        named = words.text("{overrides} and {count} more", overrides=named, count=more)
    return cell_text(named) if texts else None


def _with_standing(
    rows: pl.DataFrame, standing: dict[Scope, dict[str, object]], reasons: Sequence[str], words: WorkbookWords
) -> pl.DataFrame:
    """Add the totals of exactly these store-weeks that stand.

    Parameters
    ----------
    rows : of the sheet Weeks
    standing : as `store_week_figures` returns them
    reasons : that an override may have
    words : of the language
    """
    overrides = [standing.get(scope) for scope in rows.select(w.STORE, w.FIRST, w.LAST).iter_rows()]
    return rows.with_columns(
        pl.Series(w.OVERRIDE, [None if each is None else each["value"] for each in overrides], dtype=pl.Float64),
        pl.Series(
            w.REASON,
            [None if each is None else words.reason(str(each["reason"]), reasons) for each in overrides],
            dtype=pl.String,
        ),
        pl.Series(
            w.NOTE, [None if each is None else cell_text(str(each["note"])) for each in overrides], dtype=pl.String
        ),
    )
