"""Verifying an enveloped document: header, claims, key, signature, and whose key it is, by the rules of its profile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credential_core.errors import ProofError
from credential_core.jose import data_model_1, open_badges, w3c
from credential_core.jose.claims import check_times
from credential_core.jose.envelope import Enveloped, Profile
from credential_core.jose.jws import Jws
from credential_core.jose.key_source import JwsKey, KeySource
from credential_core.jose.reading import document_of

_PURPOSE: Final = {
    Profile.OPEN_BADGES: "assertionMethod",
    Profile.CREDENTIAL: "assertionMethod",
    Profile.SELECTIVE: "assertionMethod",
    Profile.PRESENTATION: "authentication",
    Profile.DATA_MODEL_1_PRESENTATION: "authentication",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the JWS must be: by `signer` for `purpose`, valid `now`, and for `domain` and `challenge` if given."""

    signer: str | None
    purpose: str
    now: datetime
    domain: str | Collection[str] | None = None
    challenge: str | None = None


def verify_enveloped(document: Enveloped, expected: Expected, resolve: Callable[[str], Mapping[str, Any]]) -> None:
    """Return if the envelope secures the document as expected. CredentialError otherwise, with the code that says why.

    `resolve` gives the document of a DID or https URL, or raises DidError.
    """
    envelope = document.envelope
    profile, claims = envelope.profile, envelope.jws.claims
    if _PURPOSE[profile] != expected.purpose:
        raise ProofError("proof_purpose_mismatch", f"a JWT of type {profile} serves another purpose")
    if dict(document) != document_of(profile, claims):
        raise ProofError("signature_invalid", "the document is no longer what its envelope holds")
    if expected.signer is None:
        raise ProofError("issuer_mismatch", "the document does not say who signed it")
    source = KeySource(envelope.jws.header, expected.signer, expected.purpose, resolve)
    if profile is Profile.DATA_MODEL_1_PRESENTATION:
        key = _presenters_key(document, source, expected)
        times = claims
    elif profile is Profile.OPEN_BADGES:
        key = _open_badges_key(document, source)
        times = claims if "vc" in claims else {name: claims[name] for name in ("iat",) if name in claims}
    else:
        key = _w3c_key(document, source, expected)
        times = claims
    check_times(times, expected.now)
    key.check_end(expected.now)


def _open_badges_key(document: Enveloped, source: KeySource) -> JwsKey:
    """nbf and exp are validFrom and validUntil here, whose own check looks at the clock."""
    jws = document.envelope.jws
    by_data_model = "vc" in jws.claims
    open_badges.check_header(jws.header, names_key=not by_data_model)
    open_badges.check_claims(jws.claims, document)
    return _data_model_1_key(jws, source) if by_data_model else _key_anywhere(jws, source)


def _presenters_key(document: Enveloped, source: KeySource, expected: Expected) -> JwsKey:
    jws = document.envelope.jws
    open_badges.check_header(jws.header, names_key=False)
    data_model_1.check_presentation(jws.claims, document)
    _check_occasion(jws.claims, expected)
    return _data_model_1_key(jws, source)


def _w3c_key(document: Enveloped, source: KeySource, expected: Expected) -> JwsKey:
    jws, profile = document.envelope.jws, document.envelope.profile
    w3c.check_header(jws.header, profile, expected.signer)
    w3c.check_claims(jws.claims, document, profile, expected.signer)
    if profile is not Profile.SELECTIVE:
        _check_occasion(jws.claims, expected)
    elif "aud" in jws.claims:  # its holder binds it to an occasion, by a JWS of their own
        _check_audience(jws.claims, expected)
    return _key_that_signed(jws, source.controlled())


def _data_model_1_key(jws: Jws, source: KeySource) -> JwsKey:
    """VC Data Model 1.1 §6.3.1: a `kid` MAY be there, if the issuer has several keys."""
    return _key_that_signed(jws, source.controlled()) if source.leaves_open else _key_anywhere(jws, source)


def _key_anywhere(jws: Jws, source: KeySource) -> JwsKey:
    found, bound = source.anywhere()
    jws.verify(found.key)
    return found if bound else source.bind(found.key)


def _key_that_signed(jws: Jws, keys: Sequence[JwsKey]) -> JwsKey:
    """The first of one issuer's keys under which the signature holds. ProofError as of the last, if there is none."""
    *others, last = keys
    for each in others:
        try:
            jws.verify(each.key)
        except ProofError:
            continue
        return each
    jws.verify(last.key)
    return last


def _check_occasion(claims: Mapping[str, Any], expected: Expected) -> None:
    """Its audience; and `nonce` answers the challenge, if there was one."""
    _check_audience(claims, expected)
    if expected.challenge is not None and claims.get("nonce") != expected.challenge:
        raise ProofError("invalid_challenge", "the nonce of the JWT is not the challenge that was given")


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    """RFC 7519 §4.1.3: a JWT for somebody else is for nobody here."""
    wanted = {expected.domain} if isinstance(expected.domain, str) else set(expected.domain or ())
    audience = claims.get("aud", [])
    named = audience if isinstance(audience, list) else [audience]
    if (named or wanted) and not any(isinstance(name, str) and name in wanted for name in named):
        raise ProofError("invalid_domain", "the JWT is for another audience")
