"""Every table, on one page, the same for SQLite and PostgreSQL; migrations end at exactly this.

Decides columns and what each may say about a car: plates stand in none, but inside what is sealed.
Leaves to others what is written when.

`sealed_reads` and `receipts` are partitioned by key in PostgreSQL (`partitions.py`), so that a
destroyed key's rows go by dropping a table. They have no foreign key: it would be checked for every
row, and a row without a key is noise that can never be found.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from fairplate.core.clock import require_aware

_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware date-time, kept in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuse a naive one; SQLite has no zones and gets UTC without saying so."""
        if value is None:
            return None
        in_utc = require_aware(value, where="storage", field="moment").astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Return it in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(naming_convention=_NAMES)

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers INTEGER alone

policies = sa.Table(  # the last one is in force
    "policies",
    metadata,
    sa.Column("id", _ROW_NUMBER, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),  # TOML, checked again whenever it is read
    sa.Column("set_at", Moment, nullable=False),
)

readers = sa.Table(
    "readers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # for people: "North gate, inbound"
    sa.Column("enrolled_at", Moment, nullable=False),
    sa.Column("disabled_at", Moment),
)

vault_keys = sa.Table(  # what is known of each key; the secret itself is in the keyring
    "vault_keys",
    metadata,
    sa.Column("id", _ROW_NUMBER, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # as vault/key_names.py spells it
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("destroy_by", Moment, nullable=False),
    sa.Column("ending", sa.Text),  # why it is about to go before its time, noted beforehand
    sa.Column("ended_by", sa.Text),  # the pseudonym of whoever asked for that
    sa.Column("destroyed_at", Moment),  # the key is gone, and the event says so
    sa.Column("emptied_at", Moment),  # its rows are gone too
    sa.Index(  # a new keyring, after the old one was lost, may make a key of the same name
        "uq_vault_keys_living_name",
        "name",
        unique=True,
        sqlite_where=sa.text("destroyed_at IS NULL"),
        postgresql_where=sa.text("destroyed_at IS NULL"),
    ),
    sqlite_autoincrement=True,  # an id is never given again, though old rows are taken off
)

sealed_reads = sa.Table(
    "sealed_reads",
    metadata,
    sa.Column("key_id", sa.BigInteger, nullable=False),
    sa.Column("token", sa.LargeBinary, nullable=False),  # 16 bytes
    sa.Column("nonce", sa.LargeBinary, nullable=False),  # 12 bytes
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Index("ix_sealed_reads_key_id_token", "key_id", "token"),
    postgresql_partition_by="LIST (key_id)",
)

receipts = sa.Table(  # which reads arrived already; 16 bytes that say nothing without the key
    "receipts",
    metadata,
    sa.Column("key_id", sa.BigInteger, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    postgresql_partition_by="LIST (key_id)",
    sqlite_with_rowid=False,
)

kept_records = sa.Table(  # hits, and reads that a case holds: sealed under a hits or case key
    "kept_records",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # 32 hexadecimal digits, made at random
    sa.Column("part", sa.Text, primary_key=True),  # as vault/kept_records.py names them
    sa.Column("key_id", _ROW_NUMBER, sa.ForeignKey("vault_keys.id"), nullable=False, index=True),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
)

counts = sa.Table(  # what became of reads: numbers only
    "counts",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),  # of arrival, in UTC
    sa.Column("reader_id", sa.Text, primary_key=True),  # empty: no reader of ours
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

events = sa.Table(  # written in the transaction of the act; audit/events.py decides the bytes
    "events",
    metadata,
    sa.Column("id", _ROW_NUMBER, primary_key=True),
    sa.Column("position", sa.BigInteger),  # in the log, once the sequencer has put it there
    sa.Column("body", sa.LargeBinary, nullable=False),  # canonical JSON, as it goes into the log
    sa.Column("private", sa.LargeBinary),  # sealed by audit/private_parts.py; null: lost
    sa.Index("uq_events_position", "position", unique=True),
    sa.Index(
        "ix_events_waiting",
        "id",
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    ),
    sqlite_autoincrement=True,
)

log_head = sa.Table(  # one row
    "log_head",
    metadata,
    sa.Column("id", _ROW_NUMBER, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),  # how many events have a position
    sa.Column("quorum", sa.BigInteger, nullable=False),  # of witnesses
)

log_tiles = sa.Table(  # the log's tree, as it is published; verify/tiles.py decides the bytes
    "log_tiles",
    metadata,
    sa.Column("level", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("hashes", sa.LargeBinary, nullable=False),  # up to 256 of 32 bytes
)

checkpoints = sa.Table(  # the last one, and the last that witnesses signed
    "checkpoints",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # as audit/checkpoints.py names them
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("signed_at", Moment, nullable=False),
)

witnesses = sa.Table(
    "witnesses",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # as C2SP spells verifier keys
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("removed_at", Moment),
    sa.Column("size", sa.BigInteger, nullable=False),  # of the last checkpoint it signed
)

witnessed_months = sa.Table(  # the first witnessed checkpoint of each month
    "witnessed_months",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),  # such as 2026-11
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("drawn_at", Moment),  # when its reviews were
)

reviews = sa.Table(  # the searches that were drawn
    "reviews",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True),  # of the search's event in the log
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
)
