"""The tables of recognition agreements, and of what was decided about learners' requests."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from issuer.adapters.tables import ID, METADATA, MOMENT

# Two organizations see a row: each statement asks for the party. The four columns after `document` are read from it.
AGREEMENTS = Table(
    "recognition_agreements",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("recognising_org", Text, nullable=False),
    Column("source_org", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("replaces", ID),
    Column("document", JSON, nullable=False),
    Column("programme", Text, nullable=False),
    Column("recognising_issuer", Text, nullable=False),
    Column("source_issuer", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    Column("signed_at", MOMENT),
    Column("signature", Text),
    Column("statement", Text),
    Column("expiry_told", Boolean, nullable=False, server_default="false"),
    CheckConstraint(
        "source_org NOT LIKE 'did:%' OR state NOT IN ('signed', 'ended') OR signature IS NOT NULL",
        name="signed_by_whom_is_elsewhere",
    ),
    CheckConstraint("state IN ('proposed', 'signed', 'declined', 'withdrawn', 'ended')", name="known_state"),
    CheckConstraint("state NOT IN ('signed', 'ended') OR signed_at IS NOT NULL", name="signed_at_some_time"),
    CheckConstraint("recognising_org <> source_org", name="two_parties"),
)
_OF = AGREEMENTS.c
Index("ix_recognition_agreements_recognising_org", _OF.recognising_org, _OF.created_at.desc(), _OF.id.desc())
Index("ix_recognition_agreements_source_org", _OF.source_org, _OF.created_at.desc(), _OF.id.desc())
Index(
    "ix_recognition_agreements_signed",
    _OF.recognising_org,
    _OF.programme,
    _OF.source_issuer,
    postgresql_where=text("state = 'signed'"),
)
# To the second, whose 19 characters are in the order of time: a cast to a moment cannot be indexed.
VALID_UNTIL = literal_column("left(document ->> 'validUntil', 19)", Text)
Index(
    "ix_recognition_agreements_valid_until",
    VALID_UNTIL,
    _table=AGREEMENTS,
    postgresql_where=text("state = 'signed' AND NOT expiry_told"),
)

# `org_id` is empty where nobody took the step: an agreement that expires is `ended` by its date.
AGREEMENT_CHANGES = Table(
    "agreement_changes",
    METADATA,
    Column("agreement_id", ForeignKey("recognition_agreements.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("at", MOMENT, nullable=False),
)

RECOGNITIONS = Table(
    "recognitions",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("person", Text),
    Column("source", LargeBinary, nullable=False),
    Column("achievement", Text, nullable=False),
    Column("takes_place", Boolean, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("presented", JSON, nullable=False),
    Column("document", Text, nullable=False),
    Column("own_source", ID),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("agreement_id", ID),
    Column("target", Text),
    Column("credits", Numeric),
    Column("results", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("credential_id", ID),
    Column("evidence", JSON, nullable=False),
    Column("vouched", Text),
    Column("sealed", LargeBinary),
    Column("decider", Text),
    Column("is_appeal_used", Boolean, nullable=False),
    Column("appeal_until", MOMENT),
    Column("holds_back", Boolean, nullable=False, server_default="false"),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    CheckConstraint(
        "state IN ('open', 'granted', 'refused', 'appealed', 'withdrawn', 'suspended', 'revoked')", name="known_state"
    ),
    CheckConstraint(
        "(credential_id IS NOT NULL) = (state IN ('granted', 'suspended', 'revoked'))", name="granted_by_a_credential"
    ),
    CheckConstraint("state NOT IN ('granted', 'suspended') OR (takes_place AND counts)", name="what_is_granted_counts"),
)
# Credit is counted once: neither the same credential, by whomever it is shown, nor the same achievement of one learner.
_ONE = RECOGNITIONS.c
_TAKEN = text("takes_place")
Index("uq_recognitions_source", _ONE.org_id, _ONE.programme, _ONE.source, unique=True, postgresql_where=_TAKEN)
Index(
    "uq_recognitions_achievement",
    _ONE.org_id,
    _ONE.programme,
    _ONE.recipient_key,
    _ONE.achievement,
    unique=True,
    postgresql_where=_TAKEN,
)
Index(
    "uq_recognitions_person",
    _ONE.org_id,
    _ONE.programme,
    _ONE.person,
    _ONE.achievement,
    unique=True,
    postgresql_where=_TAKEN,
)
Index("ix_recognitions_org", _ONE.org_id, _ONE.created_at.desc(), _ONE.id.desc())
Index("ix_recognitions_recipient_key", _ONE.recipient_key)
Index("ix_recognitions_person", _ONE.person)
Index("ix_recognitions_own_source", _ONE.own_source)
Index("ix_recognitions_credential_id", _ONE.credential_id)

RECOGNITION_CHANGES = Table(
    "recognition_changes",
    METADATA,
    Column("recognition_id", ForeignKey("recognitions.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("reasons", JSON, nullable=False),
    Column("caused_by", Text),
    Column("at", MOMENT, nullable=False),
)

# A queue, as evaluations_due is: nothing in it is unique, so that who adds to it never waits. Which change was noted is
# for people who look at it: what is done follows from what is locked then. Without a credential, the time acts.
RECOGNITIONS_DUE = Table(
    "recognitions_due",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("recognition_id", ID, nullable=False),
    Column("credential_id", ID),
    Column("revision", Integer),
    Column("due_at", MOMENT, nullable=False, index=True),
    Column("taken_until", MOMENT, nullable=False, server_default=text("'-infinity'")),
    Column("taken_by", Integer),
    Column("taken_by_until", MOMENT),
)

# What recognised credentials from elsewhere are looked at by. `lists` stands for the addresses that a look reads;
# `notices` are entries that say whether it was replaced, which decides nothing.
RECOGNITION_SOURCES = Table(
    "recognition_sources",
    METADATA,
    Column("recognition_id", ForeignKey("recognitions.id"), primary_key=True),
    Column("lists", Text, nullable=False),
    Column("places", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("seen_at", MOMENT, nullable=False),
    Column("list_url", Text),
    Column("list_digest", Text),
    Column("problem", JSONB(none_as_null=True)),
    Column("failures", Integer, nullable=False),
    Column("look_at", MOMENT),
    Column("notices", JSON, nullable=False, server_default="[]"),
    Column("signer", JSON(none_as_null=True)),
    Column("review", JSONB(none_as_null=True)),
    Column("review_told", Text),
    Column("review_kept", Text),
    Column("taken_until", MOMENT, nullable=False, server_default=text("'-infinity'")),
    CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="known_state"),
)
_SOURCE = RECOGNITION_SOURCES.c
_WATCHED = text("look_at IS NOT NULL")
Index("ix_recognition_sources_look_at", _SOURCE.look_at, postgresql_where=_WATCHED)
Index("ix_recognition_sources_lists", _SOURCE.lists, _SOURCE.look_at, postgresql_where=_WATCHED)
