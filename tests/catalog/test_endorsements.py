"""What others say of what is published: shown in every form, no longer than it holds, whatever order it is told in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from catalog.main import inbox
from contracts.catalog_events import EndorsementPublished, EndorsementWithdrawn
from contracts.payload import Payload
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.testing import BASE_URL
from tests.catalog.samples import UNIVERSITY, path, published
from tests.catalog.test_events import record
from tests.catalog.test_pathways import opened

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ENDORSEMENT = f"{BASE_URL}/endorsements/0198c0de-0000-7000-8000-0000000000e1"
ENDORSER = "did:web:chamber.example"
CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "type": ["VerifiableCredential", "EndorsementCredential"],
}


def endorsed(subject: str, revision: int = 2, **changes: Any) -> EndorsementPublished:
    now = utc_now()
    members: dict[str, Any] = {
        "endorsement_id": ENDORSEMENT,
        "revision": revision,
        "org_id": UNIVERSITY,
        "subject": subject,
        "version": 1,
        "changed_at": now,
        "issuer_id": ENDORSER,
        "issuer_name": "Chamber <of> Industry",
        "notation": "document",
        "credential": orjson.dumps(CREDENTIAL).decode(),
        "comment": "We hire <b>here</b>.",
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "believed_until": now + timedelta(hours=3),
    }
    return EndorsementPublished(**members | changes)


def withdrawn(subject: str, revision: int) -> EndorsementWithdrawn:
    return EndorsementWithdrawn(
        endorsement_id=ENDORSEMENT,
        revision=revision,
        org_id=UNIVERSITY,
        subject=subject,
        changed_at=utc_now(),
        reason="revoked",
    )


async def hear(database: Database, *payloads: Payload) -> None:
    for payload in payloads:
        await inbox(database).process(record(payload))


async def shown(client: httpx.AsyncClient, achievement: str) -> list[Any]:
    return list((await client.get(achievement)).json()["endorsements"])


async def test_it_is_shown_in_every_form(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    version = await published(university)
    achievement = path(version["id"])
    await hear(database, endorsed(version["id"]))

    assert await shown(client, achievement) == [
        {
            "id": ENDORSEMENT,
            "issuer": {"id": ENDORSER, "name": "Chamber <of> Industry"},
            "comment": "We hire <b>here</b>.",
            "validFrom": "2026-01-01T00:00:00+00:00",
            "validUntil": None,
            "credential": CREDENTIAL,
        }
    ]
    exported = {
        form: (await client.get(f"{achievement}/export?format={form}")).json()
        for form in ("open-badges", "ctdl", "schema-org")
    }
    assert exported["open-badges"]["endorsement"] == [CREDENTIAL]
    assert exported["ctdl"]["@graph"][0]["ceterms:recognizedBy"] == [ENDORSER]
    assert {"@type": "Organization", "@id": ENDORSER, "name": "Chamber <of> Industry"} in exported["schema-org"][
        "@graph"
    ][0]["recognizedBy"]
    page = (await client.get(achievement, headers={"Accept": "text/html"})).text
    assert "Chamber &lt;of&gt; Industry" in page
    assert "We hire &lt;b&gt;here&lt;/b&gt;." in page
    assert "<b>here" not in page


async def test_a_token_has_a_member_of_its_own(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    version = await published(university)
    achievement = path(version["id"])
    await hear(database, endorsed(version["id"], notation="compact_jws", credential="a.b.c"))
    assert (await shown(client, achievement))[0]["credential"] == "a.b.c"
    exported = (await client.get(f"{achievement}/export?format=open-badges")).json()
    assert (exported["endorsementJwt"], "endorsement" in exported) == (["a.b.c"], False)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_newest_word_counts_in_whatever_order(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database, order: tuple[int, ...]
) -> None:
    version = await published(university)
    told = [endorsed(version["id"], 2), withdrawn(version["id"], 3), endorsed(version["id"], 4, comment="Again.")]
    await hear(database, *(told[number] for number in order))
    await hear(database, *(told[number] for number in order))
    [found] = await shown(client, path(version["id"]))
    assert found["comment"] == "Again."


async def test_withdrawn_it_is_gone(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    version = await published(university)
    achievement = path(version["id"])
    before = (await client.get(achievement)).headers["etag"]
    await hear(database, endorsed(version["id"]))
    assert (await client.get(achievement)).headers["etag"] != before
    await hear(database, withdrawn(version["id"], 3))
    assert await shown(client, achievement) == []
    assert (await client.get(achievement)).headers["etag"] == before


@pytest.mark.parametrize("ended", ["believed_until", "valid_until"])
async def test_past_its_time_it_is_not_shown(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database, ended: str
) -> None:
    version = await published(university)
    await hear(database, endorsed(version["id"], 2, **{ended: utc_now() - timedelta(seconds=1)}))
    assert await shown(client, path(version["id"])) == []


async def test_it_is_of_one_version(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    version = await published(university)
    achievement = path(version["id"])
    await hear(database, endorsed(version["id"]))
    changed = await university.patch(achievement, json={"description": "Something easier."})
    assert changed.status_code == 200, changed.text
    assert (await university.post(f"{achievement}/publish")).status_code == 200
    assert await shown(client, achievement) == []


async def test_a_pathway_is_endorsed_too(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    pathway = await opened(university)
    await hear(database, endorsed(pathway["id"]))
    [found] = (await client.get(path(pathway["id"]))).json()["endorsements"]
    assert found["issuer"]["id"] == ENDORSER
