"""What a recognised credential from elsewhere is looked at by, and what speaks for looking at its award again. Pure.

Of the credential nothing is kept but this: where its status is published, where it would say that it was replaced, and
which of its issuer's keys signed it. None of it names anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credential_core.did import controller_of, method_entry, resolve_self_contained
from credential_core.errors import CredentialError, DidError
from credential_core.jcs import digest
from credential_core.report import Check, Outcome, Report
from credential_core.timestamps import parse_timestamp
from credential_core.verify import Failure, Resolution, issuer_id
from credential_core.verify.inputs import status_entries
from credential_core.verify.proofs import resolve
from credential_core.verify.status_entries import types_of
from issuer.core.backpack.model import Doubt
from stacking.statuses import BITSTRING, INDEX, MOST, Status, statuses_of

PURPOSE = "assertionMethod"
REFRESH = "refresh"
KEY_GONE = "source-key-gone"
REPLACED = "source-replaced"
GONE = frozenset({"method_not_authorized", "method_revoked", "method_unknown"})
"""What a controller document says about a key that it has no more. All else says nothing about the key."""
OF_JWK = ("kty", "crv", "x", "y", "n", "e")


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signed: its name in the issuer's controller document, and its own digest."""

    method: str
    key: str

    @property
    def controller(self) -> str:
        """Whose document lists it."""
        return self.method.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a credential is revoked or suspended, where it is said to be replaced, and by which key it was signed."""

    places: tuple[Status, ...] = ()
    notices: tuple[Status, ...] = ()
    signer: Signer | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a look can tell of one question; `doubt` is None where all is well. Not told: as it was before."""

    is_told: bool
    doubt: Doubt | None = None


UNTOLD = Told(is_told=False)


def traces_of(document: Mapping[str, Any], report: Report, controllers: Mapping[str, Resolution]) -> Traces:
    """Of a credential that holds."""
    return Traces(statuses_of(document) or (), _notices_of(document), _signer_of(document, report, controllers))


def _notices_of(document: Mapping[str, Any]) -> tuple[Status, ...]:
    """Bitstring Status List v1.0 §2.1: purpose `refresh`. What is malformed tells nothing."""
    found: dict[Status, None] = {}
    for entry in status_entries(document)[:MOST]:
        if BITSTRING not in types_of(entry) or entry.get("statusPurpose") != REFRESH:
            continue
        url, index = entry.get("statusListCredential"), entry.get("statusListIndex")
        if isinstance(url, str) and url and isinstance(index, str) and INDEX.fullmatch(index):
            found[Status(url, int(index), REFRESH)] = None
    return tuple(found)


def _signer_of(document: Mapping[str, Any], report: Report, controllers: Mapping[str, Resolution]) -> Signer | None:
    """None where the key is named so that it cannot be looked for: by itself, or not at all."""
    issuer = issuer_id(document)
    named = [one.source for one in report.checks if one.check == "proof" and one.outcome is Outcome.PASSED]
    if issuer is None or resolve_self_contained(issuer) is not None or not named or named[0] is None:
        return None
    method = named[0] if ":" in named[0] else f"{issuer}#{named[0].removeprefix('#')}"
    try:
        if controller_of(method) != issuer:
            return None
        return Signer(method, _digest_of(method_entry(resolve(issuer, controllers), method, PURPOSE)))
    except CredentialError:
        return None


def of_key(signer: Signer, found: Resolution | None, now: datetime) -> Told:
    """Whether the controller document still lists the key. One that cannot be read tells nothing."""
    if not isinstance(found, Mapping) or isinstance(found, Failure):
        return UNTOLD
    try:
        entry = method_entry(found, signer.method, PURPOSE)
        ends = [parse_timestamp(entry[name]) for name in ("expires", "revoked") if name in entry]
        is_same = _digest_of(entry) == signer.key
    except CredentialError as error:
        return _gone(signer) if isinstance(error, DidError) and error.code in GONE else UNTOLD
    return Told(is_told=True) if is_same and all(now < end for end in ends) else _gone(signer)


def of_notice(check: Check | None) -> Told:
    """Whether the issuer says that it has a newer form of the credential."""
    match None if check is None else check.code:
        case "refresh_not_needed":
            return Told(is_told=True)
        case "refresh_available":
            detail = f"its issuer has replaced what was recognised by a newer form: so says {check and check.source}"
            return Told(is_told=True, doubt=Doubt(REPLACED, detail))
        case _:
            return UNTOLD


def reviewed(before: Doubt | None, key: Told, newer: Told) -> Doubt | None:
    """What people should look at now."""
    for code, told in ((KEY_GONE, key), (REPLACED, newer)):
        as_before = before if before is not None and before.code == code else None
        found = told.doubt if told.is_told else as_before
        if found is not None:
            return found
    return None


def _gone(signer: Signer) -> Told:
    detail = f"its issuer lists the key that signed what was recognised no more: {signer.method}"
    return Told(is_told=True, doubt=Doubt(KEY_GONE, detail))


def _digest_of(entry: Mapping[str, Any]) -> str:
    """Of the key itself, as the document writes it."""
    if "publicKeyMultibase" in entry:
        return digest({"publicKeyMultibase": entry["publicKeyMultibase"]})
    jwk = entry.get("publicKeyJwk")
    return digest({name: jwk[name] for name in OF_JWK if name in jwk} if isinstance(jwk, Mapping) else {})
