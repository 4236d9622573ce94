"""A learner sees how far a pathway is: in one process, and on the running fleet, signed in by a browser."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.badge_platform import Platform
from tests.e2e.learners import confirm_address
from tools.actor import Actor, Json, last, until

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
PATIENCE_S = 60


class World:
    """Lakeside's pathway, and Harbour's owner as a learner with a program."""

    def __init__(self, place: object, host: str, trust: ssl.SSLContext) -> None:
        self.base_url, self.demo, self.mail = place.base_url, place.demo, place.mail  # type: ignore[attr-defined]  # either
        self.http = httpx.Client(base_url=self.base_url, timeout=60)
        by_slug = {organization["slug"]: organization for organization in self.demo["organizations"]}
        self.lakeside, self.harbour = (Actor(self.http, by_slug[slug]) for slug in ("lakeside", "harbour"))
        self.person = by_slug["harbour"]["owner"]
        with httpx.Client(base_url=host, verify=trust, timeout=30) as browser:
            confirm_address(browser, self.person, self.mail)
        self.program = Platform(host, trust)
        self.program.discover()
        self.program.register(("email", "consents:manage"))
        self.program.allow(self.person, *self.program.scopes, "backpack:manage", "email", "consents:manage")
        self.program.mine("DELETE", "/backpack")

    def achievement(self, by: Actor, name: str) -> str:
        body = {"name": name, "description": f"What is learnt in {name}.", "criteria": {"narrative": "Graded work."}}
        draft = by.post("/achievements", body)
        return str(by.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def pathway(self, *accepted: str) -> str:
        """All of these are needed."""
        parts = [{"id": f"part-{number}", "proxyFor": [one]} for number, one in enumerate(accepted)]
        whole = {"id": "whole", "hasCondition": {"targetComponent": [part["id"] for part in parts]}}
        body = {"name": "A series", "hasDestinationComponent": "whole", "hasPart": [whole, *parts]}
        draft = self.lakeside.post("/pathways", body)
        return str(self.lakeside.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])

    def award(self, by: Actor, achievement: str, address: str = "") -> Json:
        body = {"achievement": achievement, "recipient": {"email": address or self.person["email"]}}
        issued: Json = by.post("/credentials", body)
        return issued

    def progress(self, pathway: str, percent: int) -> Json:
        """Once the issuer has heard of the pathway, and it is this far."""

        def ask() -> Json:
            answer = self.program.mine("GET", f"/pathways/{last(pathway)}")
            found: Json = answer.json() if answer.status_code == 200 else {"percent": None, "why": answer.text}
            return found

        return until(ask, lambda found: found["percent"] == percent, PATIENCE_S)


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "in_process":
        place = request.getfixturevalue("in_process")
        made = World(place, place.base_url, ssl.create_default_context())
    else:
        place = request.getfixturevalue("fleet")
        made = World(place, place.tls_base_url, ssl.create_default_context(cafile=str(place.authority)))
    yield made
    made.program.close()
    made.http.close()


def test_what_several_institutions_gave_adds_up_and_what_is_revoked_does_not(world: World) -> None:
    own, elsewhere = world.achievement(world.lakeside, "Statistics"), world.achievement(world.harbour, "Seamanship")
    pathway = world.pathway(own, elsewhere)
    world.progress(pathway, 0)
    world.award(world.lakeside, own)
    half = world.progress(pathway, 50)
    assert (half["missing"], [one["component"] for one in half["counted"]]) == (["part-1"], ["part-0"])
    issued = world.award(world.harbour, elsewhere)
    done = world.progress(pathway, 100)
    assert done["isComplete"]
    begun = world.program.mine("GET", "/pathways").json()["items"]
    assert pathway in {one["pathway"] for one in begun}

    world.harbour.post(f"/credentials/{last(issued['id'])}/revoke", {"reason": "issued in error"})
    fallen = world.progress(pathway, 50)
    assert [one["code"] for one in fallen["notCounted"]] == ["revoked"]


def test_somebody_elses_credential_in_the_backpack_counts_nothing(world: World) -> None:
    own = world.achievement(world.lakeside, "Navigation")
    pathway = world.pathway(own)
    world.progress(pathway, 0)
    theirs = world.award(world.lakeside, own, f"{uuid.uuid4().hex}@learners.example")
    assert world.program.push(json.dumps(theirs["credential"]), "application/vc+ld+json").status_code == 201
    found = world.progress(pathway, 0)
    assert [one["code"] for one in found["notCounted"]] == ["other-recipient"]


def test_the_pathways_owner_sees_it_while_the_learner_agrees(world: World) -> None:
    own, elsewhere = world.achievement(world.lakeside, "Weather"), world.achievement(world.harbour, "Tides")
    pathway = world.pathway(own, elsewhere)
    world.progress(pathway, 0)
    world.award(world.harbour, elsewhere)
    world.progress(pathway, 50)
    shared = f"/progress?pathway={last(pathway)}"
    assert world.lakeside.get(shared)["items"] == []

    profile = {"id": "https://people.example/learner", "type": ["Profile"], "email": world.person["email"]}
    assert world.program.call("PUT", "/profile", json=profile).status_code == 200
    wanted = {"pathway": pathway, "purpose": "advice on what to take next", "shows": ["email"]}
    consent = world.program.mine("POST", "/consents", json=wanted, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert consent.status_code == 201, consent.text
    [seen] = world.lakeside.get(shared)["items"]
    assert (seen["percent"], seen["email"], seen["missing"]) == (50, world.person["email"], ["part-0"])
    [counted] = world.lakeside.get(f"/progress/{seen['id']}")["counted"]
    assert counted["component"] == "part-1"
    assert world.http.get(shared, headers=world.harbour.headers).status_code == 404
    [mine] = [one for one in world.program.mine("GET", "/consents").json()["items"] if one["id"] == seen["id"]]
    assert mine["timesSeen"] == 2

    assert world.program.mine("POST", f"/consents/{seen['id']}/withdraw").status_code == 204
    assert world.lakeside.get(shared)["items"] == []
    assert world.http.get(f"/progress/{seen['id']}", headers=world.lakeside.headers).status_code == 404
    assert world.program.mine("DELETE", f"/consents/{seen['id']}").status_code == 204
