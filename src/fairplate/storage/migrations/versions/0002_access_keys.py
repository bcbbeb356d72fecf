"""The keys by which readers send reads over the network."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of keys."""
    op.create_table(
        "access_keys",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("reader_id", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_access_keys"),
    )
    op.create_index("ix_access_keys_reader_id", "access_keys", ["reader_id"])
