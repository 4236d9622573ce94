"""Programs that register themselves (RFC 7591) and look after their registration (RFC 7592).

With an organization's token a program becomes one of that organization's. Without, it belongs to nobody: it acts for
people only, within their roles, and never for an organization.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.core.errors import scopes_beyond, unknown_scopes
from gateway.core.model import Actor, AuditEntry, AuthMethod, Client, ClientId, Flow, GrantType, OrganizationId
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.redirects import check_flow, check_own_host
from gateway.core.scopes import ALL, beyond
from gateway.core.secret import SecretKind, digest, matches, new_secret
from service_kit.clock import Clock
from service_kit.errors import Unauthorized, invalid_field
from service_kit.ids import NewId

FOR_ORGANIZATIONS = (GrantType.CLIENT_CREDENTIALS, GrantType.TOKEN_EXCHANGE)


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """What a program says about itself. `about` is shown and not acted on; `public_keys` were read from `jwks_uri`."""

    name: str
    scopes: tuple[str, ...]
    auth_method: AuthMethod
    flow: Flow
    public_keys: tuple[Mapping[str, Any], ...] = ()
    jwks_uri: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """A client with the secrets that are shown this once."""

    client: Client
    token: str
    secret: str | None = None


class DynamicClients:
    """Register, read, replace, remove."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock, ids: NewId) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def register(self, actor: Actor | None, metadata: ClientMetadata) -> Registration:
        """`actor` None means that nobody vouches for it. Raises Invalid."""
        now, token = self._clock(), new_secret(SecretKind.REGISTRATION)
        organization = actor.organization if actor else None
        async with self._unit_of_work() as work:
            await _check(work, organization, metadata)
            client = _client(ClientId(self._ids()), organization, metadata, now)
            by = actor.name if actor else f"client:{client.id}"
            await work.clients.add(client, by, registration=digest(token))
            secret = await _new_secret(work, client, now)
            detail = {"scopes": list(client.scopes), "auth_method": client.auth_method, "dynamic": True}
            await work.audit.record(AuditEntry(now, "client.registered", by, organization, client.id, detail))
            await work.commit()
        return Registration(client, token, secret)

    async def read(self, client: str, token: str) -> Client:
        """Raises Unauthorized for another client's token as for one that does not exist."""
        async with self._unit_of_work() as work:
            return await self._own(work, client, token)

    async def has_secret(self, client: str, secret: str) -> bool:
        """Whether this is one that it may use now."""
        async with self._unit_of_work() as work:
            return matches(secret, await work.clients.secrets(ClientId(client), self._clock()))

    async def replace(self, client: str, token: str, metadata: ClientMetadata) -> Registration:
        """What is not said anew is gone (RFC 7592 §2.2), and nothing is gained. The token changes.

        Raises Unauthorized or Invalid.
        """
        now, fresh = self._clock(), new_secret(SecretKind.REGISTRATION)
        async with self._unit_of_work() as work:
            found = await self._own(work, client, token)
            await _check(work, found.organization, metadata)
            _check_no_more(found, metadata)
            said = _client(found.id, found.organization, metadata, now)
            changed = replace(said, created_at=found.created_at, audiences=found.audiences)  # neither is its to say
            await work.clients.replace(changed, registration=digest(fresh))
            needs_secret = changed.auth_method.uses_secret and not found.auth_method.uses_secret
            secret = await _new_secret(work, changed, now) if needs_secret else None
            entry = AuditEntry(now, "client.updated", f"client:{found.id}", found.organization, found.id)
            await work.audit.record(entry)
            await work.commit()
        return Registration(changed, fresh, secret)

    async def remove(self, client: str, token: str) -> None:
        """Raises Unauthorized."""
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await self._own(work, client, token)
            await work.clients.remove(found.id, now)
            entry = AuditEntry(now, "client.removed", f"client:{found.id}", found.organization, found.id)
            await work.audit.record(entry)
            await work.commit()

    async def _own(self, work: UnitOfWork, client: str, token: str) -> Client:
        found = await work.clients.get(client, None, lock=True)
        stored = await work.clients.registration(client)  # after the lock: a change may just have made a new one
        if found is None or stored is None or not hmac.compare_digest(stored, digest(token)):
            raise Unauthorized("this is not the registration's token", error="invalid_token")
        return found


def _client(client: ClientId, organization: OrganizationId | None, metadata: ClientMetadata, now: datetime) -> Client:
    return Client(
        id=client,
        organization=organization,
        name=metadata.name,
        scopes=metadata.scopes,
        auth_method=metadata.auth_method,
        public_keys=metadata.public_keys,
        created_at=now,
        flow=metadata.flow,
        jwks_uri=metadata.jwks_uri,
        about=metadata.about,
    )


async def _check(work: UnitOfWork, organization: OrganizationId | None, metadata: ClientMetadata) -> None:
    """Raises Invalid."""
    check_flow(metadata.flow, metadata.auth_method)
    if organization is None:
        check_own_host(metadata.flow)
        for grant in FOR_ORGANIZATIONS:
            if grant in metadata.flow.grant_types:
                raise invalid_field("grantTypes", f"{grant} needs an organization's token")
        if unknown := set(metadata.scopes) - set(ALL):
            raise unknown_scopes(sorted(unknown))
        return
    found = await work.organizations.get(organization, None)
    assert found is not None  # noqa: S101 - organizations are never removed
    if excess := beyond(found.kind, metadata.scopes):
        raise scopes_beyond(found.kind, excess)


def _check_no_more(found: Client, metadata: ClientMetadata) -> None:
    """What a program may do for its organization, it may give back and not take. Raises Invalid."""
    if found.organization is None:
        return
    grants = [one for one in metadata.flow.grant_types if one in FOR_ORGANIZATIONS]
    asked = {"scope": (metadata.scopes, found.scopes), "grantTypes": (grants, found.flow.grant_types)}
    for name, (wanted, held) in asked.items():
        if more := [one for one in wanted if one not in held]:
            raise invalid_field(name, f"more than its organization gave it: {' '.join(more)}")


async def _new_secret(work: UnitOfWork, client: Client, now: datetime) -> str | None:
    if not client.auth_method.uses_secret:
        return None
    secret = new_secret()
    await work.clients.add_secret(client.id, digest(secret), now, others_until=now)
    return secret
