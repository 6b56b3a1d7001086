"""A write asked twice is done once; requests and writes are noted."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.request_log import (
    REMEMBERED,
    AnsweredRequest,
    StoredReply,
    audit,
    audit_lines,
    forget_replies,
    idempotent,
    record_requests,
    remember,
)
from storecast.errors import ConflictError

REPLY = StoredReply(201, "application/json", b'{"inserted": 1}')


def ask(db: Database, digest: str = "d", reply: StoredReply = REPLY, key: int = 1) -> StoredReply | None:
    with db.begin() as conn:
        outcome = idempotent(conn, key, "name", digest)
        if outcome is None:
            audit(conn, f"key:{key}", "wrote", {"digest": digest})
            remember(conn, key, "name", reply)
        return outcome


def count(db: Database, table: sa.Table) -> int:
    with db.reading() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_the_second_time_the_first_reply_is_given(db: Database) -> None:
    assert ask(db) is None
    assert ask(db) == REPLY
    assert ask(db, key=2) is None, "another key has names of its own"


def test_another_request_under_the_same_name_is_a_conflict(db: Database) -> None:
    ask(db)
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        ask(db, digest="other")


def test_a_write_that_failed_is_not_remembered(db: Database) -> None:
    def fail() -> None:
        with db.begin() as conn:
            assert idempotent(conn, 1, "name", "d") is None
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ask(db, digest="other") is None


def test_of_twenty_at_once_one_is_done(db: Database) -> None:
    outcomes: list[object] = []

    def call() -> None:
        try:
            outcomes.append(ask(db))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == sorted([None, *[REPLY] * 19], key=str)
    assert count(db, t.audit) == 1


def test_replies_are_forgotten_after_a_day(db: Database) -> None:
    ask(db)
    assert forget_replies(db) == 0
    with db.begin() as conn:
        old = dt.datetime.now(dt.UTC) - REMEMBERED - dt.timedelta(minutes=1)
        conn.execute(sa.update(t.idempotency).values(at=old))
    assert ask(db, digest="other") is None, "an old name is free again"
    with db.begin() as conn:
        conn.execute(sa.update(t.idempotency).values(at=old))
    assert forget_replies(db) == 1


def test_requests_are_recorded(db: Database) -> None:
    at = dt.datetime(2024, 2, 29, 23, 59, 59, 5, tzinfo=dt.UTC)
    row = AnsweredRequest(at, "r-1", None, "POST", "/v1/forecasts", 200, 42, 3.5, "model-x.pkl")
    record_requests(db, [])
    record_requests(db, [row, row])
    assert count(db, t.requests) == 2
    with db.reading() as conn:
        recorded = conn.execute(sa.select(t.requests).limit(1)).mappings().one()
    assert (recorded["at"], recorded["route"], recorded["rows"]) == (at, "/v1/forecasts", 42)


def test_what_is_written_stands_as_it_is(db: Database) -> None:
    odd = "'; DROP TABLE audit; -- \r\n\x1b[2J <script> =cmd|"
    with db.begin() as conn:
        audit(conn, "key:1", odd, {"name": odd})
    with db.reading() as conn:
        assert conn.execute(sa.select(t.audit.c.action)).scalar_one() == odd


def test_the_audit_is_exported_in_its_order_from_a_day_on(db: Database) -> None:
    moment = dt.datetime.now(dt.UTC)
    with db.begin() as conn:
        for action in ("sales written", "plan published"):
            audit(conn, "key:7", action, {"rows": 3, "note": "Käse"})
    lines = list(audit_lines(db))
    assert [(line["actor"], line["action"]) for line in lines] == [
        ("key:7", "sales written"),
        ("key:7", "plan published"),
    ]
    assert lines[0]["detail"] == {"rows": 3, "note": "Käse"}
    assert dt.datetime.fromisoformat(lines[0]["at"]).tzinfo is not None
    assert list(audit_lines(db, moment + dt.timedelta(days=1))) == []
