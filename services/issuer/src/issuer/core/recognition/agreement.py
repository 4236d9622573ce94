"""An agreement between two institutions: proposed by one, signed by the other. Signed, it never changes but ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from contracts.events import AgreementEnded, AgreementSigned
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
    ENDED = "ended"


class Act(StrEnum):
    """What a party can do with an agreement."""

    SIGN = "sign"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    END = "end"


PUBLIC = (AgreementState.SIGNED, AgreementState.ENDED)
TARGET = {
    Act.SIGN: AgreementState.SIGNED,
    Act.DECLINE: AgreementState.DECLINED,
    Act.WITHDRAW: AgreementState.WITHDRAWN,
    Act.END: AgreementState.ENDED,
}
EVENTS: Mapping[AgreementState, type[AgreementSigned] | type[AgreementEnded]] = {
    AgreementState.SIGNED: AgreementSigned,
    AgreementState.ENDED: AgreementEnded,
}
OF_THE_OTHER = {Act.SIGN, Act.DECLINE}
OF_THE_PROPOSER = {Act.WITHDRAW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of an agreement. `recognising_org` grants credit for what `source_org` awarded.

    `signature` is of a partner that is not on this fleet.
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
class AgreementChange:
    """A step in an agreement's life: what it became, for which party, by whom, why."""

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


def told(agreement: Agreement, addresses: Addresses) -> AgreementSigned | AgreementEnded | None:
    """The event that tells everybody where it stands; None while it concerns the two alone."""
    event = EVENTS.get(agreement.state)
    if event is None or agreement.signed_at is None:
        return None
    terms = agreement.terms
    return event(
        agreement_id=addresses.agreement(agreement.id),
        version=agreement.version,
        revision=agreement.revision,
        org_id=agreement.recognising_org,
        source_org_id=agreement.source_org,
        recognising_issuer=terms.recognising,
        source_issuer=terms.source,
        programme=terms.programme,
        replaces=None if agreement.replaces is None else addresses.agreement(agreement.replaces),
        digest=agreement.digest,
        document=agreement.document,
        signature=agreement.signature,
        signed_at=agreement.signed_at,
        changed_at=agreement.changed_at,
    )


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
        detail = f"an agreement that is {agreement.state.value} cannot be changed so"
        raise Conflict(detail, code="agreement-transition-not-allowed")
    changed = replace(agreement, state=TARGET[act], revision=agreement.revision + 1, changed_at=now)
    return replace(changed, signed_at=now) if act is Act.SIGN else changed
