"""The tables of cases. Part of `schema.py`. Plates, references and reasons are sealed."""

import sqlalchemy as sa

from fairplate.storage.columns import ROW_NUMBER, Moment, metadata

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # plates, readers, times, reference, why
    sa.Column("exigent", sa.Boolean, nullable=False),
    sa.Column("needed", sa.BigInteger, nullable=False),  # approvals, as when it was opened
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("owed_since", Moment),  # when it was first searched without approval
    sa.Column("closed_at", Moment),
    sa.Column("closed_as", sa.Text),  # a word of audit/words.CaseEnd
    sa.Index("ix_cases_closed_at_ends_at", "closed_at", "ends_at"),
    sa.Index("ix_cases_opened_by", "opened_by"),
)

case_votes = sa.Table(  # who said yes or no, in order
    "case_votes",
    metadata,
    sa.Column("id", ROW_NUMBER, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("expires_at", Moment),  # of an approval; null: a refusal
)

case_searches = sa.Table(  # how often, and how much was shown: numbers only
    "case_searches",
    metadata,
    sa.Column("id", ROW_NUMBER, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("found", sa.BigInteger, nullable=False),
)
