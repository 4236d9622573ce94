"""What was recognised and was issued elsewhere is looked at again: the award follows what its issuer publishes."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from credential_core.bitstring import entry
from credential_core.model import plain_identity
from credential_core.report import Check, Outcome, Report, Verdict
from issuer.adapters.recognition.sources import SourceUnitOfWork, of_source
from issuer.core.model import State
from issuer.core.recognition.look import LookAtSources
from issuer.core.recognition.recognition import RecognitionId
from issuer.core.recognition.sources import SourceStatus, first_status, looked
from issuer.core.recognition.traces import Traces, traces_of
from issuer.main import Core
from issuer.main_recognition import wire_look_at_sources
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from service_kit.ids import random_bytes
from stacking.statuses import Status
from tests.issuer.abroad import NOW, Academy, serving
from tests.issuer.asleep import overtaken
from tests.issuer.pathways import Series
from tests.issuer.recognising import MINE, Partners, last
from tests.issuer.world import Clock, Json, World
from tools.certificates import Certificate

MIGRATION = importlib.import_module("issuer.migrations.versions.2026_11_29_0028_sources_are_looked_at")
EVERY = timedelta(hours=1)
LATER = timedelta(hours=2)


def kept(document: Json) -> Traces:
    return traces_of(document, Report(Verdict.VALID, ()), {})


class TestPure:
    before = first_status(RecognitionId("a"), Traces((Status("https://a.example/1", 7),)), NOW)

    def look(self, code: str, outcome: Outcome, before: SourceStatus | None = None) -> SourceStatus:
        check = Check("status", outcome, code, "a detail", "https://a.example/1")
        return looked(before or self.before, check, "uABC", NOW + EVERY, lambda failures: EVERY * (failures + 1))

    @pytest.mark.parametrize(
        ("code", "state"),
        [
            ("status_clear", State.ISSUED),
            ("status_suspended", State.SUSPENDED),
            ("status_revoked", State.REVOKED),
        ],
    )
    def test_what_a_list_tells(self, code: str, state: State) -> None:
        found = self.look(code, Outcome.FAILED)
        assert (found.state, found.seen_at, found.list_url, found.list_digest, found.problem, found.look_at) == (
            state,
            NOW + EVERY,
            "https://a.example/1",
            "uABC",
            None,
            NOW + 2 * EVERY,
        )

    @pytest.mark.parametrize("code", ["status_list_unavailable", "status_informational", "anything"])
    def test_what_tells_nothing_changes_nothing(self, code: str) -> None:
        suspended = self.look("status_suspended", Outcome.FAILED)
        once = self.look(code, Outcome.UNKNOWN, suspended)
        twice = self.look(code, Outcome.UNKNOWN, once)
        assert (twice.state, twice.seen_at, twice.failures) == (State.SUSPENDED, NOW + EVERY, 2)
        assert twice.problem is not None
        assert (once.look_at, twice.look_at) == (NOW + 3 * EVERY, NOW + 4 * EVERY)
        assert self.look("status_clear", Outcome.PASSED, twice).failures == 0

    def test_nothing_but_the_places_is_kept(self) -> None:
        listed = entry("https://a.example/1", 7, "revocation") | {"note": "Ada"}
        wide = entry("https://a.example/2", 9, "suspension") | {"statusSize": 2, "statusMessage": [{"message": "Ada"}]}
        message = entry("https://a.example/3", 9, "message")
        revocations = {"id": "https://a.example/4", "type": "1EdTechRevocationList", "name": "Ada"}
        status = replace(self.before, traces=kept({"credentialStatus": [revocations, listed, wide, message, listed]}))
        assert "Ada" not in str(of_source(status))
        places = status.traces.places
        assert [place.url[-1] for place in places] == ["4", "1", "2"]
        assert status.lists == replace(status, traces=Traces(places[::-1])).lists != self.before.lists

    def test_what_publishes_no_status_is_not_looked_at(self) -> None:
        found = first_status(RecognitionId("a"), kept({}), NOW)
        assert (found.look_at, found.problem and found.problem.code) == (None, "status-not-published")


async def recognised(partners: Partners, document: Json | str, email: str = "ada@example.org") -> Json:
    """By people: no agreement is about it."""
    found = await partners.decided(partners.learner(email), document)
    granted = await partners.step(found, "grant", achievement=partners.ours)
    assert granted.status_code == 200, granted.text
    return dict(granted.json())


class Watch:
    """The worker that looks, the one that follows, and what came of it."""

    def __init__(self, look: LookAtSources, core: Core, clock: Clock, world: World) -> None:
        self.look = look
        self.core = core
        self.clock = clock
        self.world = world

    async def settle(self) -> int:
        """A while later. How many were looked at."""
        self.clock.ahead += LATER
        total = 0
        while number := await self.look():
            total += number
        while await self.core.settle_recognitions():
            pass
        return total

    async def seen(self, found: Json) -> Json:
        return dict((await self.world.send("GET", f"/recognitions/{last(found['id'])}")).json())

    async def standing(self, found: Json) -> tuple[str, str]:
        """Of the recognition, and of its award, after a look."""
        await self.settle()
        award = (await self.world.send("GET", f"/credentials/{last(found['credential'])}")).json()
        return (await self.seen(found))["status"], award["status"]


@pytest.fixture
def watch(look: LookAtSources, core: Core, clock: Clock, world: World) -> Watch:
    return Watch(look, core, clock, world)


@pytest.mark.db
@pytest.mark.asyncio
class TestFollowing:
    @pytest.mark.parametrize("as_token", [False, True])
    async def test_what_its_issuer_revokes_is_revoked_here(
        self, partners: Partners, academy: Academy, world: World, watch: Watch, as_token: bool
    ) -> None:
        found = await recognised(partners, academy.token(academy.unsigned()) if as_token else academy.credential())
        assert found["sourceStatus"]["status"] == "issued"
        assert await watch.standing(found) == ("granted", "issued")
        status = (await watch.seen(found))["sourceStatus"]
        assert (status["status"], status["statusList"], status["problem"]) == ("issued", academy.list_url, None)
        assert status["listDigest"].startswith("u")
        academy.publish(7)
        assert await watch.standing(found) == ("revoked", "revoked")
        seen = await watch.seen(found)
        step = seen["history"][-1]
        assert (step["status"], step["by"], step["causedBy"], seen["sourceStatus"]) == ("revoked", "source", None, None)
        assert step["reason"] == f"what was recognised is revoked: so says {academy.list_url}"
        told = (await world.events("credential.revoked.v1"))[-1]
        assert (told.credential_id, told.caused_by) == (found["credential"], None)
        assert await world.count("recognition_sources") == 0
        # The place is free, as after any source that fell.
        again = await partners.decided(partners.learner("ada@example.org"), academy.credential(index=8))
        assert again["status"] == "open"

    async def test_what_its_issuer_suspends_is_suspended_and_reinstated(
        self, partners: Partners, academy: Academy, watch: Watch
    ) -> None:
        list_url = academy.publish_list("/lists/2", "suspension")
        status = [entry(academy.list_url, 7, "revocation"), entry(list_url, 9, "suspension")]
        found = await recognised(partners, academy.signed(academy.unsigned() | {"credentialStatus": status}))
        academy.publish_list("/lists/2", "suspension", 9)
        assert await watch.standing(found) == ("suspended", "suspended")
        academy.publish_list("/lists/2", "suspension", 8)
        assert await watch.standing(found) == ("granted", "issued")
        history = (await watch.seen(found))["history"]
        assert [(step["status"], step["by"]) for step in history[2:]] == [
            ("suspended", "source"),
            ("granted", "source"),
        ]
        assert history[-2]["reason"] == f"what was recognised is suspended: so says {list_url}"
        academy.publish_list("/lists/2", "suspension", 9)
        academy.publish(7)
        assert await watch.standing(found) == ("revoked", "revoked")

    async def test_who_sleeps_past_the_lease_takes_nothing_back(
        self, partners: Partners, academy: Academy, watch: Watch, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        list_url = academy.publish_list("/lists/2", "suspension")
        status = [entry(list_url, 9, "suspension")]
        found = await recognised(partners, academy.signed(academy.unsigned() | {"credentialStatus": status}))
        clock.ahead += LATER

        async def meanwhile() -> None:
            academy.publish_list("/lists/2", "suspension", 9)
            assert await watch.standing(found) == ("suspended", "suspended")

        assert await overtaken(monkeypatch, (SourceUnitOfWork, "settle"), watch.look, meanwhile) == 1
        while await watch.core.settle_recognitions():
            pass
        assert (await watch.seen(found))["sourceStatus"]["status"] == "suspended"
        assert (await watch.seen(found))["status"] == "suspended"

    async def test_a_list_that_cannot_be_read_changes_nothing_and_is_seen(
        self, partners: Partners, academy: Academy, watch: Watch
    ) -> None:
        found = await recognised(partners, academy.credential())
        academy.publish(7)
        revoked = academy.site.documents.pop("/lists/1")
        assert await watch.standing(found) == ("granted", "issued")
        first = (await watch.seen(found))["sourceStatus"]
        assert (first["status"], first["problem"]["code"]) == ("issued", "status_list_unavailable")
        forged = {**revoked, "proof": {**revoked["proof"], "proofValue": academy.credential()["proof"]["proofValue"]}}
        academy.site.documents["/lists/1"] = forged  # what anybody could have put there tells nothing
        watch.clock.ahead += LATER
        assert await watch.standing(found) == ("granted", "issued")
        second = (await watch.seen(found))["sourceStatus"]
        assert (second["problem"]["code"], second["seenAt"]) == ("status_list_unverified", first["seenAt"])
        academy.site.documents["/lists/1"] = revoked
        while (await watch.seen(found))["sourceStatus"] is not None:
            await watch.settle()
        assert (await watch.seen(found))["status"] == "revoked"

    async def test_what_was_granted_before_says_that_nobody_looks(
        self, partners: Partners, academy: Academy, watch: Watch, world: World
    ) -> None:
        found = await recognised(partners, academy.credential())
        await partners.agree()
        await partners.granted(partners.learner())  # issued here: it is followed by its own row
        async with world.database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM recognition_sources"))
            await connection.execute(text(MIGRATION.FROM_BEFORE), {"problem": MIGRATION.PROBLEM})
        assert await watch.settle() == 0
        status = (await watch.seen(found))["sourceStatus"]
        assert (status["problem"]["code"], status["nextLookAt"]) == ("status-not-kept", None)
        assert await world.count("recognition_sources") == 1

    async def test_a_learner_reads_it_too(self, partners: Partners, academy: Academy) -> None:
        found = await recognised(partners, academy.credential())
        mine = await partners.learner("ada@example.org").call("GET", f"{MINE}/{last(found['id'])}")
        assert mine.json()["sourceStatus"] == found["sourceStatus"]

    async def test_a_stack_on_the_award_falls_with_it(
        self, partners: Partners, academy: Academy, world: World, core: Core, watch: Watch
    ) -> None:
        """Revoking a component re-evaluates every stack on it, whoever revoked it."""
        series = await Series(world, core).open()
        found = await partners.decided(partners.learner("ada@example.org"), academy.credential())
        await series.earn("statistics", email="ada@example.org")
        granted = await partners.step(found, "grant", achievement=series.achievements["capstone"])
        assert granted.status_code == 200, granted.text
        await series.settle()
        assert (await series.stack())["status"] == "awarded"
        academy.publish(7)
        await watch.settle()
        await series.settle()
        assert (await series.stack())["status"] == "revoked"


@pytest.mark.db
@pytest.mark.asyncio
class TestPacing:
    async def test_a_list_is_read_once_for_all_that_are_on_it(
        self, partners: Partners, academy: Academy, watch: Watch
    ) -> None:
        for number in range(3):
            email = f"{number}@example.org"
            await recognised(partners, academy.credential(index=number, identifiers=named(email)), email)
        academy.site.asked.clear()
        assert await watch.settle() == 3
        assert academy.site.asked["/lists/1"] == 1
        assert await watch.look() == 0
        watch.clock.ahead += timedelta(minutes=66)  # they are due together
        assert (await watch.look(), academy.site.asked["/lists/1"]) == (3, 2)

    async def test_addresses_may_be_long(self, partners: Partners, academy: Academy, watch: Watch) -> None:
        """Longer together than what an index of the database takes."""
        paths = [f"/lists/{random_bytes(900).hex()}" for _ in range(8)]
        status = [entry(academy.publish_list(path, "revocation"), 9, "revocation") for path in paths]
        found = await recognised(partners, academy.signed(academy.unsigned() | {"credentialStatus": status}))
        academy.publish_list(paths[0], "revocation", 9)
        assert await watch.standing(found) == ("revoked", "revoked")

    async def test_two_processes_do_not_look_at_the_same(
        self, partners: Partners, academy: Academy, watch: Watch, world: World
    ) -> None:
        await recognised(partners, academy.credential())
        await world.rows("UPDATE recognition_sources SET taken_until = now() + interval '1 day' RETURNING 1")
        assert await watch.settle() == 0
        watch.clock.ahead += timedelta(days=2)  # whoever had taken it was lost
        assert await watch.look() == 1

    async def test_a_list_that_is_away_is_asked_for_less_and_less_and_keeps_nobody(
        self, partners: Partners, academy: Academy, watch: Watch, world: World, certificate: Certificate
    ) -> None:
        async with serving(certificate) as site:
            another = Academy(site)
            mine = await recognised(partners, academy.credential())
            theirs = await recognised(
                partners, another.credential(identifiers=named("bob@example.org")), "bob@example.org"
            )
            del academy.site.documents["/lists/1"]
            another.publish(7)
            assert await watch.standing(theirs) == ("revoked", "revoked")
        asked = academy.site.asked["/lists/1"]
        for _ in range(12):  # two hours each: a day
            await watch.settle()
        assert 3 <= academy.site.asked["/lists/1"] - asked <= 5
        failures = await world.rows("SELECT failures FROM recognition_sources")
        assert [row[0] for row in failures] == [academy.site.asked["/lists/1"] - asked + 1]
        assert (await watch.seen(mine))["status"] == "granted"

    async def test_never_is_never(
        self,
        partners: Partners,
        academy: Academy,
        settings: IssuerSettings,
        database: Database,
        core: Core,
        fetcher: Fetcher,
        clock: Clock,
    ) -> None:
        await recognised(partners, academy.credential())
        clock.ahead += LATER
        never = settings.model_copy(update={"recognised_look_every_s": 0})
        assert await wire_look_at_sources(never, database, core.sign_list, fetcher, clock)() == 0


def named(email: str) -> list[Json]:
    return [plain_identity(email, "emailAddress")]
