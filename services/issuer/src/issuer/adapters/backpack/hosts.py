"""Connections to other hosts in the database, their secrets sealed, and requests to them under guard."""

import hashlib
import hmac
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, RowMapping, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from issuer.adapters.backpack.backpack import BackpackUnitOfWork
from issuer.adapters.backpack.tables import BACKPACK_HOSTS, BACKPACK_PULLED
from issuer.core.backpack.hosts_model import DuePull, Endpoints, HostId, RemoteHost, Secrets
from issuer.core.backpack.hosts_ports import Answer, Outgoing
from issuer.core.backpack.model import PersonId
from service_kit import strict_json
from service_kit.database import Database
from service_kit.errors import Invalid, Unavailable
from service_kit.fetcher import Fetcher, FetchError
from service_kit.idempotency import IdempotencyKeys
from service_kit.ids import random_bytes

HOSTS = BACKPACK_HOSTS.c
OPEN = [column for column in HOSTS if column.name not in {"sealed", "state"}]
NONCE_BYTES = 12
FORMAT = b"\x01"
MOST_BYTES = 8 * 1024 * 1024
REFUSED = frozenset({"url_refused", "address_not_public"})

Offload = Callable[..., Coroutine[Any, Any, Any]]


class Sealing:
    """Seals secrets at rest: one byte format (1), 12 bytes nonce, AES-256-GCM of their JSON, bound to the row's id."""

    def __init__(self, key_encryption_key: bytes, randomness: Callable[[int], bytes] = random_bytes) -> None:
        own = hmac.digest(key_encryption_key, b"laurel connections to other hosts", hashlib.sha256)
        self._cipher = AESGCM(own)
        self._randomness = randomness

    def seal(self, host_id: HostId, secrets: Secrets) -> bytes:
        """The box to store."""
        nonce = self._randomness(NONCE_BYTES)
        return FORMAT + nonce + self._cipher.encrypt(nonce, orjson.dumps(asdict(secrets)), host_id.encode())

    def open(self, host_id: HostId, box: bytes) -> Secrets:
        """Raises RuntimeError for one that was sealed under another key: a fault of the installation."""
        nonce, sealed = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        try:
            return Secrets(**orjson.loads(self._cipher.decrypt(nonce, sealed, host_id.encode())))
        except InvalidTag as error:
            raise RuntimeError(f"the secrets of connection {host_id} do not open") from error


class HostUnitOfWork(BackpackUnitOfWork):
    """See issuer.core.backpack.hosts_ports.HostWork."""

    idempotency: IdempotencyKeys

    def __init__(self, database: Database, sealing: Sealing) -> None:
        super().__init__(database)
        self._sealing = sealing

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.idempotency = IdempotencyKeys(self.session)
        return self

    async def count(self, person: PersonId) -> int:
        """Of the person's connections."""
        found = await self.session.scalar(select(func.count()).where(HOSTS.person == person))
        return int(found or 0)

    async def add(self, host: RemoteHost) -> None:
        """A new one."""
        values = {
            "id": host.id,
            "person": host.person,
            "state": host.state,
            "sealed": self._sealing.seal(host.id, host.secrets),
            "created_at": host.created_at,
            "changed_at": host.changed_at,
            "waits_until": host.waits_until,
            **{f"{name}_url" if name != "name" else name: value for name, value in asdict(host.endpoints).items()},
        }
        await self.session.execute(insert(BACKPACK_HOSTS).values(values))

    async def lock(self, person: PersonId, host_id: HostId) -> RemoteHost | None:
        """One of the person's, locked until the end of the transaction."""
        query = select(BACKPACK_HOSTS).where(HOSTS.person == person, HOSTS.id == host_id).with_for_update()
        row = (await self.session.execute(query)).mappings().one_or_none()
        return None if row is None else self._opened(row)

    async def hold(self, host_id: HostId, until: datetime) -> None:
        """Nobody else uses it until then."""
        await self.session.execute(update(BACKPACK_HOSTS).where(HOSTS.id == host_id).values(busy_until=until))

    async def give_back(self, host: RemoteHost) -> None:
        """Others may use it, if nobody does already."""
        held = (HOSTS.id == host.id, HOSTS.busy_until == host.busy_until)
        await self.session.execute(update(BACKPACK_HOSTS).where(*held).values(busy_until=None))

    async def lock_all(self, person: PersonId) -> Sequence[RemoteHost]:
        """All of the person's, locked until the end of the transaction."""
        query = select(BACKPACK_HOSTS).where(HOSTS.person == person).order_by(HOSTS.id).with_for_update()
        return [self._opened(row) for row in (await self.session.execute(query)).mappings()]

    async def save(self, host: RemoteHost) -> bool:
        """Its secrets, and that its consent is given."""
        values = {
            "sealed": self._sealing.seal(host.id, host.secrets),
            "waits_until": host.waits_until,
            "changed_at": host.changed_at,
            "pulls_at": func.coalesce(HOSTS.pulls_at, host.pulls_at),
        }
        saved = update(BACKPACK_HOSTS).where(HOSTS.id == host.id).values(values).returning(HOSTS.id)
        return await self.session.scalar(saved) is not None

    async def take_pull(self, now: datetime, until: datetime) -> DuePull | None:
        """One that is due, which nobody else takes until then."""
        due = select(HOSTS.id).where(HOSTS.pulls_at <= now).order_by(HOSTS.pulls_at).limit(1)
        chosen = due.with_for_update(skip_locked=True).scalar_subquery()
        taken = update(BACKPACK_HOSTS).where(HOSTS.id == chosen).values(pulls_at=until)
        found = await self.session.execute(
            taken.returning(HOSTS.id, HOSTS.person, HOSTS.pulled_at, HOSTS.pull_failures)
        )
        row = found.one_or_none()
        return None if row is None else DuePull(HostId(row[0]), PersonId(row[1]), row[2], row[3])

    async def note_pull(
        self, host_id: HostId, pulled_at: datetime | None, again: datetime | None, failures: int
    ) -> None:
        """When it was looked through, and when it is the next time."""
        values = {"pulled_at": pulled_at, "pulls_at": again, "pull_failures": failures}
        await self.session.execute(update(BACKPACK_HOSTS).where(HOSTS.id == host_id).values(values))

    async def has_brought(self, host_id: HostId, digest: bytes) -> bool:
        """Whether a text came by itself from there."""
        known = select(BACKPACK_PULLED.c.digest).where(BACKPACK_PULLED.c.host_id == host_id)
        return await self.session.scalar(known.where(BACKPACK_PULLED.c.digest == digest)) is not None

    async def brought(self, host_id: HostId, digest: bytes) -> None:
        """Remember that, unless the connection is gone."""
        there = select(HOSTS.id, literal(digest, LargeBinary)).where(HOSTS.id == host_id)
        rows = there.with_for_update(read=True, key_share=True)
        columns = [BACKPACK_PULLED.c.host_id, BACKPACK_PULLED.c.digest]
        await self.session.execute(insert(BACKPACK_PULLED).from_select(columns, rows).on_conflict_do_nothing())

    async def remove_host(self, person: PersonId, host_id: HostId) -> bool:
        """False when there is none."""
        gone = delete(BACKPACK_HOSTS).where(HOSTS.person == person, HOSTS.id == host_id).returning(HOSTS.id)
        return await self.session.scalar(gone) is not None

    def _opened(self, row: RowMapping) -> RemoteHost:
        return _host(row, self._sealing.open(HostId(row["id"]), bytes(row["sealed"])))


class HostRows:
    """See issuer.core.backpack.hosts_ports.HostReading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hosts(self, person: PersonId) -> Sequence[RemoteHost]:
        """Oldest first, without their secrets."""
        query = select(*OPEN).where(HOSTS.person == person).order_by(HOSTS.created_at, HOSTS.id)
        async with self._database.connection() as connection:
            return [_host(row, Secrets("", "")) for row in (await connection.execute(query)).mappings()]

    async def waiting(self, host_id: HostId, state: bytes, now: datetime) -> str | None:
        """The name of a host whose consent is awaited under this state."""
        which = (HOSTS.id == host_id, HOSTS.state == state, HOSTS.waits_until > now)
        async with self._database.connection() as connection:
            found = await connection.scalar(select(HOSTS.name).where(*which))
        return str(found) if found is not None else None


class GuardedSender:
    """See issuer.core.backpack.hosts_ports.Sender."""

    def __init__(self, fetcher: Fetcher, offload: Offload) -> None:
        self._fetcher = fetcher
        self._offload = offload

    async def __call__(self, request: Outgoing) -> Answer:
        """Whatever the host answers; its JSON, if it is any."""
        try:
            reply = await self._fetcher.send(
                request.method, request.url, headers=request.headers, body=request.body, max_bytes=MOST_BYTES
            )
        except FetchError as error:
            raise _told(error) from error
        try:
            document = await self._offload(strict_json.loads, reply.body)
        except strict_json.JsonError:
            document = None
        return Answer(reply.status, document, reply.link)

    def check(self, url: str) -> None:
        """Raises Invalid."""
        try:
            self._fetcher.check(url)
        except FetchError as error:
            raise _told(error) from error


def _told(error: FetchError) -> Invalid | Unavailable:
    if error.code in REFUSED:
        return Invalid(f"an address of the other host is not called: {error.detail}")
    return Unavailable(f"the other host does not answer as it should: {error.detail}")


def _host(row: RowMapping, secrets: Secrets) -> RemoteHost:
    return RemoteHost(
        id=HostId(row["id"]),
        person=PersonId(row["person"]),
        endpoints=Endpoints(
            row["name"], row["api_url"], row["registration_url"], row["authorization_url"], row["token_url"]
        ),
        secrets=secrets,
        state=b"",
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        waits_until=row["waits_until"],
        busy_until=row["busy_until"],
        pulls_at=row["pulls_at"],
        pulled_at=row["pulled_at"],
    )
