"""The vault and its log: policies, readers, keys, sealed reads, counts, events, their tree."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables, in a database that has none."""
    _make_rules()
    _make_vault()
    _make_records()
    _make_hot_lists()
    _make_alerting()
    _make_alerts()
    _make_outbox()
    _make_log()
    _make_witnesses()


def _make_rules() -> None:
    op.create_table(
        "policies",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
    )
    op.create_table(
        "readers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("enrolled_at", _MOMENT, nullable=False),
        sa.Column("disabled_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_readers"),
    )


def _make_vault() -> None:
    op.create_table(
        "vault_keys",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("destroy_by", _MOMENT, nullable=False),
        sa.Column("ending", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("destroyed_at", _MOMENT),
        sa.Column("emptied_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_vault_keys"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_vault_keys_living_name",
        "vault_keys",
        ["name"],
        unique=True,
        sqlite_where=sa.text("destroyed_at IS NULL"),
        postgresql_where=sa.text("destroyed_at IS NULL"),
    )
    op.create_table(
        "sealed_reads",
        sa.Column("key_id", sa.BigInteger, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        postgresql_partition_by="LIST (key_id)",
    )
    op.create_index("ix_sealed_reads_key_id_token", "sealed_reads", ["key_id", "token"])
    op.create_table(
        "receipts",
        sa.Column("key_id", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "digest", name="pk_receipts"),
        postgresql_partition_by="LIST (key_id)",
        sqlite_with_rowid=False,
    )


def _make_records() -> None:
    op.create_table(
        "kept_records",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("key_id", _ROW_NUMBER, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", "part", name="pk_kept_records"),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name="fk_kept_records_key_id"),
    )
    op.create_index("ix_kept_records_key_id", "kept_records", ["key_id"])
    op.create_table(
        "counts",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("reader_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "reader_id", "outcome", name="pk_counts"),
    )
    op.create_table(
        "events",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("position", sa.BigInteger),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("private", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_events_position", "events", ["position"], unique=True)
    op.create_index(
        "ix_events_waiting",
        "events",
        ["id"],
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )


def _make_hot_lists() -> None:
    op.create_table(
        "hot_lists",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("retired_at", _MOMENT),
        sa.Column("batch_id", sa.Text),
        sa.Column("imported_at", _MOMENT),
        sa.Column("fresh_until", _MOMENT),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=False),
        sa.Column("refused_at", _MOMENT),
        sa.Column("stale_told_at", _MOMENT),
        sa.Column("reminded_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_hot_lists"),
    )
    op.create_table(
        "list_chunks",
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_list_chunks"),
    )


def _make_alerting() -> None:
    op.create_table(
        "held_back",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("list_id", sa.Text, nullable=False),
        sa.Column("reader_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "list_id", "reader_id", "reason", name="pk_held_back"),
    )
    op.create_table(
        "alerting",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("suspended_at", _MOMENT),
        sa.Column("reason", sa.Text),
        sa.Column("lifted_at", _MOMENT),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_alerting"),
    )


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("list_id", sa.Text, nullable=False),
        sa.Column("reader_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("chance_permille", sa.BigInteger, nullable=False),
        sa.Column("raised_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("record_id", sa.Text),
        sa.Column("told", sa.LargeBinary),
        sa.Column("repeat_token", sa.LargeBinary),
        sa.Column("repeats", sa.BigInteger, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decided_by", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("uq_alerts_repeat_token", "alerts", ["repeat_token"], unique=True)
    op.create_index("ix_alerts_state_raised_at", "alerts", ["state", "raised_at"])


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("subscriber", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text),
        sa.Column("notice", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("problem", sa.Text),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_outbox_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_outbox_key", "outbox", ["key"], unique=True)
    op.create_index("ix_outbox_alert_id", "outbox", ["alert_id"])
    op.create_index("ix_outbox_subscriber_created_at", "outbox", ["subscriber", "created_at"])
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["channel", "due_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _make_log() -> None:
    op.create_table(
        "log_head",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("quorum", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name="pk_log_tiles"),
    )


def _make_witnesses() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_checkpoints"),
    )
    op.create_table(
        "witnesses",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_witnesses"),
    )
    op.create_table(
        "witnessed_months",
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("drawn_at", _MOMENT),
        sa.PrimaryKeyConstraint("month", name="pk_witnessed_months"),
    )
    op.create_table(
        "reviews",
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("done_at", _MOMENT),
        sa.PrimaryKeyConstraint("position", name="pk_reviews"),
    )
