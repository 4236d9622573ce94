"""Change what a client is called, what it may do, or the keys it signs with."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from gateway.core.errors import check_audiences, no_such_client, no_such_organization, scopes_beyond, unknown_scopes
from gateway.core.model import Actor, AuditEntry, Client, Flow
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.redirects import check_flow
from gateway.core.scopes import ALL, beyond
from service_kit.clock import Clock
from service_kit.errors import invalid_field
from service_kit.inputs import Expectation, whatever

FLOW = frozenset(field.name for field in fields(Flow))


class UpdateClient:
    """Changes `name`, `scopes`, `public_keys`, `audiences` and members of the flow, those that are given.

    Tokens already out keep their scopes.
    """

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def __call__(
        self, actor: Actor, client: str, changes: Mapping[str, Any], *, expect: Expectation[Client] = whatever
    ) -> Client:
        """Raises NotFound, also for another tenant's client, Stale, and Invalid for scopes or keys it may not have.

        Raises Forbidden for audiences that somebody else than an operator names.
        """
        now = self._clock()
        check_audiences(actor, changes.get("audiences", ()))
        async with self._unit_of_work() as work:
            found = await work.clients.get(client, actor.reach, lock=True)
            if found is None:
                raise no_such_client()
            expect(found)
            if "public_keys" in changes and found.auth_method.uses_secret:
                raise invalid_field("jwks", "only for a client that uses private_key_jwt")
            if "scopes" in changes:
                await _check_scopes(work, found, changes["scopes"])
            await work.clients.update(found.id, _with_flow(found, changes))
            detail = {"changed": sorted(changes)}
            entry = AuditEntry(now, "client.updated", actor.name, found.organization, found.id, detail)
            await work.audit.record(entry)
            updated = await work.clients.get(found.id, actor.reach)
            assert updated is not None  # noqa: S101 - its row is locked
            await work.commit()
        return updated


def _with_flow(client: Client, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with the flow as a whole. Raises Invalid where its parts do not go together."""
    of_flow = {name: value for name, value in changes.items() if name in FLOW}
    others = {name: value for name, value in changes.items() if name not in FLOW}
    if not of_flow:
        return others
    flow = replace(client.flow, **of_flow)
    check_flow(flow, client.auth_method)
    return {**others, "flow": flow}


async def _check_scopes(work: UnitOfWork, client: Client, scopes: tuple[str, ...]) -> None:
    if client.organization is None:
        if unknown := set(scopes) - set(ALL):
            raise unknown_scopes(sorted(unknown))
        return
    organization = await work.organizations.get(client.organization, None)
    if organization is None:
        raise no_such_organization()
    if excess := beyond(organization.kind, scopes):
        raise scopes_beyond(organization.kind, excess)
