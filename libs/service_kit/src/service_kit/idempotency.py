"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): the first answer is the answer, for ever the same."""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Request
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service_kit.direct import Fetch, Rows
from service_kit.errors import Conflict, invalid_field, sent_twice
from service_kit.inputs import IdempotencyKey
from service_kit.offload import offload
from service_kit.tables import IDEMPOTENCY_KEYS as KEYS
from service_kit.unnest import columns_of

CLAIMED = ("owner", "operation", "key", "fingerprint", "result")
Asked = tuple[str, IdempotencyKey]
"""An owner, and its key."""
Claim = tuple[str, IdempotencyKey, str]
"""An owner, its key, and what a repetition must give."""
FIND_ALL = """
SELECT owner, operation, key, fingerprint, result
FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (owner, operation, key)
JOIN idempotency_keys USING (owner, operation, key)"""
PATTERN = "^[!-~]([ -~]{0,253}[!-~])?$"  # blanks around a header's value do not belong to it
KEY = re.compile(PATTERN)
SMALL = 256 * 1024  # bytes that are hashed in less than a millisecond


async def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="repeat a request safely: the same key gives the same answer",
            json_schema_extra={"pattern": PATTERN},
        ),
    ] = None,
) -> IdempotencyKey | None:
    """FastAPI dependency. None when the client sent no key."""
    if key is None:
        return None
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise sent_twice("Idempotency-Key")
    if not KEY.fullmatch(key):
        raise invalid_field("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    scope = request.scope
    return await key_of(request, f"{request.method} {scope['path']}", key, scope["query_string"])


async def key_of(request: Request, operation: str, key: str, query: bytes = b"") -> IdempotencyKey:
    """A key that stands for this request's body, byte for byte, and for a query that says what is done with it."""
    body = await request.body()
    digest = _digest(query, body) if len(body) <= SMALL else await offload(_digest, query, body)
    return IdempotencyKey(operation, key, digest)


def _digest(query: bytes, body: bytes) -> str:
    digest = hashlib.sha256(b"?%b\n" % query if query else b"")
    digest.update(body)
    return digest.hexdigest()


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
        row = (await self._session.execute(query)).one_or_none()
        found = _earlier(None if row is None else (*row,), key)
        if isinstance(found, Conflict):
            raise found
        return found

    async def store(self, owner: str, key: IdempotencyKey, result: str) -> None:
        """Remember what a repetition must give: an id, or a whole answer without personal data."""
        await self._session.execute(update(KEYS).where(*_is(owner, key)).values(result=result))


def claims(asked: Sequence[Claim]) -> tuple[list[Any], ...]:
    """Values of CLAIMED, for an INSERT of many that does nothing on conflict.

    In the order of the keys, so that two processes never wait for each other.
    """
    rows = [
        {"owner": owner, "operation": key.operation, "key": key.key, "fingerprint": key.fingerprint, "result": what}
        for owner, key, what in sorted(asked, key=lambda one: (one[0], one[1].operation, one[1].key))
    ]
    return columns_of(KEYS, rows, *CLAIMED)


async def find_all(run: Fetch, asked: Sequence[Asked]) -> list[str | Conflict | None]:
    """What the first use of each owner's key stored, if it has ended; Conflict as a value for another request."""
    return answers(asked, await run(FIND_ALL, *looked_for(asked))) if asked else []


def looked_for(asked: Sequence[Asked]) -> tuple[list[str], ...]:
    """Parameters of FIND_ALL."""
    return [owner for owner, _ in asked], [key.operation for _, key in asked], [key.key for _, key in asked]


def answers(asked: Sequence[Asked], rows: Rows) -> list[str | Conflict | None]:
    """What FIND_ALL found, for each that was asked."""
    known = {(owner, operation, key): found for owner, operation, key, *found in rows}
    return [_earlier(known.get((owner, key.operation, key.key)), key) for owner, key in asked]


def _earlier(found: Sequence[str] | None, key: IdempotencyKey) -> str | Conflict | None:
    if found is None:
        return None
    fingerprint, result = found
    if fingerprint != key.fingerprint:
        return Conflict("this Idempotency-Key was used for another request", code="idempotency-key-reused")
    return result


def _is(owner: str, key: IdempotencyKey) -> tuple[ColumnElement[bool], ...]:
    return (KEYS.c.owner == owner, KEYS.c.operation == key.operation, KEYS.c.key == key.key)
