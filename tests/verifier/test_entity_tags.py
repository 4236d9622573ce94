"""Whoever accepts or forgets an issuer may say which state they saw (ADR 68)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from service_kit.testing import TokenMint
from tests.conditions import Case, holds, nothing
from tests.verifier.conftest import ORG, SCOPE

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ITEM = "/verifications/trusted-issuers/{id}"
ADDRESS = ITEM.format(id=quote("did:web:abroad.example", safe=""))
CASES: Mapping[str, Case] = {f"DELETE {ITEM}": Case(meanwhile=(f"PUT {ITEM}", nothing))}
TRIED_BESIDE = {f"PUT {ITEM}"}
"""Accepting again changes nothing, so that another state takes two steps: below."""


@pytest.mark.parametrize("operation", CASES)
async def test_if_match_holds(client: httpx.AsyncClient, mint: TokenMint, operation: str) -> None:
    await client.put(ADDRESS)

    async def send(method: str, path: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        """Accepting is accepting anew here: since another moment."""
        del body
        sent = mint.headers(ORG, SCOPE) | dict(headers)
        if method == "PUT":
            assert (await client.delete(path, headers=sent)).status_code == 204
            sent.pop("If-Match")
        return await client.request(method, path, headers=sent)

    await holds(send, operation, CASES[operation], {"id": quote("did:web:abroad.example", safe="")})


async def test_who_saw_an_entry_that_was_forgotten_accepts_nothing(client: httpx.AsyncClient) -> None:
    first = await client.put(ADDRESS)
    read = await client.get(ADDRESS)
    assert (read.json(), read.headers["etag"]) == (first.json(), first.headers["etag"])
    again = await client.put(ADDRESS, headers={"If-Match": read.headers["etag"]})
    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
    await client.delete(ADDRESS)

    stale = await client.put(ADDRESS, headers={"If-Match": read.headers["etag"]})
    assert (stale.status_code, (await client.get(ADDRESS)).status_code) == (412, 404)
    anew = await client.put(ADDRESS)
    late = [
        await client.request(method, ADDRESS, headers={"If-Match": read.headers["etag"]})
        for method in ("PUT", "DELETE")
    ]
    assert [answer.status_code for answer in late] == [412, 412]
    assert {answer.headers["etag"] for answer in late} == {anew.headers["etag"]} != {first.headers["etag"]}
    assert (await client.put(ADDRESS, headers={"If-Match": "unquoted"})).status_code == 400
