"""Whatever the catalog makes is made once under one Idempotency-Key (ADR 54)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service_kit.database import Database
from tests.catalog.samples import PLAIN, SERIES, Json
from tests.catalog.skill_files import CASE, case_named
from tests.catalog.test_foreign import BADGE_CLASS
from tests.repetition import Body, Callers, Example, Send, holds

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def always(body: Any) -> Body:
    return lambda _: body


def course(code: str) -> Json:
    return {"code": code, "title": f"Course {code}"}


EXAMPLES: Mapping[str, Example] = {
    "POST /achievements": Example(
        "achievements", always(PLAIN), always(PLAIN | {"name": "Other"}), always(PLAIN | {"name": "Theirs"})
    ),
    "POST /achievements/import": Example(
        "achievements",
        always(BADGE_CLASS),
        always(BADGE_CLASS | {"name": "Other"}),
        always(BADGE_CLASS | {"name": "Theirs"}),
        status=200,
    ),
    "POST /courses": Example("courses", always(course("A 1")), always(course("B 2")), always(course("C 3"))),
    "POST /courses/import": Example(
        "courses",
        always([course("A 1")]),
        always([course("B 2")]),
        always([course("C 3"), {"code": "", "title": "refused, so that their report is another"}]),
        status=200,
    ),
    "POST /skill-frameworks": Example(
        "skill_frameworks", always(CASE), always(case_named("other")), always(case_named("theirs"))
    ),
    "POST /pathways": Example(
        "pathways", always(SERIES), always(SERIES | {"name": "Other"}), always(SERIES | {"name": "Theirs"})
    ),
}


@pytest.mark.parametrize("operation", EXAMPLES)
async def test_one_key_makes_one(
    university: httpx.AsyncClient, other: httpx.AsyncClient, database: Database, operation: str
) -> None:
    def sending(client: httpx.AsyncClient) -> Send:
        async def send(path: str, body: Any, key: str) -> httpx.Response:
            return await client.post(path, json=body, headers={"Idempotency-Key": key})

        return send

    async def count(table: str) -> int:
        async with database.connection() as connection:
            found = await connection.scalar(text(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 - ours
        return int(found or 0)

    await holds(Callers(sending(university), sending(other), count), operation, EXAMPLES[operation], {})
