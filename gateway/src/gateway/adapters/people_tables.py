"""The tables of people: who they are, how they sign in, and the mail to them."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from gateway.adapters.tables import METADATA, moment

USERS = Table(
    "users",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    moment("created_at"),
    moment("email_verified_at", nullable=True),
)

MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("roles", ARRAY(Text), nullable=False),
    moment("created_at"),
    CheckConstraint(
        "roles <@ ARRAY['owner', 'issuer', 'catalog_editor', 'auditor', 'verifier', 'learner'] "
        "AND cardinality(roles) > 0",
        name="roles",
    ),
)
Index("ix_memberships_organization_id", MEMBERSHIPS.c.organization_id)

INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("mailed", LargeBinary, unique=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    moment("created_at"),
    moment("expires_at"),
)
Index("ix_invitations_organization_id", INVITATIONS.c.organization_id)
Index("ix_invitations_expires_at", INVITATIONS.c.expires_at)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    moment("authenticated_at"),
    moment("expires_at"),
    Column("methods", ARRAY(Text), nullable=False, server_default="{}"),
    Column("id", Text),
    Column("replaces", LargeBinary),
)
Index("ix_sessions_expires_at", SESSIONS.c.expires_at)
Index("ix_sessions_user_id", SESSIONS.c.user_id)

PASSKEYS = Table(
    "passkeys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    moment("created_at"),
    moment("used_at", nullable=True),
)
Index("ix_passkeys_user_id", PASSKEYS.c.user_id)

PASSKEY_CHALLENGES = Table(
    "passkey_challenges",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("browser", LargeBinary, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),
    moment("expires_at"),
)
Index("ix_passkey_challenges_expires_at", PASSKEY_CHALLENGES.c.expires_at)

ACCOUNT_LINKS = Table(
    "account_links",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),
    Column("email", Text, nullable=False),
    moment("expires_at"),
    CheckConstraint("kind IN ('confirm', 'reset', 'sign_up')", name="kind"),
)
Index("ix_account_links_user_id", ACCOUNT_LINKS.c.user_id)
Index("ix_account_links_expires_at", ACCOUNT_LINKS.c.expires_at)

MAILS = Table(
    "mails",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("box", LargeBinary, nullable=False),
    moment("created_at"),
    moment("due_at"),
    moment("expires_at"),
    Column("attempts", Integer, nullable=False),
)
Index("ix_mails_due_at", MAILS.c.due_at)
Index("ix_mails_expires_at", MAILS.c.expires_at)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    moment("expires_at"),
)
Index("ix_attempts_expires_at", ATTEMPTS.c.expires_at)
