"""Cases, who voted on them, and how often they were searched."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cases",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("exigent", sa.Boolean, nullable=False),
        sa.Column("needed", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("owed_since", _MOMENT),
        sa.Column("closed_at", _MOMENT),
        sa.Column("closed_as", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_closed_at_ends_at", "cases", ["closed_at", "ends_at"])
    op.create_index("ix_cases_opened_by", "cases", ["opened_by"])
    op.create_table(
        "case_votes",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_case_votes"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_votes_case_id"),
    )
    op.create_index("ix_case_votes_case_id", "case_votes", ["case_id"])
    op.create_table(
        "case_searches",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_searches"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_searches_case_id"),
    )
    op.create_index("ix_case_searches_case_id", "case_searches", ["case_id"])
