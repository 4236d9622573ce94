"""Whoever changes an organization, a member or a client may say which state they saw (ADR 68)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.conditions import Case, holds
from tests.gateway.harness import Gateway
from tests.gateway.people import person

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ROLES = (["issuer"], ["verifier"], ["auditor"])


def named(number: int) -> dict[str, str]:
    return {"name": f"Name {number}"}


def roles(number: int) -> dict[str, list[str]]:
    return {"roles": ROLES[number]}


MEMBER = "PATCH /organizations/{organization}/members/{member}"
CASES: Mapping[str, Case] = {
    "PATCH /organizations/{organization}": Case(named),
    MEMBER: Case(roles),
    "DELETE /organizations/{organization}/members/{member}": Case(meanwhile=(MEMBER, roles)),
    "PATCH /clients/{client}": Case(named),
    "DELETE /clients/{client}": Case(meanwhile=("PATCH /clients/{client}", named)),
}


@pytest.mark.parametrize("operation", CASES)
async def test_if_match_holds(gateway: Gateway, operation: str) -> None:
    owner = await gateway.member("lakeside")
    authorized = await gateway.headers(owner)
    await person(gateway, owner, "ben@lakeside.example")
    body = {"name": "Other", "scopes": ["credentials:issue"]}
    made = await gateway.http.post("/clients", json=body, headers=authorized)
    things = {
        "organization": owner.organization,
        "member": (await person(gateway, owner, "ada@lakeside.example")).id,
        "client": made.json()["clientId"],
    }

    async def send(method: str, where: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        return await gateway.http.request(method, where, json=body, headers={**authorized, **headers})

    await holds(send, operation, CASES[operation], things)


async def test_what_was_made_has_the_tag_that_is_read(gateway: Gateway) -> None:
    authorized = await gateway.headers(await gateway.member("lakeside"))
    body = {"name": "Other", "scopes": ["credentials:issue"], "redirectUris": []}
    made = await gateway.http.post("/clients", json=body, headers=authorized)
    read = await gateway.http.get(f"/clients/{made.json()['clientId']}", headers=authorized)

    assert read.headers["etag"] == made.headers["etag"]
    assert read.json() == {name: value for name, value in made.json().items() if name != "clientSecret"}


async def test_a_member_is_read_alone(gateway: Gateway) -> None:
    owner = await gateway.member("lakeside")
    ada = await person(gateway, owner, "ada@lakeside.example")
    address = f"/organizations/{owner.organization}/members"
    read = await gateway.http.get(f"{address}/{ada.id}", headers=await gateway.headers(owner))
    listed = await gateway.http.get(address, headers=await gateway.headers(owner))

    assert [read.json()] == listed.json()["items"]
    assert (await gateway.http.get(f"{address}/nobody", headers=await gateway.headers(owner))).status_code == 404
