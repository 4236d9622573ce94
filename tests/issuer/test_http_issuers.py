"""Issuers: opened with a key and a first list, amended, listed; slugs belong to one."""

from typing import Any

import pytest

from credential_core.bitstring import StatusBits
from credential_core.did import assertion_method, resolve_did_key
from credential_core.proof import verify_proof
from service_kit.pagination import encode_cursor
from service_kit.testing import BASE_URL
from tests.issuer.world import ORG, OTHER_ORG, World, fields, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

PROFILE: dict[str, Any] = {
    "name": "Lakeside University",
    "url": "https://lakeside.example",
    "description": "A university by a lake.",
    "email": "registry@lakeside.example",
    "phone": "+1 555 0100",
    "image": {"id": "https://lakeside.example/logo.png", "caption": "Logo"},
    "address": {"addressCountry": "Norway", "addressLocality": "Hamar", "postalCode": "2317"},
    "otherIdentifier": [{"identifier": "60042", "identifierType": "ext:ror"}],
}


async def test_an_issuer_is_opened_whole(world: World) -> None:
    answer = await world.send("POST", "/issuers", PROFILE | {"slug": "lakeside", "method": "web"})
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == body["url"] == f"{BASE_URL}/issuers/lakeside"
    assert body["id"] == "did:web:laurel.test:issuers:lakeside"
    assert (body["slug"], body["active"], body["revision"]) == ("lakeside", True, 1)
    assert body["profile"]["address"]["type"] == ["Address"]
    published, first_list = await world.events()
    assert (published.slug, published.org_id, published.revision) == ("lakeside", ORG, 1)
    assert published.profile == body["profile"]
    assert first_list.revision == 1
    assert StatusBits.decode(first_list.credential["credentialSubject"]["encodedList"]) == StatusBits.empty()


@pytest.mark.parametrize("method", ["web", "key"])
async def test_the_did_document_lets_the_key_sign(world: World, method: str) -> None:
    issuer = await world.issuer(method=method)
    (published,) = await world.events("issuer.published.v1")
    (key,) = (await world.send("GET", f"/issuers/{issuer['slug']}/keys")).json()["items"]
    assert published.did_document["id"] == issuer["id"]
    found = assertion_method(published.did_document, key["id"])
    assert found.public.multibase == key["publicKeyMultibase"]
    if method == "key":
        assert published.did_document == resolve_did_key(issuer["id"])


async def test_an_issuer_may_have_a_key_of_each_algorithm(world: World) -> None:
    issuer = await world.issuer(keys=["P-384", "Ed25519", "P-256"])
    (published,) = await world.events("issuer.published.v1")
    keys = (await world.send("GET", f"/issuers/{issuer['slug']}/keys")).json()["items"]
    assert [key["algorithm"] for key in keys] == ["P-384", "Ed25519", "P-256"]
    found = [assertion_method(published.did_document, key["id"]).public for key in keys]
    assert [public.algorithm for public in found] == ["P-384", "Ed25519", "P-256"]
    assert [key["id"] for key in keys] == [f"{issuer['id']}#{public.multibase}" for public in found]


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
@pytest.mark.parametrize("method", ["web", "key"])
async def test_an_issuers_first_key_signs_its_credentials_and_lists(world: World, algorithm: str, method: str) -> None:
    await world.issuer(keys=[algorithm], method=method)
    document = (await world.issue(await world.achievement()))["credential"]
    (published,) = await world.events("issuer.published.v1")
    (first_list,) = await world.events("status-list.published.v1")
    for signed in (document, first_list.credential):
        proof = signed["proof"]
        assert proof["cryptosuite"] == "ecdsa-rdfc-2019"
        verify_proof(signed, proof, assertion_method(published.did_document, proof["verificationMethod"]).public)


@pytest.mark.parametrize(
    "members",
    [
        {"keys": []},
        {"keys": ["Ed25519", "Ed25519"]},
        {"keys": ["RSA"]},
        {"keys": ["RS256"]},
        {"keys": ["RS256"], "method": "key"},
        {"keys": ["Ed25519", "P-256"], "method": "key"},
        {"keys": "Ed25519"},
    ],
)
async def test_keys_that_an_issuer_cannot_have(world: World, members: dict[str, Any]) -> None:
    answer = await world.send("POST", "/issuers", {"name": "Lakeside", "slug": "lakeside"} | members)
    assert answer.status_code == 422
    assert await world.count("issuers") == 0


async def test_private_keys_lie_encrypted_and_leave_by_no_road(world: World) -> None:
    issuer = await world.issuer()
    ((sealed,),) = await world.rows("SELECT sealed FROM issuer_keys")
    keys = await world.send("GET", f"/issuers/{issuer['slug']}/keys")
    assert len(bytes(sealed)) == 1 + 12 + 32 + 16
    assert set(keys.json()["items"][0]) == {
        "id",
        "type",
        "controller",
        "publicKeyMultibase",
        "algorithm",
        "keyId",
        "state",
        "purpose",
        "createdAt",
        "since",
    }


async def test_a_slug_belongs_to_one_issuer_in_the_world(world: World) -> None:
    await world.issuer(slug="lakeside")
    before = await world.count("outbox")
    for org in (ORG, OTHER_ORG):
        answer = await world.send("POST", "/issuers", {"name": "Another", "slug": "lakeside"}, org=org)
        assert (answer.status_code, problem_code(answer)) == (409, "slug-taken")
    assert await world.count("issuers") == 1
    assert await world.count("outbox") == before


async def test_a_repeated_key_opens_one_issuer(world: World) -> None:
    body = {"name": "Lakeside", "slug": "lakeside"}
    first, second = [await world.send("POST", "/issuers", body, Idempotency_Key="once") for _ in range(2)]
    assert (first.status_code, first.content) == (second.status_code, second.content)
    other = await world.send("POST", "/issuers", body | {"slug": "other"}, Idempotency_Key="once")
    assert (other.status_code, problem_code(other)) == (409, "idempotency-key-reused")
    assert await world.count("issuers") == 1


async def test_a_profile_is_amended_by_merging(world: World) -> None:
    await world.send("POST", "/issuers", PROFILE | {"slug": "lakeside"})
    patch = {"name": "Lakeside", "phone": None, "address": {"addressCountry": "Sweden"}}
    answer = await world.send("PATCH", "/issuers/lakeside", patch)
    profile = answer.json()["profile"]
    assert answer.status_code == 200
    assert answer.json()["revision"] == 2
    assert (profile["name"], profile["url"]) == ("Lakeside", PROFILE["url"])
    assert "phone" not in profile
    assert profile["address"] == {"type": ["Address"], "addressCountry": "Sweden"}
    events = await world.events("issuer.published.v1")
    assert [event.revision for event in events] == [1, 2]
    assert (events[1].profile, events[1].name) == (profile, "Lakeside")
    assert events[1].did_document == events[0].did_document


async def test_an_issuer_can_rest(world: World) -> None:
    issuer = await world.issuer()
    assert (await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})).json()["active"] is False
    assert (await world.events("issuer.published.v1"))[-1].active is False


async def test_an_organization_lists_its_own(world: World) -> None:
    for org, slug in ((ORG, "b-one"), (ORG, "a-two"), (OTHER_ORG, "c-three")):
        await world.issuer(org, slug=slug)
    assert [item["slug"] for item in (await world.send("GET", "/issuers")).json()["items"]] == ["a-two", "b-one"]


async def walked(world: World, path: str) -> list[list[Any]]:
    """The items of every page, from Link to Link."""
    pages, following = [], f"{path}?limit=2"
    while following:
        answer = await world.send("GET", following)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        following = answer.links.get("next", {}).get("url", "")
        assert bool(following) is (answer.json()["next"] is not None)
    return pages


async def test_issuers_and_keys_come_in_pages(world: World) -> None:
    for slug in ("c-three", "a-one", "b-two", "d-four", "e-five"):
        await world.issuer(slug=slug, keys=["P-256", "P-384", "Ed25519"] if slug == "c-three" else ["Ed25519"])
    pages = await walked(world, "/issuers")
    assert [[issuer["slug"] for issuer in page] for page in pages] == [
        ["a-one", "b-two"],
        ["c-three", "d-four"],
        ["e-five"],
    ]
    keys = await walked(world, "/issuers/c-three/keys")
    assert [[key["algorithm"] for key in page] for page in keys] == [["P-256", "P-384"], ["Ed25519"]]
    foreign = await world.send("GET", f"/issuers/c-three/keys?cursor={encode_cursor(['else', 'where'])}")
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "cursor")


async def test_a_policy_is_set_and_shown(world: World) -> None:
    issuer = await world.issuer()
    body = {
        "achievements": "any",
        "plaintextRecipient": False,
        "maxValidityDays": 30,
        "requireEvidence": True,
        "addsStatus": True,
        "appealDays": 90,
    }
    answer = await world.send("PUT", f"/issuers/{issuer['slug']}/policy", body)
    assert (answer.status_code, answer.json()["policy"]) == (200, body)
    assert (await world.send("GET", "/issuers")).json()["items"][0]["policy"] == body


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"slug": "ab"}, "slug"),
        ({"slug": "a" * 61}, "slug"),
        ({"slug": "Lakeside"}, "slug"),
        ({"slug": "-lake"}, "slug"),
        ({"slug": "lake/side"}, "slug"),
        ({"slug": "lake\nside"}, "slug"),
        ({"slug": None}, "slug"),
        ({"method": "ion"}, "method"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 501}, "name"),
        ({"name": ["x"]}, "name"),
        ({"url": "lakeside.example"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://a.example/ b"}, "url"),
        ({"email": "registry"}, "email"),
        ({"image": "https://a.example/x.png"}, "image"),
        ({"image": {"id": "logo"}}, "image.id"),
        ({"address": {"planet": "Mars"}}, "address.planet"),
        ({"otherIdentifier": [{"identifier": "1"}]}, "otherIdentifier.0.identifierType"),
        ({"id": "did:web:mine.example"}, "id"),
        ({"policy": {}}, "policy"),
    ],
)
async def test_wrong_members_are_named_and_nothing_is_stored(world: World, members: Any, field: str) -> None:
    answer = await world.send("POST", "/issuers", {"name": "Lakeside", "slug": "lakeside"} | members)
    assert (answer.status_code, fields(answer)) == (422, [field])
    assert await world.count("issuers") == 0
    assert await world.count("outbox") == 0


@pytest.mark.parametrize("patch", [{"name": None}, {"slug": "other"}, {"method": "key"}, {"active": "no"}, {"url": 1}])
async def test_what_cannot_be_amended_is_refused(world: World, patch: Any) -> None:
    issuer = await world.issuer()
    answer = await world.send("PATCH", f"/issuers/{issuer['slug']}", patch)
    assert answer.status_code == 422
    assert (await world.send("GET", "/issuers")).json()["items"][0]["revision"] == 1


@pytest.mark.parametrize(
    "policy", [{"achievements": "some"}, {"maxValidityDays": 0}, {"maxValidityDays": 1e9}, {"x": 1}]
)
async def test_a_wrong_policy_is_refused(world: World, policy: Any) -> None:
    issuer = await world.issuer()
    assert (await world.send("PUT", f"/issuers/{issuer['slug']}/policy", policy)).status_code == 422
