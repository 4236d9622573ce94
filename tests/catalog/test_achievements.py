"""Drafts: what a client may say of an achievement, how it is changed, and who sees it."""

from typing import Any

import httpx
import pytest

from catalog.core.achievements.documents import address
from catalog.core.model import AchievementId
from credential_core.model.validation import validate_credential
from service_kit.testing import BASE_URL
from tests.catalog.samples import COMPLETE, PLAIN, UNIVERSITY, Json, course, drafted, path, published

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_a_new_achievement_is_a_draft_at_its_permanent_address(university: httpx.AsyncClient) -> None:
    answer = await university.post("/achievements", json=COMPLETE)

    draft = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == draft["id"]
    assert draft["id"].startswith(f"{BASE_URL}/achievements/")
    assert (draft["status"], draft["organization"], draft["latestVersion"]) == ("draft", UNIVERSITY, None)
    assert {name: draft[name] for name in COMPLETE} == COMPLETE


async def test_only_its_owner_sees_a_draft(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    draft = await drafted(university)

    assert (await university.get(path(draft["id"]))).json()["name"] == PLAIN["name"]
    for stranger in (client, other):
        answer = await stranger.get(path(draft["id"]))
        assert answer.status_code == 404
        assert (await stranger.get("/achievements")).json()["items"] == []
        assert (await stranger.get(f"{path(draft['id'])}/versions")).status_code == 404


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"criteria": "Pass the exam."}, {"criteria": {"narrative": "Pass the exam."}}),
        ({"criteria": "https://a.example/how"}, {"criteria": {"id": "https://a.example/how"}}),
        ({"image": "https://a.example/b.png"}, {"image": {"id": "https://a.example/b.png", "type": "Image"}}),
        (
            {"image": "data:image/png;base64,iVBORw0KGgo="},
            {"image": {"id": "data:image/png;base64,iVBORw0KGgo=", "type": "Image"}},
        ),
        ({"name": "  Data  "}, {"name": "Data"}),
        ({"achievementType": "ext:Nanodegree"}, {"achievementType": "ext:Nanodegree"}),
        ({"type": "Achievement"}, {"type": ["Achievement"]}),
        (
            {"alignment": [{"targetName": "N", "targetUrl": "urn:skill:1", "type": "Alignment"}]},
            {"alignment": [{"targetName": "N", "targetUrl": "urn:skill:1", "type": ["Alignment"]}]},
        ),
        (
            {"description": "<b>not</b> markup & \n a second line"},
            {"description": "<b>not</b> markup & \n a second line"},
        ),
    ],
)
async def test_short_forms_become_open_badges_forms(university: httpx.AsyncClient, given: Json, stored: Json) -> None:
    draft = await drafted(university, **given)

    assert {name: draft[name] for name in stored} == stored


async def test_result_descriptions_get_ids_when_they_have_none(university: httpx.AsyncClient) -> None:
    levels = [{"name": "Good"}, {"name": "Better"}]
    draft = await drafted(
        university,
        resultDescription=[{"name": "R", "resultType": "RubricCriterionLevel", "rubricCriterionLevel": levels}],
    )

    (result,) = draft["resultDescription"]
    ids = [result["id"], *(level["id"] for level in result["rubricCriterionLevel"])]
    assert len(set(ids)) == 3
    assert all(one.startswith("urn:uuid:") for one in ids)


WRONG: list[tuple[Json, str]] = [
    ({"name": ""}, "name"),
    ({"name": "   "}, "name"),
    ({"name": "x" * 301}, "name"),
    ({"name": 7}, "name"),
    ({"name": "two\nlines"}, "name"),
    ({"name": "bell\x07"}, "name"),
    ({"name": None}, "name"),
    ({"description": "x" * 20_001}, "description"),
    ({"description": None}, "description"),
    ({"criteria": {}}, "criteria"),
    ({"criteria": None}, "criteria"),
    ({"criteria": {"narrative": "n", "extra": 1}}, "criteria.extra"),
    ({"criteria": {"id": "not a uri"}}, "criteria.id"),
    ({"criteria": {"id": "javascript:alert(1)"}}, "criteria.id"),
    ({"criteria": {"id": "http://"}}, "criteria.id"),
    ({"criteria": {"id": "https://a.example:port/"}}, "criteria.id"),
    ({"criteria": ["n"]}, "criteria"),
    ({"achievementType": "Nanodegree"}, "achievementType"),
    ({"achievementType": "ext:"}, "achievementType"),
    ({"type": ["Profile"]}, "type.0"),
    ({"tag": "data"}, "tag"),
    ({"tag": [""]}, "tag.0"),
    ({"tag": ["x"] * 51}, "tag"),
    ({"creditsAvailable": -1}, "creditsAvailable"),
    ({"creditsAvailable": "3"}, "creditsAvailable"),
    ({"creditsAvailable": True}, "creditsAvailable"),
    ({"creditsAvailable": 10_001}, "creditsAvailable"),
    ({"inLanguage": "English"}, "inLanguage"),
    ({"image": {"id": "data:text/html,<b>"}}, "image.id"),
    ({"image": {"id": "https://a.example/b.png", "type": "Picture"}}, "image.type"),
    ({"image": "data:image/png;base64," + "A" * 100_000}, "image.id"),
    ({"alignment": [{"targetName": "N"}]}, "alignment.0.targetUrl"),
    ({"alignment": [{"targetName": "N", "targetUrl": "x", "targetType": "Skill"}]}, "alignment.0.targetUrl"),
    ({"resultDescription": [{"name": "R"}]}, "resultDescription.0.resultType"),
    (
        {"resultDescription": [{"name": "R", "resultType": "Percent", "requiredLevel": "urn:uuid:1"}]},
        "resultDescription.0",
    ),
    (
        {"resultDescription": [{"id": "urn:a:1", "name": "R", "resultType": "Percent"}] * 2},
        "body",
    ),
    ({"otherIdentifier": [{"identifier": "1", "identifierType": "shoe size"}]}, "otherIdentifier.0.identifierType"),
    ({"related": [{}]}, "related.0.id"),
    ({"version": "7"}, "version"),
    ({"id": "https://a.example"}, "id"),
    ({"@context": []}, "@context"),
    ({"creator": {}}, "creator.id"),
    ({"course": "no such course"}, "course"),
    ({"course": ""}, "course"),
    ({"unknown": 1}, "unknown"),
]


@pytest.mark.parametrize(("given", "field"), WRONG, ids=[f"{field}-{index}" for index, (_, field) in enumerate(WRONG)])
async def test_a_wrong_member_is_named_and_nothing_is_stored(
    university: httpx.AsyncClient, given: Json, field: str
) -> None:
    answer = await university.post("/achievements", json=PLAIN | given)

    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert (await university.get("/achievements?mine=true")).json()["items"] == []


async def test_what_is_required_is_named(university: httpx.AsyncClient) -> None:
    answer = await university.post("/achievements", json={})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["name", "description", "criteria"]


async def test_a_course_gives_every_member_that_is_left_out(university: httpx.AsyncClient) -> None:
    made = await course(university, code="CSCI 121", title="Computing", department="CSCI", credits=1.0)

    for reference in (made["id"], "CSCI 121"):
        answer = await university.post("/achievements", json={"course": reference, "name": "Mine", "humanCode": None})
        draft = answer.json()
        assert answer.status_code == 201, answer.text
        assert (draft["name"], draft["fieldOfStudy"], draft["creditsAvailable"]) == ("Mine", "CSCI", 1.0)
        assert (draft["course"], draft["department"]) == (made["id"], "CSCI")
        assert draft["criteria"]["narrative"].startswith("Complete the course CSCI 121, Computing")
        assert "humanCode" not in draft


async def test_another_organizations_course_is_no_course(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    made = await course(other)

    for reference in (made["id"], made["code"]):
        answer = await university.post("/achievements", json={"course": reference})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "course"


async def test_an_achievement_outlives_its_course(university: httpx.AsyncClient) -> None:
    made = await course(university)
    draft = (await university.post("/achievements", json={"course": made["id"]})).json()

    assert (await university.delete(f"/courses/{made['id']}")).status_code == 204
    assert (await university.get(path(draft["id"]))).json()["course"] is None


async def test_changes_merge_and_null_removes(university: httpx.AsyncClient) -> None:
    draft = await drafted(university, tag=["a"], humanCode="H")

    answer = await university.patch(
        path(draft["id"]),
        json={"name": "New", "humanCode": None, "tag": []},
        headers={"Content-Type": "application/merge-patch+json"},
    )

    changed = answer.json()
    assert answer.status_code == 200, answer.text
    assert changed["name"] == "New"
    assert changed["description"] == PLAIN["description"]
    assert not {"humanCode", "tag"} & set(changed)


@pytest.mark.parametrize("name", ["name", "description", "criteria"])
async def test_required_members_cannot_be_removed(university: httpx.AsyncClient, name: str) -> None:
    draft = await drafted(university)

    answer = await university.patch(path(draft["id"]), json={name: None})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": name, "detail": "is required"}]
    assert (await university.get(path(draft["id"]))).json()[name] == PLAIN[name]


async def test_a_draft_can_take_a_course_and_let_it_go(university: httpx.AsyncClient) -> None:
    made = await course(university, department="ART")
    draft = await drafted(university)

    taken = (await university.patch(path(draft["id"]), json={"course": made["code"]})).json()
    gone = (await university.patch(path(draft["id"]), json={"course": None})).json()

    assert (taken["course"], taken["department"], taken["name"]) == (made["id"], "ART", PLAIN["name"])
    assert (gone["course"], gone["department"]) == (None, None)


async def test_if_match_refuses_what_somebody_else_changed(university: httpx.AsyncClient) -> None:
    where = path((await drafted(university))["id"])
    seen = (await university.get(where)).headers["etag"]

    first = await university.patch(where, json={"name": "First"}, headers={"If-Match": seen})
    second = await university.patch(where, json={"name": "Second"}, headers={"If-Match": seen})
    nonsense = await university.patch(where, json={"name": "Third"}, headers={"If-Match": "nonsense"})
    any_state = await university.patch(where, json={"name": "Fourth"}, headers={"If-Match": "*"})
    publish = await university.post(f"{where}/publish", headers={"If-Match": seen})
    delete = await university.delete(where, headers={"If-Match": seen})

    statuses = [answer.status_code for answer in (first, second, nonsense, any_state, publish, delete)]
    assert statuses == [200, 412, 400, 200, 412, 412]
    assert first.headers["etag"] != seen
    assert (await university.get(where)).json()["name"] == "Fourth"


async def test_a_draft_can_be_thrown_away_and_a_published_one_cannot(university: httpx.AsyncClient) -> None:
    draft, version = await drafted(university), await published(university)

    assert (await university.delete(path(draft["id"]))).status_code == 204
    assert (await university.get(path(draft["id"]))).status_code == 404
    refused = await university.delete(path(version["id"]))
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/problems/achievement-published")


async def test_the_same_idempotency_key_makes_one_achievement(university: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}

    first = await university.post("/achievements", json=PLAIN, headers=headers)
    again = await university.post("/achievements", json=PLAIN, headers=headers)
    different = await university.post("/achievements", json=COMPLETE, headers=headers)

    assert again.status_code == 201
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    assert different.status_code == 409
    assert len((await university.get("/achievements?mine=true")).json()["items"]) == 1

    await university.delete(path(first.json()["id"]))
    assert (await university.post("/achievements", json=PLAIN, headers=headers)).status_code == 410


async def test_the_whole_id_in_a_path_names_it_too(university: httpx.AsyncClient) -> None:
    version = await published(university)
    whole = httpx.QueryParams({"id": version["id"]})
    encoded = str(whole).removeprefix("id=")

    assert (await university.get(f"/achievements/{encoded}")).json()["id"] == version["id"]
    assert (await university.post(f"/achievements/{encoded}/publish")).json()["version"] == "1"
    assert (await university.get(f"/achievements/{encoded}/versions/1")).json()["version"] == "1"


@pytest.mark.parametrize(
    "where",
    [
        "/achievements/",
        "/achievements/7",
        "/achievements/AAAAAAAA-0000-4000-8000-000000000000",
        "/achievements/https%3A%2F%2Felsewhere.example%2Fachievements%2F00000000-0000-4000-8000-000000000000",
        "/achievements/00000000-0000-4000-8000-000000000000",
        "/achievements/00000000-0000-4000-8000-000000000000/versions",
        "/achievements/00000000-0000-4000-8000-000000000000/versions/1",
        "/achievements/00000000-0000-4000-8000-000000000000/versions/0",
        "/achievements/00000000-0000-4000-8000-000000000000/versions/99999999999999999999",
        "/achievements/00000000-0000-4000-8000-000000000000/versions/-1",
        "/achievements/00000000-0000-4000-8000-000000000000/nothing",
    ],
)
async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient, where: str) -> None:
    answer = await client.get(where)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("members", [PLAIN, COMPLETE], ids=["plain", "complete"])
async def test_a_published_document_fits_into_a_valid_credential(
    university: httpx.AsyncClient, client: httpx.AsyncClient, members: Json
) -> None:
    version = await published(university, **members)

    document = (await client.get(path(version["versionId"]))).json()

    assert document["id"] == version["id"]
    assert set(document) == {"id", "type", "version", *members}
    assert validate_credential(credential_of(document)) == ()


async def test_a_document_from_a_course_fits_into_a_valid_credential(university: httpx.AsyncClient) -> None:
    made = await course(university, generalEducation=["A"], credits=0.25, prerequisites="None.")
    draft = (await university.post("/achievements", json={"course": made["id"]})).json()
    version = (await university.post(f"{path(draft['id'])}/publish")).json()

    document = (await university.get(path(version["versionId"]))).json()

    assert document["id"] == address(BASE_URL, AchievementId(path(version["id"]).rsplit("/", 1)[-1]))
    assert validate_credential(credential_of(document)) == ()


def credential_of(achievement: Json) -> Any:
    """A credential around an achievement, as the issuer builds it."""
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "did:example:1", "type": ["Profile"], "name": "U"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:2", "type": ["AchievementSubject"], "achievement": achievement},
    }
