"""The database: one chain, what was forecast of it, and who asked. SQLite in a home, or PostgreSQL by URL.

connect    a database that is there, ours and of this version; transactions
tables     the tables
migrate    their versions, up and down (the steps are in migrations/)
bulk       many rows at once, in and out
panel      a Panel in and out, and what changed since a version
writes     new sales, days ahead, stores
forecasts  forecasts that were made, beside what came
keys       who may do what
journal    requests answered, writes audited, replies remembered
backup     one portable archive, out and in

Every writer takes the one row of the table `chain` first and counts its version up. So writers follow one another, and whoever
has seen a version has seen every change up to it.
"""
