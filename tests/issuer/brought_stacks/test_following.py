"""A stack follows what was brought into it."""

from __future__ import annotations

import pytest
import pytest_asyncio

from credential_core.keys import SigningKey
from issuer.adapters.backpack.wanted_looks import WantedLookUnitOfWork
from tests.issuer.abroad import Academy
from tests.issuer.asleep import overtaken
from tests.issuer.bringing import ANA, Bringing
from tests.issuer.keepers import Keeper
from tests.issuer.world import Clock, Json, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


class TestFollowing:
    @pytest_asyncio.fixture
    async def stacked(self, bringing: Bringing, ana: Keeper, complete: Json) -> Json:
        """The consent by which a stack was awarded."""
        consent = await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        return consent

    async def test_it_is_looked_at_every_day_and_a_revocation_revokes_the_stack(
        self, bringing: Bringing, academy: Academy, stacked: Json, complete: Json, world: World, clock: Clock
    ) -> None:
        planned = "SELECT extract(epoch FROM look_at - now()) / 3600 FROM backpack_credentials"
        [(hours,)] = await world.rows(planned)
        assert 23 < hours <= 24
        academy.publish(7)
        assert await bringing.statuses() == ["awarded"]  # nobody told
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["revoked"]
        reason = (await bringing.series.stack())["history"][-1]["reason"]
        assert reason == f"{complete['id']} was revoked"

    async def test_who_sleeps_past_the_lease_does_not_let_it_stand_again(
        self, bringing: Bringing, academy: Academy, stacked: Json, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")

        async def meanwhile() -> None:
            academy.publish(7)
            await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")  # the lease is over
            assert await bringing.statuses() == ["revoked"]

        await overtaken(monkeypatch, (WantedLookUnitOfWork, "settle"), bringing.look_again, meanwhile)
        [(doubt,)] = await world.rows("SELECT doubt FROM backpack_credentials")
        assert doubt["code"] == "revoked"
        assert await bringing.statuses() == ["revoked"]

    async def test_a_look_for_any_other_reason_is_heard_of(
        self, bringing: Bringing, academy: Academy, stacked: Json, ana: Keeper
    ) -> None:
        academy.publish(7)
        [item] = await ana.items()
        answer = await ana.call("POST", f"/learners/me/backpack/{item['id']}/verify")
        assert answer.status_code == 200, answer.text
        assert await bringing.statuses() == ["revoked"]

    async def test_a_signature_that_holds_no_more_suspends_until_it_does(
        self, bringing: Bringing, academy: Academy, stacked: Json, world: World
    ) -> None:
        kept = academy.site.documents["/academy/did.json"]
        stranger = Academy(academy.site, SigningKey.from_seed(bytes(range(8, 40))))
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["suspended"]
        assert "does not hold any more" in (await bringing.series.stack())["history"][-1]["reason"]
        assert stranger.did == academy.did
        academy.site.documents["/academy/did.json"] = kept
        academy.publish()
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["awarded"]

    async def test_a_list_that_cannot_be_had_takes_nothing_away(
        self, bringing: Bringing, academy: Academy, stacked: Json, world: World
    ) -> None:
        del academy.site.documents["/lists/1"]
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["awarded"]
        [(minutes,)] = await world.rows("SELECT extract(epoch FROM look_at - now()) / 60 FROM backpack_credentials")
        assert 8 < minutes <= 10

    async def test_what_was_awarded_outlives_the_consent_and_nothing_new_counts(
        self, bringing: Bringing, ana: Keeper, stacked: Json
    ) -> None:
        await bringing.withdraw(ana, stacked)
        assert await bringing.statuses() == ["awarded"]
        capstone = next(
            one["id"] for one in (await bringing.series.stack())["evaluation"]["inputs"] if "credentials/" in one["id"]
        )
        await bringing.series.change(capstone, "revoke")
        assert await bringing.statuses() == ["revoked"]
        await bringing.series.earn("capstone")
        assert await bringing.statuses() == ["revoked"]

    async def test_a_new_consent_takes_up_the_looks_again(
        self, bringing: Bringing, academy: Academy, ana: Keeper, stacked: Json, world: World
    ) -> None:
        await bringing.withdraw(ana, stacked)
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        academy.publish(7)
        assert await bringing.statuses() == ["awarded"]
        assert await world.rows("SELECT look_at FROM backpack_credentials") == [(None,)]
        await bringing.allow(ana)
        assert await bringing.statuses() == ["revoked"]

    async def test_a_suspension_of_another_component_comes_and_goes_without_the_consent(
        self, bringing: Bringing, ana: Keeper, stacked: Json
    ) -> None:
        capstone = next(
            one["id"] for one in (await bringing.series.stack())["evaluation"]["inputs"] if "credentials/" in one["id"]
        )
        assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        await bringing.series.change(capstone, "suspend")
        assert await bringing.statuses() == ["suspended"]
        await bringing.series.change(capstone, "reinstate")
        assert await bringing.statuses() == ["awarded"]

    async def test_what_was_suspended_stays_so_when_it_goes_out_of_sight(
        self, bringing: Bringing, academy: Academy, ana: Keeper, stacked: Json, world: World
    ) -> None:
        Academy(academy.site, SigningKey.from_seed(bytes(range(8, 40))))
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["suspended"]
        assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        await bringing.series.earn("python", email="bo@students.example")
        assert await bringing.statuses() == ["suspended"]

    async def test_no_event_says_who_it_is(self, bringing: Bringing, stacked: Json, ana: Keeper, world: World) -> None:
        told = str(await world.rows("SELECT outbox.* FROM outbox"))
        for hidden in (ANA, ana.person, stacked["id"], "emailAddress"):
            assert hidden not in told
