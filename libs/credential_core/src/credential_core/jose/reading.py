"""From a compact JWS to the document in it: the `typ` says which profile, and the profile where the document is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credential_core.errors import ProofError
from credential_core.jose import data_model_1, open_badges, w3c
from credential_core.jose.envelope import DRAFT_NAMES, Envelope, Enveloped, Profile
from credential_core.jose.jws import Jws
from credential_core.json_input import check_tree

_PROFILES: Final = {
    str(profile): profile for profile in (Profile.OPEN_BADGES, Profile.CREDENTIAL, Profile.PRESENTATION)
} | DRAFT_NAMES


def read(text: str) -> Enveloped:
    """The document in a compact JWS, nothing of it verified.

    ProofError `jwt_type_unsupported` if the `typ` is none of the profiles', so that a token made for another purpose
    (access token, DPoP proof) is no credential; and all that `Jws.parse` raises.
    """
    jws = Jws.parse(text)
    profile = profile_of(jws.header, jws.claims)
    held = document_of(profile, jws.claims)
    check_tree(held)
    return Enveloped(held, Envelope(profile, jws))


def profile_of(header: Mapping[str, Any], claims: Mapping[str, Any]) -> Profile:
    """The profile that a header's `typ` names; if there is none, or just JWT, the one that the claims have."""
    typ = header.get("typ", str(Profile.OPEN_BADGES))
    if not isinstance(typ, str) or typ not in _PROFILES:
        raise ProofError("jwt_type_unsupported", "the JWT is not a VC-JWT of Open Badges, a vc+jwt or a vp+jwt")
    profile = _PROFILES[typ]
    if profile is Profile.OPEN_BADGES and data_model_1.is_presentation(claims):
        return Profile.DATA_MODEL_1_PRESENTATION
    return profile


def document_of(profile: Profile, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The document in a payload, as its profile places it."""
    if profile is Profile.DATA_MODEL_1_PRESENTATION:
        return data_model_1.presentation(claims)
    return open_badges.document(claims) if profile is Profile.OPEN_BADGES else w3c.document(claims)
