"""Runs by Alembic, on the connection that `migrate` hands over."""

from alembic import context

from storecast.database.tables import metadata

# SQLite too takes changes of tables back: the transaction is ours, not the driver's.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
