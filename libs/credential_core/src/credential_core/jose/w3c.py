"""W3C VC-JOSE-COSE (`vc+jwt`, `vp+jwt`; `vc+sd-jwt` is read): the payload is the document.

JWT claims beside it may not say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V2
from credential_core.errors import DocumentError, ProofError
from credential_core.jose import jws
from credential_core.jose.algorithms import Signer, VerifyingKey
from credential_core.jose.claims import REGISTERED, require_equal, seconds
from credential_core.jose.envelope import DRAFT_NAMES, Profile, names_of
from credential_core.unsigned import Unsigned

_HEADERS: Final = frozenset({"alg", "kid", "typ", "cty", "iss"})
_CONTENT: Final = {Profile.CREDENTIAL: "vc", Profile.SELECTIVE: "vc", Profile.PRESENTATION: "vp"}
_CLAIMS: Final = REGISTERED | {"nonce", "cnf"}
_ENVELOPES: Final = {
    "EnvelopedVerifiableCredential": Profile.CREDENTIAL,
    "EnvelopedVerifiablePresentation": Profile.PRESENTATION,
}
_ANY_JWT: Final = "data:application/jwt,"  # RFC 7519 §10.3.1: what it is, its `typ` and its claims say
_SELECTIVE: Final = "data:application/vc+sd-jwt,"  # of credentials only
_ENVELOPE_MEMBERS: Final = frozenset({"@context", "id", "type"})


def issue_credential(
    credential: Mapping[str, Any],
    key: Signer,
    *,
    kid: str,
    issued: datetime | None = None,
    expires: datetime | None = None,
) -> str:
    """A credential as `vc+jwt`. `kid` is the verification method; `expires` ends the signature, not the credential."""
    return prepare_credential(credential, key.public, kid=kid, issued=issued, expires=expires).by(key)


def prepare_credential(
    credential: Mapping[str, Any],
    public: VerifyingKey,
    *,
    kid: str,
    issued: datetime | None = None,
    expires: datetime | None = None,
) -> Unsigned[str]:
    """The same for a key that is elsewhere: what it has to sign, and what becomes of the signature."""
    return _prepare(Profile.CREDENTIAL, credential, public, kid, {"iat": issued, "exp": expires})


def issue_presentation(
    presentation: Mapping[str, Any],
    key: Signer,
    *,
    kid: str,
    audience: str | None = None,
    nonce: str | None = None,
    issued: datetime | None = None,
    expires: datetime | None = None,
) -> str:
    """A presentation as `vp+jwt`, by its holder, for the verifier `audience` and its `nonce`."""
    bound = {name: value for name, value in (("aud", audience), ("nonce", nonce)) if value is not None}
    times = {"iat": issued, "exp": expires}
    return _prepare(Profile.PRESENTATION, {**presentation, **bound}, key.public, kid, times).by(key)


def _prepare(
    profile: Profile, document: Mapping[str, Any], public: VerifyingKey, kid: str, times: Mapping[str, datetime | None]
) -> Unsigned[str]:
    reserved = sorted((REGISTERED - {"aud"} | {"vc", "vp"}) & document.keys())
    if reserved:
        raise DocumentError("jwt_claim_unexpected", f"the document has a member named {reserved[0]}")
    claims = {name: seconds(moment) for name, moment in times.items() if moment is not None}
    header = {"typ": str(profile), "cty": _CONTENT[profile], "kid": kid}
    return jws.prepare(header, {**document, **claims}, public)


def enveloped(token: str) -> dict[str, Any]:
    """An EnvelopedVerifiableCredential (VCDM 2.0 §4.13) of a `vc+jwt`, as a presentation may hold it."""
    kind = "EnvelopedVerifiableCredential"
    return {"@context": [CREDENTIALS_V2], "type": [kind], "id": _prefix(str(_ENVELOPES[kind])) + token}


def _prefix(name: str) -> str:
    return f"data:application/{name},"


def enveloped_token(document: Mapping[str, Any]) -> str | None:
    """The compact JWS or SD-JWT in an EnvelopedVerifiableCredential or -Presentation; None if `document` is neither.

    ProofError `envelope_malformed` if it has other members, which nothing secures, another kind of data URL, or not the
    context that defines it (VCDM 2.0 §4.13.1).
    """
    types = document.get("type")
    named = types if isinstance(types, list) else [types]
    kinds = [name for name in named if isinstance(name, str) and name in _ENVELOPES]
    if not kinds:
        return None
    identifier = document.get("id")
    if len(named) != 1 or not document.keys() <= _ENVELOPE_MEMBERS or not isinstance(identifier, str):
        raise ProofError("envelope_malformed", "an enveloped document has @context, type and id only")
    context = document.get("@context")
    if CREDENTIALS_V2 not in (context if isinstance(context, list) else [context]):
        raise ProofError("envelope_malformed", "an enveloped document is of the context that defines it")
    profile = _ENVELOPES[kinds[0]]
    prefixes = [_prefix(name) for name in names_of(profile)]
    selective = (_SELECTIVE,) if profile is Profile.CREDENTIAL else ()
    if not identifier.startswith((*prefixes, _ANY_JWT, *selective)):
        raise ProofError("envelope_malformed", f"the id of an {kinds[0]} begins with {prefixes[0]}")
    return identifier.partition(",")[2]


def document(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The credential or presentation in the payload, without the claims that only concern the JWT."""
    return {name: value for name, value in claims.items() if name not in _CLAIMS}


def check_header(header: Mapping[str, Any], profile: Profile, signer: str | None) -> None:
    """No key in the header and nothing unknown, the right content type. ProofError otherwise."""
    unexpected = sorted(header.keys() - _HEADERS)
    if unexpected:
        raise ProofError("jwt_header_unsupported", f"the header {unexpected[0]} is not one this library reads")
    content = _CONTENT[profile]
    allowed = (content, f"{content}+ld+json") if header.get("typ") in DRAFT_NAMES else (content,)
    if header.get("cty", content) not in allowed:
        raise ProofError("jwt_header_unexpected", f"the content of a {profile} is a {content}")
    require_equal(header, "iss", signer, required=False)


def check_claims(claims: Mapping[str, Any], held: Mapping[str, Any], profile: Profile, signer: str | None) -> None:
    """The claims, as far as there are any, agree with the document. ProofError otherwise."""
    for name in ("vc", "vp"):
        if name in claims:
            raise ProofError("jwt_claim_unexpected", f"a {profile} must not have the claim {name}")
    require_equal(claims, "iss", signer, required=False)
    require_equal(claims, "jti", held.get("id"), required=False)
    if profile is not Profile.PRESENTATION:
        subjects = _listed(held.get("credentialSubject"))
        alone = subjects[0] if len(subjects) == 1 and isinstance(subjects[0], Mapping) else {}
        require_equal(claims, "sub", alone.get("id"), required=False)
    elif "VerifiablePresentation" not in _listed(held.get("type")):
        raise ProofError("jwt_claim_mismatch", f"a {profile} holds a presentation")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
