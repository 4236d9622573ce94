"""A stack as a comprehensive learner record (CLR 2.0): its credential, its components, and how they belong together.

Source: 1EdTech Comprehensive Learner Record 2.0, ClrCredential, ClrSubject and Association. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.errors import LimitError
from credential_core.json_input import parse
from credential_core.timestamps import format_timestamp
from issuer.core.model import Json
from service_kit.errors import Conflict

CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
PART_OF = "isPartOf"


@dataclass(frozen=True, slots=True)
class Part:
    """A component as the record holds it: its document, which may be enveloped (VCDM 2.0 §4.13), and what it is for."""

    id: str
    document: Json
    achievement: str


def achievement_in(credential: Mapping[str, Any]) -> str:
    """The id by which associations name what was achieved: of one achievement with another, never of credentials."""
    return str(credential["credentialSubject"]["achievement"]["id"])


def learner_record(
    stacked: Json, parts: Sequence[Part], *, identifier: str, issuer: Json, at: datetime, is_partial: bool
) -> Json:
    """Unsigned. `is_partial`: it does not hold all components. Raises Conflict for what is too large for one record.

    The learner is named as in the stack's credential.
    """
    subject = {
        name: stacked["credentialSubject"][name]
        for name in ("id", "identifier")
        if name in stacked["credentialSubject"]
    }
    whole = achievement_in(stacked)
    associations = [
        {"type": "Association", "associationType": PART_OF, "sourceId": part, "targetId": whole}
        for part in dict.fromkeys(part.achievement for part in parts)
    ]
    document = {
        "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES_V3],
        "id": identifier,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": stacked["name"],
        "issuer": issuer,
        "validFrom": format_timestamp(at.replace(microsecond=0)),
        "partial": is_partial,
        "credentialSubject": {
            **subject,
            "type": ["ClrSubject"],
            "verifiableCredential": [*(part.document for part in parts), stacked],
            **({"association": associations} if associations else {}),
        },
    }
    try:
        return parse(document)
    except LimitError as error:
        raise Conflict(f"it is too large for one record: {error.detail}", code="stack-too-large") from error
