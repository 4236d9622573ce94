"""Signed status lists, over HTTP on a real database."""

from __future__ import annotations

import httpx
import pytest

from tests.registry import events
from tests.registry.conftest import Deliver

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

PATH = events.LIST.removeprefix("http://laurel.test")


async def test_is_the_signed_document_as_it_was_published(client: httpx.AsyncClient, deliver: Deliver) -> None:
    published = events.status_list()
    await deliver(published)

    answer = await client.get(PATH)

    assert answer.json() == published.credential
    assert list(answer.json()) == list(published.credential)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("asked", ["application/vc+ld+json", "application/vc", "application/ld+json"])
async def test_comes_as_the_credential_type_that_was_asked_for(
    client: httpx.AsyncClient, deliver: Deliver, asked: str
) -> None:
    await deliver(events.status_list())

    answer = await client.get(PATH, headers={"Accept": f"{asked}, application/json;q=0.5"})
    plain = await client.get(PATH)

    assert answer.headers["content-type"] == asked
    assert answer.content == plain.content
    assert answer.headers["etag"] != plain.headers["etag"]
    assert answer.headers["vary"] == "Accept"


async def test_may_be_kept_for_its_ttl(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.status_list(credential={"id": events.LIST, "credentialSubject": {"ttl": 45_000}}))

    assert (await client.get(PATH)).headers["cache-control"] == "public, max-age=45"


@pytest.mark.parametrize("ttl", [None, "soon", -5, True, [60000]])
async def test_without_a_usable_ttl_may_be_kept_for_a_minute(
    client: httpx.AsyncClient, deliver: Deliver, ttl: object
) -> None:
    await deliver(events.status_list(credential={"id": events.LIST, "credentialSubject": {"ttl": ttl}}))

    assert (await client.get(PATH)).headers["cache-control"] == "public, max-age=60"


async def test_is_answered_304_until_a_newer_revision_comes(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.status_list(revision=2))
    tag = (await client.get(PATH)).headers["etag"]

    same = await client.get(PATH, headers={"If-None-Match": tag})
    await deliver(events.status_list(revision=1))
    after_an_older_one = await client.get(PATH, headers={"If-None-Match": tag})
    await deliver(events.status_list(revision=3))
    after_a_newer_one = await client.get(PATH, headers={"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert after_an_older_one.status_code == 304
    assert after_a_newer_one.status_code == 200
    assert after_a_newer_one.json()["proof"]["proofValue"] == "z3ö"


async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.status_list())

    head, get = await client.head(PATH), await client.get(PATH)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["etag"] == get.headers["etag"]


@pytest.mark.parametrize("name", ["nothing", "a/b", "..%2Frecords", "%F0%9F%8E%93", "a" * 5000, "%FF"])
async def test_of_an_unknown_name_is_a_404(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/status-lists/{name}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
