"""Pathways: drafted, checked, published as they stay, tried by anybody, told to the other services."""

import copy
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from contracts.catalog_events import PathwayPublished, PathwayRetired
from service_kit.database import Database
from tests.catalog.samples import NOBODY, SERIES, UNIVERSITY, Json, events, foreign, last, path, planned, published

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def opened(client: httpx.AsyncClient, **members: Any) -> Json:
    """A new pathway's first version."""
    answer = await client.post(f"{path((await planned(client, **members))['id'])}/publish")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def tried(client: httpx.AsyncClient, pathway: Json, *names: str, **members: Any) -> Json:
    """What these achievements are worth to it."""
    body = {"held": [{"id": name, "achievement": foreign(name)} for name in names]} | members
    answer = await client.post(f"{path(pathway['id'])}/evaluations", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_one_of_them_is_no_other_number(university: httpx.AsyncClient) -> None:
    condition = {"logicalOperator": "or", "requiredNumber": 2, "targetComponent": ["a", "b"]}
    body = {"name": "A", "hasDestinationComponent": "end", "hasPart": [{"id": "end", "hasCondition": condition}]}
    answer = await university.post("/pathways", json=body)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "hasPart.0.hasCondition"
    assert "requiredNumber must be 1" in error["detail"]


async def test_a_trial_names_each_credential_once(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    made = await opened(university)
    twice = [{"id": "one", "achievement": foreign(name)} for name in ("python", "statistics")]
    answer = await client.post(f"{path(made['id'])}/evaluations", json={"held": twice})

    assert answer.status_code == 422
    assert "the same id twice" in answer.json()["errors"][0]["detail"]


def without(component: str) -> list[Json]:
    return [part for part in SERIES["hasPart"] if part["id"] != component]


async def test_a_draft_is_its_owners_and_says_what_it_was_told(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    draft = await planned(university)

    assert {name: draft[name] for name in SERIES} == SERIES
    assert (draft["type"], draft["status"], draft["organization"]) == (["Pathway"], "draft", UNIVERSITY)
    assert (draft["latestVersion"], draft["flaws"]) == (None, [])
    assert (await university.get(path(draft["id"]))).json() == draft
    assert (await client.get(path(draft["id"]))).status_code == 404
    assert (await client.get("/pathways")).json() == {"items": [], "next": None}
    mine = (await university.get("/pathways?mine=true")).json()["items"]
    assert [(item["id"], item["status"], item["version"]) for item in mine] == [(draft["id"], "draft", None)]


async def test_a_published_version_is_everybodys_and_stays(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    first = await opened(university)
    assert (first["version"], first["versionId"]) == ("1", f"{first['id']}/versions/1")
    changed = await university.patch(path(first["id"]), json={"name": "Renamed"})
    assert changed.json()["name"] == "Renamed"

    shown = (await client.get(path(first["id"]))).json()
    assert (shown["name"], "draft" in shown) == (SERIES["name"], False)
    second = (await university.post(f"{path(first['id'])}/publish")).json()
    assert (second["version"], second["name"]) == ("2", "Renamed")
    assert second["digest"] != first["digest"]
    kept = (await client.get(f"{path(first['id'])}/versions/1")).json()
    assert kept == first
    numbers = [one["version"] for one in (await client.get(f"{path(first['id'])}/versions")).json()["items"]]
    assert numbers == ["2", "1"]
    assert [item["name"] for item in (await client.get("/pathways?q=renamed")).json()["items"]] == ["Renamed"]
    assert (await client.get(f"/pathways?organization={NOBODY}")).json()["items"] == []


async def test_publishing_what_is_published_changes_nothing(university: httpx.AsyncClient, database: Database) -> None:
    first = await opened(university)
    again = await university.post(f"{path(first['id'])}/publish")

    assert again.json() == first
    assert len(await events(database)) == 1


@pytest.mark.parametrize(
    ("members", "where", "code"),
    [
        ({"hasPart": without("python")}, "certificate", "unknown-component"),
        ({"hasDestinationComponent": "degree"}, "degree", "unknown-component"),
        (
            {"hasPart": [*SERIES["hasPart"], {"id": "art", "proxyFor": [foreign("art")]}]},
            "art",
            "unreachable",
        ),
        (
            {"hasPart": [*without("networks"), {"id": "networks", "proxyFor": [foreign("python")]}]},
            "networks",
            "double-counting",
        ),
        ({"notForHoldersOf": [foreign("python")]}, foreign("python"), "contradiction"),
    ],
)
async def test_what_nobody_could_complete_is_not_published(
    university: httpx.AsyncClient, members: Json, where: str, code: str
) -> None:
    draft = await planned(university, **members)
    assert (code, where) in {(flaw["code"], flaw["where"]) for flaw in draft["flaws"]}
    answer = await university.post(f"{path(draft['id'])}/publish")

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/problems/pathway-flawed")
    assert any(error["field"] == where and error["detail"].startswith(code) for error in answer.json()["errors"])
    assert (await university.get(path(draft["id"]))).json()["status"] == "draft"


async def test_what_was_not_found_out_is_told_and_keeps_nothing_from_being_published(
    university: httpx.AsyncClient,
) -> None:
    """Of a ring of achievements no two neighbours count, and more are asked for than there are ways to try."""
    ring = [foreign(f"ring-{number}") for number in range(80)]
    places: list[Json] = [{"id": f"place-{number}", "proxyFor": ring} for number in range(60)]
    end = {"id": "certificate", "hasCondition": {"targetComponent": [one["id"] for one in places]}}
    pairs = [[one, other] for one, other in zip(ring, [*ring[1:], ring[0]], strict=True)]
    draft = await planned(university, hasPart=[end, *places], atMostOneOf=pairs)

    assert [flaw["code"] for flaw in draft["flaws"]] == ["undecided"]
    assert (await university.post(f"{path(draft['id'])}/publish")).status_code == 200


async def test_a_second_worth_is_not_published(university: httpx.AsyncClient) -> None:
    end = {**SERIES["hasPart"][0], "proxyFor": [foreign("degree"), foreign("diploma")]}
    draft = await planned(university, hasPart=[end, *SERIES["hasPart"][1:]])
    answer = await university.post(f"{path(draft['id'])}/publish")

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == end["id"]
    assert foreign("diploma") in error["detail"]


async def test_an_achievement_of_ours_must_have_been_published(university: httpx.AsyncClient) -> None:
    known = await published(university)
    parts = copy.deepcopy(without("python"))
    draft = await planned(university, hasPart=[*parts, {"id": "python", "proxyFor": [known["id"]]}])
    assert (await university.post(f"{path(draft['id'])}/publish")).status_code == 200

    missing = known["id"].replace(last(known["id"]), NOBODY)
    await university.patch(path(draft["id"]), json={"hasPart": [*parts, {"id": "python", "proxyFor": [missing]}]})
    answer = await university.post(f"{path(draft['id'])}/publish")
    assert answer.status_code == 422
    assert "unknown-achievement" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": None}, "name"),
        ({"hasPart": []}, "hasPart"),
        ({"hasPart": [SERIES["hasPart"][0], SERIES["hasPart"][0]]}, "hasPart.1.id"),
        ({"hasPart": [{"id": "a", "hasConstraint": [{"type": "AwardedWithin", "period": "P1H"}]}]}, "hasPart.0.has"),
        ({"hasPart": [{"id": "a", "hasConstraint": [{"type": "Nice"}]}]}, "hasPart.0.has"),
        ({"hasPart": [{"id": "a", "creditValue": 0.001}]}, "hasPart.0.creditValue"),
        ({"sharing": [{"pathway": "x", "maximumCredits": 1}]}, "sharing.0.pathway"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_what_means_nothing_is_refused_with_its_place(
    university: httpx.AsyncClient, members: Json, field: str
) -> None:
    answer = await university.post("/pathways", json=SERIES | members)

    assert answer.status_code == 422
    assert any(error["field"].startswith(field) for error in answer.json()["errors"]), answer.text


async def test_a_repeated_request_makes_one(university: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await university.post("/pathways", json=SERIES, headers=headers)
    again = await university.post("/pathways", json=SERIES, headers=headers)
    other = await university.post("/pathways", json=SERIES | {"name": "Other"}, headers=headers)

    assert again.json()["id"] == first.json()["id"]
    assert other.status_code in {409, 422}
    assert len((await university.get("/pathways?mine=true")).json()["items"]) == 1


async def test_somebody_faster_is_noticed(university: httpx.AsyncClient) -> None:
    answer = await university.post("/pathways", json=SERIES)
    where, seen = path(answer.json()["id"]), {"If-Match": answer.headers["etag"]}
    changed = await university.patch(where, json={"name": "New"}, headers=seen)

    assert changed.status_code == 200
    for method, what in (("PATCH", where), ("POST", f"{where}/publish"), ("DELETE", where)):
        body = {"name": "Late"} if method == "PATCH" else None
        assert (await university.request(method, what, json=body, headers=seen)).status_code == 412


async def test_a_draft_is_deleted_and_a_published_one_is_not(university: httpx.AsyncClient) -> None:
    draft, version = await planned(university), await opened(university)

    assert (await university.delete(path(draft["id"]))).status_code == 204
    assert (await university.get(path(draft["id"]))).status_code == 404
    refused = await university.delete(path(version["id"]))
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (409, "pathway-published")


async def test_retiring_closes_it_and_tells_so(university: httpx.AsyncClient, database: Database) -> None:
    version = await opened(university)
    for _ in range(2):
        answer = await university.post(f"{path(version['id'])}/retire")
        assert (answer.status_code, answer.json()["status"]) == (200, "retired")
    told = await events(database)

    assert (await university.get("/pathways")).json()["items"] == []
    assert [(kind, data["revision"]) for kind, _, data in told] == [
        ("pathway.published.v1", 1),
        ("pathway.retired.v1", 2),
    ]
    assert PathwayPublished.model_validate(told[0][2]).document["name"] == SERIES["name"]
    assert PathwayRetired.model_validate(told[1][2]).digest == version["digest"]
    never = await planned(university)
    assert (await university.post(f"{path(never['id'])}/retire")).status_code == 409


class TestTrials:
    async def test_anybody_may_ask_what_is_missing(
        self, university: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        version = await opened(university)
        found = await tried(client, version, "python", "statistics", "cooking")

        assert (found["isComplete"], found["isExact"], found["missing"]) == (False, True, ["capstone"])
        assert (found["version"], found["digest"]) == ("1", version["digest"])
        assert {(one["credential"], one["component"], one["credits"]) for one in found["placed"]} == {
            ("python", "python", 2.5),
            ("statistics", "statistics", 2.5),
        }
        assert found["left"] == [
            {"credential": "cooking", "code": "not-in-pathway", "component": None, "needed": None, "found": None}
        ]
        assert (await tried(client, version, "python", "networks", "capstone"))["isComplete"]

    async def test_a_constraint_that_is_not_met_is_named(
        self, university: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        capstone = {
            "id": "capstone",
            "proxyFor": [foreign("capstone")],
            "hasConstraint": [{"type": "LevelAtLeast", "level": 6}, {"type": "AwardedWithin", "period": "P5Y"}],
        }
        version = await opened(university, hasPart=[*without("capstone"), capstone])
        low = {"id": "c", "achievement": foreign("capstone"), "level": 5}
        old = low | {"level": 7, "awarded": "2019-01-31"}
        for held, code, needed, was in (
            (low, "level", "EQF 6", "EQF 5"),
            (old, "awarded-within", "2021-03-01", "2019-01-31"),
        ):
            (left,) = (await tried(client, version, held=[held], day="2026-03-01"))["left"]
            assert (left["code"], left["component"], left["needed"], left["found"]) == (code, "capstone", needed, was)

    async def test_what_was_recognised_for_one_credential_counts_once(
        self, university: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        version = await opened(university)
        capstone, python, networks = (
            {"id": name, "achievement": foreign(name)} for name in ("capstone", "python", "networks")
        )
        twice = [capstone, python | {"source": "urn:uuid:abroad"}, networks | {"source": "urn:uuid:abroad"}]
        found = await tried(client, version, held=twice)
        assert (found["isComplete"], found["missing"]) == (False, ["statistics"])
        assert [one["code"] for one in found["left"]] == ["same-source"]
        assert (await tried(client, version, held=[capstone, python, twice[2]]))["isComplete"]

    async def test_a_version_may_be_chosen_and_a_draft_may_not(
        self, university: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        version, draft = await opened(university), await planned(university)
        where = f"{path(version['id'])}/evaluations"

        assert (await client.post(where, json={"held": [], "version": 1})).status_code == 200
        assert (await client.post(where, json={"held": [], "version": 2})).status_code == 404
        assert (await client.post(f"{path(draft['id'])}/evaluations", json={"held": []})).status_code == 404


async def test_the_database_keeps_what_was_published(university: httpx.AsyncClient, database: Database) -> None:
    await opened(university)
    for statement in ("UPDATE pathway_versions SET document = '{}'", "DELETE FROM pathway_versions"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.engine.begin() as connection:
                await connection.execute(text(statement))
