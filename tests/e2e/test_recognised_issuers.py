"""Two universities with a signed agreement: what one issued counts in the other's stack, by the learner's consent."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.badge_platform import Platform
from tests.e2e.learners import confirm_address
from tools.actor import Actor, Json, last, until

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
PATIENCE_S = 60
SCOPES = ("backpack:manage", "email", "consents:manage")


class World:
    """Lakeside recognises Harbour. The owners of two other organizations are learners."""

    def __init__(self, place: Any, host: str, trust: ssl.SSLContext) -> None:
        self.http = httpx.Client(base_url=place.base_url, timeout=60)
        by_slug = {organization["slug"]: organization for organization in place.demo["organizations"]}
        self.lakeside, self.harbour = (Actor(self.http, by_slug[slug]) for slug in ("lakeside", "harbour"))
        self.owners = {slug: found["owner"] for slug, found in by_slug.items() if "owner" in found}
        self.programs: list[Platform] = []
        self.demo, self.mail, self.host, self.trust = place.demo, place.mail, host, trust

    def achievement(self, by: Actor, name: str) -> str:
        body = {"name": name, "description": f"What is learnt in {name}.", "criteria": {"narrative": "Graded work."}}
        draft = by.post("/achievements", body)
        return str(by.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def pathway(self, parts: dict[str, str], *recognised: str) -> str:
        """All of these, some of them by any recognised issuer."""
        asks = {"hasConstraint": [{"type": "RecognisedIssuer"}]}
        worth = self.achievement(self.lakeside, "Diploma")
        whole = {"id": "diploma", "proxyFor": [worth], "hasCondition": {"targetComponent": sorted(parts)}}
        rest = [{"id": name, "proxyFor": [one], **(asks if name in recognised else {})} for name, one in parts.items()]
        body = {"name": "Diploma", "hasDestinationComponent": "diploma", "hasPart": [whole, *rest]}
        draft = self.lakeside.post("/pathways", body)
        return str(self.lakeside.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])

    def agree(self, programme: str, theirs: str, ours: str) -> Json:
        """Proposed by the one, signed by the other."""
        dids = {slug: str(self.http.get(f"/issuers/{slug}").json()["id"]) for slug in ("lakeside", "harbour")}
        proposed = self.lakeside.post(
            "/recognitions/agreements",
            {
                "name": "Certificates of Harbour count at Lakeside",
                "recognisingIssuer": dids["lakeside"],
                "sourceIssuer": dids["harbour"],
                "programme": programme,
                "rules": [{"achievement": theirs, "target": ours, "credits": 6}],
            },
        )
        signed: Json = self.harbour.post(
            f"/recognitions/agreements/{last(proposed['id'])}/sign", {"digest": proposed["digest"]}
        )
        return signed

    def issue(self, by: Actor, achievement: str, address: str) -> Json:
        issued: Json = by.post("/credentials", {"achievement": achievement, "recipient": {"email": address}})
        return issued

    def learner(self, slug: str) -> Platform:
        """The owner with a program, a confirmed address and an empty backpack."""
        person = self.owners[slug]
        with httpx.Client(base_url=self.host, verify=self.trust, timeout=30) as browser:
            confirm_address(browser, person, self.mail)
        program = Platform(self.host, self.trust)
        self.programs.append(program)
        program.discover()
        program.register(("email", "consents:manage"))
        program.allow(person, *program.scopes, *SCOPES)
        program.mine("DELETE", "/backpack")
        return program

    def bring(self, program: Platform, issued: Json, pathway: str) -> None:
        """Into the backpack, with leave to count it."""
        pushed = program.push(json.dumps(issued["credential"]), "application/vc+ld+json")
        assert pushed.status_code == 201, pushed.text
        wanted = {"pathway": pathway, "purpose": "my diploma", "allows": ["award"]}
        consent = program.mine("POST", "/consents", json=wanted)
        assert consent.status_code == 201, consent.text

    def stacks(self, pathway: str) -> list[Json]:
        return list(self.lakeside.get(f"/stacks?pathway={last(pathway)}")["items"])

    def awarded(self, pathway: str) -> Json:
        """The signed credential of the only stack."""
        [stack] = until(
            lambda: self.stacks(pathway), lambda found: [one["status"] for one in found] == ["awarded"], PATIENCE_S
        )
        found: Json = self.lakeside.get(f"/credentials/{last(stack['credential'])}")["credential"]
        return found


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "in_process":
        place = request.getfixturevalue("in_process")
        made = World(place, place.base_url, ssl.create_default_context())
    else:
        place = request.getfixturevalue("fleet")
        made = World(place, place.tls_base_url, ssl.create_default_context(cafile=str(place.authority)))
    yield made
    for program in made.programs:
        program.close()
    made.http.close()


@pytest.fixture
def laurel(world: World, tmp_path: Path) -> Any:
    """The command in a home of its own, with the login of an employer."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
        return subprocess.run(
            [str(Path(sys.executable).with_name("laurel")), *arguments],
            cwd=tmp_path,
            env=kept | {"XDG_CONFIG_HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "400"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    (tmp_path / "demo.json").write_text(json.dumps(world.demo))
    made = run("login", "--from", "demo.json", "--organization", "meridian")
    assert made.returncode == 0, made.stderr
    return run


def test_a_partners_badge_counts_while_the_agreement_stands_and_the_stack_outlives_it(
    world: World, laurel: Any, tmp_path: Path
) -> None:
    certificate = world.achievement(world.harbour, "Marine Data")
    thesis, ours = world.achievement(world.lakeside, "Thesis"), world.achievement(world.lakeside, "Data 1")
    pathway = world.pathway({"data": certificate, "thesis": thesis}, "data")
    agreement = world.agree(pathway, certificate, ours)

    ada = world.owners["meridian"]["email"]
    theirs = world.issue(world.harbour, certificate, ada)
    world.issue(world.lakeside, thesis, ada)
    world.bring(world.learner("meridian"), theirs, pathway)
    credential = world.awarded(pathway)
    named = {one["id"] for one in credential["evidence"] if one["genre"] == "Component"}
    assert theirs["id"] in named

    def verified() -> str:
        (tmp_path / "stack.json").write_text(json.dumps(credential))
        answer = laurel("stack", "verify", "stack.json")
        return str(answer.stdout) if answer.returncode == 0 else f"{answer.returncode}: {answer.stdout}{answer.stderr}"

    shown = until(verified, lambda text: "stack_holds_as_stated" in text, PATIENCE_S)
    assert f"was recognised by {agreement['id']} version 1, {agreement['digest']}" in shown

    world.lakeside.post(f"/recognitions/agreements/{last(agreement['id'])}/end", {"reason": "a new curriculum"})
    bo = world.owners["lakeside"]["email"]
    world.bring(world.learner("lakeside"), world.issue(world.harbour, certificate, bo), pathway)
    world.issue(world.lakeside, thesis, bo)
    other = world.achievement(world.lakeside, "Another")
    control = world.pathway({"other": other})
    world.issue(world.lakeside, other, f"{uuid.uuid4().hex}@students.example")
    world.awarded(control)  # what came before it has been evaluated by now

    assert world.awarded(pathway) == credential  # the only one still
    assert "stack_holds_as_stated" in verified()
    public = world.http.get(f"/recognition-agreements/{last(agreement['id'])}").json()
    assert (public["status"], public["digest"]) == ("ended", agreement["digest"])

    # What Harbour revokes takes along what rests on it.
    world.harbour.post(f"/credentials/{last(theirs['id'])}/revoke", {"reason": "issued in error"})
    until(lambda: [one["status"] for one in world.stacks(pathway)], lambda found: found == ["revoked"], PATIENCE_S)
    until(verified, lambda text: text.startswith("1: ") and "stack_does_not_hold" in text, PATIENCE_S)
