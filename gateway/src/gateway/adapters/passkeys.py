"""Passkeys and the challenges that browsers are given, in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.people_tables import PASSKEY_CHALLENGES, PASSKEYS
from gateway.core.passkey import Challenge, Passkey, PasskeyId
from gateway.core.people import UserId


class SqlPasskeys:
    """See core.ports.Passkeys."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, user: UserId) -> Sequence[Passkey]:
        query = select(PASSKEYS).where(PASSKEYS.c.user_id == user).order_by(PASSKEYS.c.created_at, PASSKEYS.c.id)
        return [_passkey(row) for row in (await self._session.execute(query)).mappings()]

    async def add(self, passkey: Passkey) -> bool:
        row = {
            "id": passkey.id,
            "credential": passkey.credential,
            "user_id": passkey.user,
            "name": passkey.name,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
            "created_at": passkey.created_at,
        }
        added = insert(PASSKEYS).values(row).on_conflict_do_nothing().returning(PASSKEYS.c.id)
        return await self._session.scalar(added) is not None

    async def lock(self, credential: bytes) -> Passkey | None:
        query = select(PASSKEYS).where(PASSKEYS.c.credential == credential).with_for_update()
        found = (await self._session.execute(query)).mappings().one_or_none()
        return _passkey(found) if found else None

    async def use(self, passkey: PasskeyId, sign_count: int, at: datetime) -> None:
        used = update(PASSKEYS).where(PASSKEYS.c.id == passkey).values(sign_count=sign_count, used_at=at)
        await self._session.execute(used)

    async def rename(self, passkey: PasskeyId, user: UserId, name: str) -> bool:
        mine = (PASSKEYS.c.id == passkey, PASSKEYS.c.user_id == user)
        changed = update(PASSKEYS).where(*mine).values(name=name).returning(PASSKEYS.c.id)
        return await self._session.scalar(changed) is not None

    async def remove(self, passkey: PasskeyId, user: UserId) -> bool:
        gone = delete(PASSKEYS).where(PASSKEYS.c.id == passkey, PASSKEYS.c.user_id == user)
        return await self._session.scalar(gone.returning(PASSKEYS.c.id)) is not None

    async def keep_challenge(self, digest: bytes, challenge: Challenge) -> None:
        row = {
            "digest": digest,
            "browser": challenge.browser,
            "user_id": challenge.user,
            "expires_at": challenge.expires_at,
        }
        await self._session.execute(insert(PASSKEY_CHALLENGES).values(row))

    async def take_challenge(self, digest: bytes, at: datetime) -> Challenge | None:
        mine = (PASSKEY_CHALLENGES.c.digest == digest, PASSKEY_CHALLENGES.c.expires_at > at)
        taken = delete(PASSKEY_CHALLENGES).where(*mine).returning(PASSKEY_CHALLENGES)
        found = (await self._session.execute(taken)).mappings().one_or_none()
        if found is None:
            return None
        user = UserId(found["user_id"]) if found["user_id"] else None
        return Challenge(found["browser"], user, found["expires_at"])


def _passkey(row: RowMapping) -> Passkey:
    return Passkey(
        PasskeyId(row["id"]),
        row["credential"],
        UserId(row["user_id"]),
        row["name"],
        row["public_key"],
        row["sign_count"],
        row["created_at"],
        row["used_at"],
    )
