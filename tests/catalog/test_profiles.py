"""Completeness, and the profiles that decide what an achievement must state to be published."""

from typing import Any

import httpx
import pytest

from catalog.core.achievements.element_examples import EXAMPLES
from catalog.core.achievements.elements import ANNEX_I, ELEMENTS, Need, completeness
from catalog.core.achievements.profiles import EU_ANNEX_I, OPEN_BADGES, SHARED, TRUST_ED, standing
from catalog.http.achievements.schemas import AchievementRequest
from contracts.catalog_events import AchievementPublished
from service_kit.database import Database
from tests.catalog.samples import PLAIN, drafted, events, path, published
from tests.micro_credentials import CREATOR, MEMBERS

api = pytest.mark.asyncio
COMPLETE: dict[str, Any] = {
    **PLAIN,
    **MEMBERS,
    "creator": CREATOR,
    "resultDescription": [{"id": "urn:r", "type": ["ResultDescription"], "name": "Grade", "resultType": "LetterGrade"}],
}
MANDATORY = {
    "creator",
    "creator.address.addressCountryCode",
    "learningOutcome",
    "volumeOfLearning",
    "assessment",
    "participation",
    "qualityAssurance",
}


def test_what_states_everything_is_complete() -> None:
    found = completeness(COMPLETE)
    assert (found.score, list(found.missing)) == (100, [])


@pytest.mark.parametrize("element", ELEMENTS.values(), ids=lambda element: element.name)
def test_an_example_states_its_element_as_clients_do(element: Any) -> None:
    members = AchievementRequest.model_validate(EXAMPLES[element.name]).members()
    assert not element.missing_from(members)


def test_what_states_nothing_more_than_a_badge_is_told_what_it_lacks() -> None:
    found = completeness(PLAIN)
    assert found.score == 100 * 2 // 23
    assert {one.member for one in found.missing if one.need is Need.MANDATORY} == MANDATORY
    assert {one.name for one in found.missing} == {one.name for one in ANNEX_I} - {"title"}


@pytest.mark.parametrize("element", ANNEX_I, ids=lambda element: element.name)
def test_each_element_is_missed_where_it_stands(element: Any) -> None:
    """Taking away its member, and nothing else, makes the element the only one that is missing."""
    without = dict(COMPLETE)
    head = element.member.partition(".")[0]
    if element.name == "country":
        without["creator"] = {name: value for name, value in CREATOR.items() if name != "address"}
    elif element.name == "supervision":
        without["assessment"] = [{"assessmentType": "Quiz"}]
    else:
        del without[head]
    without.pop("creditPoint") if element.name == "workload" else None
    found = completeness(without)
    assert element.name in {one.name for one in found.missing}
    of_it = {"awardingBody": {"awardingBody", "country"}, "assessment": {"assessment", "supervision"}}
    assert {one.name for one in found.missing} == of_it.get(element.name, {element.name})
    assert found.score < 100


def test_a_workload_may_be_hours_or_credits() -> None:
    hours = {name: value for name, value in COMPLETE.items() if name != "creditPoint"}
    points = {name: value for name, value in COMPLETE.items() if name != "volumeOfLearning"}
    assert completeness(hours).score == completeness(points).score == 100


def test_a_level_alone_is_no_skill() -> None:
    level: Any = {"alignment": [{"targetName": "EQF", "targetUrl": "http://data.europa.eu/snb/eqf/6"}]}
    assert ELEMENTS["skills"].missing_from(level)
    assert not ELEMENTS["skills"].missing_from({"alignment": [{"targetName": "x", "targetUrl": "urn:x"}]})


def test_shared_profiles_ask_for_what_their_sources_ask_for() -> None:
    assert set(EU_ANNEX_I.required) >= {one.name for one in ANNEX_I if one.need is Need.MANDATORY}
    assert {"assessment", "learningOutcomes", "skills"} <= set(TRUST_ED.required)
    for profile in SHARED.values():
        assert set(OPEN_BADGES.required) <= set(profile.required)
        assert set(profile.required) | set(profile.recommended) <= set(ELEMENTS)
        assert not set(profile.required) & set(profile.recommended)
    assert standing(COMPLETE)["profiles"] == ["eu-annex-i", "open-badges"]
    assert standing(COMPLETE | {"achievementType": "Badge"})["profiles"] == list(SHARED)


@api
async def test_a_draft_and_a_version_say_how_complete_they_are(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    draft = await drafted(university, participation="Online")
    assert draft["completeness"]["score"] == 100 * 4 // 23
    assert {
        "element": "workload",
        "member": "volumeOfLearning",
        "title": "Notional workload",
        "need": "mandatory",
        "example": {"volumeOfLearning": "PT60H"},
    } in (draft["completeness"]["missing"])

    await university.post(f"{path(draft['id'])}/publish")
    await university.patch(path(draft["id"]), json=MEMBERS)

    seen = (await client.get(path(draft["id"]))).json()
    for one in draft["completeness"]["missing"]:
        del one["example"]  # a version is not changed any more
    assert (seen["completeness"], seen["profile"]) == (draft["completeness"], "open-badges")
    own = (await university.get(path(draft["id"]))).json()
    assert own["draft"]["completeness"]["score"] > seen["completeness"]["score"]
    (line,) = (await client.get("/achievements")).json()["items"]
    assert line["completeness"] == 17
    ((_, _, payload),) = await events(database)
    assert AchievementPublished.model_validate(payload).completeness == 17


@api
async def test_the_named_profile_decides_about_publishing(university: httpx.AsyncClient) -> None:
    draft = await drafted(university, profile="eu-annex-i")
    where = path(draft["id"])

    refused = await university.post(f"{where}/publish")

    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "profile-not-met")
    assert {error["field"] for error in refused.json()["errors"]} == MANDATORY
    assert (await university.patch(where, json={**MEMBERS, "creator": CREATOR})).status_code == 200
    version = await university.post(f"{where}/publish")
    assert (version.status_code, version.json()["profile"]) == (200, "eu-annex-i")
    assert "eu-annex-i" in version.json()["completeness"]["profiles"]


@api
async def test_an_organizations_own_rule_holds_for_all_that_name_none(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    rule = {"title": "Ours", "required": ["language"], "default": True}
    made = await university.put("/metadata-profiles/ours", json=rule)
    assert made.status_code == 200
    assert made.json()["required"] == ["title", "description", "criteria", "language"]

    draft = await drafted(university)
    refused = await university.post(f"{path(draft['id'])}/publish")
    assert [error["field"] for error in refused.json()["errors"]] == ["inLanguage"]
    await university.patch(path(draft["id"]), json={"profile": "open-badges"})
    assert (await university.post(f"{path(draft['id'])}/publish")).status_code == 200
    assert (await published(other))["profile"] == "open-badges"


@api
async def test_only_one_profile_is_the_rule(university: httpx.AsyncClient) -> None:
    for name in ("first", "second"):
        await university.put(f"/metadata-profiles/{name}", json={"title": name, "default": True})
    own = [one for one in (await university.get("/metadata-profiles")).json()["items"] if one["own"]]
    assert [(one["name"], one["default"]) for one in own] == [("first", False), ("second", True)]


@api
async def test_a_profile_builds_on_a_shared_one(university: httpx.AsyncClient) -> None:
    body = {"title": "EU and skills", "basedOn": "eu-annex-i", "required": ["skills", "level"]}
    made = (await university.put("/metadata-profiles/eu-and-skills", json=body)).json()
    assert set(made["required"]) == {*EU_ANNEX_I.required, "skills", "level"}
    assert set(made["recommended"]) == set(EU_ANNEX_I.recommended) - {"level"}


@api
async def test_profiles_are_read_by_everybody_or_by_their_owner(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await university.put("/metadata-profiles/ours", json={"title": "Ours"})

    shared = (await client.get("/metadata-profiles")).json()["items"]
    assert [one["name"] for one in shared] == sorted(SHARED)
    assert (await client.get("/metadata-profiles/ours")).status_code == 404
    assert (await other.get("/metadata-profiles/ours")).status_code == 404
    await other.put("/metadata-profiles/ours", json={"title": "Theirs", "default": True})
    found = (await university.get("/metadata-profiles/ours")).json()
    assert (found["own"], found["title"], found["default"]) == (True, "Ours", False)
    first = await university.get("/metadata-profiles", params={"limit": 3})
    rest = await university.get("/metadata-profiles", params={"limit": 3, "cursor": first.json()["next"]})
    assert len(first.json()["items"]) + len(rest.json()["items"]) == 4


@api
async def test_a_page_goes_on_where_the_last_profile_of_the_page_before_was(university: httpx.AsyncClient) -> None:
    for name in ("aaa", "aab", "aac"):
        await university.put(f"/metadata-profiles/{name}", json={"title": name})
    first = await university.get("/metadata-profiles", params={"limit": 2})
    assert (await university.delete("/metadata-profiles/aab")).status_code == 204
    rest = await university.get("/metadata-profiles", params={"limit": 1, "cursor": first.json()["next"]})
    assert [one["name"] for one in rest.json()["items"]] == ["aac"]


@api
async def test_a_profile_that_drafts_name_stays(university: httpx.AsyncClient) -> None:
    await university.put("/metadata-profiles/ours", json={"title": "Ours"})
    draft = await drafted(university, profile="ours")

    refused = await university.delete("/metadata-profiles/ours")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "profile-in-use")

    await university.patch(path(draft["id"]), json={"profile": None})
    assert (await university.delete("/metadata-profiles/ours")).status_code == 204
    assert (await university.delete("/metadata-profiles/ours")).status_code == 404


@api
@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("eu-annex-i", {"title": "Mine"}, 409),
        ("Ours", {"title": "Ours"}, 422),
        ("ours", {"title": "Ours", "required": ["beauty"]}, 422),
        ("ours", {"title": "Ours", "required": ["level"], "recommended": ["level"]}, 422),
        ("ours", {"title": "Ours", "basedOn": "another"}, 422),
        ("ours", {"required": ["level"]}, 422),
    ],
)
async def test_what_is_no_profile_is_refused(
    university: httpx.AsyncClient, name: str, body: dict[str, Any], status: int
) -> None:
    assert (await university.put(f"/metadata-profiles/{name}", json=body)).status_code == status


@api
async def test_an_unknown_profile_cannot_be_named(university: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    await other.put("/metadata-profiles/theirs", json={"title": "Theirs"})
    for name in ("theirs", "nobodys"):
        answer = await university.post("/achievements", json=PLAIN | {"profile": name})
        assert [error["field"] for error in answer.json()["errors"]] == ["profile"]


@api
@pytest.mark.db
async def test_an_editor_is_led_from_nothing_to_a_complete_description(university: httpx.AsyncClient) -> None:
    """By answers alone: each thing that is missing comes with what it looks like, and that is taken as it is."""
    odd = await university.post("/achievements", json=PLAIN | {"profile": "eu-annex-1"})
    assert odd.json()["errors"] == [
        {"field": "profile", "detail": "is no metadata profile; there are eu-annex-i, open-badges, trust-ed"}
    ]
    draft = await drafted(university, profile="eu-annex-i")
    refused = await university.post(f"{path(draft['id'])}/publish")
    said = {one["field"]: one["detail"] for one in refused.json()["errors"]}
    assert said["participation"].endswith('such as {"participation": ["Online"]}')
    while missing := draft["completeness"]["missing"]:
        answer = await university.patch(path(draft["id"]), json=missing[0]["example"])
        assert answer.status_code == 200, answer.text
        draft = answer.json()
    assert draft["completeness"]["score"] == 100
    version = await university.post(f"{path(draft['id'])}/publish")
    assert version.status_code == 200
    assert version.json()["completeness"]["missing"] == []
