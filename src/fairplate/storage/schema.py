"""Every table, the same for SQLite and PostgreSQL; migrations end at exactly this.

Decides columns and what each may say about a car: plates stand in none, but inside what is sealed.
Leaves to others what is written when, to `access_tables.py` and `people_tables.py` the tables of
who may come in, to `case_tables.py` those of cases, to `log_tables.py` the audit log.

`sealed_reads` and `receipts` are partitioned by key in PostgreSQL (`partitions.py`), so that a
destroyed key's rows go by dropping a table. They have no foreign key: it would be checked for every
row, and a row without a key is noise that can never be found.
"""

import sqlalchemy as sa

from fairplate.storage.access_tables import access_keys
from fairplate.storage.case_tables import case_searches, case_votes, cases
from fairplate.storage.columns import ROW_NUMBER, Moment, metadata
from fairplate.storage.log_tables import (
    checkpoints,
    events,
    log_head,
    log_tiles,
    reviews,
    witnessed_months,
    witnesses,
)
from fairplate.storage.people_tables import (
    api_tokens,
    invites,
    passkeys,
    people,
    sessions,
    sign_in_links,
    spent_challenges,
)

__all__ = [
    "Moment",
    "access_keys",
    "alerting",
    "alerts",
    "api_tokens",
    "case_searches",
    "case_votes",
    "cases",
    "checkpoints",
    "counts",
    "events",
    "held_back",
    "hot_lists",
    "invites",
    "kept_records",
    "list_chunks",
    "log_head",
    "log_tiles",
    "metadata",
    "outbox",
    "passkeys",
    "people",
    "policies",
    "readers",
    "receipts",
    "reviews",
    "sealed_reads",
    "sessions",
    "sign_in_links",
    "spent_challenges",
    "vault_keys",
    "witnessed_months",
    "witnesses",
]

policies = sa.Table(  # the last one is in force
    "policies",
    metadata,
    sa.Column("id", ROW_NUMBER, primary_key=True),
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
    sa.Column("id", ROW_NUMBER, primary_key=True),
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
    sa.Column("key_id", ROW_NUMBER, sa.ForeignKey("vault_keys.id"), nullable=False, index=True),
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

hot_lists = sa.Table(
    "hot_lists",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),  # TOML, as hotlists/definition.py reads it
    sa.Column("set_at", Moment, nullable=False),
    sa.Column("retired_at", Moment),
    sa.Column("batch_id", sa.Text),  # the batch in force; null: none came yet
    sa.Column("imported_at", Moment),  # when that came
    sa.Column("fresh_until", Moment),  # when the next one was due then; null: never
    sa.Column("entries", sa.BigInteger, nullable=False),  # how many it has
    sa.Column("ended", sa.BigInteger, nullable=False),  # how many of them are over, as logged
    sa.Column("refused_at", Moment),  # when the last batch was refused, if that was later
    sa.Column("stale_told_at", Moment),  # when it was logged that the batch is too old
    sa.Column("reminded_at", Moment),  # when it was told that entries will end soon
)

list_chunks = sa.Table(  # the entries in force, some hundred at a time, sealed
    "list_chunks",
    metadata,
    sa.Column("batch_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # as hotlists/chunks.py writes it
)

alerts = sa.Table(  # what is to be compared lies in a kept record, sealed
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("list_id", sa.Text, nullable=False),
    sa.Column("reader_id", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("chance_permille", sa.BigInteger, nullable=False),
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),  # undecided until then, it expires
    sa.Column("record_id", sa.Text),  # of the kept record; null: a test, which keeps none
    sa.Column("told", sa.LargeBinary),  # a test's message, sealed, until it is delivered
    sa.Column("repeat_token", sa.LargeBinary),  # 16 bytes while repeats of it are held back
    sa.Column("repeats", sa.BigInteger, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),  # the last of them
    sa.Column("state", sa.Text, nullable=False),  # unconfirmed, or a word of audit/words.Decision
    sa.Column("decided_at", Moment),
    sa.Column("decided_by", sa.Text),
    sa.Column("outcome", sa.Text),  # a word of audit/words.Outcome
    sa.Index("uq_alerts_repeat_token", "repeat_token", unique=True),
    sa.Index("ix_alerts_state_raised_at", "state", "raised_at"),
)

outbox = sa.Table(  # one message for one subscriber; told to nobody else, and never twice at once
    "outbox",
    metadata,
    sa.Column("id", ROW_NUMBER, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),  # by which a double can be told
    sa.Column("subscriber", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("alert_id", sa.Text, sa.ForeignKey("alerts.id"), index=True),  # null: a notice
    sa.Column("notice", sa.Text),  # JSON without plates
    sa.Column("state", sa.Text, nullable=False),  # as alerts/outbox.py names them
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),  # accepted, or given up
    sa.Column("problem", sa.Text),  # what the channel said last
    sa.Index(
        "ix_outbox_waiting",
        "channel",
        "due_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index("uq_outbox_key", "key", unique=True),
    sa.Index("ix_outbox_subscriber_created_at", "subscriber", "created_at"),
    sqlite_autoincrement=True,
)

alerting = sa.Table(  # lists and readers that raise no alerts, or did not for a time
    "alerting",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # list or reader
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("suspended_at", Moment),  # null: a person lifted it
    sa.Column("reason", sa.Text),
    sa.Column("lifted_at", Moment),  # what was decided before counts no more
)

held_back = sa.Table(  # matches that raised no alert, and why: numbers only
    "held_back",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("list_id", sa.Text, primary_key=True),
    sa.Column("reader_id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
