"""Versions: immutable, numbered without gaps, announced with the commit, and closed for issuing by retiring."""

import asyncio

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError

from contracts.catalog_events import AchievementPublished, AchievementRetired
from service_kit.database import Database
from tests.catalog.samples import COMPLETE, PLAIN, UNIVERSITY, drafted, events, path, published

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_publishing_makes_version_one_and_its_event(university: httpx.AsyncClient, database: Database) -> None:
    draft = await drafted(university, **COMPLETE)

    answer = await university.post(f"{path(draft['id'])}/publish")

    version = answer.json()
    assert answer.status_code == 200
    assert (version["version"], version["status"]) == ("1", "published")
    assert version["versionId"] == answer.headers["content-location"] == f"{draft['id']}/versions/1"
    ((kind, key, payload),) = await events(database)
    told = AchievementPublished.model_validate(payload)
    assert (kind, key) == ("achievement.published.v1", f"{path(draft['id']).rsplit('/', 1)[-1]}/1")
    assert (told.achievement_id, told.version, told.revision, told.org_id) == (draft["id"], 1, 1, UNIVERSITY)
    assert (told.name, told.achievement_type) == ("Data Literacy", "MicroCredential")
    document = (await university.get(path(version["versionId"]))).json()
    assert told.document == document == {"id": draft["id"], "type": ["Achievement"], **COMPLETE, "version": "1"}


async def test_an_unchanged_draft_gives_the_version_it_is_already(
    university: httpx.AsyncClient, database: Database
) -> None:
    version = await published(university)
    await university.patch(path(version["id"]), json={"name": "Other"})
    await university.patch(path(version["id"]), json={"name": PLAIN["name"]})

    again = (await university.post(f"{path(version['id'])}/publish")).json()

    assert again == version
    assert len(await events(database)) == 1


async def test_a_change_after_publishing_waits_for_the_next_version(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    version = await published(university)
    where = path(version["id"])
    frozen = await client.get(f"{where}/versions/1")

    await university.patch(where, json={"name": "Second thoughts"})
    public, own = (await client.get(where)).json(), (await university.get(where)).json()
    assert (public["name"], public["version"]) == (PLAIN["name"], "1")
    assert "draft" not in public
    assert (own["name"], own["draft"]["name"]) == (PLAIN["name"], "Second thoughts")

    second = (await university.post(f"{where}/publish")).json()
    assert (second["version"], second["name"]) == ("2", "Second thoughts")
    assert (await client.get(where)).json()["version"] == "2"
    after = await client.get(f"{where}/versions/1")
    assert (after.content, after.headers["etag"]) == (frozen.content, frozen.headers["etag"])
    assert "immutable" in after.headers["cache-control"]
    history = (await client.get(f"{where}/versions")).json()["items"]
    assert [(line["version"], line["name"]) for line in history] == [("2", "Second thoughts"), ("1", PLAIN["name"])]


async def test_publishing_at_the_same_time_makes_one_version(university: httpx.AsyncClient, database: Database) -> None:
    where = path((await drafted(university))["id"])

    answers = await asyncio.gather(*(university.post(f"{where}/publish") for _ in range(6)))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
    assert len(await events(database)) == 1


async def test_publishing_and_changing_at_the_same_time_keep_numbers_without_gaps(
    university: httpx.AsyncClient, database: Database
) -> None:
    where = path((await drafted(university))["id"])

    async def change_and_publish(number: int) -> None:
        await university.patch(where, json={"name": f"Name {number}"})
        await university.post(f"{where}/publish")

    await asyncio.gather(*(change_and_publish(number) for number in range(5)))

    versions = [payload["version"] for _, _, payload in await events(database)]
    assert versions == list(range(1, len(versions) + 1))
    shown = (await university.get(where)).json()
    assert shown["version"] == str(versions[-1])
    assert shown["name"] == shown["draft"]["name"]


async def test_a_failed_publication_leaves_neither_version_nor_event(
    university: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = path((await drafted(university))["id"])

    async def fail(_self: object, *_payloads: object) -> None:
        raise InterfaceError("SELECT 1", None, Exception("the connection is closed"))

    with monkeypatch.context() as patched:
        patched.setattr("service_kit.outbox.Outbox.append", fail)
        assert (await university.post(f"{where}/publish")).status_code == 503

    assert await events(database) == []
    assert (await university.get(where)).json()["status"] == "draft"
    assert (await university.post(f"{where}/publish")).json()["version"] == "1"


async def test_retiring_closes_every_version_with_a_higher_revision(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    where = path((await published(university))["id"])
    await university.patch(where, json={"name": "Second"})
    await university.post(f"{where}/publish")

    answer = await university.post(f"{where}/retire")

    assert answer.status_code == 200
    assert answer.json()["status"] == "retired"
    retired = [AchievementRetired.model_validate(payload) for kind, _, payload in (await events(database))[2:]]
    assert [(told.version, told.revision) for told in retired] == [(1, 2), (2, 2)]
    assert [told.name for told in retired] == [PLAIN["name"], "Second"]
    shown = (await client.get(where)).json()
    assert (shown["status"], shown["version"], shown["name"]) == ("retired", "2", "Second")
    assert (await client.get("/achievements")).json()["items"] == []
    assert len((await client.get("/achievements?status=retired")).json()["items"]) == 1
    assert (await client.get(f"{where}/versions/1")).status_code == 200


async def test_retiring_one_version_leaves_the_others_open(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    where = path((await published(university))["id"])
    await university.patch(where, json={"name": "Second"})
    await university.post(f"{where}/publish")

    answer = await university.post(f"{where}/retire", json={"version": 2})

    assert answer.json()["status"] == "published"
    assert (await client.get(where)).json()["version"] == "1"
    assert [(kind, payload["version"]) for kind, _, payload in (await events(database))[2:]] == [
        ("achievement.retired.v1", 2)
    ]


async def test_retiring_twice_changes_nothing(university: httpx.AsyncClient, database: Database) -> None:
    where = path((await published(university))["id"])

    answers = await asyncio.gather(*(university.post(f"{where}/retire") for _ in range(3)))

    assert {answer.content for answer in answers} == {answers[0].content}
    assert [kind for kind, _, _ in await events(database)] == ["achievement.published.v1", "achievement.retired.v1"]


async def test_publishing_after_retiring_opens_a_new_version(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    where = path((await published(university))["id"])
    await university.post(f"{where}/retire")

    again = (await university.post(f"{where}/publish")).json()

    assert (again["version"], again["status"]) == ("2", "published")
    assert (await client.get(where)).json()["version"] == "2"


async def test_what_was_never_published_cannot_be_retired(university: httpx.AsyncClient) -> None:
    where = path((await drafted(university))["id"])

    assert (await university.post(f"{where}/retire")).status_code == 409


@pytest.mark.parametrize("body", [{"version": 2}, {"version": 0}, {"version": "1"}, {"version": 2**40}, {"why": "x"}])
async def test_retiring_a_version_that_does_not_exist_is_refused(
    university: httpx.AsyncClient, database: Database, body: dict[str, object]
) -> None:
    where = path((await published(university))["id"])

    answer = await university.post(f"{where}/retire", json=body)

    assert answer.status_code == 422
    assert len(await events(database)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE achievement_versions SET document = '{}'", "DELETE FROM achievement_versions"]
)
async def test_the_service_itself_may_not_touch_a_published_document(
    university: httpx.AsyncClient, database: Database, statement: str
) -> None:
    await published(university)

    async with database.session() as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text(statement))


async def test_readers_that_have_it_get_304(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    where = path((await published(university))["id"])

    for address in (where, f"{where}/versions", f"{where}/versions/1", "/achievements"):
        first = await client.get(address)
        again = await client.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
