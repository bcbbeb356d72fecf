"""Alembic runs this file for each migration; migrate.py hands it the connection."""

from alembic import context

# No target_metadata: steps spell out what they make, and schema.py may be further on.
context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite's too, since sqlite3 does not commit behind our back
)
with context.begin_transaction():
    context.run_migrations()
