"""One weekly job at a time on a PostgreSQL, whichever machine it runs on; the lock ends with its connection."""

from contextlib import closing

import pytest

from storecast.database.connect import Database
from storecast.database.job_lock import only_job
from storecast.errors import BusyError
from support.new_databases import new_database


def test_a_second_job_is_refused_until_the_first_has_ended_or_failed(empty_postgres: str) -> None:
    new_database(empty_postgres).close()
    with closing(Database.open(empty_postgres)) as one, closing(Database.open(empty_postgres)) as other:
        with only_job(one), pytest.raises(BusyError, match=r"at work on .* already"), only_job(other):
            pytest.fail("two at once")
        with pytest.raises(ZeroDivisionError), only_job(one):
            raise ZeroDivisionError
        with only_job(other), one.reading() as conn:
            assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1, "others are not kept waiting"


def test_a_job_that_is_killed_holds_nothing(empty_postgres: str) -> None:
    new_database(empty_postgres).close()
    with closing(Database.open(empty_postgres)) as one, closing(Database.open(empty_postgres)) as other, only_job(one):
        with other.begin() as conn:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            conn.exec_driver_sql(f"{others} AND pid <> pg_backend_pid()")
        with only_job(other):
            pass
