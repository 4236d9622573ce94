"""The recipient check: is this the credential of the person at hand (Open Badges 3.0 §9.1 step 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core.model.identity import identity_matches
from credential_core.model.violation import listed
from credential_core.report import Check, Outcome

CHECK: Final = "recipient"
_MAX_IDENTIFIERS: Final = 64


@dataclass(frozen=True, slots=True)
class Recipient:
    """What the caller knows of the person: an `id` (a DID), or an identifier with its identityType, or both."""

    id: str | None = None
    identifier: str | None = None
    identity_type: str = "emailAddress"


def check_recipient(document: Mapping[str, Any], recipient: Recipient) -> Check:
    """Passed if any subject has the id, or an identifier of the same type that is or hashes to the known value."""
    for subject in listed(document.get("credentialSubject")):
        if isinstance(subject, Mapping) and _is(subject, recipient):
            return Check(CHECK, Outcome.PASSED, "recipient_matches", "the credential is about this recipient")
    return Check(CHECK, Outcome.FAILED, "recipient_mismatch", "the credential is not about this recipient")


def _is(subject: Mapping[str, Any], recipient: Recipient) -> bool:
    if recipient.id is not None and subject.get("id") == recipient.id:
        return True
    if recipient.identifier is None:
        return False
    identities = listed(subject.get("identifier"))[:_MAX_IDENTIFIERS]
    return any(
        isinstance(identity, Mapping) and identity_matches(identity, recipient.identifier, recipient.identity_type)
        for identity in identities
    )
