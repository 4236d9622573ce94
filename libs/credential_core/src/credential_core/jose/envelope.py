"""A document together with the JWS that secures it, and the profile it follows: each read by its own rules only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from credential_core.jose.jws import Jws


class Profile(StrEnum):
    """What a JWS with a document in it may be: what its `typ` says, or the claim that the document lies under."""

    OPEN_BADGES = "JWT"  # Open Badges 3.0 §8.2; `typ` may be absent. Or a credential under `vc`
    DATA_MODEL_1_PRESENTATION = "vp"  # VC Data Model 1.1 §6.3.1, of the same type
    CREDENTIAL = "vc+jwt"  # VC-JOSE-COSE §3.1.1
    SELECTIVE = "vc+sd-jwt"  # VC-JOSE-COSE §3.2.1: the issuer's JWS, with the claims as far as they are disclosed
    PRESENTATION = "vp+jwt"  # VC-JOSE-COSE §3.1.2


# As drafts of VC-JOSE-COSE called them, and some libraries still do (Spruce's ssi 0.16). Read, never made.
DRAFT_NAMES: Final = {
    "vc-ld+jwt": Profile.CREDENTIAL,
    "vc+ld+json+jwt": Profile.CREDENTIAL,
    "vp-ld+jwt": Profile.PRESENTATION,
    "vp+ld+json+jwt": Profile.PRESENTATION,
}


def names_of(profile: Profile) -> list[str]:
    """What a profile is called in a `typ` or a media type: its name, then those of drafts."""
    return [str(profile), *(name for name, found in DRAFT_NAMES.items() if found is profile)]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The JWS around a document. `shown` is the whole SD-JWT that it is a part of."""

    profile: Profile
    jws: Jws
    shown: str | None = None


class Enveloped(dict[str, Any]):
    """A document as its envelope holds it. It is unverified; and a changed copy is a plain dict without envelope."""

    def __init__(self, members: Mapping[str, Any], envelope: Envelope) -> None:
        super().__init__(members)
        self.envelope = envelope
