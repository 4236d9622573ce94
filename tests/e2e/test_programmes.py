"""Programmes of the field, from their first module to what they add up to: in one process, and on the running fleet."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.issuer.endorsers import by_key
from tools.actor import Actor, Json, last, until

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]

LEARNERS = 1_000
PATIENCE_S = 120
SERIES = (
    "Programming with Python",
    "Data Wrangling",
    "Statistics for Decisions",
    "Machine Learning",
    "Network Security",
    "Secure Programming",
    "Incident Response",
    "Capstone: Secure Data Product",
)


class World:
    """The demonstration's organizations at one base URL."""

    def __init__(self, base_url: str, demo: Json) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=60)
        by_slug = {organization["slug"]: organization for organization in demo["organizations"]}
        self.university = Actor(self.http, by_slug["lakeside"])
        self.employer = Actor(self.http, by_slug["meridian"])
        self.operator = Actor(self.http, by_slug["operations"])

    def achievement(self, by: Actor, name: str, **members: object) -> str:
        body = {"name": name, "description": f"What is learnt in {name}.", "criteria": {"narrative": "Graded work."}}
        draft = by.post("/achievements", body | members)
        return str(by.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def pathway(self, by: Actor, name: str, parts: list[Json]) -> str:
        """The first part is what the others add up to."""
        body = {"name": name, "hasDestinationComponent": parts[0]["id"], "hasPart": parts}
        draft = by.post("/pathways", body)
        return str(by.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])

    def award(self, by: Actor, achievement: str, learner: str) -> Json:
        wanted = {"achievement": achievement, "recipient": {"email": learner}}
        issued: Json = by.post("/credentials", wanted)
        return issued

    def stacks(self, by: Actor, pathway: str) -> list[Json]:
        return list(by.get(f"/stacks?pathway={last(pathway)}")["items"])

    def stacked(self, by: Actor, pathway: str) -> Json:
        """The document of the one credential that the pathway gave."""
        [stack] = until(
            lambda: self.stacks(by, pathway), lambda found: [one["status"] for one in found] == ["awarded"], PATIENCE_S
        )
        document: Json = by.get(f"/credentials/{last(stack['credential'])}")["credential"]
        return document

    def verdict(self, credential: Json, components: list[Json]) -> Json:
        """As an employer sees it once the fleet has heard of it."""
        shown = {"credential": credential, "components": components}
        report: Json = until(
            lambda: self.employer.post("/verifications", shown), lambda found: found["verdict"] == "valid", PATIENCE_S
        )
        return report

    def endorse(self, by: Actor, subject: str, comment: str) -> Json:
        """The endorsement, which waits for whom it is about."""
        [issuer] = by.get("/issuers")["items"]
        body = {"subject": subject, "comment": comment}
        endorsement: Json = by.post(f"/issuers/{issuer['slug']}/endorsements", body, key=uuid.uuid4().hex)
        return endorsement

    def endorsers(self, url: str, wanted: list[str]) -> Json:
        """What anybody sees of it, once exactly these endorsements are shown."""
        path = httpx.URL(url).path
        found: Json = until(
            lambda: self.http.get(path).raise_for_status().json(),
            lambda shown: [one["id"] for one in shown["endorsements"]] == wanted,
            PATIENCE_S,
        )
        return found

    def changes(self) -> list[Json]:
        """The whole feed, as a harvester reads it."""
        found: list[Json] = []
        cursor: str | None = None
        while True:
            page = self.http.get("/changes", params={"limit": 200} | ({"cursor": cursor} if cursor else {})).json()
            found, cursor = found + page["items"], page["resume"]
            if page["next"] is None:
                return found

    def issued(self, achievement: str) -> list[int]:
        """How many were issued in each month, as anybody sees it."""
        answer = self.http.get("/statistics", params={"achievement": achievement}).raise_for_status()
        return [one["issued"] or 0 for one in answer.json()["items"]]

    def company(self) -> Actor:
        """An employer that issues credentials of its own, set up by the fleet's operator."""
        slug = f"company-{uuid.uuid4().hex[:8]}"
        organization = self.operator.post("/organizations", {"name": "A company", "slug": slug, "kind": "employer"})
        scopes = ["catalog:write", "issuers:manage", "credentials:issue", "credentials:revoke", "credentials:read"]
        scopes += ["credentials:issue-any"]  # to endorse
        wanted = {"name": "Learning platform", "organization": organization["id"], "scopes": scopes}
        client = self.operator.post("/clients", wanted)
        known = {"name": "A company", "client_id": client["clientId"], "client_secret": client["clientSecret"]}
        company = Actor(self.http, known)
        company.post("/issuers", {"slug": slug, "name": "A company", "url": "https://company.example"})
        return company


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    place = request.getfixturevalue("in_process" if request.param == "in_process" else "fleet")
    made = World(place.base_url, place.demo)
    yield made
    made.http.close()


def email() -> str:
    return f"{uuid.uuid4().hex}@learners.example"


def codes(report: Json) -> dict[str, str]:
    return {check["check"]: check["code"] for check in report["checks"]}


def test_eight_badges_of_a_series_add_up_to_a_certificate(world: World) -> None:
    """Data science and cybersecurity: a capstone, and enough credits of the other seven at the series' level."""
    by = world.university
    badges = [world.achievement(by, name, creditsAvailable=2, achievementType="MicroCredential") for name in SERIES]
    certificate = world.achievement(by, "Data Science and Cybersecurity", achievementType="Certificate")
    rest = [f"badge-{number}" for number in range(7)]
    pathway = world.pathway(
        by,
        "Data science and cybersecurity",
        [
            {
                "id": "certificate",
                "proxyFor": [certificate],
                "hasCondition": {"targetComponent": ["capstone"], "hasCondition": [{"targetComponent": rest}]},
            },
            {"id": "capstone", "proxyFor": [badges[7]]},
            *({"id": part, "proxyFor": [badge]} for part, badge in zip(rest, badges[:7], strict=True)),
        ],
    )
    ada = email()
    earned = [world.award(by, badge, ada)["credential"] for badge in reversed(badges)]
    document = world.stacked(by, pathway)

    assert document["credentialSubject"]["achievement"]["name"] == "Data Science and Cybersecurity"
    named = {one["id"] for one in document["evidence"] if one.get("genre") == "Component"}
    assert named == {one["id"] for one in earned}
    assert codes(world.verdict(document, earned))["stack"] == "stack_holds"


def test_a_thousand_learners_of_a_manufacturing_programme_that_an_employer_endorses(world: World) -> None:
    by, employer = world.university, world.company()
    machining = world.achievement(by, "Precision Machining", creditsAvailable=5)
    robots = world.achievement(by, "Industrial Robots", creditsAvailable=5)
    technician = world.achievement(by, "Manufacturing Technician", achievementType="Certificate")
    pathway = world.pathway(
        by,
        "Manufacturing technology",
        [
            {
                "id": "technician",
                "proxyFor": [technician],
                "hasCondition": {"targetComponent": ["machining", "robots"], "requiredCredits": 10},
            },
            {"id": "machining", "proxyFor": [machining]},
            {"id": "robots", "proxyFor": [robots]},
        ],
    )
    endorsements = [
        world.endorse(employer, subject, "We interview whoever finishes this.") for subject in (machining, pathway)
    ]
    assert world.endorsers(machining, [])["issuers"]
    for endorsement in endorsements:
        by.post(f"/endorsements/{last(endorsement['id'])}/accept", {})
    for subject, endorsement in zip((machining, pathway), endorsements, strict=True):
        [shown] = world.endorsers(subject, [endorsement["id"]])["endorsements"]
        assert shown["credential"] == endorsement["credential"]
        assert world.verdict(shown["credential"], [])["verdict"] == "valid"

    learners = [email() for _ in range(LEARNERS)]
    world.award(by, robots, learners[500])
    rows = "".join(json.dumps({"recipient": {"email": learner}}) + "\n" for learner in learners)
    answer = world.http.post(
        "/batches",
        params={"achievement": machining},
        content=rows,
        headers=by.headers | {"Content-Type": "application/x-ndjson", "Idempotency-Key": uuid.uuid4().hex},
    )
    assert answer.status_code == 202, answer.text
    where = f"/batches/{last(answer.json()['id'])}"
    done = until(lambda: by.get(where), lambda found: found["status"] == "done", PATIENCE_S)
    assert done["counts"]["issued"] == LEARNERS
    document = world.stacked(by, pathway)
    assert codes(world.verdict(document, []))["stack"] == "stack_holds_as_stated"
    seen = httpx.URL(machining).path
    until(lambda: world.http.get(seen).json()["statistics"]["issued"], lambda issued: issued == LEARNERS, PATIENCE_S)

    employer.post(f"/endorsements/{last(endorsements[0]['id'])}/revoke", {})
    world.endorsers(machining, [])
    world.endorsers(pathway, [endorsements[1]["id"]])
    of_both = {machining, *(one["id"] for one in endorsements)}
    until(
        lambda: [(one["kind"], one["change"]) for one in world.changes() if one["id"] in of_both],
        lambda told: (
            sorted(told[1:3]) == [("endorsement", "published")] * 2
            and (told[0], told[3:]) == (("achievement", "published"), [("endorsement", "withdrawn")])
        ),
        PATIENCE_S,
    )
    until(lambda: world.issued(machining), lambda months: sum(months) == LEARNERS, PATIENCE_S)


def test_a_quality_body_elsewhere_endorses_an_institution_and_a_programme(world: World) -> None:
    """Signed abroad, handed in over the edge: by whom it is about at once, by another after consent; in every form."""
    by = world.university
    programme = world.achievement(by, "Welding", achievementType="Certificate")
    issuer = next(one for one in by.get("/issuers")["items"] if one["slug"] == "lakeside")
    of_issuer, of_programme = (
        by_key(issuer["id"], name="Institutional review"),
        by_key(programme, name="Programme review"),
    )
    shown = by.post("/endorsements", {"credential": of_issuer}, key=uuid.uuid4().hex)
    assert (shown["status"], shown["shown"]) == ("accepted", True)
    offered = world.company().post("/endorsements", {"credential": of_programme}, key=uuid.uuid4().hex)
    assert (offered["status"], offered["shown"]) == ("offered", False)
    by.post(f"/endorsements/{last(offered['id'])}/accept", {})

    found = until(
        lambda: world.http.get("/issuers/lakeside").json(),
        lambda found: shown["id"] in [one["id"] for one in found["endorsements"]],
        PATIENCE_S,
    )
    assert of_issuer in [one["credential"] for one in found["endorsements"]]
    world.endorsers(programme, [offered["id"]])
    badge = world.http.get(httpx.URL(programme).path, headers={"Accept": "application/ld+json"}).json()
    assert badge["endorsement"] == [of_programme]
    ctdl = world.http.get(f"{httpx.URL(programme).path}/export?format=ctdl").json()
    assert ctdl["@graph"][0]["ceterms:recognizedBy"] == [of_programme["issuer"]["id"]]

    tampered = of_programme | {"name": "Excellent"}
    answer = world.http.post("/endorsements", json={"credential": tampered}, headers=by.headers)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "endorsement-not-valid")
    for one in (shown, offered):
        by.post(f"/endorsements/{last(one['id'])}/decline", {})
    world.endorsers(programme, [])


def test_an_employee_moves_to_a_higher_role_when_a_stack_is_complete(world: World) -> None:
    """A company's own upskilling: the first role is a component of the second, and one event leads to the next."""
    by = world.company()
    names = ("Spreadsheets", "Reporting", "Databases", "Analyst", "Leading a Team", "Lead Analyst")
    known = {name: world.achievement(by, name) for name in names}
    parts = {
        "Analyst": ["Spreadsheets", "Reporting", "Databases"],
        "Lead Analyst": ["Analyst", "Leading a Team"],
    }
    pathways = {
        role: world.pathway(
            by,
            role,
            [
                {"id": "role", "proxyFor": [known[role]], "hasCondition": {"targetComponent": needed}},
                *({"id": name, "proxyFor": [known[name]]} for name in needed),
            ],
        )
        for role, needed in parts.items()
    }
    employee = email()
    world.award(by, known["Leading a Team"], employee)
    for name in parts["Analyst"][:2]:
        world.award(by, known[name], employee)
    first = world.award(by, known["Databases"], employee)
    analyst, lead = world.stacked(by, pathways["Analyst"]), world.stacked(by, pathways["Lead Analyst"])
    assert analyst["id"] in {one["id"] for one in lead["evidence"] if one.get("genre") == "Component"}
    assert world.verdict(lead, [])["verdict"] == "valid"

    by.post(f"/credentials/{last(first['id'])}/suspend", {"reason": "the examination is looked at again"})
    for role in parts:
        until(
            lambda role=role: [one["status"] for one in world.stacks(by, pathways[role])],  # type: ignore[misc]  # bound now
            lambda found: found == ["suspended"],
            PATIENCE_S,
        )
