"""Open Badges 2.0, verify only: hosted and signed assertions, with documents that the caller fetched."""

from credential_core.openbadges2.reading import Badge, badge_issuer, badge_needs, read_badge
from credential_core.openbadges2.verification import CONTEXT, verify_badge

__all__ = ["Badge", "CONTEXT", "badge_issuer", "badge_needs", "read_badge", "verify_badge"]
