"""What recognition needs from outside: storage in a unit of work, reads without one, sealed names of learners."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from issuer.core.model import Credential, CredentialId
from issuer.core.recognition.agreement import Agreement, AgreementChange, AgreementId, AgreementState
from issuer.core.recognition.deciding import Counted
from issuer.core.recognition.papers import Papers
from issuer.core.recognition.recognition import Place, Recognition, RecognitionChange, RecognitionId, RecognitionState
from issuer.core.recognition.sources import SourceMatter, SourceStatus
from service_kit.inputs import Page, PageRequest


@dataclass(frozen=True, slots=True)
class DueRecognition:
    """A recognition that is to follow whatever became of its source or its award."""

    id: int
    recognition_id: RecognitionId


class Recognitions(Protocol):
    """Agreements and recognitions, in a transaction."""

    async def add_agreement(self, agreement: Agreement, change: AgreementChange) -> None:
        """A new proposal."""

    async def lock_agreement(self, org_id: str, agreement_id: AgreementId) -> Agreement | None:
        """One that the organization is a party of, locked until the end of the transaction."""

    async def save_agreement(self, agreement: Agreement, change: AgreementChange) -> None:
        """Its next state. It is locked."""

    async def claim_expired(self, most: int, *, now: datetime) -> Sequence[Agreement]:
        """Some whose expiry is to be told, locked until the end of the transaction. What others hold is left out.

        To the second: it may be too early by less.
        """

    async def hold_agreements(self, place: Place, source_issuer: str) -> Sequence[Agreement]:
        """The signed ones about the programme and issuer. They stay so until the end of the transaction."""

    async def hold_signed(self, ids: Collection[AgreementId]) -> bool:
        """Whether all of these are signed. They stay so until the end of the transaction."""

    async def hold_learner(self, place: Place) -> Counted:
        """What counts in the place now. Nobody else adds to it until the end of the transaction."""

    async def closed_since(self, place: Place, since: datetime) -> int:
        """How many of the learner's were made since then that the institution never decides.

        Before it, in all its programmes: refused by agreements, or withdrawn.
        """

    async def add(self, recognition: Recognition, change: RecognitionChange) -> bool:
        """Store a new one. False when this credential or achievement is before the programme already."""

    async def save(self, recognition: Recognition, change: RecognitionChange) -> bool:
        """Store its next revision. False when it is another's already, or another took its place."""

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[DueRecognition]:
        """Take some that are due. Until then nobody else does."""

    async def done(self, due: DueRecognition) -> None:
        """This is no longer due."""

    async def lock(self, recognition_id: RecognitionId) -> Recognition | None:
        """Locked until the end of the transaction."""

    async def lock_credentials(self, ids: Collection[CredentialId]) -> Mapping[CredentialId, Credential]:
        """These, whichever organization issued them, locked until the end of the transaction."""

    async def document(self, credential_id: CredentialId) -> str:
        """The signed text of one that is locked."""

    async def watch(self, source: SourceStatus) -> None:
        """From now on it is looked at, as it says."""

    async def watched(self, recognition_id: RecognitionId) -> SourceStatus | None:
        """What was last seen of what is recognised, if that was issued elsewhere."""

    async def told_review(self, recognition_id: RecognitionId, code: str | None) -> None:
        """The history tells what people should look at, or that there is nothing any more."""

    async def keep_reviewed(self, recognition_id: RecognitionId, code: str) -> None:
        """The award stands in spite of it."""

    async def forget(self, recognition_id: RecognitionId) -> None:
        """Nobody looks any more, and nothing is kept to look by."""


@dataclass(frozen=True, slots=True)
class WantedAgreements:
    """Which agreements to list, by where they stand `now`. None means any."""

    now: datetime
    state: AgreementState | None = None
    party: str | None = None
    issuer: str | None = None
    programme: str | None = None
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class WantedRecognitions:
    """Which recognitions to list. None means any."""

    state: RecognitionState | None = None
    programme: str | None = None
    source: SourceMatter | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: an organization, or a person by its subject and by its keys in organizations."""

    org_id: str | None = None
    person: str | None = None
    recipient_keys: Collection[bytes] = ()


class RecognitionReading(Protocol):
    """Reads outside any transaction."""

    async def agreement(self, party: str | None, agreement_id: AgreementId) -> Agreement | None:
        """One that the organization is a party of; without one, of those that everybody may read."""

    async def with_outsider(self, agreement_id: AgreementId) -> Agreement | None:
        """One whose partner is not on this fleet, proposed or whatever became of it."""

    async def agreement_changes(self, agreement_id: AgreementId) -> Sequence[AgreementChange]:
        """Its life, oldest first."""

    async def agreements(self, wanted: WantedAgreements, page: PageRequest) -> Page[Agreement]:
        """Newest first."""

    async def signed(self, place: Place, source_issuer: str) -> Sequence[Agreement]:
        """The signed ones about the programme and issuer."""

    async def counted(self, place: Place) -> Counted:
        """What counts in the place."""

    async def recognition(self, viewer: Viewer, recognition_id: RecognitionId) -> Recognition | None: ...

    async def changes(self, recognition_id: RecognitionId) -> Sequence[RecognitionChange]:
        """Its life, oldest first."""

    async def watched(self, recognition_id: RecognitionId) -> SourceStatus | None:
        """What was last seen of what is recognised, if that was issued elsewhere."""

    async def recognitions(self, viewer: Viewer, wanted: WantedRecognitions, page: PageRequest) -> Page[Recognition]:
        """Newest first."""

    async def programme_owner(self, programme: str) -> str | None:
        """The organization whose pathway or achievement it is, if it is published and not retired."""

    async def achievement_owner(self, achievement: str) -> str | None:
        """The organization that published it here, retired or not."""

    async def organization_of(self, did: str) -> str | None:
        """The organization that an issuer belongs to, if it is one of ours."""

    async def appeal_days(self, org_id: str) -> int:
        """How long an organization's refusals may be appealed against: the most that its issuers' policies give."""

    async def organizations(self) -> Collection[str]:
        """Those that have issuers."""

    async def own(self, credential_id: CredentialId) -> Credential | None:
        """A credential that was issued here, by whichever organization."""


class NameBox(Protocol):
    """Keeps the learner's name and papers sealed while a decision may come, and only so long."""

    def seal(self, recognition_id: RecognitionId, papers: Papers) -> bytes: ...

    def open(self, found: Recognition) -> Papers | None: ...
