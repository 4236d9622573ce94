"""The Open Badges 3.0 API as a host: upsert, paging, profile, discovery, and `imsx_StatusInfo` for every no."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from openapi_spec_validator import validate
from sqlalchemy.exc import InterfaceError

from credential_core.bake import bake
from service_kit.ids import new_id
from service_kit.testing import BASE_URL
from tests.issuer.abroad import NOW, Academy
from tests.issuer.keepers import OB, SCOPE, SCOPES, Keeper, why
from tests.issuer.world import ORG, OTHER_ORG, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
HOUR = timedelta(hours=1)
PROFILE: Json = {
    "@context": ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "id": "https://ada.example/",
    "type": ["Profile"],
    "name": "Ada",
}


@pytest.fixture
def ada(world: World) -> Keeper:
    return Keeper(world)


class TestUpsert:
    async def test_a_document_comes_back_as_it_came(self, ada: Keeper, academy: Academy) -> None:
        text = json.dumps(academy.credential(), indent=3)
        first, again = await ada.push(text), await ada.push(text)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.text == again.text == text
        assert first.headers["content-type"].startswith("application/vc+ld+json")
        assert await ada.pull() == {"credential": [json.loads(text)], "compactJwsString": []}

    async def test_a_compact_jws_comes_back_as_it_came(self, ada: Keeper, academy: Academy) -> None:
        token = academy.token(academy.unsigned())
        answer = await ada.push(f"{token}\n")
        assert (answer.status_code, answer.text) == (201, token)
        assert answer.headers["content-type"].startswith("text/plain")
        assert await ada.pull() == {"credential": [], "compactJwsString": [token]}

    async def test_plain_json_is_a_document_too(self, ada: Keeper, academy: Academy) -> None:
        answer = await ada.push(academy.credential(), media_type="application/json; charset=utf-8")
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")

    async def test_a_baked_image_is_kept_as_what_is_in_it(self, ada: Keeper, academy: Academy) -> None:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'
        document, token = academy.credential(), academy.token(academy.unsigned())
        for text, media_type in ((json.dumps(document), "application/json"), (token, "text/plain")):
            image = {"content": bake(svg, text), "headers": {"Content-Type": "image/svg+xml"}}
            answer = await ada.call("POST", f"{OB}/credentials", **image)
            assert (answer.status_code, answer.text) == (201, text)
            assert answer.headers["content-type"].startswith(media_type)
        assert await ada.pull() == {"credential": [document], "compactJwsString": [token]}
        for odd, kind in ((svg, "image/svg+xml"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"", "image/png")):
            answer = await ada.call("POST", f"{OB}/credentials", content=odd, headers={"Content-Type": kind})
            assert (answer.status_code, why(answer)[0]) == (400, "invalid_data")

    async def test_the_newer_of_two_that_are_the_same_stays(self, ada: Keeper, academy: Academy) -> None:
        name = f"https://academy.example/c/{new_id()}"
        old = academy.credential(credential_id=name, valid_from=NOW - HOUR)
        new = academy.credential(credential_id=name, valid_from=NOW)
        statuses = [(await ada.push(one)).status_code for one in (old, new, old)]
        assert statuses == [201, 200, 304]
        assert (await ada.pull())["credential"] == [new]

    async def test_ids_are_the_same_when_decoded_and_trimmed(self, ada: Keeper, academy: Academy) -> None:
        plain, encoded = (academy.credential(credential_id=f"https://a.example/c/{end}") for end in ("~1", "%7E1"))
        assert [(await ada.push(one)).status_code for one in (plain, encoded)] == [201, 200]

    async def test_the_other_notation_takes_its_place(self, ada: Keeper, academy: Academy) -> None:
        document = academy.unsigned()
        await ada.push(academy.signed(document))
        token = academy.token(document)
        assert (await ada.push(token)).status_code == 200
        assert await ada.pull() == {"credential": [], "compactJwsString": [token]}

    async def test_the_same_id_of_another_issuer_is_another(self, ada: Keeper, academy: Academy, world: World) -> None:
        document = (await world.issue(await world.ready()))["credential"]
        theirs = academy.credential(credential_id=document["id"])
        assert [(await ada.push(one)).status_code for one in (document, theirs)] == [201, 201]

    async def test_many_at_once_are_one(self, ada: Keeper, academy: Academy) -> None:
        document = academy.credential()
        answers = await asyncio.gather(*(ada.push(document) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
        assert len((await ada.pull())["credential"]) == 1


class TestRefused:
    async def test_what_is_no_credential(self, ada: Keeper, academy: Academy) -> None:
        good = academy.unsigned()
        plain = {**good, "type": ["VerifiableCredential"]}
        tries = [
            ("{", "application/json"),
            ("[]", "application/json"),
            ("", "application/json"),
            ("", "text/plain"),
            ("a.b.c", "text/plain"),
            (json.dumps(academy.credential()), "text/plain"),
            (academy.token(good), "application/json"),
            (json.dumps(academy.signed(plain)), "application/json"),
            (json.dumps(academy.credential()), "application/xml"),
            ('{"a":1,"a":2}', "application/json"),
        ]
        for text, media_type in tries:
            answer = await ada.push(text, media_type=media_type)
            assert (answer.status_code, why(answer)[0]) == (400, "invalid_data"), text[:60]
        assert await ada.items() == []

    async def test_bytes_that_are_no_text(self, ada: Keeper) -> None:
        answer = await ada.call(
            "POST", f"{OB}/credentials", content=b"\xff{}", headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, why(answer)[0]) == (400, "invalid_data")

    async def test_what_is_too_large(self, ada: Keeper) -> None:
        for path, size in (("credentials", 256), ("profile", 64)):
            method = "POST" if path == "credentials" else "PUT"
            body = b'{"a":"' + b"x" * size * 1024 + b'"}'
            answer = await ada.call(method, f"{OB}/{path}", content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, why(answer)[0]) == (413, "invalid_data")

    async def test_addresses_and_methods_that_are_none(self, ada: Keeper) -> None:
        missing = await ada.call("GET", f"{OB}/nothing")
        wrong = await ada.call("DELETE", f"{OB}/credentials")
        assert (missing.status_code, why(missing)[0]) == (404, "unknown")
        assert (wrong.status_code, why(wrong)[0]) == (405, "not_allowed")
        assert wrong.headers["allow"] == "HEAD, GET, POST, OPTIONS"

    @pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "since=yesterday", "since=2026-01-01"])
    async def test_queries_that_make_no_sense(self, ada: Keeper, query: str) -> None:
        answer = await ada.call("GET", f"{OB}/credentials?{query}")
        assert (answer.status_code, why(answer)[0]) == (400, "invalid_query_parameter")
        assert query.partition("=")[0] in why(answer)[1]

    async def test_a_database_that_is_away_is_a_status_info_too(
        self, ada: Keeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(*_: object, **__: object) -> None:
            raise InterfaceError("SELECT 1", None, Exception("the connection is closed"))

        monkeypatch.setattr("issuer.adapters.backpack.backpack.BackpackRows.profile", away)
        answer = await ada.call("GET", f"{OB}/profile")
        assert (answer.status_code, why(answer)[0]) == (503, "server_busy")
        assert answer.headers["retry-after"]


class TestPaging:
    @pytest_asyncio.fixture
    async def five(self, ada: Keeper, academy: Academy) -> list[Json]:
        """One for each of the last five hours, the oldest first, and kept in this order."""
        made = [academy.credential(valid_from=NOW - hours * HOUR) for hours in (4, 3, 2, 1, 0)]
        for one in made:
            assert (await ada.push(one)).status_code == 201
        return made

    @pytest.mark.parametrize(
        ("limit", "offset", "relations"),
        [
            (2, 0, {"next": 2, "first": 0, "last": 4}),
            (2, 2, {"next": 4, "first": 0, "last": 4, "prev": 0}),
            (2, 4, {"first": 0, "last": 4, "prev": 2}),
            (2, 1, {"next": 3, "first": 0, "last": 3, "prev": 0}),
            (50, 0, {"first": 0, "last": 0}),
            (2, 9, {"first": 0, "last": 3, "prev": 7}),
        ],
    )
    async def test_links_and_total(
        self, ada: Keeper, five: list[Json], limit: int, offset: int, relations: dict[str, int]
    ) -> None:
        answer = await ada.call("GET", f"{OB}/credentials", params={"limit": limit, "offset": offset})
        assert answer.headers["x-total-count"] == "5"
        assert answer.json()["credential"] == five[offset : offset + limit]
        assert places(answer.headers["link"], limit) == relations

    async def test_following_next_reads_everything_once(self, ada: Keeper, five: list[Json]) -> None:
        found: list[Json] = []
        path: str | None = f"{OB}/credentials?limit=2"
        while path:
            answer = await ada.call("GET", path)
            found += answer.json()["credential"]
            linked = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
            path = linked[1] if linked else None
        assert found == five

    async def test_since_is_about_when_they_were_issued(self, ada: Keeper, five: list[Json]) -> None:
        since = (NOW - 2 * HOUR).isoformat().replace("+00:00", "Z")
        answer = await ada.call("GET", f"{OB}/credentials", params={"since": since, "limit": 1})
        assert answer.headers["x-total-count"] == "2"
        assert answer.json()["credential"] == [five[3]]
        following = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
        assert following
        assert (await ada.call("GET", following[1])).json()["credential"] == [five[4]]

    async def test_a_page_has_fifty_at_most_and_says_so(self, ada: Keeper) -> None:
        answer = await ada.call("GET", f"{OB}/credentials?limit=1000&something=else")
        assert places(answer.headers["link"], 50) == {"first": 0, "last": 0}


def places(header: str, limit: int) -> dict[str, int]:
    """Relation to offset."""
    pattern = rf"<{re.escape(BASE_URL + OB)}/credentials\?limit={limit}&offset=(\d+)>; rel=\"(\w+)\""
    return {rel: int(offset) for offset, rel in re.findall(pattern, header)}


class TestProfile:
    async def test_there_is_none_until_one_is_put(self, ada: Keeper) -> None:
        before = await ada.call("GET", f"{OB}/profile")
        assert (before.status_code, why(before)[0]) == (404, "unknown")
        put = await ada.call("PUT", f"{OB}/profile", json=PROFILE)
        after = await ada.call("GET", f"{OB}/profile")
        assert (put.status_code, put.json(), after.json()) == (200, PROFILE, PROFILE)

    async def test_it_is_set_as_a_whole(self, ada: Keeper) -> None:
        shorter = {name: value for name, value in PROFILE.items() if name != "name"}
        for profile in (PROFILE, shorter):
            await ada.call("PUT", f"{OB}/profile", json=profile)
        assert (await ada.call("GET", f"{OB}/profile")).json() == shorter

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ([], "object"),
            ({"type": ["Profile"]}, "id"),
            (PROFILE | {"type": ["Person"]}, "type"),
            (PROFILE | {"email": 7}, "email"),
            (PROFILE | {"endorsement": {}}, "endorsement"),
        ],
    )
    async def test_what_is_no_profile(self, ada: Keeper, wrong: Any, named: str) -> None:
        answer = await ada.call("PUT", f"{OB}/profile", json=wrong)
        assert (answer.status_code, why(answer)[0]) == (400, "invalid_data")
        assert named in why(answer)[1]


class TestWho:
    ROUTES = (
        ("GET", f"{OB}/credentials", "credential.readonly"),
        ("POST", f"{OB}/credentials", "credential.upsert"),
        ("GET", f"{OB}/profile", "profile.readonly"),
        ("PUT", f"{OB}/profile", "profile.update"),
    )

    @pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
    async def test_exactly_its_scope_and_a_persons_token(
        self, world: World, ada: Keeper, method: str, path: str, scope: str
    ) -> None:
        nobody = await world.client.request(method, path)
        assert (nobody.status_code, why(nobody)[0]) == (401, "unauthorizedrequest")
        assert nobody.headers["www-authenticate"].startswith("Bearer")
        others = [one for one in SCOPES if one != SCOPE + scope]
        lacking = await ada.call(method, path, *others)
        assert (lacking.status_code, why(lacking)[0]) == (403, "forbidden")
        assert f'scope="{SCOPE}{scope}"' in lacking.headers["www-authenticate"]
        clients_own = await world.client.request(method, path, headers=world.mint.headers(ORG, *SCOPES))
        assert (clients_own.status_code, why(clients_own)[0]) == (403, "forbidden")
        assert (await ada.call(method, path, SCOPE + scope)).status_code in {200, 400, 404}

    async def test_nobody_elses_backpack_is_seen_or_changed(self, world: World, academy: Academy, ada: Keeper) -> None:
        document = academy.credential()
        await ada.push(document)
        await ada.call("PUT", f"{OB}/profile", json=PROFILE)
        for stranger in (Keeper(world), Keeper(world, org=OTHER_ORG)):
            assert await stranger.pull() == {"credential": [], "compactJwsString": []}
            assert (await stranger.call("GET", f"{OB}/profile")).status_code == 404
            assert (await stranger.push(document)).status_code == 201
            await stranger.call("PUT", f"{OB}/profile", json=PROFILE | {"name": "Somebody"})
            await stranger.call("DELETE", "/learners/me/backpack")
        assert (await ada.pull())["credential"] == [document]
        assert (await ada.call("GET", f"{OB}/profile")).json() == PROFILE

    async def test_it_is_the_same_backpack_whatever_organization_the_person_acts_in(
        self, world: World, academy: Academy, ada: Keeper
    ) -> None:
        document = academy.credential()
        await ada.push(document)
        assert (await Keeper(world, ada.person, OTHER_ORG).pull())["credential"] == [document]


class TestDiscovery:
    async def test_the_service_description(self, world: World) -> None:
        answer = await world.client.get(f"{OB}/discovery")
        body = answer.json()
        validate(body)
        scheme = body["components"]["securitySchemes"]["OAuth2ACG"]
        flow = scheme["flows"]["authorizationCode"]
        assert set(flow["scopes"]) == set(SCOPES)
        assert (flow["authorizationUrl"], flow["tokenUrl"]) == (
            f"{BASE_URL}/oauth/authorize",
            f"{BASE_URL}/oauth/token",
        )
        assert scheme["x-imssf-registrationUrl"] == f"{BASE_URL}/oauth/register"
        assert {"title", "version", "termsOfService", "x-imssf-privacyPolicyUrl"} <= body["info"].keys()
        assert answer.headers["cache-control"] == "public, max-age=3600"

    async def test_its_logo_is_an_image(self, world: World) -> None:
        image = (await world.client.get(f"{OB}/discovery")).json()["info"]["x-imssf-image"]
        answer = await world.client.get(image.removeprefix(BASE_URL))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")

    async def test_it_is_not_sent_twice(self, world: World) -> None:
        first = await world.client.get(f"{OB}/discovery")
        again = await world.client.get(f"{OB}/discovery", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
