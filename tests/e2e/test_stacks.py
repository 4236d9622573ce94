"""Stacks, as stories told once and played twice: in one process, and against the running fleet through Envoy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tools.actor import Actor, Json, last, until
from tools.fleet import Fleet

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]


class World:
    """A university with a series of achievements, an employer, and a learner at one base URL."""

    def __init__(self, base_url: str, demo: Json) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30)
        by_slug = {organization["slug"]: organization for organization in demo["organizations"]}
        self.university = Actor(self.http, by_slug["lakeside"])
        self.employer = Actor(self.http, by_slug["meridian"])

    def achievement(self, name: str) -> str:
        body = {"name": name, "description": name, "criteria": {"narrative": "A piece of work."}}
        draft = self.university.post("/achievements", body | {"creditsAvailable": 5})
        return str(self.university.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def pathway(self, name: str, parts: dict[str, str], worth: str, **members: object) -> str:
        """All of the parts, and what they are worth."""
        body = {
            "name": name,
            "hasDestinationComponent": "certificate",
            "hasPart": [
                {"id": "certificate", "proxyFor": [worth], "hasCondition": {"targetComponent": sorted(parts)}},
                *({"id": part, "proxyFor": [achievement]} for part, achievement in parts.items()),
            ],
        }
        draft = self.university.post("/pathways", body | members)
        return str(self.university.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])

    def issue(self, achievement: str, learner: str) -> Json:
        issued: Json = self.university.post(
            "/credentials", {"achievement": achievement, "recipient": {"email": learner}}
        )
        return issued

    def change(self, issued: Json, action: str) -> None:
        self.university.post(f"/credentials/{last(issued['id'])}/{action}", {"reason": "a test"})

    def stacks(self, pathway: str) -> list[Json]:
        return list(self.university.get(f"/stacks?pathway={last(pathway)}")["items"])

    def awarded(self, pathway: str, status: str = "awarded") -> Json:
        """The one stack on the pathway, when it is so, with its credential's document."""
        [stack] = until(lambda: self.stacks(pathway), lambda found: [one["status"] for one in found] == [status])
        found: Json = self.university.get(f"/credentials/{last(stack['credential'])}")
        return found

    def verdict(self, credential: Json, *components: Json) -> Json:
        report: Json = self.employer.post("/verifications", {"credential": credential, "components": list(components)})
        return report


def learner() -> str:
    return f"{uuid.uuid4().hex}@students.example"


def stack_check(report: Json) -> str:
    return next(str(check["code"]) for check in report["checks"] if check["check"] == "stack")


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    place = request.getfixturevalue("in_process" if request.param == "in_process" else "fleet")
    made = World(place.base_url, place.demo)
    yield made
    made.http.close()


def test_without_the_capstone_nothing_is_awarded_and_with_it_the_stack_is(world: World) -> None:
    """mitodl/micromasters#5021: a series was awarded although its capstone was missing."""
    parts = {name: world.achievement(name) for name in ("capstone", "python", "statistics")}
    pathway, ada = world.pathway("Series", parts, world.achievement("certificate")), learner()
    components = [world.issue(parts[name], ada) for name in ("python", "statistics")]
    other = {name: world.achievement(name) for name in ("a", "b")}
    control = world.pathway("Another", other, world.achievement("another"))
    for achievement in other.values():
        world.issue(achievement, ada)
    world.awarded(control)  # what came before it has been evaluated by now
    assert world.stacks(pathway) == []

    components.append(world.issue(parts["capstone"], ada))
    credential = world.awarded(pathway)["credential"]
    named = {one["id"] for one in credential["evidence"] if one["genre"] == "Component"}
    assert named == {one["id"] for one in components}
    report = until(lambda: world.verdict(credential), lambda found: found["verdict"] == "valid")
    assert stack_check(report) == "stack_holds_as_stated"
    report = world.verdict(credential, *(one["credential"] for one in components))
    assert (report["verdict"], stack_check(report)) == ("valid", "stack_holds")


def test_one_component_serves_many_programmes_and_one_stack_many_others(world: World) -> None:
    """openedx/credentials#1695: a pathway served many programmes, and credit could be claimed in one only."""
    module, ada = world.achievement("module"), learner()
    pathways = [
        world.pathway(f"Programme {number}", {"module": module}, world.achievement(f"programme {number}"))
        for number in range(3)
    ]
    first = str(world.http.get(f"/pathways/{last(pathways[0])}").json()["hasPart"][0]["proxyFor"][0])
    above = [
        world.pathway(f"Degree {number}", {"programme": first}, world.achievement(f"degree {number}"))
        for number in range(2)
    ]
    issued = world.issue(module, ada)
    for pathway in (*pathways, *above):
        world.awarded(pathway)

    world.change(issued, "suspend")
    for pathway in (*pathways, *above):
        world.awarded(pathway, "suspended")
    world.change(issued, "reinstate")
    for pathway in (*pathways, *above):
        assert world.awarded(pathway)["status"] == "issued"


def test_a_revoked_component_takes_the_stack_along_and_it_is_earned_again(world: World) -> None:
    parts = {name: world.achievement(name) for name in ("one", "two")}
    pathway, ada = world.pathway("Series", parts, world.achievement("worth")), learner()
    issued = {name: world.issue(achievement, ada) for name, achievement in parts.items()}
    first = world.awarded(pathway)
    world.change(issued["one"], "revoke")
    world.awarded(pathway, "revoked")
    report = until(lambda: world.verdict(first["credential"]), lambda found: found["verdict"] == "invalid")
    assert stack_check(report) == "stack_does_not_hold"
    record = f"/records/{last(first['id'])}"
    until(lambda: world.http.get(record).json().get("state"), lambda state: state == "revoked")

    world.issue(parts["one"], ada)
    again = until(lambda: world.stacks(pathway), lambda found: len(found) == 2 and found[0]["status"] == "awarded")
    assert again[0]["credential"] != first["id"]


def test_a_case_waits_for_approval(world: World) -> None:
    module = world.achievement("module")
    pathway = world.pathway("Approved", {"module": module}, world.achievement("worth"), awarding="approval")
    world.issue(module, learner())
    [case] = until(lambda: world.stacks(pathway), lambda found: [one["status"] for one in found] == ["waiting"])
    world.university.post(f"/stacks/{last(case['id'])}/approve", {"reason": "seen"})
    credential = world.awarded(pathway)["credential"]
    assert until(lambda: world.verdict(credential), lambda found: found["verdict"] == "valid")


def test_a_learner_record_of_a_stack_is_valid_with_all_that_is_in_it(world: World) -> None:
    module = world.achievement("module")
    pathway = world.pathway("Recorded", {"module": module}, world.achievement("worth"))
    world.issue(module, learner())
    world.awarded(pathway)
    [stack] = world.stacks(pathway)
    record = world.university.post(f"/stacks/{last(stack['id'])}/record", {})["credential"]
    assert record["type"] == ["VerifiableCredential", "ClrCredential"]
    report = until(lambda: world.verdict(record), lambda found: found["verdict"] == "valid")
    assert stack_check(report) == "stack_holds"
    assert [inner["role"] for inner in report["nested"]] == ["credential", "credential"]


@pytest.fixture
def laurel(fleet: Fleet, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command, in a home of its own, with a university's login and an employer's."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
        return subprocess.run(
            [str(Path(sys.executable).with_name("laurel")), *arguments],
            cwd=tmp_path,
            env=kept | {"XDG_CONFIG_HOME": str(tmp_path), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    (tmp_path / "demo.json").write_text(json.dumps(fleet.demo))
    for organization in ("lakeside", "meridian"):
        made = run("login", "--from", "demo.json", "--organization", organization, "--as", organization)
        assert made.returncode == 0, made.stderr
    return run


def test_the_command_makes_the_decision_again(
    fleet: Fleet, laurel: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    world = World(fleet.base_url, fleet.demo)
    module = world.achievement("module")
    pathway = world.pathway("Commanded", {"module": module}, world.achievement("worth"), awarding="approval")
    component = world.issue(module, learner())
    [case] = until(lambda: world.stacks(pathway), lambda found: [one["status"] for one in found] == ["waiting"])
    listed = laurel("stack", "list", "--pathway", pathway, "--as", "lakeside")
    assert (listed.returncode, case["id"] in listed.stdout) == (0, True), listed.stderr
    approved = laurel("stack", "approve", case["id"], "--reason", "seen", "--as", "lakeside")
    assert approved.returncode == 0, approved.stderr
    credential = world.awarded(pathway)["credential"]
    assert approved.stdout.strip() == credential["id"]
    record = laurel("stack", "record", case["id"], "--as", "lakeside")
    assert json.loads(record.stdout)["type"] == ["VerifiableCredential", "ClrCredential"], record.stderr

    until(lambda: world.verdict(credential), lambda found: found["verdict"] == "valid")
    world.http.close()
    (tmp_path / "stack.json").write_text(json.dumps(credential))
    (tmp_path / "part.json").write_text(json.dumps(component["credential"]))
    alone = laurel("stack", "verify", "stack.json", "--as", "meridian")
    assert (alone.returncode, "stack_holds_as_stated" in alone.stdout) == (0, True), alone.stderr
    whole = laurel("stack", "verify", "stack.json", "--components", "part.json", "--json", "--as", "meridian")
    assert (whole.returncode, json.loads(whole.stdout)["evaluation"]["pathway"]["id"]) == (0, pathway), whole.stderr
    assert '"stack_holds"' in whole.stdout
    none = laurel("stack", "verify", "part.json", "--as", "meridian")
    assert (none.returncode, "carries no evaluation" in none.stderr) == (4, True)
