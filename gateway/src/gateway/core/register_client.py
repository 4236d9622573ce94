"""An organization registers a program of its own, or an operator does it for one."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.core.errors import check_audiences, no_such_organization, scopes_beyond
from gateway.core.model import Actor, AuditEntry, AuthMethod, Client, ClientId, Flow
from gateway.core.ports import NewUnitOfWork, UnitOfWork, Vault
from gateway.core.redirects import check_flow
from gateway.core.scopes import beyond
from gateway.core.secret import digest, new_secret
from service_kit.clock import Clock
from service_kit.errors import invalid_field
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True)
class NewClient:
    """What is said about it. `organization` None means the caller's own."""

    name: str
    scopes: tuple[str, ...]
    auth_method: AuthMethod
    organization: str | None = None
    public_keys: tuple[Mapping[str, Any], ...] = field(default=())
    flow: Flow = field(default_factory=Flow)
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A client with the secret that is shown this once. None for a client that signs with its own key."""

    client: Client
    secret: str | None


class SecretReceipts:
    """Answers that hold a secret, kept sealed so that a repeated request gets the same answer (ADR 0030)."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def write(self, client: ClientId, secret: str | None, *more: str) -> str:
        """The text to store under the idempotency key. `more` is what else a repetition must know."""
        box = self._vault.seal((secret or "").encode(), f"secret-receipt:{client}")
        return json.dumps([client, base64.b64encode(box).decode(), *more])

    def more(self, stored: str) -> Sequence[str]:
        """What `write` was given more."""
        return tuple(json.loads(stored)[2:])

    def read(self, stored: str) -> tuple[ClientId, str | None]:
        """The client and the secret that the first answer held."""
        client, box, *_ = json.loads(stored)
        secret = self._vault.open(base64.b64decode(box), f"secret-receipt:{client}").decode()
        return ClientId(client), secret or None


class RegisterClient:
    """Stores the client and the digest of its secret."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, receipts: SecretReceipts, clock: Clock, ids: NewId) -> None:
        self._unit_of_work = unit_of_work
        self._receipts = receipts
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, new: NewClient, key: IdempotencyKey | None) -> Registered:
        """Raises Invalid for an organization out of reach, scopes that its kind may not hold, or an odd flow.

        Raises Forbidden for audiences that somebody else than an operator names.
        """
        now = self._clock()
        check_audiences(actor, new.audiences)
        check_flow(new.flow, new.auth_method)
        async with self._unit_of_work() as work:
            if key and (stored := await work.idempotency.claim(actor.keys_owner, key)):
                return await self._repeat(work, actor, stored)
            client = await self._client(work, actor, new, now)
            secret = new_secret() if new.auth_method.uses_secret else None
            await work.clients.add(client, actor.name)
            if secret:
                await work.clients.add_secret(client.id, digest(secret), now, others_until=now)
            detail = {"scopes": list(client.scopes), "auth_method": client.auth_method}
            entry = AuditEntry(now, "client.registered", actor.name, client.organization, client.id, detail)
            await work.audit.record(entry)
            if key:
                await work.idempotency.store(actor.keys_owner, key, self._receipts.write(client.id, secret))
            await work.commit()
        return Registered(client, secret)

    async def _client(self, work: UnitOfWork, actor: Actor, new: NewClient, now: datetime) -> Client:
        organization = await work.organizations.get(new.organization or actor.organization, actor.reach)
        if organization is None:
            raise invalid_field("organization", no_such_organization().detail, code="unknown-organization")
        if excess := beyond(organization.kind, new.scopes):
            raise scopes_beyond(organization.kind, excess)
        return Client(
            ClientId(self._ids()),
            organization.id,
            new.name,
            new.scopes,
            new.auth_method,
            new.public_keys,
            now,
            new.flow,
            audiences=new.audiences,
        )

    async def _repeat(self, work: UnitOfWork, actor: Actor, stored: str) -> Registered:
        client, secret = self._receipts.read(stored)
        found = await work.clients.get(client, actor.reach)
        if found is None:
            raise no_such_organization()
        return Registered(found, secret)
