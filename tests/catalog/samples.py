"""Organizations, achievements and small steps that the catalog's tests share."""

import json
from typing import Any

import httpx
from sqlalchemy import select

from service_kit.database import Database
from service_kit.tables import OUTBOX

UNIVERSITY = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
NOBODY = "33333333-3333-4333-8333-333333333333"
Json = dict[str, Any]

PLAIN: Json = {
    "name": "Data Literacy",
    "description": "Reads tables and doubts them.",
    "criteria": {"narrative": "Pass the exam."},
}
COMPLETE: Json = PLAIN | {
    "achievementType": "MicroCredential",
    "tag": ["data", "statistics"],
    "alignment": [
        {
            "type": ["Alignment"],
            "targetName": "analyse data",
            "targetUrl": "http://data.europa.eu/esco/skill/2b92a5b2-6758-4ee3-9fb4-b6387a55cc8f",
            "targetFramework": "ESCO",
            "targetType": "CFItem",
        }
    ],
    "creditsAvailable": 2.5,
    "fieldOfStudy": "Statistics",
    "humanCode": "STAT 101",
    "inLanguage": "en-US",
    "image": {"id": "https://university.example/badge.png", "type": "Image", "caption": "A table"},
    "resultDescription": [
        {
            "id": "urn:uuid:6a9b1f1e-0000-4000-8000-000000000001",
            "type": ["ResultDescription"],
            "name": "Rubric",
            "resultType": "RubricCriterionLevel",
            "requiredLevel": "urn:uuid:6a9b1f1e-0000-4000-8000-000000000002",
            "rubricCriterionLevel": [
                {
                    "id": "urn:uuid:6a9b1f1e-0000-4000-8000-000000000002",
                    "type": ["RubricCriterionLevel"],
                    "name": "Good",
                    "level": "1",
                    "points": "10",
                }
            ],
        }
    ],
    "specialization": "Surveys",
    "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "S-101", "identifierType": "sisSourcedId"}],
    "related": [{"id": "https://university.example/achievements/7", "type": ["Related"], "version": "2"}],
}


async def drafted(client: httpx.AsyncClient, **members: Any) -> Json:
    """A new draft."""
    answer = await client.post("/achievements", json=PLAIN | members)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def published(client: httpx.AsyncClient, **members: Any) -> Json:
    """A new achievement's first version."""
    answer = await client.post(f"{path((await drafted(client, **members))['id'])}/publish")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def course(client: httpx.AsyncClient, **members: Any) -> Json:
    """A new course."""
    answer = await client.post("/courses", json={"code": "A 1", "title": "Art"} | members)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def path(url: str) -> str:
    """An address without its origin."""
    return httpx.URL(url).path


async def events(database: Database) -> list[tuple[str, str, Json]]:
    """Every event that was promised: its type, its key, its payload."""
    async with database.session() as session:
        rows = (await session.execute(select(OUTBOX).order_by(OUTBOX.c.sequence))).mappings().all()
    return [(dict(row["headers"])["ce_type"], row["key"], json.loads(row["value"])) for row in rows]


def foreign(name: str) -> str:
    """An achievement of another catalog."""
    return f"https://other.example/achievements/{name}"


SERIES: Json = {
    "name": "Data and security series",
    "description": "Two of three badges and the capstone.",
    "hasDestinationComponent": "certificate",
    "hasPart": [
        {
            "id": "certificate",
            "hasCondition": {
                "targetComponent": ["capstone"],
                "hasCondition": [{"requiredNumber": 2, "targetComponent": ["python", "statistics", "networks"]}],
            },
        },
        {"id": "capstone", "type": "AssessmentComponent", "proxyFor": [foreign("capstone")]},
        *(
            {
                "id": name,
                "type": "CourseComponent",
                "name": name.title(),
                "proxyFor": [foreign(name)],
                "creditValue": 2.5,
            }
            for name in ("python", "statistics", "networks")
        ),
    ],
}


async def planned(client: httpx.AsyncClient, **members: Any) -> Json:
    """A pathway's draft."""
    answer = await client.post("/pathways", json=SERIES | members)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def last(url: str) -> str:
    """The last segment of an address."""
    return url.rsplit("/", 1)[-1]
