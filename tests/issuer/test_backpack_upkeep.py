"""What backpacks and connections need over time: verified again, pulled in bounds, changed by tag, given up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from service_kit.ids import new_id
from tests.issuer.abroad import NOW, Academy
from tests.issuer.elsewhere import API, Elsewhere, elsewhere
from tests.issuer.keepers import Keeper
from tests.issuer.test_backpack_hosts import HOSTS, begin, connected, pull
from tests.issuer.world import World, problem_code
from tools.certificates import Certificate

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

KEPT = "/learners/me/backpack"
ENDED = ["refresh_token refresh-0", "access_token access-0"]


@pytest_asyncio.fixture
async def other(certificate: Certificate) -> AsyncIterator[Elsewhere]:
    async with elsewhere(certificate) as host:
        yield host


@pytest.fixture
def ada(world: World) -> Keeper:
    return Keeper(world)


class TestVerifiedAgain:
    async def verified(self, ada: Keeper) -> dict[str, Any]:
        (item,) = await ada.items()
        answer = await ada.call("POST", f"{KEPT}/{item['id']}/verify")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
        found: dict[str, Any] = answer.json()
        assert await ada.items() == [found]
        return found

    async def test_what_came_was_verified_then(self, ada: Keeper, academy: Academy) -> None:
        await ada.push(academy.credential())
        (item,) = await ada.items()
        assert (item["doubt"], item["verifiedAt"]) == (None, item["keptAt"])

    async def test_what_was_revoked_since_is_said_and_stays(self, ada: Keeper, academy: Academy) -> None:
        document = academy.credential()
        await ada.push(document)
        before = await self.verified(ada)
        academy.publish(7)
        found = await self.verified(ada)
        assert (before["doubt"], found["doubt"]) == (None, {"code": "revoked", "detail": "status: status_revoked"})
        assert found["verifiedAt"] > before["verifiedAt"] > found["keptAt"]
        assert (await ada.pull())["credential"] == [document]
        academy.publish()
        assert (await self.verified(ada))["doubt"] is None

    async def test_what_cannot_be_found_out_is_not_called_false(self, ada: Keeper, academy: Academy) -> None:
        await ada.push(academy.credential())
        del academy.site.documents["/lists/1"]
        found = await self.verified(ada)
        assert (found["doubt"]["code"], found["doubt"]["detail"].partition(":")[0]) == ("not-confirmed", "status")

    async def test_one_that_came_again_was_verified_then(self, ada: Keeper, academy: Academy, world: World) -> None:
        document = academy.credential()
        await ada.push(document)
        academy.publish(7)
        assert (await self.verified(ada))["doubt"]["code"] == "revoked"
        academy.publish()
        assert (await ada.push(document)).status_code == 200
        (item,) = await ada.items()
        assert (item["doubt"], item["verifiedAt"]) == (None, item["changedAt"])

    async def test_nobody_verifies_what_another_keeps(self, ada: Keeper, academy: Academy, world: World) -> None:
        await ada.push(academy.credential())
        (item,) = await ada.items()
        for keeper, name in ((Keeper(world), item["id"]), (ada, new_id()), (ada, "x")):
            assert (await keeper.call("POST", f"{KEPT}/{name}/verify")).status_code == 404
        assert await ada.items() == [item]


class TestPulledInBounds:
    @pytest.fixture
    def many(self, other: Elsewhere, academy: Academy) -> None:
        other.texts = [json.dumps(academy.credential(valid_from=NOW)) for _ in range(25)]

    @pytest.mark.usefixtures("many")
    async def test_no_more_than_so_many_and_then_on(
        self, ada: Keeper, other: Elsewhere, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("issuer.core.backpack.pull.MOST", 20)
        host = await connected(ada, other)
        first = (await pull(ada, host)).json()
        rest = (await pull(ada, host, offset=first["nextOffset"])).json()
        assert [(one["created"], one["nextOffset"]) for one in (first, rest)] == [(20, 20), (5, None)]

    @pytest.mark.usefixtures("many")
    async def test_no_page_is_begun_when_time_is_up(
        self, ada: Keeper, other: Elsewhere, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("issuer.core.backpack.pull.BEGINS_WITHIN", timedelta(0))
        found = (await pull(ada, await connected(ada, other))).json()
        assert (found["created"], found["nextOffset"]) == (10, 10)

    @pytest.mark.usefixtures("many")
    async def test_of_a_host_that_sends_all_at_once_nothing_is_lost(self, ada: Keeper, other: Elsewhere) -> None:
        other.sends_all = True
        found = (await pull(ada, await connected(ada, other))).json()
        assert (found["created"], found["nextOffset"], found["interrupted"]) == (25, None, None)

    @pytest.mark.usefixtures("many")
    @pytest.mark.parametrize("bound", [("MOST", 10), ("BEGINS_WITHIN", timedelta(0))])
    async def test_it_is_bounded_as_any_other(
        self, ada: Keeper, other: Elsewhere, monkeypatch: pytest.MonkeyPatch, bound: tuple[str, object]
    ) -> None:
        other.sends_all, host = True, await connected(ada, other)
        with monkeypatch.context() as bounded:
            bounded.setattr(f"issuer.core.backpack.pull.{bound[0]}", bound[1])
            found = (await pull(ada, host)).json()
        assert (found["created"], found["nextOffset"]) == (10, 10)
        rest = (await pull(ada, host, offset=10)).json()
        assert (rest["created"], rest["nextOffset"]) == (15, None)

    @pytest.mark.usefixtures("many")
    async def test_what_had_come_before_a_fault_is_told(self, ada: Keeper, other: Elsewhere) -> None:
        host = await connected(ada, other)
        other.faults_of_pages = {10: 500}
        found = (await pull(ada, host)).json()
        assert (found["created"], found["nextOffset"]) == (10, 10)
        assert "answered 500" in found["interrupted"]
        other.faults_of_pages = {}
        rest = (await pull(ada, host, offset=10)).json()
        assert (rest["created"], rest["nextOffset"], rest["interrupted"]) == (15, None, None)


class TestGivenUp:
    async def test_tokens_are_revoked_over_there(self, ada: Keeper, other: Elsewhere) -> None:
        host = await connected(ada, other)
        assert (await ada.call("DELETE", f"{HOSTS}/{host}")).status_code == 204
        assert other.revoked == ENDED

    async def test_with_the_whole_backpack_too(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        await connected(ada, other)
        await begin(ada, other)
        assert [(await ada.call("DELETE", KEPT)).status_code for _ in range(2)] == [204, 204]
        assert (other.revoked, await world.count("backpack_hosts")) == (ENDED, 0)

    async def test_one_that_was_never_allowed_has_nothing_to_revoke(self, ada: Keeper, other: Elsewhere) -> None:
        begun = await begin(ada, other)
        assert (await ada.call("DELETE", f"{HOSTS}/{begun['id']}")).status_code == 204
        assert other.revoked == []

    @pytest.mark.parametrize("server", ["away", "undescribed", "another", "unwilling"])
    async def test_a_host_that_does_not_do_its_part_keeps_nobody(
        self, ada: Keeper, other: Elsewhere, world: World, server: str
    ) -> None:
        host = await connected(ada, other)
        other.server_is = server
        other.faults["/revoke"] = [503, 503] if server == "unwilling" else []
        assert (await ada.call("DELETE", f"{HOSTS}/{host}")).status_code == 204
        assert (other.revoked, await world.count("backpack_hosts")) == ([], 0)

    async def test_tokens_that_come_after_the_end_are_given_up(
        self, ada: Keeper, other: Elsewhere, world: World
    ) -> None:
        host = await connected(ada, other)
        other.faults[f"{API}/credentials"] = [401]
        other.before_token = lambda: world.rows("DELETE FROM backpack_hosts RETURNING 1")
        assert (await pull(ada, host)).status_code == 404
        assert other.revoked == ["refresh_token refresh-1", "access_token access-1"]


class TestConditions:
    async def test_a_connection_is_read_with_a_tag_and_ended_by_it(self, ada: Keeper, other: Elsewhere) -> None:
        begun = await begin(ada, other)
        where = f"{HOSTS}/{begun['id']}"
        seen = await ada.call("GET", where)
        assert seen.json() == {**begun, "authorizationUrl": None}
        same = await ada.call("GET", where, headers={"If-None-Match": seen.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")

        code = other.allow(begun["authorizationUrl"])["code"]
        stale = await ada.call("POST", f"{where}/confirm", json={"code": code}, headers={"If-Match": '"another"'})
        assert (stale.status_code, stale.headers["etag"]) == (412, seen.headers["etag"])
        held = {"If-Match": seen.headers["etag"]}
        confirmed = await ada.call("POST", f"{where}/confirm", json={"code": code}, headers=held)
        assert (confirmed.status_code, confirmed.json()["connected"]) == (200, True)

        refused = await ada.call("DELETE", where, headers=held)
        assert (refused.status_code, problem_code(refused)) == (412, "precondition-failed")
        present = confirmed.headers["etag"]
        assert refused.headers["etag"] == present == (await ada.call("GET", where)).headers["etag"]
        assert other.revoked == []
        assert (await ada.call("DELETE", where, headers={"If-Match": f"W/{present}"})).status_code == 412
        answers = await asyncio.gather(*(ada.call("DELETE", where, headers={"If-Match": present}) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [204, 404, 404]

    async def test_nobody_reads_another_persons(self, ada: Keeper, other: Elsewhere, world: World) -> None:
        begun = await begin(ada, other)
        for keeper, name in ((Keeper(world), begun["id"]), (ada, new_id()), (ada, "x")):
            assert (await keeper.call("GET", f"{HOSTS}/{name}")).status_code == 404
