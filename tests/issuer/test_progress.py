"""How far a learner is: by what was issued here, by whomever, and by what was brought along, verified again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from credential_core.model import hashed_identity, plain_identity
from issuer.main import Core
from service_kit.ids import new_id
from service_kit.pagination import encode_cursor
from service_kit.testing import BASE_URL, TokenMint
from tests.issuer.abroad import NOW, Academy
from tests.issuer.keepers import OB, Keeper
from tests.issuer.pathways import Series
from tests.issuer.world import ORG, OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
Json = dict[str, Any]
PATH = "/learners/me/pathways"
ANA = "ana@students.example"
ABROAD = "https://academy.example/achievements/statistics"
STALE = "UPDATE backpack_credentials SET checked_at = now() - interval '1 hour' RETURNING 1"


@pytest_asyncio.fixture
async def series(world: World, core: Core) -> Series:
    return await Series(world, core).open()


@pytest.fixture
def ana(world: World) -> Keeper:
    return Keeper(world, email=ANA)


async def progress(keeper: Keeper, series: Series) -> Json:
    answer = await keeper.call("GET", f"{PATH}/{series.id.rsplit('/', 1)[-1]}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def begun(keeper: Keeper, **query: Any) -> list[Json]:
    answer = await keeper.call("GET", PATH, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def abroad(academy: Academy, **changes: Any) -> Json:
    """For an achievement of the academy's, to Ana."""
    members: Json = {
        "achievement": {
            "id": ABROAD,
            "name": "Statistics",
            "description": "Reads and makes statistics.",
            "criteria": {"narrative": "Passed the examination."},
        },
        "identifiers": [plain_identity(ANA, "emailAddress")],
    }
    return academy.credential(**(members | changes))


async def accepts(series: Series, *issuers: str, achievement: str = ABROAD) -> None:
    """The series takes an achievement from elsewhere in the place of its own statistics."""
    document = series.document()
    place = next(part for part in document["hasPart"] if part["id"] == "statistics")
    place["proxyFor"] = [achievement]
    if issuers:
        place["hasConstraint"] = [{"type": "IssuedBy", "issuers": list(issuers)}]
    await series.publish(version=2, revision=2, hasPart=document["hasPart"])


def reasons(found: Json) -> list[str]:
    return [one["code"] for one in found["notCounted"]]


class TestIssuedHere:
    async def test_each_step_says_what_counts_and_what_is_missing(self, ana: Keeper, series: Series) -> None:
        assert await begun(ana) == []
        (python,) = await series.earn("python")
        found = await progress(ana, series)
        assert (found["pathway"], found["isComplete"], found["percent"]) == (series.id, False, 50)
        assert found["missing"] == ["capstone"]
        [counted] = found["counted"]
        assert (counted["credential"], counted["component"], counted["origin"]) == (python, "python", "here")
        assert {step["name"]: step["isMet"] for step in found["steps"]}["capstone"] is False
        [listed] = await begun(ana)
        assert listed.items() <= (found | {"evaluatedAt": listed["evaluatedAt"]}).items()

    async def test_when_it_is_complete_the_credential_is_theirs(self, ana: Keeper, series: Series) -> None:
        await series.earn("python", "capstone")
        await series.settle()
        found = await progress(ana, series)
        assert (found["isComplete"], found["isAwarded"], found["percent"], found["missing"]) == (True, True, 100, [])

    @pytest.mark.parametrize(("action", "code"), [("revoke", "revoked"), ("suspend", "suspended")])
    async def test_what_fell_counts_no_more_and_says_so(
        self, ana: Keeper, series: Series, action: str, code: str
    ) -> None:
        (python,) = await series.earn("python")
        await series.change(python, action)
        found = await progress(ana, series)
        assert (found["percent"], found["counted"], reasons(found)) == (0, [], [code])
        assert found["notConfirmed"] == 1
        assert await begun(ana) == []

    async def test_another_organizations_credential_counts_where_the_pathway_names_its_achievement(
        self, ana: Keeper, series: Series, world: World
    ) -> None:
        await world.issuer(OTHER_ORG)
        elsewhere = await world.achievement(OTHER_ORG)
        await accepts(series, achievement=elsewhere)
        made = await world.issue(elsewhere, org=OTHER_ORG, recipient={"email": ANA})
        [counted] = (await progress(ana, series))["counted"]
        assert (counted["credential"], counted["component"]) == (made["id"], "statistics")

    async def test_who_may_issue_any_achievement_is_believed_only_about_its_own(
        self, ana: Keeper, series: Series, world: World
    ) -> None:
        """A policy lets an organization issue what another owns, and the organization sets that policy itself."""
        stranger = await world.issuer(OTHER_ORG)
        answer = await world.send("PUT", f"/issuers/{stranger['slug']}/policy", {"achievements": "any"}, org=OTHER_ORG)
        assert answer.status_code == 200, answer.text
        await world.issue(series.achievements["capstone"], org=OTHER_ORG, recipient={"email": ANA})
        forged = await world.issue(series.achievements["python"], org=OTHER_ORG, recipient={"email": ANA})
        document = (await world.send("GET", forged["id"], org=OTHER_ORG)).json()["credential"]
        assert (await ana.push(document)).status_code == 201
        found = await progress(ana, series)
        assert (found["percent"], found["counted"], reasons(found)) == (0, [], ["issuer", "issuer"])
        assert await begun(ana) == []
        await series.earn("python")
        [counted] = (await progress(ana, series))["counted"]
        assert not counted["issuer"].endswith(stranger["slug"])

    async def test_a_stranger_with_leave_adds_nothing_to_what_the_owner_issued(
        self, ana: Keeper, series: Series, world: World
    ) -> None:
        """The place takes what a third organization owns; a second one on "any" is not therefore believed there."""
        third = new_id()
        await world.issuer(third)
        elsewhere = await world.achievement(third)
        await accepts(series, achievement=elsewhere)
        stranger = await world.issuer(OTHER_ORG)
        await world.send("PUT", f"/issuers/{stranger['slug']}/policy", {"achievements": "any"}, org=OTHER_ORG)
        await world.issue(elsewhere, org=OTHER_ORG, recipient={"email": ANA})
        assert (await progress(ana, series))["counted"] == []
        made = await world.issue(elsewhere, org=third, recipient={"email": ANA})
        [counted] = (await progress(ana, series))["counted"]
        assert counted["credential"] == made["id"]

    async def test_nobody_else_sees_anything_of_it(self, world: World, series: Series) -> None:
        await series.earn("python")
        other = Keeper(world, email="bo@students.example")
        assert await begun(other) == []
        assert (await progress(other, series))["percent"] == 0

    async def test_a_token_must_say_the_address_and_come_from_a_person(
        self, world: World, series: Series, mint: TokenMint
    ) -> None:
        answer = await Keeper(world).call("GET", PATH)
        assert (answer.status_code, problem_code(answer)) == (403, "address-not-confirmed")
        answer = await world.client.get(PATH, headers=mint.headers(ORG, "backpack:manage"))
        assert (answer.status_code, problem_code(answer)) == (403, "not-a-person")

    async def test_what_is_no_pathway_or_retired_is_not_found(self, ana: Keeper, series: Series) -> None:
        await series.publish(revision=2, retired=True)
        for name in (series.id.rsplit("/", 1)[-1], new_id(), "x"):
            assert (await ana.call("GET", f"{PATH}/{name}")).status_code == 404
        await series.earn("python")
        assert await begun(ana) == []

    async def test_pages_follow_each_other_and_cursors_are_ours(
        self, ana: Keeper, series: Series, world: World, core: Core
    ) -> None:
        others = [await Series(world, core).open() for _ in range(2)]
        for one in (series, *others):
            await one.earn("python")
        first = await ana.call("GET", PATH, params={"limit": 2})
        second = await ana.call("GET", PATH, params={"limit": 2, "cursor": first.json()["next"]})
        seen = [one["pathway"] for answer in (first, second) for one in answer.json()["items"]]
        assert seen == sorted(one.id for one in (series, *others))
        assert second.json()["next"] is None
        assert f"{BASE_URL}{PATH}?" in first.headers["link"]
        for cursor in ("x", encode_cursor(["a", "b"]), encode_cursor(["a\0"])):
            assert (await ana.call("GET", PATH, params={"cursor": cursor})).status_code == 422


class TestBrought:
    async def test_it_counts_where_the_pathway_names_its_issuer(
        self, ana: Keeper, series: Series, academy: Academy
    ) -> None:
        await accepts(series, academy.did)
        document = abroad(academy)
        assert (await ana.push(document)).status_code == 201
        [counted] = (await progress(ana, series))["counted"]
        assert (counted["credential"], counted["origin"]) == (document["id"], "brought")
        assert [one["pathway"] for one in await begun(ana)] == [series.id]

    async def test_the_word_of_an_issuer_that_nobody_named_counts_nowhere(
        self, ana: Keeper, series: Series, academy: Academy
    ) -> None:
        """Anybody can write any achievement's name into a credential, this organization's own too."""
        await accepts(series)
        forged = abroad(
            academy,
            achievement=abroad(academy)["credentialSubject"]["achievement"] | {"id": series.achievements["python"]},
        )
        for document in (abroad(academy), forged):
            assert (await ana.push(document)).status_code == 201
        found = await progress(ana, series)
        assert (found["counted"], reasons(found)) == ([], ["issuer", "issuer"])

    async def test_it_must_name_the_learner(self, ana: Keeper, series: Series, academy: Academy) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy, identifiers=[plain_identity("bo@students.example", "emailAddress")]))
        assert reasons(await progress(ana, series)) == ["other-recipient"]

    async def test_a_salted_name_is_known_by_the_address_in_the_profile(
        self, ana: Keeper, series: Series, academy: Academy
    ) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy, identifiers=[hashed_identity(ANA, "emailAddress", salt="salt")]))
        assert reasons(await progress(ana, series)) == ["other-recipient"]
        profile = {"id": "https://people.example/ana", "type": ["Profile"], "email": "bo@students.example"}
        await ana.call("PUT", f"{OB}/profile", json=profile)
        assert reasons(await progress(ana, series)) == ["other-recipient"]
        answer = await ana.call("PUT", f"{OB}/profile", json=profile | {"email": "Ana@Students.example"})
        assert answer.status_code in (200, 201), answer.text
        assert len((await progress(ana, series))["counted"]) == 1

    async def test_it_is_verified_again_unless_it_was_a_moment_ago(
        self, ana: Keeper, series: Series, academy: Academy, world: World
    ) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy))
        academy.site.asked.clear()
        await progress(ana, series)
        assert not academy.site.asked
        academy.publish(7)
        await world.rows(STALE)
        assert reasons(await progress(ana, series)) == ["revoked"]
        assert academy.site.asked["/lists/1"] == 1
        assert reasons(await progress(ana, series)) == ["revoked"]
        assert academy.site.asked["/lists/1"] == 1

    async def test_what_several_need_is_asked_for_once(
        self, ana: Keeper, series: Series, academy: Academy, world: World
    ) -> None:
        await accepts(series, academy.did)
        for _ in range(6):
            await ana.push(abroad(academy))
        await world.rows(STALE)
        academy.site.asked.clear()
        assert len((await progress(ana, series))["counted"]) == 1
        assert academy.site.asked == {"/lists/1": 1, "/academy/did.json": 1}

    async def test_what_cannot_be_confirmed_does_not_count(
        self, ana: Keeper, series: Series, academy: Academy, world: World
    ) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy))
        await world.rows(STALE)
        del academy.site.documents["/lists/1"]
        found = await progress(ana, series)
        assert (found["percent"], reasons(found), found["notConfirmed"]) == (0, ["not-confirmed"], 1)
        assert "status_list_unavailable" in found["notCounted"][0]["detail"]

    async def test_what_has_expired_is_kept_and_does_not_count(
        self, ana: Keeper, series: Series, academy: Academy
    ) -> None:
        await accepts(series, academy.did)
        hour = timedelta(hours=1)
        assert (await ana.push(abroad(academy, valid_from=NOW - 2 * hour, valid_until=NOW - hour))).status_code == 201
        assert reasons(await progress(ana, series)) == ["expired"]

    async def test_what_was_issued_here_counts_once(self, ana: Keeper, series: Series) -> None:
        (python,) = await series.earn("python")
        document = (await series.credential(python))["credential"]
        assert (await ana.push(document)).status_code == 201
        [counted] = (await progress(ana, series))["counted"]
        assert counted["origin"] == "here"
        await series.change(python, "revoke")
        found = await progress(ana, series)
        assert (found["counted"], reasons(found)) == ([], ["revoked"])

    async def test_what_was_kept_before_pathways_were_known_is_found(
        self, ana: Keeper, series: Series, academy: Academy, world: World
    ) -> None:
        await accepts(series, academy.did)
        await ana.push(abroad(academy))
        await world.rows("UPDATE backpack_credentials SET achievement_id = NULL, checked_at = NULL RETURNING 1")
        assert [one["pathway"] for one in await begun(ana)] == [series.id]

    async def test_what_is_too_much_is_counted_as_not_looked_at(
        self, ana: Keeper, series: Series, academy: Academy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("issuer.core.stacks.kept_evidence.MOST", 1)
        await accepts(series, academy.did)
        for _ in range(3):
            await ana.push(abroad(academy))
        assert (await progress(ana, series))["notLookedAt"] == 2
