"""The database: one chain, what was forecast of it, and who asked. SQLite in a home, or PostgreSQL by URL.

connect      open a database and check its version; transactions
tables       the tables
migrate      their versions, up and down (the steps are in migrations/)
bulk         many rows at once, in and out
chain_info   version and ids of the chain; chain_settings: what was said of it when it was loaded
day_spans    the days of a span, for who needs few of them
panel_io     read and write a Panel, and read what changed since a version
writes       new sales, days ahead, stores
forecasts    forecasts that were made, beside the sales that followed
plan_versions   versions of the plan, read; plan_publishing: published and agreed on
current_plan    the plan: a version's forecast and what stands in its place; plan_overrides: written and taken back;
                plan_override_conflicts: where others wrote over them
plan_budget  the budget; plan_history: what was planned, beside what came; plan_exceptions: how they are handled
plan_comments   what people said about it
api_keys     who may do what
request_log  requests answered, writes audited, replies to writes
job_lock     one weekly job at a time, among all machines
prune        delete old requests and forecasts
backup       one portable archive, out and in
parquet_sizes how much memory the pages of a Parquet file ask for

Every writer takes the one row of the table `chain` first and counts its version up. So writers follow one another, and whoever
has seen a version has seen every change up to it.
"""
