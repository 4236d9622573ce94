"""Agreements and recognitions, in a transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from credential_core.timestamps import format_timestamp
from issuer.adapters.claims import IS_FREE, TAKE
from issuer.adapters.recognition import rows
from issuer.adapters.recognition.sources import of_source, source_status, watched_in
from issuer.adapters.recognition.tables import (
    AGREEMENT_CHANGES,
    AGREEMENTS,
    RECOGNITION_CHANGES,
    RECOGNITION_SOURCES,
    RECOGNITIONS,
    RECOGNITIONS_DUE,
    VALID_UNTIL,
)
from issuer.adapters.rows import WITHOUT_DOCUMENT, credential
from issuer.adapters.stacks.notes import note_recognised
from issuer.adapters.tables import CREDENTIALS
from issuer.core.model import Credential, CredentialId
from issuer.core.recognition.agreement import Agreement, AgreementChange, AgreementId, AgreementState
from issuer.core.recognition.deciding import NONE, Counted
from issuer.core.recognition.ports import DueRecognition
from issuer.core.recognition.recognition import (
    TO_DECIDE,
    Place,
    Recognition,
    RecognitionChange,
    RecognitionId,
    RecognitionState,
)
from issuer.core.recognition.sources import SourceStatus

# Recognitions alone take it, and before any key is held: whoever waits for it holds nothing that others wait for.
LOCK_LEARNER = text("SELECT pg_advisory_xact_lock(hashtextextended('recognition/' || :learner, 0))")
CLAIM = text(f"""
UPDATE recognitions_due AS due SET {TAKE}
FROM (SELECT id FROM recognitions_due WHERE due_at <= :now AND {IS_FREE}
      ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) AS free
WHERE due.id = free.id
RETURNING due.id, due.recognition_id
""")  # noqa: S608 - a constant of ours
OF = AGREEMENTS.c
SECOND = 19  # characters of a date, down to the second
UNTOLD = text("state = 'signed' AND NOT expiry_told")
ONE = RECOGNITIONS.c
SOURCE = RECOGNITION_SOURCES.c
CLOSED = (RecognitionState.REFUSED, RecognitionState.WITHDRAWN)
SAVED = (
    "takes_place",
    "counts",
    "presented",
    "state",
    "revision",
    "target",
    "credits",
    "results",
    "reasons",
    "credential_id",
    "document",
    "evidence",
    "sealed",
    "decider",
    "is_appeal_used",
    "appeal_until",
    "holds_back",
    "changed_at",
)


def is_party(org_id: str) -> ColumnElement[bool]:
    """Agreements of this organization, on either side."""
    return or_(OF.recognising_org == org_id, OF.source_org == org_id)


def signed_about(place: Place, source_issuer: str) -> Select[Any]:
    """Those that may decide, in the order of their ids."""
    return (
        select(AGREEMENTS)
        .where(
            OF.recognising_org == place.org_id,
            OF.programme == place.programme,
            OF.source_issuer == source_issuer,
            OF.state == AgreementState.SIGNED.value,
        )
        .order_by(OF.id)
    )


def _theirs(place: Place) -> ColumnElement[bool]:
    theirs = ONE.recipient_key == place.recipient_key
    return theirs if place.person is None else or_(theirs, ONE.person == place.person)


async def counted_in(on: AsyncSession | AsyncConnection, place: Place) -> Counted:
    """What the learner has in the programme, and whether the credential or the achievement is before it."""
    theirs = _theirs(place)
    there = (ONE.org_id == place.org_id, ONE.programme == place.programme)
    totals = select(func.coalesce(func.sum(ONE.credits), NONE), func.count()).where(*there, theirs, ONE.counts)
    same = or_(ONE.source == place.source, theirs & (ONE.achievement == place.achievement))
    taken = select(ONE.id).where(*there, ONE.takes_place, same).exists()
    cases = (ONE.org_id == place.org_id, theirs, ONE.state.in_([state.value for state in TO_DECIDE]))
    waiting = select(func.count()).where(*cases).scalar_subquery()
    found = await on.execute(
        select(totals.subquery(), select(taken).scalar_subquery().label("taken"), waiting.label("waiting"))
    )
    return Counted(*found.one())


class RecognitionTable:
    """See issuer.core.recognition.ports.Recognitions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_agreement(self, agreement: Agreement, change: AgreementChange) -> None:
        """A new proposal."""
        await self._session.execute(insert(AGREEMENTS).values(rows.of_agreement(agreement)))
        await self._add_step(change)

    async def lock_agreement(self, org_id: str, agreement_id: AgreementId) -> Agreement | None:
        """One that the organization is a party of, locked until the end of the transaction."""
        query = select(AGREEMENTS).where(OF.id == agreement_id, is_party(org_id)).with_for_update()
        row = (await self._session.execute(query)).mappings().one_or_none()
        return None if row is None else rows.agreement(row)

    async def save_agreement(self, agreement: Agreement, change: AgreementChange) -> None:
        """Its next state. It is locked."""
        changed = {
            "state": agreement.state.value,
            "revision": agreement.revision,
            "changed_at": agreement.changed_at,
            "signed_at": agreement.signed_at,
            "signature": agreement.signature,
            "statement": agreement.statement,
            "expiry_told": agreement.expiry_told,
        }
        await self._session.execute(update(AGREEMENTS).where(OF.id == agreement.id).values(changed))
        await self._add_step(change)
        if change.state in (AgreementState.SIGNED, AgreementState.ENDED):  # these noted already when it expires
            force = agreement.terms.in_force
            later = [moment for moment in (force.begins, force.ends) if moment and moment > agreement.changed_at]
            await note_recognised(self._session, agreement.recognising_org, [agreement.changed_at, *later])

    async def _add_step(self, change: AgreementChange) -> None:
        await self._session.execute(insert(AGREEMENT_CHANGES).values(rows.of_agreement_change(change)))

    async def claim_expired(self, most: int, *, now: datetime) -> Sequence[Agreement]:
        """See issuer.core.recognition.ports."""
        second = format_timestamp(now.replace(microsecond=0))[:SECOND]
        over = select(AGREEMENTS).where(UNTOLD, second >= VALID_UNTIL).order_by(VALID_UNTIL).limit(most)
        found = await self._session.execute(over.with_for_update(skip_locked=True))
        return [rows.agreement(row) for row in found.mappings()]

    async def hold_agreements(self, place: Place, source_issuer: str) -> Sequence[Agreement]:
        """The signed ones about the programme and issuer. They stay so until the end of the transaction."""
        found = await self._session.execute(signed_about(place, source_issuer).with_for_update(read=True))
        return [rows.agreement(row) for row in found.mappings()]

    async def hold_signed(self, ids: Collection[AgreementId]) -> bool:
        """Whether all of these are signed. They stay so until the end of the transaction."""
        signed = select(OF.id).where(OF.id.in_(ids), OF.state == AgreementState.SIGNED.value).order_by(OF.id)
        return set(await self._session.scalars(signed.with_for_update(read=True))) == set(ids)

    async def hold_learner(self, place: Place) -> Counted:
        """What counts in the place now. Nobody else adds to it until the end of the transaction."""
        for learner in (place.recipient_key.hex(), place.person):  # a person may have come by another address before
            if learner is not None:
                await self._session.execute(LOCK_LEARNER, {"learner": learner})
        return await counted_in(self._session, place)

    async def closed_since(self, place: Place, since: datetime) -> int:
        """See issuer.core.recognition.ports."""
        by_nobody = (ONE.state.in_([state.value for state in CLOSED]), ONE.decider.is_(None), ONE.created_at > since)
        count = select(func.count()).where(ONE.org_id == place.org_id, _theirs(place), *by_nobody)
        return await self._session.scalar(count) or 0

    async def add(self, recognition: Recognition, change: RecognitionChange) -> bool:
        """Store a new one. False when this credential or achievement is before the programme already."""
        new = insert(RECOGNITIONS).values(rows.of_recognition(recognition)).on_conflict_do_nothing()
        if await self._session.scalar(new.returning(ONE.id)) is None:
            return False
        await self._follow(recognition, change)
        return True

    async def save(self, recognition: Recognition, change: RecognitionChange) -> bool:
        """Store its next revision. False when it is another's already, or another took its place."""
        values = {name: value for name, value in rows.of_recognition(recognition).items() if name in SAVED}
        before = update(RECOGNITIONS).where(ONE.id == recognition.id, ONE.revision == recognition.revision - 1)
        try:
            async with self._session.begin_nested():
                if await self._session.scalar(before.values(values).returning(ONE.id)) is None:
                    return False
        except IntegrityError:
            return False
        await self._follow(recognition, change)
        return True

    async def _follow(self, recognition: Recognition, change: RecognitionChange) -> None:
        """The step. Whoever is granted looks once more at the source, which may have fallen at this moment; whoever is
        refused, when the time to appeal is over.
        """
        await self._session.execute(insert(RECOGNITION_CHANGES).values(rows.of_change(change)))
        due: dict[str, object] = {"recognition_id": recognition.id}
        if recognition.state is RecognitionState.GRANTED and recognition.own_source is not None:
            due |= {"credential_id": recognition.own_source, "due_at": text("now()")}
        elif recognition.is_appealable and recognition.appeal_until is not None:
            due["due_at"] = recognition.appeal_until
        if "due_at" in due:
            await self._session.execute(insert(RECOGNITIONS_DUE).values(due))

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[DueRecognition]:
        """Take some that are due. Until then nobody else does."""
        found = await self._session.execute(CLAIM, {"now": now, "until": until, "most": most})
        due = [DueRecognition(row.id, RecognitionId(str(row.recognition_id))) for row in found]
        return sorted(due, key=lambda one: one.id)

    async def done(self, due: DueRecognition) -> None:
        """This is no longer due."""
        await self._session.execute(delete(RECOGNITIONS_DUE).where(RECOGNITIONS_DUE.c.id == due.id))

    async def lock(self, recognition_id: RecognitionId) -> Recognition | None:
        """Locked until the end of the transaction."""
        query = select(RECOGNITIONS).where(ONE.id == recognition_id).with_for_update()
        row = (await self._session.execute(query)).mappings().one_or_none()
        return None if row is None else rows.recognition(row)

    async def lock_credentials(self, ids: Collection[CredentialId]) -> Mapping[CredentialId, Credential]:
        """These, whichever organization issued them, locked until the end of the transaction. In the order of ids."""
        query = select(*WITHOUT_DOCUMENT).where(CREDENTIALS.c.id.in_(ids)).order_by(CREDENTIALS.c.id).with_for_update()
        found = [credential(row) for row in (await self._session.execute(query)).mappings()]
        return {one.id: one for one in found}

    async def document(self, credential_id: CredentialId) -> str:
        """The signed text of one that is locked."""
        found = await self._session.execute(select(CREDENTIALS.c.document).where(CREDENTIALS.c.id == credential_id))
        return str(found.scalar_one())

    async def watch(self, source: SourceStatus) -> None:
        """From now on it is looked at, as it says."""
        await self._session.execute(insert(RECOGNITION_SOURCES).values(of_source(source)))

    async def watched(self, recognition_id: RecognitionId) -> SourceStatus | None:
        """What was last seen of what is recognised, if that was issued elsewhere."""
        row = (await self._session.execute(watched_in(recognition_id))).mappings().one_or_none()
        return None if row is None else source_status(row)

    async def told_review(self, recognition_id: RecognitionId, code: str | None) -> None:
        """The history tells what people should look at, or that there is nothing any more."""
        told = {"review_told": code} | ({"review_kept": None} if code is None else {})
        await self._session.execute(
            update(RECOGNITION_SOURCES).where(SOURCE.recognition_id == recognition_id).values(told)
        )

    async def keep_reviewed(self, recognition_id: RecognitionId, code: str) -> None:
        """The award stands in spite of it."""
        kept = update(RECOGNITION_SOURCES).where(SOURCE.recognition_id == recognition_id)
        await self._session.execute(kept.values(review_kept=code))

    async def forget(self, recognition_id: RecognitionId) -> None:
        """Nobody looks any more, and nothing is kept to look by."""
        await self._session.execute(delete(RECOGNITION_SOURCES).where(SOURCE.recognition_id == recognition_id))
