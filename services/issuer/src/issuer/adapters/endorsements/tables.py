"""The table of endorsements."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from issuer.adapters.tables import ID, METADATA, MOMENT

ENDORSEMENTS = Table(
    "endorsements",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("version", Integer),
    Column("org_id", Text, nullable=False),
    Column("endorser_org", Text),
    Column("presented_by", Text, nullable=False),
    Column("issuer_id", Text, nullable=False),
    Column("issuer_name", Text, nullable=False),
    Column("credential_id", Text, nullable=False),
    Column("notation", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("comment", Text),
    Column("valid_from", MOMENT, nullable=False),
    Column("valid_until", MOMENT),
    Column("status", Text, nullable=False),
    Column("problems", JSONB, nullable=False),
    Column("believed_until", MOMENT, nullable=False),
    Column("check_at", MOMENT),
    Column("own_list", ID),
    Column("seen", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    CheckConstraint("status IN ('offered', 'accepted', 'declined', 'revoked')", name="known_status"),
    CheckConstraint("notation IN ('document', 'compact_jws')", name="known_notation"),
)
_OF = ENDORSEMENTS.c
Index("uq_endorsements_name", _OF.subject, _OF.issuer_id, _OF.credential_id, unique=True)
Index("ix_endorsements_received", _OF.org_id, _OF.created_at.desc(), _OF.id.desc())
Index("ix_endorsements_given", _OF.endorser_org, _OF.created_at.desc(), _OF.id.desc())
Index("ix_endorsements_check_at", _OF.check_at, postgresql_where=text("status = 'accepted'"))
