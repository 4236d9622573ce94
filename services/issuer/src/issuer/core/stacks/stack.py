"""Stacks: what learners were awarded for completed pathways, or are to be once somebody has approved."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from issuer.core.model import Credential, CredentialId, Json, State
from issuer.core.recognition.recognised_issuers import RecognisedIssuers
from issuer.core.stacks.pieces import Piece
from stacking import Held, Rules, Setting
from stacking.statuses import Listed

StackId = NewType("StackId", str)


class StackState(StrEnum):
    """Where a stack stands. While `waiting`, `awarded` or `suspended` it is the only one for its learner and pathway.

    `withdrawn`: it was waiting, and what it was for stands no longer. `suspended` and `revoked` are those that followed
    from its components.
    """

    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    AWARDED = "awarded"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


LIVE = frozenset({StackState.WAITING, StackState.AWARDED, StackState.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Group:
    """Whose progress on which pathway: what is evaluated together."""

    org_id: str
    recipient_key: bytes
    pathway_id: str


@dataclass(frozen=True, slots=True)
class PathwayVersion:
    """One version of a pathway, as the catalog published it."""

    id: str
    version: int
    revision: int
    org_id: str
    retired: bool
    digest: str
    document: Json


@dataclass(frozen=True, slots=True)
class OpenPathway:
    """A version that was made ready for evaluation."""

    version: PathwayVersion
    rules: Rules


@dataclass(frozen=True, slots=True)
class Due:
    """An evaluation that is due. `credential_id` and `revision` say what made it so; without a recipient all are."""

    id: int
    org_id: str
    pathway_id: str
    recipient_key: bytes | None
    credential_id: CredentialId | None
    revision: int | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack. `evidence` is what it was asked or awarded for, by digest; `record` the evaluation that is signed.

    `steps` explain it to people. `brought` are its components that the learner brought along, by id, with what each was
    when that was last known. `holds_back`: its credential was suspended on account of its components. `by_hand`:
    somebody refused it or revoked its credential, so that nothing is awarded automatically any more.
    """

    id: StackId
    group: Group
    version: int
    evidence: bytes
    state: StackState
    revision: int
    credential_id: CredentialId | None
    record: Json
    steps: Sequence[Json]
    brought: Mapping[str, State]
    problem: Json | None
    holds_back: bool
    by_hand: bool
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StackChange:
    """A step in a stack's life. `caused_by` is the id of the event that it followed from."""

    stack_id: StackId
    revision: int
    state: StackState
    reason: str
    actor: str
    at: datetime
    caused_by: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a stack becomes what it does: for people, on whose account, and the id of the event that it follows from."""

    reason: str
    actor: str
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class ListSnapshot:
    """The digest of a status list as last published, and whether changes have come since."""

    digest: str | None
    published_at: datetime
    has_changed: bool


@dataclass(frozen=True, slots=True)
class Own:
    """One of the learner's credentials as evidence. `held` is None for one that is none."""

    credential: Credential
    held: Held | None
    listed: tuple[Listed, ...]

    @property
    def address(self) -> str:
        """Its id, as others name it."""
        return self.held.id if self.held else ""

    @property
    def piece(self) -> Piece | None:
        """As evaluations see it."""
        if self.held is None:
            return None
        mine = self.credential
        return Piece(
            held=self.held,
            digest=mine.digest,
            state=mine.state,
            since=mine.issued_at,
            begins=mine.valid_from,
            ends=mine.valid_until,
            name="",
            became=f"was {mine.state.value}",
            listed=self.listed,
            own=mine,
        )


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything an evaluation looks at. `versions` are the pathway's, by number; `stacks` the learner's on it.

    `elsewhere` are the learner's stacks on other pathways. `brought` is what the learner keeps and consents to have
    counted; `issued` our rows of what other organizations issued here, as far as stacks name it or it is brought.
    """

    group: Group
    versions: Mapping[int, OpenPathway]
    own: Mapping[CredentialId, Own]
    stacks: Sequence[Stack]
    elsewhere: Sequence[Stack]
    recognised: RecognisedIssuers
    brought: Sequence[Piece] = ()
    issued: Mapping[str, Credential] = field(default_factory=dict)

    @property
    def pieces(self) -> dict[str, Piece]:
        """All that is evidence and theirs, by id; what the organization issued goes before what claims to be it.

        A credential of the organization's may have been corrected to name somebody else.
        """
        key = self.group.recipient_key
        theirs = [one for one in self.own.values() if one.held is not None and one.credential.recipient_key == key]
        found = {one.address: one.piece for one in theirs if one.piece is not None}
        hidden = {one.address for one in self.own.values()}
        for piece in self.brought:
            if piece.held.id not in hidden:
                found.setdefault(piece.held.id, piece)
        return found

    def setting(self, now: datetime) -> Setting:
        """What is counted by at this moment. What was brought counts only where the pathway speaks of its issuer."""
        found = self.recognised.at(now)
        return replace(found, own=self.recognised.own) if self.brought else found

    def looked_at(self, now: datetime) -> "Situation":
        """The same without what would have to be looked at again before it counts."""
        return replace(self, brought=[piece for piece in self.brought if not piece.is_stale(now)])

    @property
    def open(self) -> OpenPathway | None:
        """The newest version that can still be completed."""
        standing = [one for one in self.versions.values() if not one.version.retired]
        return max(standing, key=lambda one: one.version.version, default=None)

    def sharing(self, pathways: Collection[str]) -> frozenset[tuple[StackId, int]]:
        """The learner's stacks on these pathways, by id and revision: what limits what may count in this one."""
        return frozenset((one.id, one.revision) for one in self.elsewhere if one.group.pathway_id in pathways)

    @property
    def live(self) -> Stack | None:
        """The one stack that is under way or stands."""
        return next((stack for stack in self.stacks if stack.state in LIVE), None)


def evidence_digest(parts: Iterable[tuple[str, str]]) -> bytes:
    """What a stack is for: its components by id, and by the digests of their documents."""
    text = "\n".join(f"{identifier} {digest}" for identifier, digest in sorted(parts))
    return hashlib.sha256(text.encode()).digest()


ANY_ACHIEVEMENT = "*"


def feeds_of(rules: Rules) -> frozenset[str]:
    """The achievements that matter to a pathway, and the pathways that it shares credits with; or any achievement."""
    shared = {limit.pathway for limit in rules.pathway.sharing}
    return rules.pathway.named | shared | ({ANY_ACHIEVEMENT} if rules.open_places else set())
