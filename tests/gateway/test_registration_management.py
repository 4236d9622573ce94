"""Clients manage their own registration (RFC 7592)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.gateway.harness import BASE, Gateway
from tests.gateway.people import REDIRECT, App, Visitor
from tests.gateway.test_registration import OPEN, bearer, made

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


class TestManaging:
    async def test_a_client_reads_itself(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path = body["registration_client_uri"].removeprefix(BASE)
        read = (await gateway.http.get(path, headers=bearer(body["registration_access_token"]))).json()
        assert read == {name: body[name] for name in body.keys() - {"client_secret", "client_secret_expires_at"}}

    async def test_what_is_not_said_anew_is_gone_and_the_token_changes(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, old = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        changed = await gateway.http.put(path, headers=old, json={"redirect_uris": ["https://app.example/new"]})
        assert changed.status_code == 200, changed.text
        found = changed.json()
        assert found["redirect_uris"] == ["https://app.example/new"]
        assert "software_id" not in found
        assert "client_secret" not in found
        assert found["client_id_issued_at"] == body["client_id_issued_at"]
        assert (await gateway.http.get(path, headers=old)).status_code == 401
        fresh = bearer(found["registration_access_token"])
        assert (await gateway.http.get(path, headers=fresh)).status_code == 200
        begun = await Visitor(gateway).begin(App(gateway, body["client_id"], None).parameters())
        assert begun.status_code == 400

    async def test_who_it_is_and_its_secret_are_not_its_to_change(self, gateway: Gateway) -> None:
        """RFC 7592 §2.2: a client sends back what it was told, as Nimbus's does."""
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        for changes in (
            {"client_id": "another"},
            {"client_id": 5},
            {"client_secret": "of my own"},
            {"client_secret": 5},
        ):
            refused = await gateway.http.put(path, headers=token, json=OPEN | changes)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
        own = {name: body[name] for name in ("client_id", "client_secret")}
        assert (await gateway.http.put(path, headers=token, json=OPEN | own)).status_code == 200

    async def test_of_many_changes_at_once_one_wins(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        answers = await asyncio.gather(*(gateway.http.put(path, headers=token, json=OPEN) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5

    async def test_a_client_removes_itself(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        assert (await gateway.http.delete(path, headers=token)).status_code == 204
        assert (await gateway.http.get(path, headers=token)).status_code == 401
        answer = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert answer.json()["error"] == "invalid_client"

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_other_tokens_open_nothing(self, gateway: Gateway, method: str) -> None:
        member = await gateway.member("lakeside")
        mine, other = await made(gateway), await made(gateway)
        registered = await gateway.headers(member)
        tries = [
            (mine["client_id"], bearer(other["registration_access_token"])),
            (mine["client_id"], bearer("laurel_registration_made-up")),
            (mine["client_id"], registered),
            (mine["client_id"], {}),
            ("nobody", bearer(mine["registration_access_token"])),
            (member.client_id, bearer(mine["registration_access_token"])),
        ]
        for client, headers in tries:
            answer = await gateway.http.request(method, f"/oauth/register/{client}", headers=headers, json=OPEN)
            assert answer.status_code == 401
        path = f"/oauth/register/{mine['client_id']}"
        good = await gateway.http.get(path, headers=bearer(mine["registration_access_token"]))
        assert good.json()["client_name"] == "Badge Studio"

    @pytest.mark.parametrize(
        "more",
        [
            {"scope": "credentials:issue clients:manage"},
            {"scope": "credentials:issue credentials:read"},
            {"grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]},
        ],
        ids=str,
    )
    async def test_a_program_takes_no_more_than_its_organization_gave(
        self, gateway: Gateway, more: dict[str, Any]
    ) -> None:
        """Whoever holds the registration's token, the program above all, is not the organization's administration."""
        asked = {"grant_types": ["client_credentials"], "scope": "credentials:issue"}
        headers = await gateway.headers(await gateway.member("lakeside"))
        body = (await gateway.http.post("/oauth/register", json=asked, headers=headers)).json()
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        answer = await gateway.http.put(path, headers=token, json=asked | more)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
        assert "more than its organization gave it" in answer.json()["error_description"]
        given = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert given.json()["scope"] == "credentials:issue"

    async def test_nor_back_what_its_organization_took(self, gateway: Gateway) -> None:
        asked = {"grant_types": ["client_credentials"], "scope": "credentials:issue credentials:read"}
        headers = await gateway.headers(await gateway.member("lakeside"))
        body = (await gateway.http.post("/oauth/register", json=asked, headers=headers)).json()
        change = {"scopes": ["credentials:read"]}
        patched = await gateway.http.patch(f"/clients/{body['client_id']}", headers=headers, json=change)
        assert patched.status_code == 200, patched.text
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        assert (await gateway.http.put(path, headers=token, json=asked)).status_code == 400
        less = await gateway.http.put(path, headers=token, json=asked | {"scope": "credentials:read"})
        assert (less.status_code, less.json()["scope"]) == (200, "credentials:read")

    async def test_a_change_is_checked_like_a_registration(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        answer = await gateway.http.put(path, headers=token, json=OPEN | {"redirect_uris": ["http://a.example/"]})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
        assert (await gateway.http.get(path, headers=token)).json()["redirect_uris"] == [REDIRECT]
