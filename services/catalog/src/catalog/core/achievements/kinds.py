"""The kinds of credential that the field speaks of, and the Open Badges 3.0 achievementType that says each."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What an achievement is called in the field."""

    DIGITAL_BADGE = "DigitalBadge"
    CERTIFICATE = "Certificate"
    NANODEGREE = "Nanodegree"
    PROFESSIONAL_CERTIFICATE = "ProfessionalCertificate"
    MICRO_CREDENTIAL = "MicroCredential"
    STACKED_CREDENTIAL = "StackedCredential"


# Open Badges' own value where it has one, else an extension of its list (Open Badges 3.0 §B.2).
ACHIEVEMENT_TYPES: Mapping[Kind, str] = {
    Kind.DIGITAL_BADGE: "Badge",
    Kind.CERTIFICATE: "Certificate",
    Kind.NANODEGREE: "ext:Nanodegree",
    Kind.PROFESSIONAL_CERTIFICATE: "ext:ProfessionalCertificate",
    Kind.MICRO_CREDENTIAL: "MicroCredential",
    Kind.STACKED_CREDENTIAL: "ext:StackedCredential",
}
KINDS = {achievement_type: kind for kind, achievement_type in ACHIEVEMENT_TYPES.items()}


def kind_of(achievement_type: object) -> str | None:
    """The kind that an achievementType says, if it says one of these."""
    found = KINDS.get(achievement_type) if isinstance(achievement_type, str) else None
    return found.value if found else None
