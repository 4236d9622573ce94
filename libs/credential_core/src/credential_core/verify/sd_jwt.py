"""Verifying an SD-JWT VC: what it needs, and the same report as a credential's, of the checks that claims allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credential_core.errors import CredentialError, ProofError
from credential_core.jose.claims import check_times
from credential_core.report import Check, Outcome, Report, verdict_of
from credential_core.sdjwt.compact import SdJwt
from credential_core.sdjwt.issuer_keys import issuer_key, issuer_location, key_location, key_of_issuer
from credential_core.sdjwt.processing import process
from credential_core.sdjwt.verifying import ExpectedBinding, check_binding, check_claims, read
from credential_core.token_status_list import StatusToken, read_token, reference_of, said_by
from credential_core.verify.inputs import Failure, KnownStatus, Needs, Policy, Resolution, TrustedIssuers
from credential_core.verify.issuer_trust import check_issuer_trust
from credential_core.verify.proofs import UNDECIDED, resolve
from credential_core.verify.status import check_token_status
from credential_core.verify.verification import rejected

_CERTIFIED: Final = "x5c"  # the header with the certificates of the key (RFC 7515 §4.1.6)
# By these the issuer says nothing of the key. Whatever else it says, as that it revoked the key, stands.
_UNNAMED: Final = frozenset(
    {
        "controller_not_found",
        "controller_unavailable",
        "did_method_unsupported",
        "jwt_claim_missing",
        "jwt_key_unnamed",
        "method_malformed",
        "method_unknown",
    }
)
_CODES: Final = {"jwt_expired": "expired", "jwt_not_yet_valid": "not_yet_valid"}  # as of any other credential


@dataclass(frozen=True, slots=True)
class SdJwtReport(Report):
    """A report, and the claims that were disclosed: None unless the issuer's signature holds. Not in `to_dict`."""

    claims: Mapping[str, Any] | None = None


def sd_jwt_needs(text: str) -> Needs:
    """What to fetch before `verify_sd_jwt`: the issuer's key, the status list. What is malformed is left to it."""
    try:
        sd_jwt = read(text)
    except CredentialError:
        return Needs((), ())
    controllers: list[str] = []
    status_lists: list[str] = []
    with suppress(CredentialError):
        controllers += [location for location in [key_location(sd_jwt)] if location is not None]
    with suppress(CredentialError):
        status_lists.append(reference_of(sd_jwt.jws.claims)[0])
    return Needs(tuple(controllers), tuple(status_lists))


def read_status_token(
    token: str | bytes, *, uri: str, issuer: str, controllers: Mapping[str, Resolution], now: datetime
) -> StatusToken | Failure:
    """A status list that was fetched from `uri` at `now`, a JWT or a CWT, if the credential's own issuer speaks in it.

    Another party's list is left undecided: nothing says that it may speak for this issuer.
    """
    try:
        said = said_by(token)
        if said.issuer is not None and said.issuer != issuer:
            return Failure("status_list_issuer_mismatch", "the list is another issuer's")
        location = issuer_location(issuer)
        document = None if location is None else resolve(location, controllers)
        key = key_of_issuer(issuer, said.header, document, now=now)
        return read_token(token, uri=uri, key=key, now=now)
    except CredentialError as error:
        return Failure(error.code, error.detail)


def verify_sd_jwt(
    text: str,
    *,
    controllers: Mapping[str, Resolution],
    status_lists: Mapping[str, StatusToken | Failure],
    now: datetime,
    trusted_issuers: TrustedIssuers,
    vct: str | None = None,
    binding: ExpectedBinding | None = None,
    known_status: KnownStatus | None = None,
    policy: Policy | None = None,
) -> SdJwtReport:
    """Verify an SD-JWT VC with what `sd_jwt_needs` named. Never raises for anything the text holds.

    `controllers` and `status_lists` go by the keys that `sd_jwt_needs` gave; a list is what
    `token_status_list.read_token` made of it. `vct` and `binding` as of `sdjwt.verify`; a policy that requires holder
    binding fails what has none. `now` is aware.
    """
    try:
        sd_jwt = read(text)
        claims = process(sd_jwt).claims
    except CredentialError as error:
        refused = rejected(error)
        return SdJwtReport(refused.verdict, refused.checks)
    policy = policy or Policy()
    issuer = claims["iss"] if isinstance(claims.get("iss"), str) else None
    proof = _check_proof(sd_jwt, issuer, controllers, now)
    checks = (
        Check("parse", Outcome.PASSED, "parsed", "the text is one SD-JWT within the budgets"),
        _judged("schema", lambda: check_claims(claims, vct), "schema_valid", "the claims are those of an SD-JWT VC"),
        proof,
        check_issuer_trust(issuer, trusted_issuers, policy),
        check_token_status(claims, status_lists, now, known_status),
        _judged("validity_period", lambda: check_times(claims, now), "within_validity_period", "now lies within it"),
        *_check_holder(sd_jwt, binding, now, policy),
    )
    shown = claims if proof.outcome is Outcome.PASSED else None
    return SdJwtReport(verdict_of(checks), checks, _summary(claims, issuer), claims=shown)


def _judged(name: str, judge: Callable[[], object], code: str, detail: str, source: str | None = None) -> Check:
    try:
        judge()
    except CredentialError as error:
        outcome = Outcome.UNKNOWN if error.code in UNDECIDED else Outcome.FAILED
        return Check(name, outcome, _CODES.get(error.code, error.code), error.detail, source)
    return Check(name, Outcome.PASSED, code, detail, source)


def _check_proof(sd_jwt: SdJwt, issuer: str | None, controllers: Mapping[str, Resolution], now: datetime) -> Check:
    def judge() -> None:
        try:
            location = key_location(sd_jwt)
            document = None if location is None else resolve(location, controllers)
            key = issuer_key(sd_jwt, document, now=now)
        except CredentialError as error:
            if _CERTIFIED not in sd_jwt.jws.header or error.code not in _UNNAMED:
                raise
            detail = "the key is in an X.509 certificate, which no authorities are known for; nothing else names it"
            raise ProofError("x5c_unsupported", f"{detail} ({error.code})") from error
        sd_jwt.jws.verify(key)

    return _judged("proof", judge, "signature_valid", "the signature is the issuer's", issuer)


def _check_holder(sd_jwt: SdJwt, binding: ExpectedBinding | None, now: datetime, policy: Policy) -> list[Check]:
    """Only if it was asked for, is required, or is there: a binding meant for somebody else is not for us."""
    name = "holder_binding"
    if binding is None and sd_jwt.key_binding is None:
        if not policy.require_holder_binding:
            return []
        return [Check(name, Outcome.FAILED, "key_binding_missing", "the holder did not prove to have the key")]
    detail = "the holder has the key that the credential is bound to"
    return [_judged(name, lambda: check_binding(sd_jwt, binding, now), "key_binding_valid", detail)]


def _summary(claims: Mapping[str, Any], issuer: str | None) -> dict[str, Any]:
    """A few claims for people; nothing about the learner."""
    summary = {"type": claims.get("vct"), "issuer": None if issuer is None else {"id": issuer}}
    return {name: value for name, value in summary.items() if value is not None}
