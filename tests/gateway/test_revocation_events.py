"""What ends at the authorization server is told to the services, in the transaction that ends it, and once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from contracts.events import AccessRevoked
from gateway.core.scopes import Kind
from service_kit.relay import Relay
from service_kit.tables import OUTBOX
from service_kit.testing import MemoryPublisher
from tests.gateway.harness import Gateway
from tests.gateway.test_introspection import introspect

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def told(gateway: Gateway) -> list[AccessRevoked]:
    async with gateway.database.snapshot() as session:
        return [AccessRevoked.parse(value) for value in await session.scalars(select(OUTBOX.c.value))]


async def test_a_revoked_token_is_told_once(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member)
    shown = await introspect(gateway, member, token)
    for _ in range(2):
        await gateway.http.post("/oauth/revoke", auth=member.auth, data={"token": token})
    (event,) = await told(gateway)
    assert (event.kind, event.id) == ("token", shown["jti"])
    assert event.until.timestamp() == shown["exp"]
    assert event.revoked_at == gateway.clock()


async def test_a_removed_client_is_told_for_longer_than_its_last_token_lives(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    operator = await gateway.member("operations", Kind.OPERATOR)
    await gateway.http.delete(f"/clients/{member.client_id}", headers=await gateway.headers(operator))
    (event,) = await told(gateway)
    assert (event.kind, event.id) == ("client", member.client_id)
    assert event.until > gateway.clock() + timedelta(seconds=gateway.settings.token.lifetime_s)


async def test_a_refused_revocation_tells_nothing(gateway: Gateway) -> None:
    member, other = await gateway.member("lakeside"), await gateway.member("harbour")
    token = await gateway.token(member)
    await gateway.http.post("/oauth/revoke", auth=other.auth, data={"token": token})
    await gateway.http.post("/oauth/revoke", auth=member.auth, data={"token": "unknown"})
    assert await told(gateway) == []


async def test_the_relay_carries_it_to_its_topic(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    await gateway.http.post("/oauth/revoke", auth=member.auth, data={"token": await gateway.token(member)})
    publisher = MemoryPublisher()
    async with gateway.database.connection() as connection:
        assert await Relay(gateway.database, publisher).publish_pending(connection) == 1
    (record,) = publisher.records
    headers: dict[str, Any] = dict(record.headers)
    assert (record.topic, headers["ce_source"]) == ("access-revoked", b"/gateway")
    assert record.key == AccessRevoked.parse(record.value or b"").key().encode()
