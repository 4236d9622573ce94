"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): the first answer is the answer, for ever the same."""

import hashlib
from typing import Annotated

from fastapi import Header, Request
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service_kit.errors import Conflict, invalid_field
from service_kit.inputs import IdempotencyKey
from service_kit.offload import offload
from service_kit.tables import IDEMPOTENCY_KEYS as KEYS

SMALL = 256 * 1024  # bytes that are hashed in less than a millisecond


async def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="repeat a request safely: the same key gives the same answer"),
    ] = None,
) -> IdempotencyKey | None:
    """FastAPI dependency. None when the client sent no key."""
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise invalid_field("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    operation = f"{request.method} {request.url.path}"
    body = await request.body()
    digest = _digest(body) if len(body) <= SMALL else await offload(_digest, body)
    return IdempotencyKey(operation, key, digest)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class IdempotencyKeys:
    """The keys seen so far, in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, owner: str, key: IdempotencyKey, result: str | None = None) -> str | None:
        """Take a key, or return what its first use stored. Do this first in the transaction.

        A second request with the same key waits here until the first one has ended. `result` saves the later call of
        `store` when it is known beforehand. Raises Conflict when the key was used for another request.
        """
        row = {"owner": owner, "operation": key.operation, "key": key.key, "result": result}
        taken = await self._session.scalar(
            insert(KEYS).values(**row, fingerprint=key.fingerprint).on_conflict_do_nothing().returning(KEYS.c.key)
        )
        return None if taken is not None else await self.find(owner, key)

    async def find(self, owner: str, key: IdempotencyKey) -> str | None:
        """What the first use of a key stored, if it has ended. Raises Conflict when it was for another request."""
        query = select(KEYS.c.fingerprint, KEYS.c.result).where(*_is(owner, key))
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            return None
        if found.fingerprint != key.fingerprint:
            raise Conflict("this Idempotency-Key was used for another request", code="idempotency-key-reused")
        result: str = found.result
        return result

    async def store(self, owner: str, key: IdempotencyKey, result: str) -> None:
        """Remember what a repetition must give: an id, or a whole answer without personal data."""
        await self._session.execute(update(KEYS).where(*_is(owner, key)).values(result=result))


def _is(owner: str, key: IdempotencyKey) -> tuple[ColumnElement[bool], ...]:
    return (KEYS.c.owner == owner, KEYS.c.operation == key.operation, KEYS.c.key == key.key)
