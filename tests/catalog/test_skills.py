"""Frameworks over HTTP: imported, imported again, found; and achievements that stand for their skills at a level."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from catalog.adapters.skills.tables import ACHIEVEMENT_SKILLS
from service_kit.database import Database
from tests.catalog import skill_files as given
from tests.catalog.samples import NOBODY, OTHER, UNIVERSITY, Json, drafted, path, published
from tests.catalog.skill_files import ANALYSE, CASE, DEVELOPER, PYTHON, TEACH

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

SCHEME = "http://data.europa.eu/esco/concept-scheme/skills"
ESCO = (("skills_en.csv", given.ESCO_SKILLS), ("skillsHierarchy_en.csv", given.ESCO_HIERARCHY))
MORE = (
    ("broaderRelationsSkillPillar_en.csv", given.ESCO_BROADER),
    ("occupations_en.csv", given.ESCO_OCCUPATIONS),
    ("occupationSkillRelations_en.csv", given.ESCO_NEEDS),
)


async def sent(client: httpx.AsyncClient, *files: tuple[str, str], **more: Any) -> Json:
    form = [("file", (name, content.encode(), "text/csv")) for name, content in files]
    answer = await client.post("/skill-frameworks", files=form, **more)
    assert answer.status_code in {200, 201}, answer.text
    report: Json = answer.json()
    return report | {"status": answer.status_code}


async def listed(client: httpx.AsyncClient, query: str = "") -> list[str]:
    return [one["label"] for one in (await client.get(f"/skills?{query}")).json()["items"]]


def aligned(uri: str, **members: Any) -> Json:
    return {"targetName": "A skill", "targetUrl": uri, "targetFramework": "ESCO"} | members


async def test_a_framework_is_imported_read_and_searched(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    report = await sent(university, *ESCO, *MORE, params={"sourceVersion": "1.2.0"})

    assert (report["status"], report["version"], report["skills"], report["rejected"]) == (201, 1, 7, 0)
    framework = (await client.get(path(report["framework"]))).json()
    assert framework["title"] == "ESCO"
    assert (framework["organization"], framework["sourceVersion"]) == (UNIVERSITY, "1.2.0")
    assert [version["version"] for version in framework["versions"]] == [1]
    assert (await client.get("/skill-frameworks")).json()["items"][0]["id"] == framework["id"]
    assert await listed(client, "q=programming") == ["Python (computer programming)"]
    assert await listed(client, "q=anlyse+data") == ["analyse data"]  # written almost so
    assert await listed(client, f"broader={given.S27}&framework={framework['id']}") == ["analyse data"]
    (developer,) = (await client.get("/skills?kind=occupation")).json()["items"]
    assert developer["uri"] == DEVELOPER
    needs = (await client.get(path(developer["id"]))).json()["relations"]
    assert [(one["type"], one["uri"]) for one in needs] == [("requires", PYTHON), ("uses", ANALYSE)]


async def test_pages_of_skills_hold_each_once(university: httpx.AsyncClient) -> None:
    await sent(university, *ESCO)
    for query in ("", "q=data+or+information+or+skills+or+about&"):
        found, where = [], f"/skills?{query}limit=2"
        while where:
            answer = await university.get(where)
            found += [one["label"] for one in answer.json()["items"]]
            where = path_and_query(answer)
        assert sorted(found) == sorted(set(found))
        assert len(found) == len(await listed(university, query))
        assert len(found) > 2


def path_and_query(answer: httpx.Response) -> str:
    return str(answer.links["next"]["url"]).partition(answer.request.url.host)[2] if "next" in answer.links else ""


async def test_the_same_again_changes_nothing_and_a_newer_release_is_the_next_version(
    university: httpx.AsyncClient,
) -> None:
    first = await sent(university, *ESCO)
    again = await sent(university, *reversed(ESCO))
    newer = (
        given.ESCO_HEADER + given.concept(PYTHON, "Python") + given.concept(ANALYSE, "analyse data", "data analysis")
    )
    second = await sent(university, ("skills_en.csv", newer))

    assert (again["status"], again["changed"], again["version"]) == (200, False, 1)
    assert (second["status"], second["version"], second["added"], second["removed"]) == (201, 2, 0, 4)
    assert second["framework"] == first["framework"] == again["framework"]
    assert await listed(university) == ["Python", "analyse data"]
    back = await sent(university, *ESCO)
    assert (back["version"], back["added"], back["removed"]) == (3, 4, 0)


async def test_another_language_adds_labels(university: httpx.AsyncClient) -> None:
    await sent(university, *ESCO)
    german = given.ESCO_HEADER + given.concept(PYTHON, "Python (Programmiersprache)")
    await sent(university, ("skills_de.csv", german), params={"language": "de"})

    (skill,) = (await university.get("/skills?q=Programmiersprache")).json()["items"]
    assert skill["label"] == "Python (computer programming)"
    assert skill["labels"] == {"de": "Python (Programmiersprache)", "en": "Python (computer programming)"}
    assert skill["otherLabels"]["en"] == ["Python", "Python programming"]


async def test_a_wrong_row_is_reported_and_a_file_of_nothing_known_is_refused(university: httpx.AsyncClient) -> None:
    report = await sent(university, ("skills_en.csv", given.ESCO_SKILLS + given.concept("nowhere", "x")))
    refused = await university.post("/skill-frameworks", json={"items": []})

    assert report["rejected"] == 1
    assert [(one["row"], one["line"]) for one in report["errors"]] == [(4, 6)]
    assert refused.status_code in {400, 422}


async def test_a_repeated_upload_gives_the_first_report(university: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "import-1"}
    first = await sent(university, *ESCO, headers=key)
    changed = await university.post("/skill-frameworks", json=CASE, headers=key)

    assert await sent(university, *ESCO, headers=key) == first
    assert changed.status_code in {409, 422}


async def test_two_imports_at_once_make_one_framework(university: httpx.AsyncClient) -> None:
    reports = await asyncio.gather(*(university.post("/skill-frameworks", json=CASE) for _ in range(3)))

    assert sorted(answer.status_code for answer in reports) == [200, 200, 201]
    assert len({answer.json()["framework"] for answer in reports}) == 1


async def test_each_organization_has_its_own(university: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    mine, theirs = await sent(university, *ESCO), await sent(other, ("skills_en.csv", given.ESCO_SKILLS))

    assert mine["framework"] != theirs["framework"]
    assert (await university.get(path(mine["framework"]))).json()["skills"] == 6
    (found,) = (await other.get(f"/skill-frameworks?organization={OTHER}")).json()["items"]
    assert (found["id"], found["skills"]) == (theirs["framework"], 3)


async def test_a_level_is_published_as_open_badges_states_it_and_indexed(
    university: httpx.AsyncClient, database: Database
) -> None:
    await sent(university, *ESCO)
    version = await published(university, alignment=[aligned(PYTHON, level=5), aligned(TEACH)])

    assert all("level" not in entry for entry in version["alignment"])
    (result,) = version["resultDescription"]
    assert (result["resultType"], result["alignment"][0]["targetUrl"]) == ("RubricCriterionLevel", PYTHON)
    (level,) = result["rubricCriterionLevel"]
    assert (level["level"], level["id"]) == ("5", result["requiredLevel"])
    async with database.session() as session:
        rows = (await session.execute(select(ACHIEVEMENT_SKILLS.c.skill, ACHIEVEMENT_SKILLS.c.level))).all()
    assert {tuple(row) for row in rows} == {(PYTHON, 5.0), (TEACH, None)}
    draft = (await university.get(path(version["id"]))).json()["draft"]
    assert draft["alignment"][0]["level"] == 5
    assert (await university.post(f"{path(version['id'])}/publish")).json()["version"] == "1"


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (aligned("http://data.europa.eu/esco/skill/none"), "alignment.0.targetUrl"),
        (aligned(given.S27, targetCode="S2.8"), "alignment.0.targetCode"),
        (aligned(PYTHON, level=9), "alignment.0.level"),
        (
            aligned(f"{PYTHON}x", targetFramework=SCHEME),
            "alignment.0.targetUrl",
        ),
    ],
)
async def test_what_names_a_known_framework_must_be_in_it(
    university: httpx.AsyncClient, other: httpx.AsyncClient, entry: Json, field: str
) -> None:
    await sent(university, *ESCO)
    draft = await drafted(university, alignment=[entry])

    refused = await university.post(f"{path(draft['id'])}/publish")

    assert refused.status_code == 422
    assert refused.json()["type"].endswith("alignment-not-known")
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    await published(other, alignment=[entry])  # who did not import the framework is not judged by it


async def test_a_skill_that_was_retired_is_no_longer_aligned_to(university: httpx.AsyncClient) -> None:
    await sent(university, *ESCO)
    version = await published(university, alignment=[aligned(TEACH)])
    await sent(university, ("skills_en.csv", given.ESCO_HEADER + given.concept(PYTHON, "Python")))
    await university.patch(path(version["id"]), json={"description": "Another."})

    assert (await university.post(f"{path(version['id'])}/publish")).status_code == 422
    assert (await university.get(path(version["id"]))).json()["version"] == "1"


@pytest.mark.parametrize("level", [-1, 101, "3", 1.234, True, None])
async def test_a_level_is_a_number_in_hundredths(university: httpx.AsyncClient, level: Any) -> None:
    body = {"name": "A", "description": "B", "criteria": "C", "alignment": [aligned(PYTHON) | {"level": level}]}

    answer = await university.post(
        "/achievements", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == (201 if level is None else 422)


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for where in (f"/skills/{NOBODY}", "/skills/x", f"/skill-frameworks/{NOBODY}", "/skill-frameworks/x"):
        assert (await client.get(where)).status_code == 404
    assert (await client.get("/skills?framework=x")).status_code == 422
