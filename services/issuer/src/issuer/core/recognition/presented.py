"""From a verified document to what decisions look at, and whether it is about whom it is shown for. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from credential_core.jcs import digest
from credential_core.model import identity_matches
from credential_core.model.period import validity_period
from credential_core.timestamps import parse_timestamp
from issuer.core.credentials.recipient import DID, Recipient, normalized
from issuer.core.model import Json
from issuer.core.recognition.deciding import Presented
from service_kit.errors import Invalid
from stacking.badges import NotEvidence, held_from

UNFIT = "credential-not-recognisable"


def presented_in(document: Mapping[str, Any]) -> Presented:
    """Raises Invalid for one that does not say what was achieved, by whom it was awarded, or when."""
    try:
        held = held_from(document)
    except NotEvidence as error:
        raise Invalid(f"the credential cannot be recognised: {error}", code=UNFIT) from error
    subject = document["credentialSubject"]
    awarded = parse_timestamp(document.get("awardedDate") or document["validFrom"])
    return Presented(
        id=held.id,
        digest=digest(dict(document)),
        issuer=held.issuer,
        achievement=held.achievement,
        awarded=awarded.astimezone(UTC),
        credits=held.credits,
        level=held.level,
        results=tuple(
            (one.get("resultDescription"), one["value"])
            for one in _objects(subject.get("result"))
            if isinstance(one.get("value"), str)
        ),
        origin=held.source,
    )


def names(document: Mapping[str, Any], recipient: Recipient) -> bool:
    """Whether the credential's subject is this person: by its id, or by an identifier, hashed or plain."""
    subject = document["credentialSubject"]
    identifier = normalized(recipient.kind, recipient.identifier)
    if recipient.kind == DID:
        return bool(subject.get("id") == identifier)
    forms = {identifier, recipient.identifier.strip()}  # others hash an address as it was typed
    return any(
        identity_matches(one, form, recipient.kind) for one in _objects(subject.get("identifier")) for form in forms
    )


def ends_before(document: Mapping[str, Any], now: datetime) -> bool:
    """Whether the credential has expired."""
    _, ends = validity_period(document)
    return ends is not None and ends <= now


def _objects(value: object) -> list[Json]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, dict)]
