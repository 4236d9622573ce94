"""JWTs of the VC Data Model 1.1 (§6.3.1): the document lies under the claim `vc` or `vp`; read, not written.

What the JWT says stands in for members left out of the document, and says the same as those that are there. Documents
of the second data model are taken in this form too, as its own test suite shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V2
from credential_core.errors import ProofError
from credential_core.jose.claims import REGISTERED, numeric_date, require_equal
from credential_core.timestamps import format_timestamp

CREDENTIAL: Final = {"jti": "id", "iss": "issuer", "sub": "credentialSubject"}
_PRESENTATION: Final = {"jti": "id", "iss": "holder"}
_PRESENTATION_CLAIMS: Final = REGISTERED | {"nonce", "vp"}


def is_presentation(claims: Mapping[str, Any]) -> bool:
    """Whether a payload holds a presentation, and nothing beside it but what concerns the JWT."""
    return "vp" in claims and claims.keys() <= _PRESENTATION_CLAIMS


def credential(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The credential under `vc`. ProofError `jwt_claim_malformed` if it is no object."""
    completed = _completed(_under("vc", claims), claims, CREDENTIAL)
    for claim, member in zip(("nbf", "exp"), period(completed), strict=True):
        if member not in completed and claim in claims:
            completed[member] = stamp(claims, claim)
    return completed


def presentation(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The presentation under `vp`. ProofError `jwt_claim_malformed` if it is no object."""
    return _completed(_under("vp", claims), claims, _PRESENTATION)


def period(document: Mapping[str, Any]) -> tuple[str, str]:
    """What `nbf` and `exp` are called in a credential."""
    contexts = document.get("@context")
    is_second = CREDENTIALS_V2 in (contexts if isinstance(contexts, list) else [contexts])
    return ("validFrom", "validUntil") if is_second else ("issuanceDate", "expirationDate")


def check_presentation(claims: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    """The claims say what the presentation says. ProofError otherwise."""
    for claim, member in _PRESENTATION.items():
        require_equal(claims, claim, identifier(held, member), required=member in held)
    types = held.get("type")
    if "VerifiablePresentation" not in (types if isinstance(types, list) else [types]):
        raise ProofError("jwt_claim_mismatch", "the claim vp holds a presentation")


def identifier(document: Mapping[str, Any], member: str) -> Any:
    """The id that a member is or has."""
    value = document.get(member)
    if isinstance(value, Mapping):
        return value.get("id")
    return None if member == "credentialSubject" else value


def stamp(claims: Mapping[str, Any], name: str) -> str | None:
    """A NumericDate as a date."""
    moment = numeric_date(claims, name)
    return None if moment is None else format_timestamp(moment)


def _under(name: str, claims: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(claims[name], Mapping):
        raise ProofError("jwt_claim_malformed", f"the claim {name} is not an object")
    return dict(claims[name])


def _completed(document: dict[str, Any], claims: Mapping[str, Any], members: Mapping[str, str]) -> dict[str, Any]:
    for claim, member in members.items():
        if claim in claims:
            document[member] = _with_id(document.get(member), claims[claim], whole=claim != "sub")
    return document


def _with_id(value: Any, identifier: Any, *, whole: bool) -> Any:
    if isinstance(value, Mapping):
        return {"id": identifier, **value}
    if value is not None:
        return value
    return identifier if whole else {"id": identifier}
