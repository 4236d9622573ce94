"""Issuers and their key documents, over HTTP on a real database."""

from __future__ import annotations

import httpx
import pytest

from contracts.states import issuer_state
from service_kit.entity_tags import parse, tag_of
from service_kit.errors import Stale
from service_kit.testing import BASE_URL
from tests.registry import events
from tests.registry.conftest import Deliver

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_is_its_open_badges_profile_with_the_public_facts(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer())

    assert (await client.get("/issuers/north")).json() == {
        "id": events.DID,
        "type": ["Profile"],
        "name": "North University",
        "url": "https://north.example/",
        "description": "Founded by the sea.",
        "slug": "north",
        "active": True,
        "keys": [f"{events.DID}#key-1"],
        "changedAt": "2026-01-01T09:01:00Z",
        "endorsements": [],
        "links": {"self": f"{BASE_URL}/issuers/north", "did": f"{BASE_URL}/issuers/north/did.json"},
    }


async def test_that_stopped_issuing_is_still_there(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer(), events.issuer(revision=2, active=False))

    assert (await client.get("/issuers/north")).json()["active"] is False
    assert (await client.get("/issuers/north/did.json")).status_code == 200


@pytest.mark.parametrize(
    "did_document",
    [{}, {"assertionMethod": "x"}, {"assertionMethod": [{"id": "did:x#1"}, "did:x#2", 7, {}, None]}],
)
async def test_with_an_odd_key_document_is_shown_all_the_same(
    client: httpx.AsyncClient, deliver: Deliver, did_document: dict[str, object]
) -> None:
    await deliver(events.issuer(did_document=did_document, profile={"type": "Profile", "links": 7, "url": None}))

    answer = await client.get("/issuers/north")

    assert answer.status_code == 200
    assert set(answer.json()["keys"]) <= {"did:x#1", "did:x#2"}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/did+json", "application/did+json"),
        ("application/did+ld+json, application/json;q=0.9", "application/did+ld+json"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
    ],
)
async def test_key_document_suits_the_resolver_that_asks(
    client: httpx.AsyncClient, deliver: Deliver, accept: str | None, media_type: str
) -> None:
    published = events.issuer()
    await deliver(published)

    answer = await client.get("/issuers/north/did.json", headers={"Accept": accept} if accept else {})

    assert answer.headers["content-type"] == media_type
    assert answer.json() == published.did_document


async def test_key_document_keeps_its_bytes_when_only_the_profile_changes(
    client: httpx.AsyncClient, deliver: Deliver
) -> None:
    await deliver(events.issuer())
    before = await client.get("/issuers/north/did.json")

    await deliver(events.issuer(revision=2, name="Renamed"))
    after = await client.get("/issuers/north/did.json")

    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


async def test_is_answered_304_until_it_changes(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer())
    tag = (await client.get("/issuers/north")).headers["etag"]

    unchanged = await client.get("/issuers/north", headers={"If-None-Match": tag})
    await deliver(events.issuer(revision=2, name="Renamed"))

    assert unchanged.status_code == 304
    assert (await client.get("/issuers/north", headers={"If-None-Match": tag})).json()["name"] == "Renamed"


@pytest.mark.parametrize("path", ["/issuers/north", "/issuers/north/did.json"])
async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient, deliver: Deliver, path: str) -> None:
    await deliver(events.issuer())

    head, get = await client.head(path), await client.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))


@pytest.mark.parametrize("slug", ["nobody", "..%2F", "%F0%9F%8E%93", "a" * 5000, "%0D%0A"])
async def test_that_nobody_knows_is_a_404(client: httpx.AsyncClient, slug: str) -> None:
    for path in (f"/issuers/{slug}", f"/issuers/{slug}/did.json"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_the_state_in_an_issuers_tag_is_the_one_that_changes_are_compared_with(
    client: httpx.AsyncClient, deliver: Deliver
) -> None:
    told = events.issuer()
    await deliver(told)
    shown = (await client.get("/issuers/north")).headers["etag"]

    parse(shown).expect(tag_of)(issuer_state(told.issuer_id, told.revision))
    with pytest.raises(Stale):
        parse(shown).expect(tag_of)(issuer_state(told.issuer_id, told.revision + 1))
