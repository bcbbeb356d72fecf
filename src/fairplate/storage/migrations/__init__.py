"""How the tables came to be what schema.py says, step by step; Alembic runs the steps."""
