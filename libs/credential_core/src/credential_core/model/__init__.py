"""Open Badges 3.0 documents: building them, and checking any credential or presentation against its data model."""

from credential_core.model.documents import achievement_credential
from credential_core.model.identity import hashed_identity, identity_matches, plain_identity
from credential_core.model.validation import (
    validate_achievement_credential,
    validate_credential,
    validate_presentation,
    validate_profile,
    validate_to_read,
)
from credential_core.model.violation import Violation

__all__ = [
    "Violation",
    "achievement_credential",
    "hashed_identity",
    "identity_matches",
    "plain_identity",
    "validate_achievement_credential",
    "validate_credential",
    "validate_presentation",
    "validate_profile",
    "validate_to_read",
]
