"""What a weekly job sees that needs a look: late, missing or incomplete sales, figures outside their band, ending certificates."""

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import polars as pl
from cryptography import x509

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.database.api_keys import all_keys
from storecast.database.connect import Database
from storecast.database.day_spans import sales_between
from storecast.database.panel_io import read_panel
from storecast.errors import ConfigError, quote
from storecast.monitor.noise import BLOCK
from storecast.notify.alerts import Condition
from storecast.workflows.monitoring import monitor_panel, scored_forecasts

RECENT_DAYS, LOOK_BACK_DAYS = 7, 35  # a store that had rows in these days and none in those is missing
KEY_DAYS = 30  # before its end, from which on a key is named
MAX_NAMED = 5  # stores in a sentence


def late(cutoff: dt.date, today: dt.date, late_after: int) -> list[Condition]:
    """Return that sales are late.

    Parameters
    ----------
    cutoff : the last complete day
    today : the day of the job
    late_after : days before it up to which sales must have come
    """
    expected = today - dt.timedelta(days=late_after)
    days = (expected - cutoff).days
    if days <= 0:
        return []
    count = "1 day" if days == 1 else f"{days} days"
    sentence = (
        f"The sales are late: the last complete day is {cutoff}, expected was {expected} at least ({count} more)."
    )
    return [Condition("late", sentence, days)]


def incomplete(database: Database, cutoff: dt.date, last_sale: dt.date) -> list[Condition]:
    """Return which stores stopped sending, and which days are not complete yet.

    Parameters
    ----------
    database : with the chain
    cutoff : the last complete day
    last_sale : the last day with sales
    """
    with database.reading() as conn:
        rows = sales_between(conn, cutoff - dt.timedelta(days=LOOK_BACK_DAYS - 1), last_sale)
    past = rows.filter(pl.col(s.DATE) <= cutoff)
    recent = pl.col(s.DATE) > cutoff - dt.timedelta(days=RECENT_DAYS)
    known = past.filter(~recent)[s.STORE].unique().sort()
    missing = known.filter(~known.is_in(past.filter(recent)[s.STORE].unique().to_list())).to_list()
    conditions = []
    if missing:
        more = f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
        which = ", ".join(map(str, missing[:MAX_NAMED])) + more
        sentence = f"No sales of the week up to {cutoff} have come from {len(missing)} of {len(known)} stores: {which}."
        conditions.append(Condition("missing", sentence, len(missing)))
    days = rows.filter(pl.col(s.DATE) > cutoff).group_by(s.DATE).len("stores").sort(s.DATE)
    if days.height:
        listed = ", ".join(f"{day} ({stores} of {len(known)} stores)" for day, stores in days.iter_rows())
        sentence = f"Days that are not complete yet were left out: {listed}."
        conditions.append(Condition("incomplete", sentence, days.height))
    return conditions


def outside_bands(url: str, models: Path) -> list[Condition]:
    """Return which figures of past forecasts have left their band for so long that a new model is advised.

    Parameters
    ----------
    url : of the database
    models : folder of the model files, which hold the scores of their backtests
    """
    with closing(Database.open(url)) as database:
        panel, _ = read_panel(database)
        return _outside_bands(database, panel, models)


def _outside_bands(database: Database, panel: Panel, models: Path) -> list[Condition]:
    rows = scored_forecasts(database, panel.end - dt.timedelta(days=2 * BLOCK))
    alerts = monitor_panel(rows, panel, models).alerts
    return [
        Condition(f"band:{alert.what}", panel.target.worded(alert.sentence()))
        for alert in alerts
        if alert.advice == "retrain"
    ]


def ending_keys(url: str, today: dt.date) -> list[Condition]:
    """Return which keys of the service end within a month, and have no successor of the same name.

    Parameters
    ----------
    url : of the database
    today : the day of the job
    """
    with closing(Database.open(url)) as database:
        keys = all_keys(database)
    last = today + dt.timedelta(days=KEY_DAYS)
    successors = {key.name: key.id for key in keys if key.revoked is None}
    return [
        Condition(
            f"key:{key.id}",
            f"Key {key.id} for {key.name} ends on {key.expires:%Y-%m-%d}: `storecast key rotate {key.id}`.",
        )
        for key in keys
        if key.revoked is None and key.expires is not None and today <= key.expires.date() <= last
        if successors[key.name] == key.id
    ]


def ending_certificates(files: Sequence[str], today: dt.date, days: float) -> list[Condition]:
    """Return which certificates end soon, or have ended.

    Parameters
    ----------
    files : of certificates in PEM; of a chain, the one that ends first counts
    today : the day of the job
    days : before the end, from which on it is told

    Raises
    ------
    ConfigError
        where a file cannot be read
    """
    conditions = []
    for file in files:
        try:
            chain = x509.load_pem_x509_certificates(Path(file).read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"[notify] certificates: {quote(file)} cannot be read as certificates in PEM. Name a file with one."
            ) from error
        end = min(certificate.not_valid_after_utc for certificate in chain).date()
        left = (end - today).days
        if left <= days:
            name = Path(file).name
            sentence = f"The certificate {name} ends on {end}" + (
                f", in {left} days." if left >= 0 else ": it has ended."
            )
            conditions.append(Condition(f"certificate:{name}", sentence))
    return conditions
