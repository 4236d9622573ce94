"""What others say of an issuer: shown with its profile, no longer than it holds, whatever order it is told in."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.catalog_events import EndorsementPublished, EndorsementWithdrawn
from service_kit.clock import utc_now
from service_kit.testing import BASE_URL
from tests.registry import events
from tests.registry.conftest import Deliver

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ENDORSEMENT = f"{BASE_URL}/endorsements/0198c0de-0000-7000-8000-0000000000e1"


def endorsed(revision: int = 2, **changes: Any) -> EndorsementPublished:
    now = utc_now()
    members: dict[str, Any] = {
        "endorsement_id": ENDORSEMENT,
        "revision": revision,
        "org_id": events.ORG,
        "subject": events.DID,
        "changed_at": now,
        "issuer_id": "did:web:agency.example",
        "issuer_name": "Quality <Agency>",
        "notation": "document",
        "credential": '{"type":["VerifiableCredential","EndorsementCredential"]}',
        "comment": "Visited in <2026>.",
        "valid_from": events.at(1),
        "believed_until": now + timedelta(hours=3),
    }
    return EndorsementPublished(**members | changes)


def withdrawn(revision: int) -> EndorsementWithdrawn:
    return EndorsementWithdrawn(
        endorsement_id=ENDORSEMENT,
        revision=revision,
        org_id=events.ORG,
        subject=events.DID,
        changed_at=utc_now(),
        reason="revoked",
    )


async def shown(client: httpx.AsyncClient) -> list[Any]:
    return list((await client.get("/issuers/north")).json()["endorsements"])


async def test_it_is_shown_to_programs_and_people(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer(), endorsed())
    assert await shown(client) == [
        {
            "id": ENDORSEMENT,
            "issuer": {"id": "did:web:agency.example", "name": "Quality <Agency>"},
            "comment": "Visited in <2026>.",
            "validFrom": "2026-01-01T09:01:00Z",
            "validUntil": None,
            "credential": {"type": ["VerifiableCredential", "EndorsementCredential"]},
        }
    ]
    page = (await client.get("/issuers/north", headers={"Accept": "text/html"})).text
    assert "Quality &lt;Agency&gt;" in page
    assert "Visited in &lt;2026&gt;." in page


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_newest_word_counts(client: httpx.AsyncClient, deliver: Deliver, order: tuple[int, ...]) -> None:
    told = [endorsed(2), withdrawn(3), endorsed(4, notation="compact_jws", credential="a.b.c")]
    await deliver(events.issuer(), *(told[place] for place in order), *(told[place] for place in order))
    [found] = await shown(client)
    assert found["credential"] == "a.b.c"


async def test_what_is_over_or_of_something_else_is_not_shown(client: httpx.AsyncClient, deliver: Deliver) -> None:
    past = utc_now() - timedelta(seconds=1)
    cases: list[dict[str, Any]] = [
        {"believed_until": past},
        {"valid_until": past},
        {"version": 1},
        {"subject": "did:web:another.example"},
    ]
    for revision, changes in enumerate(cases, 2):
        other = f"{BASE_URL}/endorsements/0198c0de-0000-7000-8000-0000000000e{revision}"
        await deliver(events.issuer(), endorsed(revision, **{"endorsement_id": other, **changes}))
    await deliver(endorsed(2), withdrawn(3))
    assert await shown(client) == []
