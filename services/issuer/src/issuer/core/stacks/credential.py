"""The credential of a completed pathway: it names its components, and carries the record of its evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from credential_core.bitstring import entry
from credential_core.errors import ContextError, DocumentError
from credential_core.json_input import MAX_BYTES
from credential_core.model import achievement_credential
from credential_core.verify.read_lists import MAX_LISTS
from issuer.core.addresses import Addresses
from issuer.core.credentials.policy import latest_end
from issuer.core.credentials.recipient import SALT_BYTES, Recipient, subject_of
from issuer.core.credentials.refusals import unfit, unsignable
from issuer.core.issuers.signing import Sign
from issuer.core.model import PURPOSE, Achievement, Credential, CredentialId, Issuer, Json, Slot, State
from issuer.core.stacks.pieces import Piece
from issuer.core.stacks.related import related_to
from issuer.core.stacks.stack import Group, OpenPathway
from service_kit.errors import Conflict
from stacking import Setting
from stacking.award import Completion
from stacking.members import number
from stacking.record import LONGEST, Input, as_evidence, record_of

ROOM = 16_000  # bytes, for what the signature adds
COMPONENT = "Component"
MOST_LISTS = MAX_LISTS - 1  # its own is one more


@dataclass(frozen=True, slots=True)
class Proven:
    """A completion with the learner's credentials that count in it, in its order."""

    open: OpenPathway
    found: Completion
    day: Setting
    pieces: Sequence[Piece]

    @property
    def record(self) -> Json:
        """What is signed of the evaluation."""
        inputs = [
            Input(held, piece.digest, piece.listed, piece.has_no_status)
            for held, piece in zip(self.found.counting, self.pieces, strict=True)
        ]
        return record_of(self.open.rules.pathway, self.open.version.digest, self.found.evaluation, inputs, self.day)

    @property
    def steps(self) -> list[Json]:
        """The evaluation for people: parts before what they are parts of, the destination last."""
        return [
            {
                "name": step.name,
                "isMet": step.is_met,
                "reached": step.reached,
                "required": step.required,
                "credits": number(step.credits),
                "creditsRequired": number(step.credits_required),
            }
            for step in self.found.evaluation.steps
        ]

    @property
    def brought(self) -> dict[str, State]:
        """What counts of what the learner brought along: it stands."""
        return {piece.held.id: State.ISSUED for piece in self.pieces if piece.own is None}

    @property
    def evidence(self) -> list[Json]:
        """As Open Badges evidence: the components by their ids, and the record. Raises Conflict if that is too much."""
        named: list[Json] = [
            {"id": piece.held.id, "type": ["Evidence"], "name": _name_of(piece), "genre": COMPONENT}
            for piece in self._by_age
        ]
        record = as_evidence(self.record, self.open.rules.pathway.name)
        if len(record["id"]) > LONGEST:
            raise Conflict("it has more components than a credential can name", code="stack-too-large")
        if len({one.status.url for piece in self.pieces for one in piece.listed}) > MOST_LISTS:
            detail = f"its components are on more than the {MOST_LISTS} status lists that verifiers read at once"
            raise Conflict(detail, code="stack-too-large")
        return [*named, record]

    def related(self, published: Json, before: Sequence[Json] = ()) -> list[Json]:
        """What the embedded achievement is related to. `before`: in the document of until now, if there is one."""
        return related_to(published, self._by_age, before)

    @property
    def _by_age(self) -> Sequence[Piece]:
        return sorted(self.pieces, key=_age)


def _age(piece: Piece) -> tuple[datetime, str]:
    return piece.since, piece.held.id


def _name_of(piece: Piece) -> str:
    if piece.own is None:
        return piece.name
    document: Json = orjson.loads(piece.own.document)
    return str(document["credentialSubject"]["achievement"]["name"])


class ComposeStack:
    """Builds, signs and checks the credential of a completed pathway. Nothing is stored."""

    def __init__(self, *, sign: Sign, addresses: Addresses, random_bytes: Callable[[int], bytes]) -> None:
        self._sign = sign
        self._addresses = addresses
        self._random_bytes = random_bytes

    async def __call__(
        self,
        proven: Proven,
        group: Group,
        *,
        issuer: Issuer,
        achievement: Achievement,
        credential_id: CredentialId,
        slot: Slot,
        actor: str,
        now: datetime,
    ) -> Credential:
        """Raises Conflict or Invalid for one that cannot be."""
        starts = now.replace(microsecond=0)
        ends = latest_end(issuer, starts)
        document = self._build(
            proven, issuer, achievement, credential_id=credential_id, slot=slot, period=(starts, ends)
        )
        if (refusal := unfit(document)) is not None:
            raise refusal
        if len(orjson.dumps(document)) > MAX_BYTES - ROOM:
            raise Conflict("it has more components than a credential can name", code="stack-too-large")
        try:
            signed = await self._sign(document, issuer.key)
        except (DocumentError, ContextError) as error:
            raise unsignable(error) from error
        return Credential(
            id=credential_id,
            org_id=group.org_id,
            issuer_id=issuer.id,
            achievement_id=achievement.id,
            achievement_version=achievement.version,
            state=State.ISSUED,
            revision=1,
            slot=slot,
            digest=signed.digest,
            document=signed.text,
            recipient_key=group.recipient_key,
            issued_by=actor,
            issued_at=now,
            changed_at=now,
            valid_from=starts,
            valid_until=ends,
            feeds=True,
        )

    def _build(
        self,
        proven: Proven,
        issuer: Issuer,
        achievement: Achievement,
        *,
        credential_id: CredentialId,
        slot: Slot,
        period: tuple[datetime, datetime | None],
    ) -> Json:
        subject = self._subject(proven.pieces)
        return achievement_credential(
            credential_id=self._addresses.credential(credential_id),
            issuer=issuer.profile,
            achievement=achievement.document | {"related": proven.related(achievement.document)},
            subject_id=subject.get("id"),
            identifiers=subject.get("identifier", ()),
            valid_from=period[0],
            valid_until=period[1],
            name=achievement.name,
            evidence=proven.evidence,
            status=dict(entry(self._addresses.status_list(slot.list_id), slot.index, PURPOSE)),
        )

    def _subject(self, pieces: Sequence[Piece]) -> Json:
        """The learner is named as in the newest component: all that is known of them is a hash, whose salt is there.

        One of the organization's own goes before what was brought, of which only what names the learner is taken over.
        """
        newest = max(pieces, key=lambda piece: (piece.own is not None, *_age(piece)))
        if newest.own is not None:
            found: Json = orjson.loads(newest.own.document)["credentialSubject"]
            return found
        identity = newest.brought.identity if newest.brought else None
        if identity is None:
            raise Conflict("none of its components names the learner", code="stack-not-complete")
        if identity.get("hashed") is True:
            return {"identifier": [identity]}
        named = Recipient(str(identity["identityType"]), str(identity["identityHash"]))
        return {"identifier": list(subject_of(named, self._random_bytes(SALT_BYTES).hex()).identifiers)}
