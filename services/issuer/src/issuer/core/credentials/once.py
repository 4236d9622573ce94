"""The same achievement once for one person: the mark that at most one credential has, which is not revoked."""

import hashlib

from service_kit.errors import Conflict


def once_mark(achievement_id: str, recipient_key: bytes) -> bytes:
    """The mark of an achievement in one learner's hand."""
    return hashlib.sha256(achievement_id.encode() + b"\0" + recipient_key).digest()


def already_awarded() -> Conflict:
    """What is raised instead of a second one."""
    detail = "this person has this achievement already; with allowDuplicates it is issued again"
    return Conflict(detail, code="already-awarded")
