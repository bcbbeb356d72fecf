"""Where everything that is kept lies: one schema for SQLite and PostgreSQL, and its migrations."""
