"""Badges of Open Badges 2.0, which most people still have: what is one, and what its verdict rests on.

An assertion is no credential of the W3C data models. It is believed for standing where its issuer says, or for the
issuer's signature, and names its other documents one after another by their addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from credential_core.errors import CredentialError, DocumentError
from credential_core.jcs import digest
from credential_core.jose import Enveloped
from credential_core.multibase import encode_base64url
from credential_core.openbadges2 import CONTEXT, Badge, read_badge
from credential_core.verify import Failure, Resolution

MOST_ROUNDS = 5  # the assertion itself, its badge class, the issuer, then key and revocation list


@dataclass(frozen=True, slots=True)
class EarlierBadge:
    """An assertion as it was sent, or the address where one is hosted."""

    badge: Badge | None = None
    address: str | None = None

    def read(self, documents: Mapping[str, Resolution]) -> Badge:
        """The assertion. CredentialError if it is not had, or is none."""
        if self.badge is not None:
            return self.badge
        found = documents.get(self.address or "")
        if found is None or isinstance(found, Failure):
            why = "it was not fetched" if found is None else found.detail
            raise DocumentError("badge_document_unavailable", f"the assertion could not be had: {why}")
        if isinstance(found, Enveloped) or not _is_assertion(found):
            raise DocumentError("format_unsupported", "what is hosted there is no assertion of Open Badges 2.0")
        return Badge(found)  # whoever fetched it held it against the budgets

    def digest(self) -> str:
        """What it is recognised by."""
        if self.badge is not None and self.badge.jws is None:
            return digest(self.badge.assertion)
        text = self.badge.jws.text if self.badge is not None and self.badge.jws is not None else self.address
        return encode_base64url(sha256((text or "").encode()).digest())


def earlier_badge(sent: Mapping[str, Any] | str) -> EarlierBadge | None:
    """The badge in what was sent: an assertion as JSON or in a JWS, or its address. None if it is anything else."""
    if isinstance(sent, str) and sent.strip().startswith(("https://", "http://")):  # who may be read, the fetcher says
        return EarlierBadge(address=sent.strip())
    if not _may_be_one(sent):
        return None
    try:
        badge = read_badge(sent)
    except CredentialError:
        return None  # whoever reads credentials will say why
    return EarlierBadge(badge) if _is_assertion(badge.assertion) else None


def _may_be_one(sent: Mapping[str, Any] | str) -> bool:
    """Seen without reading it: a credential is read once."""
    if isinstance(sent, str):
        return not sent.lstrip().startswith("{") or "openbadges" in sent  # some escape slashes
    return _is_assertion(sent)


def _is_assertion(document: Mapping[str, Any]) -> bool:
    contexts = document.get("@context")
    return CONTEXT in (contexts if isinstance(contexts, list) else [contexts])
