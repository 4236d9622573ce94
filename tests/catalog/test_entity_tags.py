"""Whoever changes something of the catalog may say which state they saw (ADR 68)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.catalog.samples import SERIES, course, drafted, path, planned, published
from tests.conditions import Case, holds

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def named(number: int) -> dict[str, str]:
    return {"name": f"Name {number}"}


def titled(number: int) -> dict[str, str]:
    return {"title": f"Title {number}"}


PROFILE = "PUT /metadata-profiles/{name}"
ACHIEVEMENT, PATHWAY = "PATCH /achievements/{achievement_id}", "PATCH /pathways/{pathway_id}"
CASES: Mapping[str, Case] = {
    "PATCH /courses/{course_id}": Case(titled),
    "DELETE /courses/{course_id}": Case(meanwhile=("PATCH /courses/{course_id}", titled)),
    ACHIEVEMENT: Case(named),
    "DELETE /achievements/{achievement_id}": Case(meanwhile=(ACHIEVEMENT, named)),
    "POST /achievements/{achievement_id}/publish": Case(meanwhile=(ACHIEVEMENT, named)),
    "POST /achievements/{achievement_id}/retire": Case(meanwhile=(ACHIEVEMENT, named)),
    PATHWAY: Case(named),
    PROFILE: Case(titled),
    "DELETE /metadata-profiles/{name}": Case(meanwhile=(PROFILE, titled)),
    "DELETE /pathways/{pathway_id}": Case(meanwhile=(PATHWAY, named)),
    "POST /pathways/{pathway_id}/publish": Case(meanwhile=(PATHWAY, named)),
    "POST /pathways/{pathway_id}/retire": Case(meanwhile=(PATHWAY, named)),
}


@pytest.mark.parametrize("operation", CASES)
async def test_if_match_holds(university: httpx.AsyncClient, operation: str) -> None:
    achievement, pathway = await drafted(university), await planned(university, **SERIES)
    if operation.endswith("/retire"):
        for one in (achievement, pathway):
            assert (await university.post(f"{path(one['id'])}/publish")).status_code == 200
    assert (await university.put("/metadata-profiles/ours", json=titled(0))).status_code == 200
    things = {
        "name": "ours",
        "course_id": (await course(university))["id"],
        "achievement_id": achievement["id"].rpartition("/")[2],
        "pathway_id": pathway["id"].rpartition("/")[2],
    }

    async def send(method: str, where: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        return await university.request(method, where, json=body, headers=headers)

    await holds(send, operation, CASES[operation], things)


async def test_counts_change_the_tag_of_what_is_read_and_no_draft(university: httpx.AsyncClient) -> None:
    """What others publish about an achievement is no change of it."""
    where = path((await published(university))["id"])
    seen = (await university.get(where)).headers["etag"]
    state = seen.partition(".")[0] + '"'

    assert state != seen
    assert (await university.patch(where, json=named(1), headers={"If-Match": state})).status_code == 200
