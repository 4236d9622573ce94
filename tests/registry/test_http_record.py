"""The public record of a credential, over HTTP on a real database."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from service_kit.clock import utc_now
from service_kit.testing import BASE_URL
from tests.registry import events
from tests.registry.conftest import Deliver

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def short(number: int = 1) -> str:
    return f"/records/{events.credential_id(number).rsplit('/', 1)[1]}"


async def test_says_what_was_issued_and_by_whom(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer(), events.achievement(), events.issued(valid_until=events.at(99_999_999)))

    answer = await client.get(short())

    assert answer.status_code == 200
    assert answer.json() == {
        "id": events.credential_id(),
        "issuer": {"id": events.DID, "name": "North University", "slug": "north"},
        "achievement": {
            "id": events.ACHIEVEMENT,
            "version": 1,
            "name": "Tide tables",
            "achievementType": "Course",
        },
        "state": "issued",
        "expired": False,
        "issuedAt": "2026-01-01T09:10:00Z",
        "validFrom": "2026-01-01T09:10:00Z",
        "validUntil": "2216-02-19T19:39:00Z",
        "changedAt": "2026-01-01T09:10:00Z",
        "digest": "uDigestOf1",
        "statusList": {"url": events.LIST, "index": 101},
        "links": {"self": f"{BASE_URL}{short()}", "issuer": f"{BASE_URL}/issuers/north"},
    }


@pytest.mark.parametrize("name", [quote(events.credential_id(), safe=""), events.credential_id()])
async def test_is_found_by_the_whole_credential_id(client: httpx.AsyncClient, deliver: Deliver, name: str) -> None:
    await deliver(events.issued())

    assert (await client.get(f"/records/{name}")).json()["id"] == events.credential_id()


async def test_is_found_where_a_proxy_collapsed_the_slashes(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())

    answer = await client.get(f"/records/{events.credential_id().replace('://', ':/')}")

    assert answer.json()["id"] == events.credential_id()


async def test_of_a_foreign_id_is_found_by_the_whole_id_only(client: httpx.AsyncClient, deliver: Deliver) -> None:
    uuid = events.credential_id().rsplit("/", 1)[1]
    await deliver(events.issued(credential_id=f"https://elsewhere.example/{uuid}"))

    found = await client.get(f"/records/{quote(f'https://elsewhere.example/{uuid}', safe='')}")

    assert found.status_code == 200
    assert (await client.get(found.json()["links"]["self"])).json() == found.json()
    assert (await client.get(f"/records/{uuid}")).status_code == 404


async def test_appears_without_names_before_their_events_arrive(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())

    record = (await client.get(short())).json()

    assert record["issuer"] == {"id": events.DID, "name": None, "slug": "north"}
    assert (record["achievement"]["name"], record["achievement"]["achievementType"]) == (None, None)


async def test_says_expired_once_its_period_is_over(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued(valid_until=utc_now() - timedelta(seconds=1)))

    record = (await client.get(short())).json()

    assert (record["state"], record["expired"]) == ("issued", True)


async def test_is_not_public_while_only_a_revocation_is_known(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.revoked())
    assert (await client.get(short())).status_code == 404

    await deliver(events.issued())

    assert (await client.get(short())).json()["state"] == "revoked"


async def test_follows_suspension_and_reinstatement(client: httpx.AsyncClient, deliver: Deliver) -> None:
    states = []
    for event in (events.issued(), events.suspended(), events.reinstated(), events.revoked(revision=4)):
        await deliver(event)
        states.append((await client.get(short())).json()["state"])

    assert states == ["issued", "suspended", "issued", "revoked"]


async def test_stays_revoked_whatever_comes_later(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued(), events.revoked(), events.reinstated(revision=9))

    assert (await client.get(short())).json()["state"] == "revoked"


async def test_shows_a_correction(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued(revision=2, digest="uCorrected"), events.issued())

    assert (await client.get(short())).json()["digest"] == "uCorrected"


async def test_is_answered_304_until_it_changes(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())
    tag = (await client.get(short())).headers["etag"]

    unchanged = await client.get(short(), headers={"If-None-Match": f'"other", W/{tag}'})
    await deliver(events.suspended())
    changed = await client.get(short(), headers={"If-None-Match": tag})

    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    assert unchanged.headers["cache-control"] == "public, no-cache"
    assert changed.status_code == 200


async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())

    head, get = await client.head(short()), await client.get(short())

    assert (head.status_code, head.content) == (200, b"")
    same = ("content-length", "content-type", "etag", "cache-control")
    assert [head.headers[name] for name in same] == [get.headers[name] for name in same]


@pytest.mark.parametrize(
    "path",
    [
        "/records/",
        "/records/nothing",
        "/records/00000000-0000-4000-8000-000000000000",
        "/records/" + "a" * 5000,
        "/records/%F0%9F%8E%93",
        "/records/%FF%FE",
        "/records/%0A",
        "/records/..%2F..%2Fstatus-lists",
        "/records/%2E%2E/issuers/north",
        "/records/http:%2F%2F%2F",
        "/records/%27%20OR%201=1--",
        "/records/page.css/x",
    ],
)
async def test_of_an_unknown_or_odd_name_is_a_plain_404(client: httpx.AsyncClient, deliver: Deliver, path: str) -> None:
    await deliver(events.issued(), events.issuer())

    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


async def test_of_a_name_with_nul_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/records/a%00b")).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_cannot_be_written(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, short())).status_code == 405


async def test_cannot_be_listed(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())

    assert (await client.get("/records")).status_code == 404
