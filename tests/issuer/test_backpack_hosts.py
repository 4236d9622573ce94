"""Laurel as the client of another host: connect, confirm, push, pull, and nobody else's connection is of any use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from service_kit.ids import new_id
from tests.issuer.abroad import NOW, Academy
from tests.issuer.elsewhere import API, Elsewhere, elsewhere
from tests.issuer.keepers import SCOPES, Keeper
from tests.issuer.world import OTHER_ORG, World, fields, problem_code
from tools.certificates import Certificate

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
HOSTS = "/learners/me/hosts"


@pytest_asyncio.fixture
async def other(certificate: Certificate) -> AsyncIterator[Elsewhere]:
    async with elsewhere(certificate) as host:
        yield host


@pytest.fixture
def ada(world: World) -> Keeper:
    return Keeper(world)


async def begin(ada: Keeper, other: Elsewhere) -> Json:
    answer = await ada.call("POST", HOSTS, json={"discoveryUrl": other.discovery})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def connected(ada: Keeper, other: Elsewhere) -> str:
    """The id of a connection that the person allowed."""
    begun = await begin(ada, other)
    back = other.allow(begun["authorizationUrl"])
    answer = await ada.call("POST", f"{HOSTS}/{begun['id']}/confirm", json={"code": back["code"]})
    assert (answer.status_code, answer.json()["connected"]) == (200, True), answer.text
    return str(begun["id"])


async def kept(ada: Keeper, credential: Json) -> str:
    """Its id in the backpack."""
    assert (await ada.push(credential)).status_code == 201
    return str((await ada.items())[0]["id"])


async def push(ada: Keeper, host: str, credential: str) -> httpx.Response:
    return await ada.call("POST", f"{HOSTS}/{host}/push", json={"credential": credential})


async def pull(ada: Keeper, host: str, **body: Any) -> httpx.Response:
    return await ada.call("POST", f"{HOSTS}/{host}/pull", json=body)


class TestConnecting:
    async def test_it_registers_as_open_badges_want_it(self, ada: Keeper, other: Elsewhere) -> None:
        begun = await begin(ada, other)
        (said,) = other.clients
        assert {one.rpartition("/")[2] for one in said["scope"].split()} == {
            "credential.readonly",
            "credential.upsert",
            "profile.readonly",
            "offline_access",
        }
        assert said["redirect_uris"] == [f"https://laurel.test{HOSTS}/return/{begun['id']}"]
        assert all(
            str(said[name]).startswith("https://laurel.test")
            for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")
        )
        assert (begun["name"], begun["api"], begun["connected"]) == ("Elsewhere", f"{other.origin}{API}", False)

    @pytest.mark.parametrize("offers", [("credential.readonly", "credential.upsert"), ("credential.readonly",), ()])
    async def test_no_more_is_asked_of_a_host_than_it_offers(
        self, ada: Keeper, other: Elsewhere, offers: tuple[str, ...]
    ) -> None:
        other.offers = offers
        host = await connected(ada, other)
        assert (await pull(ada, host)).status_code == 200
        other.profile = {"id": "https://1edtech.org/issuers/cert", "type": ["Profile"], "name": "Ada"}
        answer = await ada.call("GET", f"{HOSTS}/{host}/profile")
        assert (answer.status_code, problem_code(answer)) == (409, "host-refused")
        assert "begin anew" in answer.json()["detail"]
        assert (await pull(ada, host)).status_code == 200

    async def test_one_key_begins_one_connection(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        key, body = {"Idempotency-Key": "first-call-7"}, {"discoveryUrl": other.discovery}

        async def begun(keeper: Keeper, sent: Json = body) -> httpx.Response:
            return await keeper.call("POST", HOSTS, json=sent, headers=key)

        answers = list(await asyncio.gather(*(begun(ada) for _ in range(3))))
        made = answers[0].json()
        registered = len(other.clients)
        answers.append(await begun(ada))
        assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
        assert len(other.clients) == registered
        assert [one["id"] for one in (await ada.call("GET", HOSTS)).json()["items"]] == [made["id"]]

        another = await begun(ada, {"discoveryUrl": f"https://other.example{API}/discovery"})
        assert (another.status_code, problem_code(another)) == (409, "idempotency-key-reused")
        eve = Keeper(world)
        assert (await begun(eve)).json()["id"] != made["id"]
        assert len((await ada.call("GET", HOSTS)).json()["items"]) == 1

    async def test_a_repetition_is_answered_as_at_first_whatever_became_of_it(
        self, ada: Keeper, other: Elsewhere, world: World
    ) -> None:
        key, body = {"Idempotency-Key": "first-call-7"}, {"discoveryUrl": other.discovery}
        first = await ada.call("POST", HOSTS, json=body, headers=key)
        back = other.allow(first.json()["authorizationUrl"])
        where = f"{HOSTS}/{first.json()['id']}"
        assert (await ada.call("POST", f"{where}/confirm", json={"code": back["code"]})).status_code == 200
        assert (await ada.call("POST", HOSTS, json=body, headers=key)).content == first.content
        assert (await ada.call("DELETE", where)).status_code == 204
        assert (await ada.call("POST", HOSTS, json=body, headers=key)).status_code == 410
        assert (await ada.call("DELETE", "/learners/me/backpack")).status_code == 204
        assert await world.count("idempotency_keys") == 0
        assert (await ada.call("POST", HOSTS, json=body, headers=key)).status_code == 201

    async def test_the_browser_is_shown_the_code_and_nothing_happens(self, ada: Keeper, other: Elsewhere) -> None:
        begun = await begin(ada, other)
        back = other.allow(begun["authorizationUrl"])
        page = await ada.world.client.get(f"{HOSTS}/return/{begun['id']}", params=back)
        assert (page.status_code, f'<code id="code">{back["code"]}</code>' in page.text) == (200, True)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        (listed,) = (await ada.call("GET", HOSTS)).json()["items"]
        assert (listed["connected"], listed["authorizationUrl"]) == (False, None)
        assert other.access_tokens == []

    async def test_an_answer_that_was_not_asked_for(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        begun, second = await begin(ada, other), await begin(ada, other)
        back = other.allow(second["authorizationUrl"])
        for path, query in (
            (begun["id"], back),
            (second["id"], back | {"state": "x"}),
            (new_id(), back),
            ("x", back),
            (second["id"], {}),
        ):
            assert (await world.client.get(f"{HOSTS}/return/{path}", params=query)).status_code == 400
        await world.rows("UPDATE backpack_hosts SET waits_until = now() - interval '1 second' RETURNING 1")
        assert (await world.client.get(f"{HOSTS}/return/{second['id']}", params=back)).status_code == 400
        late = await ada.call("POST", f"{HOSTS}/{second['id']}/confirm", json={"code": back["code"]})
        assert (late.status_code, problem_code(late)) == (409, "host-not-connected")

    async def test_what_the_page_shows_is_escaped(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        begun = await begin(ada, other)
        back = other.allow(begun["authorizationUrl"]) | {"code": "<script>"}
        assert "<script>" not in (await world.client.get(f"{HOSTS}/return/{begun['id']}", params=back)).text

    async def test_a_wrong_code_may_be_followed_by_the_right_one(self, ada: Keeper, other: Elsewhere) -> None:
        begun = await begin(ada, other)
        back = other.allow(begun["authorizationUrl"])
        path = f"{HOSTS}/{begun['id']}/confirm"
        wrong = await ada.call("POST", path, json={"code": "wrong"})
        assert (wrong.status_code, problem_code(wrong)) == (409, "host-refused")
        assert (await ada.call("POST", path, json={"code": back["code"]})).status_code == 200
        again = await ada.call("POST", path, json={"code": back["code"]})
        assert (again.status_code, problem_code(again)) == (409, "host-not-connected")

    @pytest.mark.parametrize("description", [[], {}, {"components": {"securitySchemes": {"x": {"type": "oauth2"}}}}])
    async def test_what_is_no_host(self, ada: Keeper, other: Elsewhere, description: Any) -> None:
        other.description = description
        answer = await ada.call("POST", HOSTS, json={"discoveryUrl": other.discovery})
        assert (answer.status_code, fields(answer)) == (422, ["discoveryUrl"])
        assert (await ada.call("GET", HOSTS)).json()["items"] == []

    @pytest.mark.parametrize(
        "url",
        [
            "https://localhost:1/",
            "ftp://a.example/ims/ob/v3p0/discovery",
            "https://u:p@a.example/ims/ob/v3p0/discovery",
        ],
    )
    async def test_addresses_that_are_not_called(self, ada: Keeper, url: str) -> None:
        assert (await ada.call("POST", HOSTS, json={"discoveryUrl": url})).status_code == 422

    async def test_a_host_that_is_away(self, ada: Keeper) -> None:
        url = "https://localhost:1/ims/ob/v3p0/discovery"
        answer = await ada.call("POST", HOSTS, json={"discoveryUrl": url})
        assert (answer.status_code, problem_code(answer)) == (503, "unavailable")
        assert "cannot be read: nobody answers there" in answer.json()["detail"]

    async def test_not_more_than_so_many(self, ada: Keeper, other: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("issuer.core.backpack.hosts.MOST_HOSTS", 1)
        await begin(ada, other)
        answer = await ada.call("POST", HOSTS, json={"discoveryUrl": other.discovery})
        assert (answer.status_code, problem_code(answer)) == (409, "too-many-hosts")

    async def test_its_secrets_are_sealed(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        await connected(ada, other)
        ((row,),) = await world.rows("SELECT backpack_hosts::text || encode(sealed, 'escape') FROM backpack_hosts")
        for secret in ("access-0", "refresh-0", "a secret of theirs", "client-1"):
            assert secret not in row


class TestMoving:
    async def test_a_credential_is_pushed_as_it_is(self, ada: Keeper, other: Elsewhere, academy: Academy) -> None:
        host, document = await connected(ada, other), academy.credential()
        credential = await kept(ada, document)
        answers = [await push(ada, host, credential) for _ in range(2)]
        assert [answer.json() for answer in answers] == [{"outcome": "created"}, {"outcome": "replaced"}]
        assert [json.loads(text) for text in other.texts] == [document]
        token = academy.token(academy.unsigned())
        await ada.push(token)
        await push(ada, host, (await ada.items())[0]["id"])
        assert other.texts[1:] == [token]

    async def test_an_expired_token_is_refreshed_once(self, ada: Keeper, other: Elsewhere, academy: Academy) -> None:
        host, credential = await connected(ada, other), await kept(ada, academy.credential())
        for _ in range(2):
            other.faults[f"{API}/credentials"] = [401]
            assert (await push(ada, host, credential)).status_code == 200
        assert other.access_tokens == ["access-0", "access-1", "access-2"]
        other.refresh_tokens.append("another")
        other.faults[f"{API}/credentials"] = [401]
        ended = await push(ada, host, credential)
        assert (ended.status_code, problem_code(ended)) == (409, "host-refused")

    async def test_everything_is_pulled_page_by_page_and_verified(
        self, ada: Keeper, other: Elsewhere, academy: Academy
    ) -> None:
        host = await connected(ada, other)
        good = [academy.credential(valid_from=NOW) for _ in range(10)]
        token = academy.token(academy.unsigned())
        other.texts = [*map(json.dumps, good), token, json.dumps(good[0] | {"id": "urn:uuid:forged"})]
        found = (await pull(ada, host)).json()
        assert (found["created"], found["nextOffset"], found["interrupted"]) == (11, None, None)
        assert ["signature_invalid" in why for why in found["refused"]] == [True]
        again = (await pull(ada, host, offset=10, since="2026-01-01T00:00:00Z")).json()
        assert (again["replaced"], len(again["refused"]), again["nextOffset"]) == (1, 1, None)
        found = await ada.pull(limit=50)
        assert sorted(one["id"] for one in found["credential"]) == sorted(one["id"] for one in good)
        assert found["compactJwsString"] == [token]

    async def test_a_host_that_fails(self, ada: Keeper, other: Elsewhere, academy: Academy) -> None:
        host, credential = await connected(ada, other), await kept(ada, academy.credential())
        other.faults[f"{API}/credentials"] = [500, 500]
        for answer in (await push(ada, host, credential), await pull(ada, host)):
            assert (answer.status_code, problem_code(answer)) == (409, "host-refused")
        assert (await push(ada, host, credential)).status_code == 200

    async def test_what_the_host_says_of_the_person_is_read(self, ada: Keeper, other: Elsewhere) -> None:
        host = await connected(ada, other)
        nothing = await ada.call("GET", f"{HOSTS}/{host}/profile")
        assert (nothing.status_code, problem_code(nothing)) == (404, "not-found")
        other.profile = {"id": "https://1edtech.org/issuers/cert", "type": ["Profile"], "name": "Ada"}
        other.faults[f"{API}/profile"] = [401]
        found = await ada.call("GET", f"{HOSTS}/{host}/profile")
        assert (found.status_code, found.json()) == (200, other.profile), found.text
        assert found.headers["cache-control"] == "no-store"
        assert (await ada.call("GET", "/ims/ob/v3p0/profile")).status_code == 404

    @pytest.mark.parametrize(
        "profile", ["text", [], {"id": 5, "type": "Profile"}, {"id": "urn:x:1"}, {"id": "urn:x:1", "type": "Thing"}]
    )
    async def test_what_is_no_profile_is_not_handed_on(self, ada: Keeper, other: Elsewhere, profile: Any) -> None:
        host, other.profile = await connected(ada, other), profile
        answer = await ada.call("GET", f"{HOSTS}/{host}/profile")
        assert (answer.status_code, problem_code(answer)) == (409, "host-refused")

    async def test_a_connection_that_may_not_read_the_profile(self, ada: Keeper, other: Elsewhere) -> None:
        """As it was before we asked for it: the host says 403."""
        host = await connected(ada, other)
        other.faults[f"{API}/profile"] = [403]
        answer = await ada.call("GET", f"{HOSTS}/{host}/profile")
        assert (answer.status_code, problem_code(answer)) == (409, "host-refused")
        assert "403" in answer.json()["detail"]

    async def test_one_at_a_time(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        host = await connected(ada, other)
        await world.rows("UPDATE backpack_hosts SET busy_until = now() + interval '1 minute' RETURNING 1")
        busy = await pull(ada, host)
        assert (busy.status_code, problem_code(busy)) == (409, "host-busy")
        await world.rows("UPDATE backpack_hosts SET busy_until = now() - interval '1 second' RETURNING 1")
        assert (await pull(ada, host)).status_code == 200

    async def test_not_before_it_is_confirmed_and_not_what_is_not_there(self, ada: Keeper, other: Elsewhere) -> None:
        begun = await begin(ada, other)
        early = await pull(ada, begun["id"])
        assert (early.status_code, problem_code(early)) == (409, "host-not-connected")
        host = await connected(ada, other)
        for credential in (new_id(), "x"):
            assert (await push(ada, host, credential)).status_code == 404


class TestWhose:
    async def test_nobody_elses_connection_is_seen_or_used(
        self, ada: Keeper, other: Elsewhere, academy: Academy, world: World
    ) -> None:
        host, credential = await connected(ada, other), await kept(ada, academy.credential())
        waiting = await begin(ada, other)
        code = other.allow(waiting["authorizationUrl"])["code"]
        for stranger in (Keeper(world), Keeper(world, org=OTHER_ORG)):
            own = await kept(stranger, academy.credential())
            assert (await stranger.call("GET", HOSTS)).json()["items"] == []
            for path, body in (
                (f"{waiting['id']}/confirm", {"code": code}),
                (f"{host}/push", {"credential": own}),
                (f"{host}/pull", {}),
                ("x/pull", {}),
            ):
                assert (await stranger.call("POST", f"{HOSTS}/{path}", json=body)).status_code == 404
            assert (await stranger.call("GET", f"{HOSTS}/{host}/profile")).status_code == 404
            assert (await stranger.call("DELETE", f"{HOSTS}/{host}")).status_code == 404
            assert (await push(stranger, host, credential)).status_code == 404
        assert (await push(ada, host, credential)).status_code == 200

    async def test_the_end_of_one_and_of_the_backpack(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        first, _ = await connected(ada, other), await begin(ada, other)
        assert (await ada.call("DELETE", f"{HOSTS}/{first}")).status_code == 204
        assert (await ada.call("DELETE", f"{HOSTS}/{first}")).status_code == 404
        assert await world.count("backpack_hosts") == 1
        await ada.call("DELETE", "/learners/me/backpack")
        assert await world.count("backpack_hosts") == 0

    async def test_only_programs_that_may_connect(self, ada: Keeper, world: World) -> None:
        routes = [
            ("GET", ""),
            ("POST", ""),
            ("DELETE", "/x"),
            ("GET", "/x/profile"),
            *(("POST", f"/x/{do}") for do in ("push", "pull", "confirm")),
        ]
        for method, path in routes:
            lacking = await ada.call(method, HOSTS + path, *SCOPES, "backpack:manage")
            clients_own = await world.client.request(
                method, HOSTS + path, headers=world.mint.headers(OTHER_ORG, "backpack:connect")
            )
            assert (lacking.status_code, problem_code(lacking)) == (403, "insufficient-scope")
            assert (clients_own.status_code, problem_code(clients_own)) == (403, "not-a-person")
