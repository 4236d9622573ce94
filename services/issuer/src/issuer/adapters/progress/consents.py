"""Consents in the database: one transaction over them, and reads without one."""

import hashlib
import hmac
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import RowMapping, Select, delete, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS, PROGRESS_CONSENTS
from issuer.adapters.stacks.notes import note_consent, note_keeper
from issuer.adapters.stacks.tables import STACK_KEPT
from issuer.adapters.tables import ID, MOMENT
from issuer.core.backpack.model import PersonId
from issuer.core.progress.consents_model import KEPT_ENDED, Consent, ConsentId
from service_kit.database import Database, UnitOfWork
from service_kit.errors import invalid_field
from service_kit.idempotency import IdempotencyKeys
from service_kit.ids import is_id, random_bytes
from service_kit.inputs import Page, PageRequest

CONSENTS = PROGRESS_CONSENTS.c
KEPT = BACKPACK_CREDENTIALS.c
FORMAT, NONCE_BYTES = b"\x01", 12


class DigestSealing:
    """Seals digests of addresses: one byte format (1), 12 bytes nonce, AES-256-GCM, bound to the consent's id."""

    def __init__(self, key_encryption_key: bytes, randomness: Callable[[int], bytes] = random_bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key_encryption_key, b"laurel progress consents", hashlib.sha256))
        self._randomness = randomness

    def seal(self, consent_id: ConsentId, digest: str) -> bytes:
        """The box to store."""
        nonce = self._randomness(NONCE_BYTES)
        return FORMAT + nonce + self._cipher.encrypt(nonce, digest.encode(), consent_id.encode())

    def open(self, consent_id: ConsentId, box: bytes) -> str:
        """Raises RuntimeError for one that was sealed under another key: a fault of the installation."""
        nonce, sealed = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, consent_id.encode()).decode()
        except InvalidTag as error:
            raise RuntimeError(f"the consent {consent_id} does not open") from error


def learner_pseudonyms(key_encryption_key: bytes) -> Callable[[str, str], str]:
    """What an organization knows a learner by: an HMAC over both, so that two organizations cannot compare notes."""
    pepper = hmac.digest(key_encryption_key, b"laurel learner pseudonyms", hashlib.sha256)

    def pseudonym(org_id: str, person: str) -> str:
        return hmac.digest(pepper, f"{org_id}\0{person}".encode(), hashlib.sha256).hex()[:32]

    return pseudonym


class ConsentUnitOfWork(UnitOfWork):
    """See issuer.core.progress.consents_ports.ConsentWork."""

    idempotency: IdempotencyKeys

    def __init__(self, database: Database, sealing: DigestSealing) -> None:
        super().__init__(database)
        self._sealing = sealing

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.idempotency = IdempotencyKeys(self.session)
        return self

    async def add(self, consent: Consent) -> bool:
        """See issuer.core.progress.consents_ports."""
        same = (CONSENTS.person == consent.person, CONSENTS.pathway_id == consent.pathway_id)
        expired = (CONSENTS.ended_at.is_(None), CONSENTS.expires_at <= consent.granted_at)
        ended = (
            update(PROGRESS_CONSENTS)
            .where(*same, *expired)
            .values(ended_at=CONSENTS.expires_at, sealed=None, recipient_key=None)
        )
        await self.session.execute(ended)
        key = consent.recipient_key
        values = {
            "allows_award": consent.allows_award,
            "recipient_key": key,
            "id": consent.id,
            "person": consent.person,
            "org_id": consent.org_id,
            "pathway_id": consent.pathway_id,
            "purpose": consent.purpose,
            "shows_address": consent.shows_address,
            "sealed": self._sealing.seal(consent.id, consent.digest),
            "granted_at": consent.granted_at,
            "expires_at": consent.expires_at,
        }
        new = insert(PROGRESS_CONSENTS).values(values).on_conflict_do_nothing().returning(CONSENTS.id)
        if await self.session.scalar(new) is None:
            return False
        await self._forget_the_oldest(consent.person)
        if key is not None:
            await note_keeper(self.session, consent.person)
            await self._look_again(consent)
        return True

    async def _look_again(self, consent: Consent) -> None:
        """What counts already, and what was in doubt, is looked at from now on: it was not while no consent stood."""
        matters = or_(KEPT.doubt.is_not(None), KEPT.id.in_(select(STACK_KEPT.c.kept_id)))
        mine = select(KEPT.id).where(KEPT.person == consent.person, matters)
        unplanned = update(BACKPACK_CREDENTIALS).where(KEPT.id.in_(mine), KEPT.look_at.is_(None))
        await self.session.execute(unplanned.values(look_at=consent.granted_at))

    async def _forget_the_oldest(self, person: PersonId) -> None:
        ended = select(CONSENTS.id).where(CONSENTS.person == person, CONSENTS.ended_at.is_not(None))
        ended = ended.order_by(CONSENTS.granted_at.desc(), CONSENTS.id.desc()).offset(KEPT_ENDED)
        await self.session.execute(delete(PROGRESS_CONSENTS).where(CONSENTS.id.in_(ended)))

    async def find(self, person: PersonId, consent_id: ConsentId) -> Consent | None:
        """One of the person's, locked until the end of the transaction."""
        query = select(PROGRESS_CONSENTS).where(CONSENTS.person == person, CONSENTS.id == consent_id)
        row = (await self.session.execute(query.with_for_update())).mappings().one_or_none()
        return None if row is None else _consent(row, "")

    async def end(self, consent_id: ConsentId, at: datetime) -> None:
        """Nobody sees anything by it any more. What the person's credentials were found by is gone."""
        await note_consent(self.session, consent_id)
        ended = update(PROGRESS_CONSENTS).where(CONSENTS.id == consent_id)
        await self.session.execute(ended.values(ended_at=at, sealed=None, recipient_key=None))

    async def remove(self, person: PersonId, consent_id: ConsentId) -> bool:
        """False when there is none."""
        await note_consent(self.session, consent_id)
        mine = (CONSENTS.person == person, CONSENTS.id == consent_id)
        return await self.session.scalar(delete(PROGRESS_CONSENTS).where(*mine).returning(CONSENTS.id)) is not None

    async def see(self, org_id: str, ids: Collection[ConsentId], at: datetime) -> Collection[ConsentId]:
        """Those of them that stand at this moment, noted as seen; in one order, so that none waits for two."""
        stand = select(CONSENTS.id).where(CONSENTS.id.in_(ids), *_standing(org_id, at))
        locked = (await self.session.scalars(stand.order_by(CONSENTS.id).with_for_update())).all()
        seen = update(PROGRESS_CONSENTS).where(CONSENTS.id.in_(locked))
        await self.session.execute(seen.values(seen_at=at, seen=CONSENTS.seen + 1))
        return [ConsentId(one) for one in locked]


class ConsentRows:
    """See issuer.core.progress.consents_ports.ConsentReading."""

    def __init__(self, database: Database, sealing: DigestSealing) -> None:
        self._database = database
        self._sealing = sealing

    async def of_person(self, person: PersonId, page: PageRequest) -> Page[Consent]:
        """All of a person's, newest first, without the digests."""
        query = select(PROGRESS_CONSENTS).where(CONSENTS.person == person)
        return await self._page(query, page, is_open=False)

    async def standing(self, org_id: str, pathway_id: str, now: datetime, page: PageRequest) -> Page[Consent]:
        """Those that let an organization see progress on its pathway, newest first."""
        query = select(PROGRESS_CONSENTS).where(*_standing(org_id, now), CONSENTS.pathway_id == pathway_id)
        return await self._page(query, page, is_open=True)

    async def standing_one(self, org_id: str, consent_id: ConsentId, now: datetime) -> Consent | None:
        """One of them."""
        query = select(PROGRESS_CONSENTS).where(*_standing(org_id, now), CONSENTS.id == consent_id)
        async with self._database.connection() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else self._opened(row)

    async def _page(self, query: Select[Any], page: PageRequest, *, is_open: bool) -> Page[Consent]:
        if page.after is not None:
            query = query.where(tuple_(CONSENTS.granted_at, CONSENTS.id) < _position(page.after))
        query = query.order_by(CONSENTS.granted_at.desc(), CONSENTS.id.desc()).limit(page.limit + 1)
        async with self._database.connection() as connection:
            rows = list((await connection.execute(query)).mappings())
        items = [self._opened(row) if is_open else _consent(row, "") for row in rows[: page.limit]]
        last = (items[-1].granted_at.isoformat(), str(items[-1].id)) if len(rows) > page.limit else None
        return Page(items, last)

    def _opened(self, row: RowMapping) -> Consent:
        return _consent(row, self._sealing.open(ConsentId(row["id"]), bytes(row["sealed"])))


def _standing(org_id: str, now: datetime) -> tuple[Any, ...]:
    lasts = or_(CONSENTS.expires_at.is_(None), CONSENTS.expires_at > now)
    return CONSENTS.org_id == org_id, CONSENTS.ended_at.is_(None), lasts


def _consent(row: RowMapping, digest: str) -> Consent:
    return Consent(
        id=ConsentId(row["id"]),
        person=PersonId(row["person"]),
        org_id=row["org_id"],
        pathway_id=row["pathway_id"],
        purpose=row["purpose"],
        shows_address=row["shows_address"],
        allows_award=row["allows_award"],
        digest=digest,
        granted_at=row["granted_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        seen_at=row["seen_at"],
        seen=row["seen"],
    )


def _position(after: tuple[str, ...]) -> Any:
    try:
        moment, consent_id = after
        granted_at = parse_timestamp(moment)
    except (ValueError, DocumentError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    if not is_id(consent_id):
        raise invalid_field("cursor", "is not a cursor of this list")
    return tuple_(literal(granted_at, MOMENT), literal(consent_id, ID))
