"""The tables come and go by steps, and end as the code says they are."""

import io
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from storecast.database.connect import Database, connect
from storecast.database.migrate import downgrade, upgrade
from storecast.database.migration_steps import FOLDER
from storecast.database.tables import REVISIONS, metadata
from storecast.errors import DatabaseError


def tables(url: str) -> list[str]:
    database = connect(url, create=True)
    with database.reading() as conn:
        names = sa.inspect(conn).get_table_names()
    database.close()
    return names


def test_the_steps_are_those_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions("base", "heads")]
    assert tuple(reversed(steps)) == REVISIONS


def test_after_all_steps_the_tables_are_those_of_the_code(db: Database) -> None:
    with db.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda dialect: dialect.name)
def test_the_steps_write_the_sql_that_the_declared_tables_give_with_every_check(dialect: sa.Dialect) -> None:
    buffer = io.StringIO()
    context = MigrationContext.configure(dialect=dialect, opts={"as_sql": True, "output_buffer": buffer})
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    steps = reversed(list(ScriptDirectory.from_config(config).walk_revisions("base", "heads")))
    with Operations.context(context):
        for step in steps:
            step.module.upgrade()
    migrated = {" ".join(statement.split()) for statement in buffer.getvalue().split(";")}
    declared = {
        " ".join(str(CreateTable(table).compile(dialect=dialect)).split())
        for table in metadata.tables.values()
        # A table that a later step adds columns to is held by the comparison with a migrated database above.
        if not any(statement.startswith(f"ALTER TABLE {table.name} ADD") for statement in migrated)
    }
    assert declared - migrated == set()


def test_up_and_down_and_up_again(url: str) -> None:
    assert upgrade(url) == upgrade(url) == REVISIONS[-1]
    assert set(tables(url)) == {*metadata.tables, "alembic_version"}
    downgrade(url, "base")
    assert tables(url) == []
    upgrade(url)
    Database.open(url).close()


def test_each_step_goes_down_and_up(url: str) -> None:
    upgrade(url)
    for revision in reversed(REVISIONS):
        downgrade(url, revision)
    upgrade(url)
    Database.open(url).close()


def test_servers_that_start_at_once_make_the_tables_once(url: str) -> None:
    outcomes: list[object] = []

    def start() -> None:
        try:
            Database.open(url, create=True).close()
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == []
    Database.open(url).close()


def test_a_step_that_is_none_is_refused(db: Database, url: str) -> None:
    with pytest.raises(DatabaseError, match="no version 'x'"):
        downgrade(url, "x")


def test_a_newer_database_is_not_brought_up(db: Database, url: str) -> None:
    with db.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))
    for change in (upgrade, lambda url: downgrade(url, "base")):
        with pytest.raises(DatabaseError):
            change(url)


def test_the_steps_travel_with_the_package() -> None:
    assert {path.name for path in Path(FOLDER).rglob("*.py")} >= {"env.py", "0001_first_tables.py"}
