"""The API's description is valid, and the answers are what it says."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from catalog.http import answers
from catalog.http.achievements import profile_schemas, similar
from catalog.http.pathways import replies as pathway_replies
from catalog.http.skills import answers as skill_answers
from catalog.http.skills import job_profiles
from catalog.main import create_openapi_app
from tests.catalog.samples import COMPLETE, course, drafted, path, planned, published
from tests.catalog.skill_files import CASE


def test_the_description_is_valid_openapi() -> None:
    described = create_openapi_app().openapi()

    validate(described)
    assert described["openapi"].startswith("3.1")
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_problems_are_described_as_problem_json() -> None:
    described = create_openapi_app().openapi()

    for methods in described["paths"].values():
        for method, operation in methods.items():
            page = {"text/html"} if method == "get" else set()
            for status, answer in operation["responses"].items():
                if status.startswith("4"):
                    assert set(answer["content"]) - page == {"application/problem+json"}


def test_the_command_prints_it_without_settings() -> None:
    printed = subprocess.run([sys.executable, "-m", "catalog", "openapi"], capture_output=True, check=True, env={})

    assert json.loads(printed.stdout) == json.loads(json.dumps(create_openapi_app().openapi()))


@pytest.mark.db
@pytest.mark.asyncio
async def test_answers_are_as_described(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    report = await university.post("/courses/import", json=[{"code": "B", "title": "Bees", "x": 1, "credits": -1}, {}])
    made = await course(university)
    draft, version = await drafted(university, **COMPLETE), await published(university, **COMPLETE)

    expected: list[tuple[type[BaseModel], Any]] = [
        (answers.ImportReport, report.json()),
        (answers.Course, made),
        (answers.CoursePage, (await client.get("/courses")).json()),
        (answers.DraftAnswer, draft),
        (answers.VersionAnswer, version),
        (answers.AchievementAnswer, (await client.get(path(version["id"]))).json()),
        (answers.AchievementAnswer, (await university.get(path(version["id"]))).json()),
        (answers.AchievementAnswer, (await university.get(path(draft["id"]))).json()),
        (answers.AchievementPage, (await university.get("/achievements?mine=true")).json()),
        (answers.VersionPage, (await client.get(f"{path(version['id'])}/versions")).json()),
        (answers.OpenBadgesAchievement, (await client.get(path(version["versionId"]))).json()),
    ]
    conform(expected)


def conform(expected: list[tuple[type[BaseModel], Any]]) -> None:
    """Every answer is one of its model. Models let nothing pass that they do not name."""
    for model, answer in expected:
        model.model_validate(answer)


@pytest.mark.db
@pytest.mark.asyncio
async def test_answers_about_skills_are_as_described(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    imported = (await university.post("/skill-frameworks", json=CASE)).json()
    frameworks, skills = (await client.get("/skill-frameworks")).json(), (await client.get("/skills")).json()
    draft, version = await drafted(university, **COMPLETE), await published(university, **COMPLETE)
    wanted = {"skills": [{"skill": COMPLETE["alignment"][0]["targetUrl"]}, {"skill": "urn:nobodys", "level": 2}]}
    alike = (await university.get(f"{path(draft['id'])}/similar")).json()
    match = (await client.post("/job-profiles/match", json=wanted)).json()

    assert alike["similar"][0]["achievement"] == version["id"]
    assert match["plan"][0]["achievement"] == version["id"]
    conform(
        [
            (skill_answers.FrameworkImport, imported),
            (skill_answers.FrameworkPage, frameworks),
            (skill_answers.FrameworkAnswer, (await client.get(path(frameworks["items"][0]["id"]))).json()),
            (skill_answers.SkillPage, skills),
            *[(skill_answers.SkillAnswer, (await client.get(path(one["id"]))).json()) for one in skills["items"]],
            (job_profiles.MatchAnswer, match),
            (similar.SimilarAnswer, alike),
        ]
    )


@pytest.mark.db
@pytest.mark.asyncio
async def test_answers_about_pathways_and_profiles_are_as_described(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    draft = await planned(university)
    where = path(draft["id"])
    version = (await university.post(f"{where}/publish")).json()
    own = (await university.put("/metadata-profiles/ours", json={"title": "Ours"})).json()

    conform(
        [
            (pathway_replies.PathwayDraftAnswer, draft),
            (pathway_replies.PathwayVersionAnswer, version),
            (pathway_replies.PathwayAnswer, (await client.get(where)).json()),
            (pathway_replies.PathwayPage, (await client.get("/pathways")).json()),
            (pathway_replies.PathwayVersionPage, (await client.get(f"{where}/versions")).json()),
            (pathway_replies.EvaluationAnswer, (await client.post(f"{where}/evaluations", json={"held": []})).json()),
            (profile_schemas.ProfileAnswer, own),
            (profile_schemas.ProfilePage, (await university.get("/metadata-profiles")).json()),
        ]
    )
