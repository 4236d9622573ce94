"""The tables of learners: what they keep, where from, and whom they let look."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from issuer.adapters.tables import ID, METADATA, MOMENT

BACKPACKS = Table(
    "backpacks",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("profile", Text),
    Column("opened_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
)

BACKPACK_CREDENTIALS = Table(
    "backpack_credentials",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("person", ForeignKey("backpacks.person", ondelete="CASCADE"), nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("issuer_id", Text, nullable=False),
    Column("credential_id", Text, nullable=False),
    Column("notation", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("valid_from", MOMENT, nullable=False),
    Column("kept_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    Column("achievement_id", Text),
    Column("checked_at", MOMENT),
    Column("doubt", JSONB(none_as_null=True)),
    # What the last look saw of its status, and when somebody who may read the web is to look again.
    Column("looked", JSONB(none_as_null=True)),
    Column("look_at", MOMENT),
    UniqueConstraint("person", "name"),
    CheckConstraint("notation IN ('document', 'compact_jws')", name="known_notation"),
    Index("ix_backpack_credentials_kept", "person", "kept_at", "id"),
    Index("ix_backpack_credentials_achievement", "person", "achievement_id"),
    Index("ix_backpack_credentials_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
)

BACKPACK_HOSTS = Table(
    "backpack_hosts",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("person", ForeignKey("backpacks.person", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("api_url", Text, nullable=False),
    Column("registration_url", Text, nullable=False),
    Column("authorization_url", Text, nullable=False),
    Column("token_url", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    Column("waits_until", MOMENT),
    Column("busy_until", MOMENT),
    Column("pulls_at", MOMENT, index=True),
    Column("pulled_at", MOMENT),
    Column("pull_failures", Integer, nullable=False, server_default="0"),
)

BACKPACK_PULLED = Table(
    "backpack_pulled",
    METADATA,
    Column("host_id", ForeignKey("backpack_hosts.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
)

PROGRESS_CONSENTS = Table(
    "progress_consents",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("person", Text, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("pathway_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("shows_address", Boolean, nullable=False),
    Column("sealed", LargeBinary),
    Column("granted_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT),
    Column("ended_at", MOMENT),
    Column("seen_at", MOMENT),
    Column("seen", Integer, nullable=False, server_default="0"),
    Column("allows_award", Boolean, nullable=False, server_default="false"),
    # How the owner knows the learner, while what was brought may count in the pathway.
    Column("recipient_key", LargeBinary),
    CheckConstraint("(sealed IS NULL) = (ended_at IS NOT NULL)", name="nothing_left_of_an_ended_one"),
    CheckConstraint("(recipient_key IS NOT NULL) = (allows_award AND ended_at IS NULL)", name="known_while_it_counts"),
)
_NEWEST = (PROGRESS_CONSENTS.c.granted_at.desc(), PROGRESS_CONSENTS.c.id.desc())
Index("ix_progress_consents_owner", PROGRESS_CONSENTS.c.org_id, PROGRESS_CONSENTS.c.pathway_id, *_NEWEST)
Index("ix_progress_consents_person", PROGRESS_CONSENTS.c.person, *_NEWEST)
Index(
    "ix_progress_consents_counting",
    PROGRESS_CONSENTS.c.org_id,
    PROGRESS_CONSENTS.c.pathway_id,
    PROGRESS_CONSENTS.c.recipient_key,
    postgresql_where=text("recipient_key IS NOT NULL"),
)
Index(
    "uq_progress_consents_standing",
    PROGRESS_CONSENTS.c.person,
    PROGRESS_CONSENTS.c.pathway_id,
    unique=True,
    postgresql_where=text("ended_at IS NULL"),
)
