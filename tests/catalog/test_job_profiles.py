"""Skills sought: lists by skill and level, what a job's skills lack."""

from typing import Any

import httpx
import pytest

from catalog.core.model import AchievementId
from catalog.core.skills.job_profiles import Facts, Giver, Requirement, match
from tests.catalog import skill_files as given
from tests.catalog.samples import Json, drafted, path, published
from tests.catalog.skill_files import ANALYSE, PYTHON, TEACH

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

READING, PROGRAMMING = (f"https://www.onetonline.org/find/descriptor/result/{code}" for code in ("2.A.1.a", "2.B.3.e"))
DEVELOPER = "https://www.onetonline.org/link/summary/15-1252.00"


def aligned(uri: str, level: float | None = None) -> Json:
    entry: Json = {"targetName": "A skill", "targetUrl": uri}
    return entry if level is None else entry | {"level": level}


async def giving(client: httpx.AsyncClient, name: str, *alignment: Json) -> str:
    return str((await published(client, name=name, alignment=list(alignment)))["id"])


async def names(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/achievements?sort=name&{query}")
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


async def matched(client: httpx.AsyncClient, **body: Any) -> Json:
    answer = await client.post("/job-profiles/match", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_achievements_are_found_by_skill_and_level(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    low = await giving(university, "Low", aligned(PYTHON, 3))
    await giving(university, "High", aligned(PYTHON, 5), aligned(ANALYSE))
    await giving(university, "Unlevelled", aligned(PYTHON))
    await drafted(university, name="Draft", alignment=[aligned(PYTHON, 8)])

    assert await names(client, f"skill={PYTHON}") == ["High", "Low", "Unlevelled"]
    assert await names(client, f"skill={PYTHON}&level=4") == ["High"]
    assert await names(client, f"skill={ANALYSE}&level=1") == []
    assert (await client.get("/achievements?level=4")).status_code == 422
    await university.patch(path(low), json={"alignment": [aligned(TEACH)]})
    assert "Low" in await names(client, f"skill={PYTHON}")  # as it is published
    await university.post(f"{path(low)}/publish")
    assert "Low" not in await names(client, f"skill={PYTHON}")
    assert await names(client, f"skill={TEACH}") == ["Low"]
    await university.post(f"{path(low)}/retire")
    assert await names(client, f"skill={TEACH}") == []


async def test_a_profile_says_what_is_given_what_is_missing_and_what_would_give_it(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    held = await giving(university, "Held", aligned(PYTHON, 3), aligned(TEACH))
    both = await giving(other, "Both", aligned(PYTHON, 5), aligned(ANALYSE, 4))
    await giving(university, "Only Python", aligned(PYTHON, 6))
    skills = [{"skill": PYTHON, "level": 4}, {"skill": ANALYSE}, {"skill": TEACH}, {"skill": "urn:x:nothing"}]
    body: Json = {"skills": skills, "achievements": [f"{held}/versions/1", "https://elsewhere.example/1"]}

    found = await matched(client, **body)

    states = {one["skill"]: (one["state"], one["givenLevel"]) for one in found["skills"]}
    assert states == {
        PYTHON: ("below", 3),
        ANALYSE: ("missing", None),
        TEACH: ("given", None),
        "urn:x:nothing": ("missing", None),
    }
    python = next(one for one in found["skills"] if one["skill"] == PYTHON)
    assert python["reason"] == "given at level 3, asked for at level 4"
    assert [(one["name"], one["level"]) for one in python["wouldGive"]] == [("Both", 5), ("Only Python", 6)]
    (step,) = found["plan"]
    assert (step["achievement"], set(step["gives"])) == (both, {PYTHON, ANALYSE})
    assert (found["given"], found["missing"], found["outOfReach"]) == (1, 3, ["urn:x:nothing"])
    assert found["unknownAchievements"] == ["https://elsewhere.example/1"]
    assert await matched(client, **body) == found


async def test_an_occupation_asks_for_what_its_framework_says(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    files = {"a.txt": given.CONTENT_MODEL, "b.txt": given.OCCUPATION_DATA, "c.txt": given.ONET_SKILLS}
    form = [("file", (name, content.encode(), "text/plain")) for name, content in files.items()]
    framework = (await university.post("/skill-frameworks", files=form)).json()["framework"]

    found = await matched(client, occupation=DEVELOPER, framework=framework, skills=[{"skill": READING, "level": 2}])

    assert [(one["skill"], one["label"], one["level"]) for one in found["skills"]] == [
        (READING, "Reading Comprehension", 2),
        (PROGRAMMING, "Programming", 5),
    ]
    unknown = await client.post("/job-profiles/match", json={"occupation": PYTHON})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "occupation")


async def test_an_occupation_may_ask_for_more_than_a_caller_may_name(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    """O*NET rates some 160 skills, abilities, activities and fields of knowledge of each occupation."""
    header = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\n"
    rows = "".join(f"15-1252.00\t2.C.{number}\tField {number}\tLV\t3.00\n" for number in range(160))
    form = [
        ("file", (name, content.encode(), "text/plain"))
        for name, content in {"b.txt": given.OCCUPATION_DATA, "Knowledge.txt": header + rows}.items()
    ]
    framework = (await university.post("/skill-frameworks", files=form)).json()["framework"]

    found = await matched(client, occupation=DEVELOPER, framework=framework, skills=[{"skill": PYTHON}])

    assert len(found["skills"]) == found["missing"] == 161
    too_many = [{"skill": f"urn:x:{number}"} for number in range(101)]
    assert (await client.post("/job-profiles/match", json={"skills": too_many})).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"skills": []},
        {"skills": [{"skill": PYTHON}, {"skill": PYTHON}]},
        {"skills": [{"skill": PYTHON, "level": -1}]},
    ],
)
async def test_a_profile_that_asks_for_nothing_clear_is_refused(client: httpx.AsyncClient, body: Json) -> None:
    assert (await client.post("/job-profiles/match", json=body)).status_code == 422


async def test_the_order_of_facts_changes_nothing() -> None:
    wanted = [Requirement("a", 2), Requirement("b"), Requirement("c")]
    offered = [Giver(AchievementId(f"{number}"), "x", skill, 3) for number, skill in enumerate("abcab")]

    def asked(order: list[Giver]) -> Any:
        return match(wanted, [], Facts(labels={}, known=[], held=[], offered=order))

    assert asked(offered) == asked(offered[::-1])
    assert [step.achievement for step in asked(offered).plan] == ["0", "1", "2"]
