"""The tables of who may come in over the network: readers by their keys. Part of `schema.py`."""

import sqlalchemy as sa

from fairplate.storage.columns import Moment, metadata

access_keys = sa.Table(  # what a reader shows to send reads; only the key's digest is kept
    "access_keys",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("reader_id", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Index("ix_access_keys_reader_id", "reader_id"),
)
