"""Who may ask, whose history it is, and how the lists page."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from service_kit.ids import new_id
from service_kit.testing import TokenMint
from tests.verifier.conftest import ORG, SCOPE, Deliver, Verify
from tests.verifier.world import LEARNER, Issuer, codes, entry, list_url
from verifier.main import create_openapi_app

pytestmark = [pytest.mark.db]

RIVAL = "8d6f9ad2-0b5e-4f2e-9d3c-0a52b1f6a002"
TRUSTED = "/verifications/trusted-issuers/"
ABROAD = "did:web:abroad.example%3A8443:issuers:one"

SCHEMA = create_openapi_app().openapi()


# Every route of the service, as it describes itself.
ROUTES = [(method.upper(), path) for path, operations in SCHEMA["paths"].items() for method in operations]


def address(path: str, identifier: str) -> str:
    return path.replace("{id}", quote(identifier, safe=""))


@pytest.mark.asyncio
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_token_no_route_answers(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, address(path, new_id()), headers={"Authorization": ""})
    assert (response.status_code, response.headers["WWW-Authenticate"][:6]) == (401, "Bearer")


@pytest.mark.asyncio
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_with_another_scope_no_route_answers(
    client: httpx.AsyncClient, mint: TokenMint, method: str, path: str
) -> None:
    headers = mint.headers(ORG, "credentials:issue", "monitors:manage")
    response = await client.request(method, address(path, new_id()), headers=headers)
    assert response.status_code == 403
    assert f'scope="{SCOPE}"' in response.headers["WWW-Authenticate"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_another_organization_finds_and_changes_nothing(
    client: httpx.AsyncClient, verify: Verify, mint: TokenMint, method: str, path: str
) -> None:
    mine = (await verify({"a": 1}))["id"]
    await client.put(TRUSTED + quote(ABROAD, safe=""))
    identifier = ABROAD if "trusted" in path else mine
    rival = mint.headers(RIVAL, SCOPE)

    response = await client.request(
        method, address(path, identifier), headers=rival, json={"credential": {}} if method == "POST" else None
    )

    if "{id}" in path and method in {"GET", "DELETE"}:
        absent = await client.request(method, address(path, new_id()), headers=rival)
        assert response.status_code == absent.status_code == 404
        assert response.json()["detail"] == absent.json()["detail"]
    elif method == "GET":
        assert response.json() == {"items": [], "next": None}
    assert len((await client.get("/verifications")).json()["items"]) == 1
    assert [item["issuerId"] for item in (await client.get(TRUSTED[:-1])).json()["items"]] == [ABROAD]


def test_every_route_says_which_errors_it_answers_and_that_it_needs_a_token() -> None:
    for method, path in ROUTES:
        operation = SCHEMA["paths"][path][method.lower()]
        assert {"401", "403"} <= operation["responses"].keys(), (method, path)
        assert operation["security"] == [{"accessToken": ["verifications:create"]}]


@pytest.mark.asyncio
class TestHistory:
    async def test_a_verification_can_be_read_again_without_its_sentences(
        self, client: httpx.AsyncClient, verify: Verify, deliver: Deliver, university: Issuer
    ) -> None:
        url = list_url()
        await deliver(university.published(), university.list_published(university.status_list(url)))
        credential = university.credential(status=entry(url))
        answer = await verify(credential)

        past = (await client.get(f"/verifications/{answer['id']}")).json()

        assert past == {
            "id": answer["id"],
            "verdict": "valid",
            "checks": [{name: check[name] for name in check if name != "detail"} for check in answer["checks"]],
            "credentialId": credential["id"],
            "issuerId": university.identifier,
            "inputDigest": past["inputDigest"],
            "verifiedAt": answer["verifiedAt"],
        }

    async def test_nothing_about_the_learner_is_stored(
        self, client: httpx.AsyncClient, verify: Verify, university: Issuer
    ) -> None:
        await verify(university.credential(identifiers=[{"type": "IdentityObject", "identityHash": LEARNER}]))
        await verify(f'{{"credentialSubject": {{"id": "mailto:{LEARNER}"}}, "id": 5}}')
        stored = (await client.get("/verifications")).text
        assert LEARNER not in stored
        assert "mailto" not in stored

    async def test_pages_show_everything_once_newest_first(self, client: httpx.AsyncClient, verify: Verify) -> None:
        made = [(await verify({"n": n}))["id"] for n in range(5)]
        url, seen = "/verifications?limit=2", []
        while url:
            response = await client.get(url)
            seen += [item["id"] for item in response.json()["items"]]
            url = response.links.get("next", {}).get("url", "")
        assert seen == made[::-1]

    async def test_they_can_be_chosen_by_verdict(self, client: httpx.AsyncClient, verify: Verify) -> None:
        await verify({})
        await verify(Issuer("abroad").credential())
        chosen = (await client.get("/verifications?verdict=indeterminate")).json()["items"]
        assert [item["verdict"] for item in chosen] == ["indeterminate"]

    @pytest.mark.parametrize(
        "query", ["verdict=maybe", "limit=0", "limit=x", "cursor=x", "cursor=WyJ4Il0", "cursor=W10"]
    )
    async def test_a_query_that_is_none(self, client: httpx.AsyncClient, query: str) -> None:
        response = await client.get(f"/verifications?{query}")
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, query.partition("=")[0])

    @pytest.mark.parametrize(
        "name",
        ["1", "x" * 3000, "%F0%9F%8E%93", "..%2F..", "28558797-B2CD-4BA6-9A56-B9FADB5F1A2D", "trusted"],
    )
    async def test_an_id_that_is_none(self, client: httpx.AsyncClient, name: str) -> None:
        assert (await client.get(f"/verifications/{name}")).status_code == 404


@pytest.mark.asyncio
class TestTrustedIssuers:
    async def test_an_accepted_issuer_is_trusted_until_it_is_forgotten(
        self, client: httpx.AsyncClient, verify: Verify
    ) -> None:
        abroad = Issuer("abroad")
        address = TRUSTED + quote(abroad.identifier, safe="")
        first, again = await client.put(address), await client.put(address)
        accepted = await verify(abroad.credential())
        forgotten = await client.delete(address)
        after = await verify(abroad.credential())

        assert (first.status_code, first.json()) == (200, again.json())
        assert (accepted["verdict"], codes(accepted)["issuer_trust"]) == ("valid", "issuer_accepted_by_policy")
        assert forgotten.status_code == 204
        assert (after["verdict"], (await client.delete(address)).status_code) == ("indeterminate", 404)

    async def test_it_is_accepted_by_this_organization_only(
        self, client: httpx.AsyncClient, verify: Verify, mint: TokenMint
    ) -> None:
        abroad = Issuer("abroad")
        await client.put(TRUSTED + quote(abroad.identifier, safe=""), headers=mint.headers(RIVAL, SCOPE))
        assert (await verify(abroad.credential()))["verdict"] == "indeterminate"

    async def test_a_percent_encoded_port_survives(self, client: httpx.AsyncClient) -> None:
        await client.put(TRUSTED + quote(ABROAD, safe=""))
        await client.put(TRUSTED + quote("https://abroad.example/issuers/1", safe=""))
        listed = (await client.get(TRUSTED[:-1])).json()["items"]
        assert [item["issuerId"] for item in listed] == [ABROAD, "https://abroad.example/issuers/1"]

    @pytest.mark.parametrize("name", ["x", "did:", "http://x.example", "did:web:" + "x" * 600, "did%3Aweb%3A%0A", "é"])
    async def test_what_is_no_issuer(self, client: httpx.AsyncClient, name: str) -> None:
        response = await client.put(TRUSTED + name)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "issuerId")

    async def test_the_list_pages(self, client: httpx.AsyncClient) -> None:
        for n in range(3):
            await client.put(f"{TRUSTED}did:example:{n}")
        response = await client.get(f"{TRUSTED[:-1]}?limit=2")
        rest = await client.get(response.links["next"]["url"])
        found: list[Any] = response.json()["items"] + rest.json()["items"]
        assert [item["issuerId"] for item in found] == [f"did:example:{n}" for n in range(3)]
        assert rest.json()["next"] is None
