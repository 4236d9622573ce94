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
from catalog.main import create_openapi_app
from tests.catalog.samples import COMPLETE, course, drafted, path, published


def test_the_description_is_valid_openapi() -> None:
    described = create_openapi_app().openapi()

    validate(described)
    assert described["openapi"].startswith("3.1")
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_problems_are_described_as_problem_json() -> None:
    described = create_openapi_app().openapi()

    for where, methods in described["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                page = {"text/html"} if where == "/achievements/{achievement_id}" and status == "404" else set()
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
    for model, answer in expected:
        model.model_validate(answer)
