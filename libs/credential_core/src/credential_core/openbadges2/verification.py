"""Verifying an Open Badges 2.0 assertion into the same report as any credential (OB 2.0 §Verification)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from credential_core.errors import CredentialError, DidError, KeyMaterialError, ProofError
from credential_core.jwk import RsaPublicKey
from credential_core.model.identity import identity_matches
from credential_core.model.values import is_moment
from credential_core.openbadges2.reading import HOSTED, SIGNED, Badge, Chain, as_list
from credential_core.report import Check, Outcome, Report, verdict_of
from credential_core.timestamps import parse_timestamp
from credential_core.verify.inputs import Failure, Policy, Resolution, TrustedIssuers
from credential_core.verify.issuer_trust import check_issuer_trust
from credential_core.verify.recipient import Recipient

CONTEXT: Final = "https://w3id.org/openbadges/v2"
_MAX_PEM: Final = 8192  # characters
_IDENTITY_TYPES: Final = {"email": "emailAddress", "telephone": "telephone", "url": "url", "id": "url"}
_REQUIRED: Final = {
    "badge class": ("id", "name", "description", "image", "criteria", "issuer"),
    "issuer": ("id", "name", "url", "email"),
}


def verify_badge(
    badge: Badge,
    *,
    documents: Mapping[str, Resolution],
    now: datetime,
    trusted_issuers: TrustedIssuers,
    recipient: Recipient | None = None,
    policy: Policy | None = None,
) -> Report:
    """Verify an assertion with the documents that `badge_needs` named, by address. Never raises for what they hold."""
    chain = Chain(documents, badge)
    checks = [
        Check("parse", Outcome.PASSED, "parsed", "the assertion is one JSON object within the budgets"),
        _schema(chain),
        _genuine(chain),
        _trust(chain, trusted_issuers, policy or Policy()),
        _status(chain),
        _period(badge.assertion, now),
        *([_recipient(badge.assertion.get("recipient"), recipient)] if recipient is not None else ()),
    ]
    return Report(verdict_of(checks), tuple(checks), _summary(chain))


def _schema(chain: Chain) -> Check:
    faults = [*_assertion_faults(chain), *_chain_faults(chain)]
    if faults:
        return Check("schema", Outcome.FAILED, "schema_invalid", "; ".join(faults[:5]))
    return Check("schema", Outcome.PASSED, "schema_valid", "the assertion follows its data model")


def _assertion_faults(chain: Chain) -> Iterator[str]:
    assertion = chain.badge.assertion
    if CONTEXT not in as_list(assertion.get("@context")):
        yield f"@context: must be {CONTEXT}"
    if "Assertion" not in as_list(assertion.get("type")):
        yield "type: must hold Assertion"
    if chain.assertion_id is None:
        yield "id: must be a URI"
    if chain.kind not in HOSTED | SIGNED:
        yield "verification.type: must be HostedBadge or SignedBadge"
    if not is_moment(assertion.get("issuedOn")):
        yield "issuedOn: must be a date and time with an offset"
    recipient = assertion.get("recipient")
    if not isinstance(recipient, Mapping) or not isinstance(recipient.get("hashed"), bool):
        yield "recipient: must be an object that says whether it is hashed"
    elif not isinstance(recipient.get("identity"), str) or not isinstance(recipient.get("type"), str):
        yield "recipient: must have a type and an identity"


def _chain_faults(chain: Chain) -> Iterator[str]:
    for name, document in (("badge class", chain.badge_class), ("issuer", chain.issuer)):
        for member in _REQUIRED[name] if document is not None else ():
            if document is not None and not document.get(member):
                yield f"{name}: {member} is missing"


def _genuine(chain: Chain) -> Check:
    """The proof check: hosted where the issuer says, or signed by a key of the issuer."""
    for name, document in (("badge class", chain.badge_class), ("issuer", chain.issuer)):
        if document is None:
            return _proof(Outcome.UNKNOWN, "badge_document_unavailable", f"the {name} could not be had")
    if chain.kind in SIGNED:
        return _signed(chain)
    if chain.kind in HOSTED:
        return _hosted(chain)
    return _proof(Outcome.UNKNOWN, "badge_verification_unsupported", "the assertion is neither hosted nor signed")


def _proof(outcome: Outcome, code: str, detail: str, source: str | None = None) -> Check:
    return Check("proof", outcome, code, detail, source)


def _hosted(chain: Chain) -> Check:
    address = chain.assertion_id or ""
    if not _in_scope(address, chain):
        return _proof(Outcome.FAILED, "hosted_elsewhere", "the issuer does not host assertions there", address)
    found = chain.documents.get(address)
    if not isinstance(found, Mapping):
        final = isinstance(found, Failure) and not found.transient
        outcome = Outcome.FAILED if final else Outcome.UNKNOWN
        return _proof(outcome, "hosted_copy_unavailable", "the hosted assertion could not be had", address)
    if found.get("revoked") is not True and dict(found) != dict(chain.badge.assertion):
        return _proof(Outcome.FAILED, "hosted_copy_differs", "what is hosted is not what was presented", address)
    return _proof(Outcome.PASSED, "hosted_by_issuer", "the assertion is hosted by its issuer", address)


def _in_scope(address: str, chain: Chain) -> bool:
    """Whether the issuer lets assertions stand there: by startsWith, else allowedOrigins, else its own origin."""
    issuer = chain.issuer or {}
    policy = issuer.get("verification")
    policy = policy if isinstance(policy, Mapping) else {}
    origin = _origin(address)
    if origin is None:
        return False
    prefixes = [prefix for prefix in as_list(policy.get("startsWith")) if isinstance(prefix, str)]
    if prefixes:
        return any(address.startswith(prefix) and _origin(prefix) == origin for prefix in prefixes)
    allowed = [host for host in as_list(policy.get("allowedOrigins")) if isinstance(host, str)]
    if allowed:
        return origin[1] in allowed
    return origin == _origin(chain.issuer_id or "")


def _origin(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.netloc or "@" in parts.netloc or "\\" in address:
        return None
    if any(unquote(segment) in (".", "..") for segment in parts.path.split("/")):
        return None  # what is fetched would stand elsewhere than it says
    return parts.scheme, parts.netloc.lower()


def _signed(chain: Chain) -> Check:
    source = chain.key_id
    try:
        _check_signature(chain)
    except CredentialError as error:
        outcome = Outcome.UNKNOWN if error.code == "badge_document_unavailable" else Outcome.FAILED
        return _proof(outcome, error.code, error.detail, source)
    return _proof(Outcome.PASSED, "signature_valid", "the signature is the issuer's", source)


def _check_signature(chain: Chain) -> None:
    """By a key that the issuer's profile lists and that says it is the issuer's."""
    jws, key = chain.badge.jws, chain.key
    if jws is None:
        raise ProofError("proof_missing", "the assertion says it is signed and bears no signature")
    if chain.key_id is None or chain.key_id not in chain.issuer_keys:
        raise DidError("method_not_authorized", "the key is not in the issuer's profile")
    if key is None:
        raise DidError("badge_document_unavailable", "the key could not be had")
    if key.get("owner") != chain.issuer_id:
        raise DidError("controller_mismatch", "the key is owned by somebody else")
    if jws.header.get("alg") != "RS256":
        raise ProofError("jws_algorithm_mismatch", "a badge is signed with RS256")
    jws.verify(_rsa(key.get("publicKeyPem")))


def _rsa(pem: Any) -> RsaPublicKey:
    malformed = KeyMaterialError("key_malformed", "the key is not an RSA public key in PEM")
    if not isinstance(pem, str) or len(pem) > _MAX_PEM:
        raise malformed
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise malformed from None
    if not isinstance(key, RSAPublicKey):
        raise malformed
    numbers = key.public_numbers()
    return RsaPublicKey(numbers.n, numbers.e)


def _trust(chain: Chain, trusted_issuers: TrustedIssuers, policy: Policy) -> Check:
    if chain.badge_class is None:
        return Check(
            "issuer_trust", Outcome.UNKNOWN, "issuer_unknown", "the badge class names the issuer: it was not had"
        )
    return check_issuer_trust(chain.issuer_id, trusted_issuers, policy)


def _status(chain: Chain) -> Check:
    """A hosted assertion says itself that it is revoked; of a signed one the issuer's list does."""
    hosted = chain.fetched(chain.assertion_id) if chain.kind in HOSTED else None
    for document in (chain.badge.assertion, hosted or {}):
        if document.get("revoked") is True:
            return _revoked(document.get("revocationReason"), chain.assertion_id)
    if chain.kind in HOSTED:
        if hosted is None:
            return Check("status", Outcome.UNKNOWN, "status_list_unavailable", "the hosted assertion could not be had")
        return Check("status", Outcome.PASSED, "status_clear", "not revoked", chain.assertion_id)
    if chain.issuer is None:
        return Check("status", Outcome.UNKNOWN, "status_list_unavailable", "the issuer's profile could not be had")
    source = chain.revocations_id
    if source is None:
        return Check("status", Outcome.SKIPPED, "status_absent", "the issuer has no revocation list")
    return _listed(chain, source)


def _listed(chain: Chain, source: str) -> Check:
    found = chain.fetched(source)
    rows = None if found is None else found.get("revokedAssertions", [])
    if found is None:
        return Check("status", Outcome.UNKNOWN, "status_list_unavailable", "the revocation list was not had", source)
    if not isinstance(rows, list) or found.get("issuer", chain.issuer_id) != chain.issuer_id:
        return Check(
            "status", Outcome.UNKNOWN, "status_list_malformed", "it is no revocation list of the issuer", source
        )
    own = _names(chain.badge.assertion)
    listed = [{"id": row} if isinstance(row, str) else row for row in rows]
    for row in listed:
        if _names(row) & own:
            return _revoked(row.get("revocationReason"), source)
    if not all(map(_names, listed)):
        return Check("status", Outcome.UNKNOWN, "status_list_malformed", "a revoked assertion is listed by id", source)
    return Check("status", Outcome.PASSED, "status_clear", "not revoked", source)


def _names(document: Any) -> set[str]:
    """What an assertion goes by: its id and its uid."""
    stated = [document.get(name) for name in ("id", "uid")] if isinstance(document, Mapping) else []
    return {name for name in stated if isinstance(name, str)}


def _revoked(reason: Any, source: str | None) -> Check:
    detail = "the assertion has been revoked" + (f": {reason}" if isinstance(reason, str) else "")
    return Check("status", Outcome.FAILED, "status_revoked", detail, source)


def _period(assertion: Mapping[str, Any], now: datetime) -> Check:
    name = "validity_period"
    try:
        if parse_timestamp(assertion.get("issuedOn")) > now:
            return Check(name, Outcome.FAILED, "not_yet_valid", "issuedOn lies in the future")
        if "expires" in assertion and parse_timestamp(assertion["expires"]) <= now:
            return Check(name, Outcome.FAILED, "expired", "the assertion has expired")
    except CredentialError as error:
        return Check(name, Outcome.FAILED, error.code, error.detail)
    return Check(name, Outcome.PASSED, "within_validity_period", "now lies within the validity period")


def _recipient(stated: Any, recipient: Recipient) -> Check:
    if isinstance(stated, Mapping):
        named = stated.get("type")
        kind = _IDENTITY_TYPES.get(named, named) if isinstance(named, str) else None
        identity = {
            "identityType": kind,
            "identityHash": stated.get("identity"),
            "hashed": stated.get("hashed"),
            "salt": stated.get("salt", ""),
        }
        known = [(recipient.identifier, recipient.identity_type), (recipient.id, "url")]
        if any(value is not None and identity_matches(identity, value, of) for value, of in known):
            return Check("recipient", Outcome.PASSED, "recipient_matches", "the badge is about this recipient")
    return Check("recipient", Outcome.FAILED, "recipient_mismatch", "the badge is not about this recipient")


def _summary(chain: Chain) -> dict[str, Any]:
    assertion, badge_class, issuer = chain.badge.assertion, chain.badge_class or {}, chain.issuer or {}
    members = {
        "id": chain.assertion_id,
        "type": assertion.get("type"),
        "name": badge_class.get("name"),
        "issuer": {"id": chain.issuer_id, "name": issuer.get("name")},
        "validFrom": assertion.get("issuedOn"),
        "validUntil": assertion.get("expires"),
    }
    return {name: value for name, value in members.items() if value is not None}
