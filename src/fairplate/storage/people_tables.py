"""The tables of people: who they are, how they come in, and what they hold. Part of `schema.py`.

Names and addresses stand in `sealed` alone. Every secret that a person holds (invite, session,
token) is kept as a keyed digest: whoever reads or writes these tables without the key can neither
use one nor make one up.
"""

import sqlalchemy as sa

from fairplate.storage.columns import Moment, metadata

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # the pseudonym in the audit log
    sa.Column("role", sa.Text, nullable=False),  # a word of audit/words.Role
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # name and address, bound to the role
    sa.Column("handle", sa.LargeBinary, nullable=False),  # by which passkeys name the person
    sa.Column("invited_at", Moment, nullable=False),
    sa.Column("joined_at", Moment),  # null: no invite was taken yet
    sa.Column("disabled_at", Moment),
    sa.Index("uq_people_handle", "handle", unique=True),
)

invites = sa.Table(  # taken: the row goes
    "invites",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Index("uq_invites_person_id", "person_id", unique=True),
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("credential_id", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),  # by which people name it
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # the public key, bound to the person
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("used_at", Moment, nullable=False),
    sa.Index("uq_passkeys_id", "id", unique=True),
    sa.Index("ix_passkeys_person_id", "person_id"),
)

sign_in_links = sa.Table(  # an organisation's account of a person
    "sign_in_links",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # keyed, of issuer and subject
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Index("uq_sign_in_links_person_id", "person_id", unique=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),  # by which people name it; opens nothing
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("passkey_id", sa.Text),  # which passkey began it; null: an organisation's account
    sa.Column("agent", sa.Text, nullable=False),  # family of browser and system
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("stepped_up_at", Moment),
    sa.Column("stepped_up_for", sa.Text),  # the one act that the fresh passkey was for
    sa.Index("uq_sessions_id", "id", unique=True),
    sa.Index("ix_sessions_person_id", "person_id"),
)

spent_challenges = sa.Table(  # answered once already, until they would have ended
    "spent_challenges",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("ends_at", Moment, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # its name and scopes
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Index("uq_api_tokens_id", "id", unique=True),
    sa.Index("ix_api_tokens_person_id", "person_id"),
)
