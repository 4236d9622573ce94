"""Two installations that share nothing: a person keeps a backpack at one, and is a member of the other."""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import asyncpg
import httpx
import pytest

from tests.e2e.badge_platform import Platform
from tests.e2e.in_process import InProcess
from tools.actor import Actor, Json, last, until
from tools.fleet import Fleet

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
PULLED: Json = {"created": 0, "replaced": 0, "older": 0, "refused": [], "nextOffset": None, "interrupted": None}


def organization(place: Any, slug: str) -> Json:
    found: Json = next(one for one in place.demo["organizations"] if one["slug"] == slug)
    return found


def badge(place: Any) -> Json:
    """A fresh Open Badge of Harbour, whose DID needs no resolution over TLS."""
    with httpx.Client(base_url=place.base_url, timeout=30) as http:
        harbour = Actor(http, organization(place, "harbour"))
        body = {"name": "Knots", "description": "Ties ten knots.", "criteria": {"narrative": "A rope."}}
        draft = harbour.post("/achievements", body | {"achievementType": "MicroCredential"})
        achievement = harbour.post(f"/achievements/{last(draft['id'])}/publish", {})
        recipient = {"email": f"{uuid.uuid4().hex[:12]}@learners.example"}
        made: Json = harbour.post("/credentials", {"achievement": achievement["id"], "recipient": recipient})
        return dict(made["credential"]) | {"_id": last(made["id"])}


def revoke(place: Any, credential: str) -> None:
    with httpx.Client(base_url=place.base_url, timeout=30) as http:
        Actor(http, organization(place, "harbour")).post(f"/credentials/{credential}/revoke", {"reason": "a test"})


@pytest.fixture
def platforms(fleet: Fleet, in_process: InProcess) -> Iterator[tuple[Platform, Platform]]:
    """A program that one person allowed at the fleet, and one that another person allowed at the other."""
    with ExitStack() as stack:
        trust = ssl.create_default_context(cafile=str(fleet.authority))
        here, there = [
            stack.enter_context(closing(Platform(origin, trust)))
            for origin in (fleet.tls_base_url, in_process.base_url)
        ]
        for one, place, slug in ((here, fleet, "meridian"), (there, in_process, "lakeside")):
            one.discover()
            one.register()
            one.allow(organization(place, slug)["owner"], *one.scopes, "backpack:manage", "backpack:connect")
            assert one.mine("DELETE", "/backpack").status_code == 204
        yield here, there


async def ended_grants(database_url: str) -> int:
    """How many grants the authorization server knows to be revoked."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL"))
    finally:
        await connection.close()


def test_credentials_move_both_ways_and_the_grant_ends(
    fleet: Fleet, in_process: InProcess, platforms: tuple[Platform, Platform]
) -> None:
    here, there = platforms
    begun = here.mine("POST", "/hosts", json={"discoveryUrl": f"{in_process.base_url}/ims/ob/v3p0/discovery"})
    assert begun.status_code == 201, begun.text
    host = f"/hosts/{begun.json()['id']}"
    back = here.browse(begun.json()["authorizationUrl"], organization(in_process, "lakeside")["owner"])
    seen = here.mine("GET", host)
    confirmed = here.mine("POST", f"{host}/confirm", json={"code": back["code"]})
    assert (confirmed.status_code, confirmed.json()["connected"]) == (200, True)
    assert confirmed.headers["etag"] != seen.headers["etag"]

    theirs, ours = badge(in_process), badge(fleet)
    names = {id(one): one.pop("_id") for one in (theirs, ours)}
    assert there.push(json.dumps(theirs), "application/json").status_code == 201
    pulled = here.mine("POST", f"{host}/pull", json={})
    assert pulled.json() == {**PULLED, "created": 1}, pulled.text
    (kept,) = here.mine("GET", "/backpack").json()["items"]
    assert (kept["credentialId"], kept["doubt"]) == (theirs["id"], None)

    assert here.push(json.dumps(ours), "application/json").status_code == 201
    newest = here.mine("GET", "/backpack").json()["items"][0]["id"]
    pushed = here.mine("POST", f"{host}/push", json={"credential": newest})
    assert pushed.json() == {"outcome": "created"}
    assert there.call("GET", "/credentials").json()["credential"] == [theirs, ours]

    revoke(in_process, names[id(theirs)])
    verify = f"/backpack/{kept['id']}/verify"
    found = until(lambda: here.mine("POST", verify).json(), lambda answer: answer["doubt"] is not None)
    assert (found["doubt"]["code"], found["verifiedAt"] > kept["verifiedAt"]) == ("revoked", True)

    before = asyncio.run(ended_grants(in_process.databases["gateway"].app_url))
    assert here.mine("DELETE", host).status_code == 204
    assert asyncio.run(ended_grants(in_process.databases["gateway"].app_url)) == before + 1
