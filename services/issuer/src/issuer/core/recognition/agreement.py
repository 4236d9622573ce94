"""An agreement between two institutions: proposed by one, signed by the other. Signed, it never changes but ends."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypedDict

from contracts.events import AgreementEnded, AgreementSigned
from credential_core.jose import Jws
from credential_core.multibase import encode_base64url
from issuer.core.addresses import Addresses
from issuer.core.model import Json
from issuer.core.recognition.deciding import Open
from issuer.core.recognition.terms import Terms, terms_of
from service_kit.errors import Conflict

AgreementId = NewType("AgreementId", str)


class AgreementState(StrEnum):
    """Where an agreement stands."""

    PROPOSED = "proposed"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Signed, and its `validUntil` has passed. The date says so, at that moment; no row has this state."""
    ENDED = "ended"


class _Whole(TypedDict):
    """What each event about an agreement has."""

    agreement_id: str
    version: int
    revision: int
    org_id: str
    source_org_id: str
    recognising_issuer: str
    source_issuer: str
    programme: str
    replaces: str | None
    digest: str
    document: Json
    signature: str | None
    signed_at: datetime
    changed_at: datetime


class Act(StrEnum):
    """What a party can do with an agreement."""

    SIGN = "sign"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    END = "end"


PUBLIC = (AgreementState.SIGNED, AgreementState.EXPIRED, AgreementState.ENDED)
NOBODY = ""
"""Who takes the step of an agreement that expires."""
TARGET = {
    Act.SIGN: AgreementState.SIGNED,
    Act.DECLINE: AgreementState.DECLINED,
    Act.WITHDRAW: AgreementState.WITHDRAWN,
    Act.END: AgreementState.ENDED,
}
OF_THE_OTHER = {Act.SIGN, Act.DECLINE}
OF_THE_PROPOSER = {Act.WITHDRAW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of an agreement. `recognising_org` grants credit for what `source_org` awarded.

    `signature` is of a partner that is not on this fleet; `statement` what it declined or ended it by. `expiry_told`:
    everybody was told that `validUntil` has passed, which decides nothing.
    """

    id: AgreementId
    recognising_org: str
    source_org: str
    proposed_by: str
    state: AgreementState
    revision: int
    version: int
    replaces: AgreementId | None
    document: Json
    digest: str
    created_at: datetime
    changed_at: datetime
    signed_at: datetime | None
    signature: str | None = None
    statement: str | None = None
    expiry_told: bool = False

    def as_of(self, now: datetime) -> "Agreement":
        """As people read it: one that is signed expires with its date, whoever has noticed."""
        ends = self.terms.in_force.ends
        is_over = self.state is AgreementState.SIGNED and ends is not None and ends <= now
        return replace(self, state=AgreementState.EXPIRED) if is_over else self

    @property
    def is_with_outsider(self) -> bool:
        """Whether the partner is on no fleet of ours: it has no organization here, and goes by its DID."""
        return self.source_org == self.terms.source

    @property
    def terms(self) -> Terms:
        """What was agreed."""
        return terms_of(self.document)

    @property
    def parties(self) -> tuple[str, str]:
        """The two organizations."""
        return self.recognising_org, self.source_org

    def as_open(self) -> Open:
        """As decisions see a signed one."""
        assert self.signed_at is not None  # noqa: S101 - the table holds no signed one without
        return Open(self.id, self.digest, self.signed_at, self.terms, self.source_org)


@dataclass(frozen=True, slots=True)
class Stated:
    """Which text it was, and by which key. The text may name people: it is for the two parties."""

    digest: str
    key: str


@dataclass(frozen=True, slots=True)
class AgreementChange:
    """A step in an agreement's life: what it became, for which party, by whom, why. NOBODY's are those of its dates."""

    agreement_id: AgreementId
    revision: int
    state: AgreementState
    org_id: str
    actor: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AgreementLife:
    """An agreement with everything that happened to it."""

    agreement: Agreement
    changes: Sequence[AgreementChange]


def stated_by(agreement: Agreement) -> Stated | None:
    """What everybody learns of a partner's statement; None where there is none."""
    if agreement.statement is None:
        return None
    digest = encode_base64url(hashlib.sha256(agreement.statement.encode()).digest())
    kid = Jws.parse(agreement.statement).header.get("kid")
    return Stated(digest, str(kid or agreement.source_org))


def told(agreement: Agreement, addresses: Addresses) -> AgreementSigned | AgreementEnded | None:
    """The event that tells everybody where it stands; None while it concerns the two alone."""
    if agreement.state not in PUBLIC or agreement.signed_at is None:
        return None
    terms = agreement.terms
    whole: _Whole = {
        "agreement_id": addresses.agreement(agreement.id),
        "version": agreement.version,
        "revision": agreement.revision,
        "org_id": agreement.recognising_org,
        "source_org_id": agreement.source_org,
        "recognising_issuer": terms.recognising,
        "source_issuer": terms.source,
        "programme": terms.programme,
        "replaces": None if agreement.replaces is None else addresses.agreement(agreement.replaces),
        "digest": agreement.digest,
        "document": agreement.document,
        "signature": agreement.signature,
        "signed_at": agreement.signed_at,
        "changed_at": agreement.changed_at,
    }
    if agreement.state is AgreementState.SIGNED and not agreement.expiry_told:
        return AgreementSigned(**whole)
    is_expired = agreement.state is not AgreementState.ENDED
    stated = stated_by(agreement)
    digest, key = (None, None) if stated is None else (stated.digest, stated.key)
    return AgreementEnded(**whole, expired=is_expired, statement_digest=digest, statement_key=key)


def expired(agreement: Agreement, now: datetime) -> Agreement | None:
    """The agreement with its expiry told, as of the moment when it came; None when it has not, or was told.

    It stays signed, as the release before reads it, and may still be ended or replaced.
    """
    ends = agreement.terms.in_force.ends
    if agreement.as_of(now).state is not AgreementState.EXPIRED or agreement.expiry_told or ends is None:
        return None
    at = max(ends, agreement.changed_at)  # it may have been signed when it was over
    return replace(agreement, expiry_told=True, revision=agreement.revision + 1, changed_at=at)


def after(agreement: Agreement, act: Act, org_id: str, now: datetime) -> Agreement | None:
    """The agreement after a party's act; None when it is so already. Raises Conflict when it may not be done."""
    proposer = agreement.proposed_by == org_id
    if (act in OF_THE_OTHER and proposer) or (act in OF_THE_PROPOSER and not proposer):
        detail = "who proposed an agreement may withdraw it; to sign or decline it is the other institution's"
        raise Conflict(detail, code="not-this-party")
    if agreement.state is TARGET[act]:
        return None
    wanted = AgreementState.SIGNED if act is Act.END else AgreementState.PROPOSED
    if agreement.state is not wanted:
        detail = f"an agreement that is {agreement.state.value} cannot be {TARGET[act].value}"
        raise Conflict(detail, code="agreement-transition-not-allowed")
    changed = replace(agreement, state=TARGET[act], revision=agreement.revision + 1, changed_at=now)
    return replace(changed, signed_at=now) if act is Act.SIGN else changed
