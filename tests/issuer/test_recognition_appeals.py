"""A refusal may be appealed against for so long; then what was shown for it goes."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from issuer.main import wire
from issuer.settings import IssuerSettings
from service_kit.database import Database, open_database
from tests.issuer.keepers import Keeper
from tests.issuer.recognising import MINE, Partners, last
from tests.issuer.world import Clock, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
MIGRATION = importlib.import_module("issuer.migrations.versions.2026_11_29_0030_old_refusals_have_a_time")


def days(found: Json) -> timedelta:
    """How long after the refusal an appeal is in time."""
    begins, ends = (datetime.fromisoformat(found[name]) for name in ("changedAt", "appealUntil"))
    return ends - begins


async def read(learner: Keeper, found: Json) -> Json:
    answer = await learner.call("GET", f"{MINE}/{last(found['id'])}")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_an_agreement_says_how_long(
    partners: Partners, world: World, clock: Clock, settings: IssuerSettings, database: Database
) -> None:
    await partners.agree(appealDays=7)
    learner = partners.learner()
    issued = await partners.award(str(learner.email), "F")
    found = await partners.decided(learner, issued["credential"])
    assert (found["status"], found["mayAppeal"], days(found)) == ("refused", True, timedelta(days=7))

    settle = wire(settings, database, clock).settle_recognitions
    assert await settle() == 0
    clock.ahead = timedelta(days=6, hours=23)
    assert (await read(learner, found))["mayAppeal"] is True
    clock.ahead = timedelta(days=7)
    assert (await read(learner, found))["mayAppeal"] is False
    late = await partners.own_step(learner, found, "appeal")
    assert (late.status_code, problem_code(late)) == (409, "appeal-too-late")
    assert found["appealUntil"][:19] in late.json()["detail"]

    assert await settle() == 1
    assert await world.rows("SELECT sealed FROM recognitions") == [(None,)]
    closed = await read(learner, found)
    assert [(step["status"], step["by"]) for step in closed["history"]] == [
        ("refused", "agreement"),
        ("refused", "deadline"),
    ]
    assert problem_code(await partners.own_step(learner, found, "appeal")) == "appeal-too-late"
    assert await settle() == 0
    again = await partners.decided(learner, issued["credential"])
    assert again["status"] == "refused"  # what an agreement refused may be asked for anew


async def test_an_institution_says_how_long_and_shortens_nothing_afterwards(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, first = await partners.case(learner)
    refused = (await partners.step(first, "refuse")).json()
    assert days(refused) == timedelta(days=30)
    [slug] = [one["slug"] for one in (await world.send("GET", "/issuers")).json()["items"]]
    where = f"/issuers/{slug}/policy"
    for wrong in (0, 3651, "7", None):
        assert (await world.send("PUT", where, {"appealDays": wrong})).status_code == 422
    assert (await world.send("PUT", where, {"appealDays": 14})).json()["policy"]["appealDays"] == 14
    assert (await read(learner, first))["appealUntil"] == refused["appealUntil"]
    _, second = await partners.case(partners.learner())
    assert days((await partners.step(second, "refuse")).json()) == timedelta(days=14)
    await world.issuer()  # another one, with the usual 30 days: the most counts
    _, third = await partners.case(partners.learner())
    assert days((await partners.step(third, "refuse")).json()) == timedelta(days=30)


async def test_an_appeal_in_time_is_decided_whenever_it_may_be(
    partners: Partners, world: World, clock: Clock, settings: IssuerSettings, database: Database
) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    await partners.step(found, "refuse", by="first")
    appealed = (await partners.own_step(learner, found, "appeal")).json()
    assert (appealed["status"], appealed["appealUntil"]) == ("appealed", None)
    clock.ahead = timedelta(days=31)
    settle = wire(settings, database, clock).settle_recognitions
    while await settle():
        pass
    [[sealed]] = await world.rows("SELECT sealed FROM recognitions")
    assert sealed is not None
    final = (await partners.step(found, "refuse", by="second")).json()
    assert (final["status"], final["mayAppeal"], final["appealUntil"]) == ("refused", False, None)
    assert problem_code(await partners.own_step(learner, found, "appeal")) == "appeal-not-possible"


async def test_what_was_refused_before_has_no_end(partners: Partners, world: World, clock: Clock) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    await partners.step(found, "refuse")
    await world.rows("UPDATE recognitions SET appeal_until = NULL RETURNING 1")
    clock.ahead = timedelta(days=400)
    seen = await read(learner, found)
    assert (seen["mayAppeal"], seen["appealUntil"]) == (True, None)
    assert (await partners.own_step(learner, found, "appeal")).json()["status"] == "appealed"


@pytest.mark.parametrize(("ago", "left"), [(5, 40), (200, 14)])
async def test_a_refusal_from_before_there_was_a_time_gets_one(
    partners: Partners, world: World, settings: IssuerSettings, ago: int, left: int
) -> None:
    """As the policy says, from the day of the decision; and nobody loses the right from one moment to the next."""
    learner = partners.learner()
    _, found = await partners.case(learner)
    assert (await partners.step(found, "refuse")).status_code == 200
    await partners.case(partners.learner())
    assert settings.database.migrate_url is not None
    owner = settings.database.model_copy(update={"url": settings.database.migrate_url})
    async with open_database(owner, "tests") as database, database.engine.begin() as connection:
        for statement in (
            "UPDATE issuers SET policy = jsonb_set(policy::jsonb, '{appeal_days}', '45')",
            f"UPDATE recognition_changes SET at = at - interval '{ago} days'",  # noqa: S608 - a number from above
            "UPDATE recognitions SET appeal_until = NULL",
            "DELETE FROM recognitions_due",
            MIGRATION.CLOSE,
        ):
            await connection.execute(text(statement))
    seen = await read(learner, found)
    remaining = datetime.fromisoformat(seen["appealUntil"]) - datetime.fromisoformat(seen["changedAt"])
    assert (seen["mayAppeal"], round(remaining / timedelta(days=1), 2)) == (True, left)
    ends = await world.rows("SELECT due_at FROM recognitions_due")  # what waits for a decision has none
    assert [row[0] for row in ends] == [datetime.fromisoformat(seen["appealUntil"])]
