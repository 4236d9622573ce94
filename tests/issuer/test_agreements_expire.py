"""An agreement expires by its date, to the moment, and everybody is told of it once, as the release before reads it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from issuer.core.recognition.agreement import Agreement, AgreementId, AgreementState, expired
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import Database
from tests.issuer.recognising import AGREEMENTS, Partners, last
from tests.issuer.test_recognition import codes
from tests.issuer.world import ORG, Clock, Json, World

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
TOLD = "recognition-agreement.ended.v1"


def signed(**members: Any) -> Agreement:
    document = {"programme": "p", "recognisingIssuer": "a", "sourceIssuer": "b", "rules": []} | members
    return Agreement(
        id=AgreementId("1"),
        recognising_org="a",
        source_org="b",
        proposed_by="a",
        state=AgreementState.SIGNED,
        revision=2,
        version=1,
        replaces=None,
        document=document,
        digest="u",
        created_at=NOW - AN_HOUR,
        changed_at=NOW - AN_HOUR,
        signed_at=NOW - AN_HOUR,
    )


class TestPure:
    until = signed(validUntil="2026-11-29T12:00:00Z")

    @pytest.mark.parametrize(
        ("ahead", "state"), [(-1, AgreementState.SIGNED), (0, AgreementState.EXPIRED), (1, AgreementState.EXPIRED)]
    )
    def test_it_expires_to_the_moment(self, ahead: int, state: AgreementState) -> None:
        assert self.until.as_of(NOW + timedelta(microseconds=ahead)).state is state

    @pytest.mark.parametrize("state", [one for one in AgreementState if one is not AgreementState.SIGNED])
    def test_only_what_is_signed_expires(self, state: AgreementState) -> None:
        other = replace(self.until, state=state)
        assert other.as_of(NOW).state is state
        assert signed().as_of(NOW).state is AgreementState.SIGNED

    def test_it_is_told_once_as_of_its_date(self) -> None:
        assert expired(self.until, NOW - AN_HOUR) is None
        late = expired(self.until, NOW + AN_HOUR)
        assert late is not None
        assert (late.state, late.revision, late.changed_at) == (AgreementState.SIGNED, 3, NOW)
        assert expired(late, NOW + AN_HOUR) is None

    def test_what_is_signed_when_it_is_over_expires_then(self) -> None:
        late = expired(replace(self.until, changed_at=NOW + AN_HOUR), NOW + AN_HOUR)
        assert late is not None
        assert late.changed_at == NOW + AN_HOUR


@pytest.fixture
def processes(settings: IssuerSettings, database: Database, clock: Clock) -> list[Core]:
    return [wire(settings, database, clock) for _ in range(2)]


async def until_then(partners: Partners, clock: Clock, **members: Any) -> Json:
    """One that has expired a moment ago."""
    agreement = await partners.agree(validUntil=(clock() + AN_HOUR).isoformat(), **members)
    clock.ahead += AN_HOUR
    return agreement


async def tell(processes: list[Core]) -> int:
    return sum(await asyncio.gather(*(one.tell_expired() for one in processes)))


async def shown(world: World, agreement: Json) -> Json:
    return dict((await world.send("GET", f"{AGREEMENTS}/{last(agreement['id'])}")).json())


async def listed(world: World, status: str) -> list[str]:
    own = (await world.send("GET", f"{AGREEMENTS}?status={status}")).json()["items"]
    public = (await world.client.get("/recognition-agreements", params={"status": status})).json()["items"]
    assert [one["id"] for one in own] == [one["id"] for one in public]
    assert {one["status"] for one in public} <= {status}
    return [one["id"] for one in public]


@pytest.mark.db
@pytest.mark.asyncio
class TestExpiry:
    async def test_everybody_is_told_once_by_whichever_process(
        self, partners: Partners, world: World, clock: Clock, processes: list[Core]
    ) -> None:
        lasting = await partners.agree()
        agreement = await partners.agree(validUntil=(clock() + AN_HOUR).isoformat(), programme=partners.ours)
        assert await tell(processes) == 0
        clock.ahead += AN_HOUR
        assert [await tell(processes), await tell(processes)] == [1, 0]
        [told] = await world.events(TOLD)
        assert (told.agreement_id, told.revision, told.expired) == (agreement["id"], 3, True)
        assert (told.digest, told.document) == (agreement["digest"], agreement["document"])
        assert told.changed_at.isoformat() == agreement["document"]["validUntil"].replace("Z", "+00:00")
        step = (await shown(world, agreement))["history"][-1]
        assert (step["status"], step["party"], step["actor"], step["revision"]) == ("expired", None, None, 3)
        assert await listed(world, "signed") == [lasting["id"]]
        assert await listed(world, "expired") == [agreement["id"]]

    async def test_nothing_waits_for_the_telling(
        self, partners: Partners, world: World, clock: Clock, processes: list[Core]
    ) -> None:
        agreement = await until_then(partners, clock)
        learner = partners.learner()
        for told in (0, 1):
            assert (await shown(world, agreement))["status"] == "expired"
            assert await listed(world, "signed") == []
            assert await listed(world, "expired") == [agreement["id"]]
            found = await partners.decided(learner, (await partners.award(str(learner.email)))["credential"])
            assert (found["status"], codes(found)) == ("refused", ["agreement-not-in-force"])
            assert await tell(processes) == 1 - told

    async def test_it_may_still_be_ended_or_replaced(
        self, partners: Partners, world: World, clock: Clock, processes: list[Core]
    ) -> None:
        first = await until_then(partners, clock)
        assert await tell(processes) == 1
        second = await partners.propose(replaces=first["id"])
        assert (await partners.act(second, "sign")).status_code == 200
        assert (await shown(world, first))["status"] == "ended"
        third = await until_then(partners, clock, programme=partners.ours)
        assert await tell(processes) == 1
        assert (await partners.act(third, "end", org=ORG)).json()["status"] == "ended"
        told = [(one.agreement_id, one.revision, one.expired) for one in await world.events(TOLD)]
        assert told == [
            (first["id"], 3, True),
            (first["id"], 4, False),
            (third["id"], 3, True),
            (third["id"], 4, False),
        ]
        assert await tell(processes) == 0

    async def test_one_that_a_decision_holds_is_told_afterwards(
        self, partners: Partners, clock: Clock, processes: list[Core], database: Database
    ) -> None:
        agreement = await until_then(partners, clock)
        async with database.engine.connect() as decision:
            hold = text("SELECT FROM recognition_agreements WHERE id = :id FOR SHARE")
            await decision.execute(hold, {"id": last(agreement["id"])})
            assert await tell(processes) == 0
        assert await tell(processes) == 1

    async def test_what_is_written_is_read_by_the_release_before(
        self, partners: Partners, world: World, clock: Clock, processes: list[Core], database: Database
    ) -> None:
        """It knows no agreement that expired, and neither column nor member that says so."""
        agreement = await until_then(partners, clock)
        assert await tell(processes) == 1
        states = "SELECT state FROM recognition_agreements WHERE id = :id"
        steps = "SELECT state FROM agreement_changes WHERE agreement_id = :id ORDER BY revision"
        async with database.engine.connect() as connection:
            found = [
                list(await connection.scalars(text(query), {"id": last(agreement["id"])})) for query in (states, steps)
            ]
        assert found == [["signed"], ["proposed", "signed", "ended"]]
        assert [one.state for one in await world.events(TOLD)] == ["ended"]
