"""Whatever the authorization server's own API makes is made once under one Idempotency-Key (ADR 54)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.core.scopes import Kind
from service_kit.ids import new_id
from tests.gateway.harness import Gateway, Member
from tests.gateway.people import Visitor, app, person, tokens
from tests.repetition import Body, Callers, Example, Send, Things, holds

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
FOR_OPERATORS = {"POST /organizations"}


def program(name: str) -> Body:
    return lambda _: {"name": name, "scopes": ["credentials:issue"]}


def tenant(slug: str) -> Body:
    return lambda _: {"name": "Meridian", "slug": slug, "kind": "employer"}


def invited(email: str) -> Body:
    return lambda _: {"email": email, "roles": ["issuer"]}


def grace(seconds: int) -> Body:
    return lambda _: {"graceSeconds": seconds}


EXAMPLES: Mapping[str, Example] = {
    "POST /organizations": Example("organizations", tenant("meridian"), tenant("other"), tenant("theirs")),
    "POST /organizations/{organization}/invitations": Example(
        "invitations", invited("ben@lakeside.example"), invited("cat@lakeside.example")
    ),
    "POST /clients": Example("clients", program("New"), program("Other"), program("Theirs")),
    "POST /clients/{client}/secret": Example("client_secrets", grace(60), grace(120), status=200),
}


@pytest.mark.parametrize("operation", EXAMPLES)
async def test_one_key_makes_one(gateway: Gateway, operation: str) -> None:
    kind = Kind.OPERATOR if operation in FOR_OPERATORS else Kind.UNIVERSITY
    owner, stranger = await gateway.member("lakeside", kind), await gateway.member("harbour", kind)
    things: Things = {"organization": owner.organization, "client": owner.client_id}

    async def sending(member: Member) -> Send:
        authorized = await gateway.headers(member)

        async def send(path: str, body: Any, key: str) -> httpx.Response:
            return await gateway.http.post(path, json=body, headers={**authorized, "Idempotency-Key": key})

        return send

    async def count(table: str) -> int:
        async with gateway.unit_of_work() as work:
            found = await work.session.scalar(text(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 - ours
        return int(found or 0)

    callers = Callers(await sending(owner), await sending(stranger), count)
    await holds(callers, operation, EXAMPLES[operation], things)


async def test_a_program_of_people_sends_the_keys_of_each_organization(gateway: Gateway) -> None:
    """It may number its requests for one university as for another: neither hears of the other's."""
    owner, stranger = await gateway.member("lakeside"), await gateway.member("harbour")
    program_of_many = await app(gateway, owner, scopes=["clients:manage"])
    answers = []
    for member in (owner, stranger):
        email = f"{new_id()}@people.example"
        await person(gateway, member, email)
        token = (await tokens(Visitor(gateway), program_of_many, email, scope="clients:manage"))["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "client-1"}
        body = {"name": "New", "scopes": ["credentials:read"]}
        answers.append([await gateway.http.post("/clients", json=body, headers=headers) for _ in range(2)])
    assert [[one.status_code for one in both] for both in answers] == [[201, 201], [201, 201]], answers
    made = [[one.json()["clientId"] for one in both] for both in answers]
    assert [len({*both}) for both in made] == [1, 1]
    assert made[0] != made[1]
