"""Open Badges 2.0, verify only: hosted and signed assertions, with documents that the caller fetched."""

from credential_core.openbadges2.reading import Badge, badge_needs, read_badge
from credential_core.openbadges2.verification import verify_badge

__all__ = ["Badge", "badge_needs", "read_badge", "verify_badge"]
