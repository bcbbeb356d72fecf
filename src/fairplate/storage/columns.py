"""What the tables are made of: their register, and the kinds of columns that SQL lacks."""

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

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers INTEGER alone
