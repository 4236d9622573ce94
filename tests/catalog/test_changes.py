"""The feed of changes: everything once, in an order that holds even when transactions overtake each other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from catalog.adapters.changes import SqlChangeReadings
from catalog.adapters.unit_of_work import CatalogWork
from catalog.core.changes import Change, ChangeKind, ChangeQuery, ChangeType
from catalog.core.model import OrgId
from catalog.http.changes import ChangePage
from catalog.main import inbox
from contracts.events import AgreementEnded, AgreementSigned
from contracts.payload import Payload
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.inbox import Outcome
from service_kit.inputs import PageRequest
from tests.catalog.samples import OTHER, UNIVERSITY, drafted, path, published
from tests.catalog.test_endorsements import ENDORSEMENT, endorsed, hear, withdrawn
from tests.catalog.test_events import record
from tests.catalog.test_pathways import opened

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Seen = list[tuple[str, str | None, str]]


def change(name: str) -> Change:
    return Change(ChangeKind.ACHIEVEMENT, name, ChangeType.PUBLISHED, NOW, OrgId(UNIVERSITY), 1)


async def read(client: httpx.AsyncClient, query: str = "") -> Any:
    answer = await client.get(f"/changes{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def summed(items: list[Any]) -> Seen:
    return [(one["kind"], one["version"], one["change"]) for one in items]


async def test_it_tells_what_became_public_and_ceased_to_be(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    version = await published(university)
    achievement = path(version["id"])
    pathway = await opened(university)
    await hear(database, endorsed(version["id"]), endorsed(version["id"], 3), withdrawn(version["id"], 4))
    await university.patch(achievement, json={"description": "Another."})
    assert (await university.post(f"{achievement}/publish")).status_code == 200
    assert (await university.post(f"{achievement}/publish")).status_code == 200  # nothing new
    assert (await university.post(f"{achievement}/retire", json={"version": 1})).status_code == 200

    feed = await read(client)
    assert summed(feed["items"]) == [
        ("achievement", "1", "published"),
        ("pathway", "1", "published"),
        ("endorsement", "1", "published"),
        ("endorsement", None, "withdrawn"),
        ("achievement", "2", "updated"),
        ("achievement", "1", "retired"),
    ]
    assert [one["position"] for one in feed["items"]] == [1, 2, 3, 4, 5, 6]
    assert {one["organization"] for one in feed["items"]} == {UNIVERSITY}
    ChangePage.model_validate(feed)
    first, second, third = feed["items"][:3]
    assert (first["id"], first["href"], second["id"]) == (version["id"], version["id"], pathway["id"])
    assert (third["id"], third["about"], third["href"]) == (ENDORSEMENT, version["id"], version["id"])
    assert (await client.get(path(first["href"]))).status_code == 200


async def test_it_is_resumed_where_one_stopped(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    assert (await read(client))["items"] == []
    start = (await read(client))["resume"]
    for number in range(3):
        await published(university, name=f"Course {number}")
    page = await client.get(f"/changes?limit=2&cursor={start}")
    assert page.headers["cache-control"] == "public, max-age=3600"
    assert 'rel="next"' in page.headers["link"]
    first = page.json()
    assert (len(first["items"]), first["next"]) == (2, first["resume"])
    rest = await read(client, f"?limit=2&cursor={first['next']}")
    assert ([one["position"] for one in rest["items"]], rest["next"]) == ([3], None)
    assert (await read(client, f"?cursor={rest['resume']}"))["items"] == []
    await published(university, name="Later")
    later = await read(client, f"?cursor={rest['resume']}")
    assert [one["position"] for one in later["items"]] == [4]
    unchanged = await client.get("/changes", headers={"If-None-Match": (await client.get("/changes")).headers["etag"]})
    assert unchanged.status_code == 304


async def test_it_is_asked_by_kind_and_organization(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await published(university)
    await opened(university)
    await published(other)
    assert summed((await read(client, "?kind=pathway"))["items"]) == [("pathway", "1", "published")]
    theirs = await read(client, f"?organization={OTHER}")
    assert [one["position"] for one in theirs["items"]] == [3]
    nothing = await read(client, "?kind=skill-framework")
    assert (nothing["items"], nothing["resume"]) == ([], theirs["resume"])  # all that is there was looked at


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WyIxIiwiMiJd", "WyIxMjM0NTY3ODkwMTIzNDU2Nzg5MCJd", "WyItMSJd"])
async def test_a_cursor_of_elsewhere_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get(f"/changes?cursor={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_drafts_are_nobodys_business(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await drafted(university)
    assert (await read(client))["items"] == []


async def seen(database: Database, after: int = 0) -> list[tuple[int, str]]:
    page = PageRequest(200, (str(after),))
    found, _ = await SqlChangeReadings(database).after(ChangeQuery(), page)
    return [(placed.position, placed.change.thing) for placed in found.items]


async def waiting(database: Database) -> int:
    """How many transactions wait for another one's row."""
    async with database.connection() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return int((await connection.execute(text(query))).scalar_one())


async def until_waiting(database: Database) -> None:
    async with asyncio.timeout(20):
        while not await waiting(database):
            await asyncio.sleep(0.01)


async def test_a_place_is_given_only_when_all_before_it_are_there(database: Database) -> None:
    """Of two at once the second waits, so that nobody ever sees its place before the first one's."""

    async def second() -> None:
        async with CatalogWork(database) as work:
            await work.changes.note(change("second"))
            await work.commit()

    async with CatalogWork(database) as work:
        await work.changes.note(change("first"))
        task = asyncio.create_task(second())
        await until_waiting(database)
        assert await seen(database) == []
        await work.commit()
    await task
    assert await seen(database) == [(1, "first"), (2, "second")]


async def test_what_is_undone_leaves_no_gap(database: Database) -> None:
    async with CatalogWork(database) as work:
        await work.changes.note(change("undone"), change("undone too"))
    async with CatalogWork(database) as work:
        await work.changes.note(change("done"))
        await work.commit()
    assert await seen(database) == [(1, "done")]


async def test_a_harvester_that_dies_again_and_again_has_everything_once(database: Database) -> None:
    """Writers race, some give up; the harvester stores items and cursor together, and loses what it had not stored."""
    dice = random.Random(7)  # noqa: S311 - the same each time
    written: list[str] = []

    async def write(number: int) -> None:
        async with CatalogWork(database) as work:
            await asyncio.sleep(dice.random() / 100)
            names = [new_id() for _ in range(dice.randint(1, 3))]
            await work.changes.note(*map(change, names))
            if number % 7:
                await work.commit()
                written.extend(names)

    async def harvest(writers: asyncio.Task[Any]) -> AsyncIterator[list[tuple[int, str]]]:
        stored: list[tuple[int, str]] = []
        while True:
            ended = writers.done()
            found = await seen(database, stored[-1][0] if stored else 0)
            if found and dice.random() < 0.5:
                continue  # it died before it had stored them
            stored += found
            if ended and not found:
                yield stored
                return

    writers = asyncio.create_task(_all([write(number) for number in range(60)]))
    async for stored in harvest(writers):
        assert sorted(name for _, name in stored) == sorted(written)
        assert [place for place, _ in stored] == list(range(1, len(written) + 1))
    await writers


async def _all(jobs: list[Any]) -> None:
    await asyncio.gather(*jobs)


AGREEMENT = "https://laurel.example/recognition-agreements/0198c0de-0000-7000-8000-0000000000a9"


def agreed(kind: type[AgreementSigned] | type[AgreementEnded], revision: int, version: int = 1) -> Payload:
    return kind(
        agreement_id=AGREEMENT,
        version=version,
        revision=revision,
        org_id=UNIVERSITY,
        source_org_id=OTHER,
        recognising_issuer="did:web:north.example",
        source_issuer="did:web:south.example",
        programme="https://laurel.example/pathways/1",
        digest="u0",
        document={"rules": []},
        signed_at=NOW,
        changed_at=NOW,
    )


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ([(AgreementSigned, 2), (AgreementSigned, 2), (AgreementEnded, 3)], ["published", "retired"]),
        ([(AgreementEnded, 3), (AgreementSigned, 2), (AgreementEnded, 3)], ["retired"]),
        ([(AgreementSigned, 2), (AgreementEnded, 3), (AgreementEnded, 4)], ["published", "retired"]),  # expired first
        ([(AgreementEnded, 4), (AgreementEnded, 3), (AgreementSigned, 2)], ["retired"]),
    ],
)
async def test_it_tells_who_recognises_whom(
    client: httpx.AsyncClient, database: Database, told: list[tuple[Any, int]], changes: list[str]
) -> None:
    processed = [await inbox(database).process(record(agreed(kind, revision))) for kind, revision in told]
    assert processed == [Outcome.APPLIED] * len(told)
    items = (await read(client, "?kind=recognition-agreement"))["items"]
    assert [one["change"] for one in items] == changes
    for one in items:
        assert (one["id"], one["href"], one["version"]) == (AGREEMENT, AGREEMENT, "1")
        assert (one["about"], one["organization"]) == ("https://laurel.example/pathways/1", UNIVERSITY)
    ChangePage.model_validate(await read(client))


async def test_a_later_version_of_an_agreement_is_an_update(client: httpx.AsyncClient, database: Database) -> None:
    await inbox(database).process(record(agreed(AgreementSigned, 2, version=2)))
    assert summed((await read(client))["items"]) == [("recognition-agreement", "2", "updated")]
