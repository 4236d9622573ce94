"""What a verification takes beside the document: what must be fetched for it, and what the caller already knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from credential_core.did import controller_of
from credential_core.errors import CredentialError
from credential_core.jose import Enveloped
from credential_core.jose.key_source import documents_for
from credential_core.proof import proofs
from credential_core.verify.nested import documents_within
from credential_core.verify.schema_urls import schema_urls
from credential_core.verify.status_entries import address_of

_SELF_CONTAINED: Final = ("did:key:", "did:jwk:")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be fetched. `transient`: trying again later may help."""

    code: str
    detail: str
    transient: bool = True


Resolution: TypeAlias = Mapping[str, Any] | Failure


class Trust(StrEnum):
    """What the caller thinks of an issuer."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    DISTRUSTED = "distrusted"


@dataclass(frozen=True, slots=True)
class TrustAnswer:
    """The answer to "may this issuer be believed", and who says so."""

    trust: Trust
    detail: str = ""
    source: str | None = None


TrustedIssuers: TypeAlias = Callable[[str], TrustAnswer]


def trust_only(issuers: Collection[str], source: str | None = None) -> TrustedIssuers:
    """A trust function over a fixed list: its members are trusted, all others unknown."""

    def answer(issuer: str) -> TrustAnswer:
        return TrustAnswer(Trust.TRUSTED if issuer in issuers else Trust.UNKNOWN, source=source)

    return answer


class KnownState(StrEnum):
    """A credential's state as its issuer's events tell it."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KnownCorrection:
    """The document that the last correction of a credential signed: its digest (see `jcs.digest`), its validFrom."""

    digest: str
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class KnownStatus:
    """The last state that events told, with the version that told it; and the last correction, if there was one."""

    state: KnownState
    version: int
    source: str = "events"
    correction: KnownCorrection | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", KnownState(self.state))  # a plain string is welcome


@dataclass(frozen=True, slots=True)
class Policy:
    """What the caller makes of what cannot be decided.

    `accept_unknown_issuer`: the issuer_trust check of an issuer nobody vouches for is skipped, not unknown, so that
    it no longer stands in the way of `valid`. A distrusted issuer fails under any policy.
    `endorsements_decide`: an endorsement that is invalid or undecided counts like a check of the credential itself.
    `require_holder_binding`: a presentation fails unless its holder is the subject of every credential in it.
    `inline_contexts`: contexts written inline, which only add names, are read (see `jsonld.general`); otherwise a proof
    over such a document is undecided.
    """

    accept_unknown_issuer: bool = False
    endorsements_decide: bool = False
    require_holder_binding: bool = False
    inline_contexts: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """What to fetch before verifying, in order: controller documents (DIDs, https URLs), status lists, JSON Schemas.

    `methods` are the verification methods that the controller documents must hold: one that does not is out of date.
    """

    controllers: tuple[str, ...]
    status_lists: tuple[str, ...]
    schemas: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


def needs(document: Mapping[str, Any], *, nested: bool = False) -> Needs:
    """What verifying `document` takes. No did:key or did:jwk is listed; what is malformed is left to `verify`.

    Also answers for a fetched status list: verifying one needs the controllers of its own proofs. With `nested`, also
    for the endorsements and credentials inside (of a CLR, of a presentation), as many as are verified.
    """
    documents = [document, *(documents_within(document) if nested else ())]
    return Needs(
        controllers=tuple(dict.fromkeys(name for each in documents for name in _controllers(each))),
        status_lists=tuple(dict.fromkeys(url for each in documents for url in _status_lists(each))),
        schemas=tuple(dict.fromkeys(url for each in documents for url in schema_urls(each))),
        methods=tuple(dict.fromkeys(method for each in documents for method in _methods(each))),
    )


def _methods(document: Mapping[str, Any]) -> list[str]:
    named = [document.envelope.jws.header.get("kid")] if isinstance(document, Enveloped) else []
    with suppress(CredentialError):  # the proof check says what is wrong
        named += [proof.get("verificationMethod") for proof in proofs(document)]
    return [name for name in named if isinstance(name, str) and "#" in name and not name.startswith(_SELF_CONTAINED)]


def _controllers(document: Mapping[str, Any]) -> list[str]:
    found = []
    if isinstance(document, Enveloped):
        found += documents_for(document.envelope.jws.header, issuer_id(document) or _holder_id(document))
    try:
        for proof in proofs(document):
            method = proof.get("verificationMethod")
            if isinstance(method, str):
                found.append(controller_of(method))
    except CredentialError:
        pass  # the proof check says what is wrong
    return [controller for controller in found if not controller.startswith(_SELF_CONTAINED)]


def _status_lists(document: Mapping[str, Any]) -> list[str]:
    return [url for entry in status_entries(document) if (url := address_of(entry)) is not None]


def status_entries(document: Mapping[str, Any]) -> list[Any]:
    """The status entries of a credential, one or many."""
    return as_list(document.get("credentialStatus"))


def as_list(value: Any) -> list[Any]:
    """A JSON-LD set as a list: nothing, one value or many."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _holder_id(document: Mapping[str, Any]) -> str | None:
    return issuer_id({"issuer": document.get("holder")})


def issuer_id(document: Mapping[str, Any]) -> str | None:
    """The id of a credential's issuer, written as a string or as an object."""
    issuer = document.get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    return identifier if isinstance(identifier, str) else None
