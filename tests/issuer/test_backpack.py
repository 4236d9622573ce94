"""What a backpack takes in, what it refuses, and that its keeper can empty it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credential_core.keys import SigningKey
from service_kit.ids import new_id
from tests.issuer.abroad import NOW, Academy
from tests.issuer.keepers import OB, SCOPES, Keeper, why
from tests.issuer.world import OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
BACKPACK = "/learners/me/backpack"
HOUR = timedelta(hours=1)


@pytest.fixture
def ada(world: World) -> Keeper:
    return Keeper(world)


class TestArrival:
    async def refused(self, ada: Keeper, credential: Any) -> str:
        answer = await ada.push(credential)
        assert (answer.status_code, why(answer)[0]) == (400, "invalid_data"), answer.text
        assert await ada.items() == []
        return why(answer)[1]

    async def test_the_proof_must_hold(self, ada: Keeper, academy: Academy) -> None:
        good = academy.credential()
        assert "signature_invalid" in await self.refused(ada, good | {"name": "Surgery"})
        assert "proof_missing" in await self.refused(ada, academy.unsigned())
        token = academy.token(academy.unsigned())
        head, payload, signature = token.split(".")
        changed = ("A" if signature[0] != "A" else "B") + signature[1:]
        assert "signature_invalid" in await self.refused(ada, f"{head}.{payload}.{changed}")

    async def test_the_key_must_be_the_issuers(self, ada: Keeper, academy: Academy) -> None:
        academy.key = SigningKey.from_seed(bytes(32))
        assert "proof: " in await self.refused(ada, academy.credential())

    async def test_an_issuer_that_cannot_be_found(self, ada: Keeper, academy: Academy) -> None:
        good = academy.credential()
        del academy.site.documents["/academy/did.json"]
        assert "controller_" in await self.refused(ada, good)

    async def test_a_status_that_cannot_be_found(self, ada: Keeper, academy: Academy) -> None:
        del academy.site.documents["/lists/1"]
        assert "status_list_unavailable" in await self.refused(ada, academy.credential())

    async def test_what_was_revoked(self, ada: Keeper, academy: Academy) -> None:
        academy.publish(7)
        assert "status_revoked" in await self.refused(ada, academy.credential())
        assert (await ada.push(academy.credential(index=8))).status_code == 201

    async def test_what_is_not_valid_yet(self, ada: Keeper, academy: Academy) -> None:
        assert "not_yet_valid" in await self.refused(ada, academy.credential(valid_from=NOW + HOUR))

    async def test_what_has_expired_is_kept(self, ada: Keeper, academy: Academy) -> None:
        expired = academy.credential(valid_from=NOW - 2 * HOUR, valid_until=NOW - HOUR)
        assert (await ada.push(expired)).status_code == 201

    async def test_what_breaks_the_data_model_is_told_where(self, ada: Keeper, academy: Academy) -> None:
        broken = academy.unsigned()
        del broken["credentialSubject"]["achievement"]["criteria"]
        assert "credentialSubject.achievement.criteria" in await self.refused(ada, academy.signed(broken))

    async def test_a_schema_that_it_names_must_hold(self, ada: Keeper, academy: Academy) -> None:
        schema = {"id": f"{academy.site.origin}/schema.json", "type": "1EdTechJsonSchemaValidator2019"}
        extended = academy.unsigned() | {"credentialSchema": [schema]}
        extended["@context"] = [*extended["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
        document = academy.signed(extended)
        academy.site.documents["/schema.json"] = {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "required": ["nothing"],
        }
        assert "credential_schema" in await self.refused(ada, document)
        academy.site.documents["/schema.json"] = {"$schema": "https://json-schema.org/draft/2019-09/schema"}
        assert (await ada.push(document)).status_code == 201

    async def test_the_web_is_asked_only_for_what_was_sent(self, ada: Keeper, academy: Academy) -> None:
        await ada.push(academy.credential())
        assert academy.site.asked == {"/academy/did.json": 1, "/lists/1": 1}

    @pytest.mark.parametrize("method", ["key", "web"])
    async def test_our_own_need_no_web(self, ada: Keeper, world: World, method: str) -> None:
        await world.issuer(method=method)
        own = (await world.issue(await world.achievement()))["credential"]
        assert (await ada.push(own)).status_code == 201

    async def test_our_own_revoked_a_moment_ago(self, ada: Keeper, world: World) -> None:
        own = (await world.issue(await world.ready()))["credential"]
        uid = own["id"].rsplit("/", 1)[-1]
        await world.send("POST", f"/credentials/{uid}/revoke", {"reason": "a test"})
        assert "status_revoked" in await self.refused(ada, own)

    async def test_a_full_backpack_takes_nothing_more(
        self, ada: Keeper, academy: Academy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("issuer.core.backpack.backpack.MOST_CREDENTIALS", 1)
        first = academy.credential()
        await ada.push(first)
        answer = await ada.push(academy.credential())
        assert (answer.status_code, why(answer)[0]) == (403, "forbidden")
        assert (await ada.push(first)).status_code == 200
        assert (await ada.pull())["credential"] == [first]

    async def test_nothing_of_it_is_told_to_anybody(self, ada: Keeper, academy: Academy, world: World) -> None:
        await ada.push(academy.credential())
        assert await world.count("outbox") == 0


class TestKeeping:
    async def test_what_is_there_newest_first(self, ada: Keeper, academy: Academy) -> None:
        document, other = academy.credential(), academy.unsigned()
        await ada.push(document)
        await ada.push(academy.token(other))
        listed = await ada.items()
        assert [(one["credentialId"], one["notation"]) for one in listed] == [
            (other["id"], "compact_jws"),
            (document["id"], "document"),
        ]
        assert {one["issuerId"] for one in listed} == {academy.did}

    async def test_it_is_paged(self, ada: Keeper, academy: Academy) -> None:
        for _ in range(3):
            await ada.push(academy.credential())
        first = (await ada.call("GET", f"{BACKPACK}?limit=2")).json()
        second = (await ada.call("GET", f"{BACKPACK}?limit=2&cursor={first['next']}")).json()
        assert [len(page["items"]) for page in (first, second)] == [2, 1]
        assert [*first["items"], *second["items"]] == await ada.items()
        wrong = await ada.call("GET", f"{BACKPACK}?cursor=WyJ4IiwieSJd")
        assert (wrong.status_code, problem_code(wrong)) == (422, "invalid-request")

    async def test_one_is_deleted_for_good(self, ada: Keeper, academy: Academy) -> None:
        document = academy.credential()
        await ada.push(document)
        (kept,) = await ada.items()
        assert (await ada.call("DELETE", f"{BACKPACK}/{kept['id']}")).status_code == 204
        assert (await ada.call("DELETE", f"{BACKPACK}/{kept['id']}")).status_code == 404
        assert await ada.pull() == {"credential": [], "compactJwsString": []}
        assert (await ada.push(document)).status_code == 201

    async def test_everything_is_deleted_with_the_profile(self, ada: Keeper, academy: Academy, world: World) -> None:
        await ada.push(academy.credential())
        profile = {"id": "urn:a:b", "type": ["Profile"]}
        await ada.call("PUT", f"{OB}/profile", json=profile)
        for _ in range(2):
            assert (await ada.call("DELETE", BACKPACK)).status_code == 204
        assert [await world.count(table) for table in ("backpacks", "backpack_credentials")] == [0, 0]

    async def test_nobody_else_sees_or_deletes_it(self, ada: Keeper, academy: Academy, world: World) -> None:
        await ada.push(academy.credential())
        (kept,) = await ada.items()
        for stranger in (Keeper(world), Keeper(world, org=OTHER_ORG)):
            assert await stranger.items() == []
            for kept_id in (kept["id"], new_id(), "x"):
                answer = await stranger.call("DELETE", f"{BACKPACK}/{kept_id}")
                assert (answer.status_code, problem_code(answer)) == (404, "not-found")
            assert (await stranger.call("DELETE", BACKPACK)).status_code == 204
        assert await ada.items() == [kept]

    async def test_only_programs_that_may_manage_it(self, ada: Keeper, world: World) -> None:
        for method, path in (("GET", BACKPACK), ("DELETE", BACKPACK), ("DELETE", f"{BACKPACK}/{new_id()}")):
            lacking = await ada.call(method, path, *SCOPES)
            clients_own = await world.client.request(
                method, path, headers=world.mint.headers(OTHER_ORG, "backpack:manage")
            )
            assert (lacking.status_code, problem_code(lacking)) == (403, "insufficient-scope")
            assert (clients_own.status_code, problem_code(clients_own)) == (403, "not-a-person")
