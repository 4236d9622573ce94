"""A MOOC partner's professional certificate recognised for credit by a university: in process, and on the fleet."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from laurel import ClientSecret, Conflict, Laurel
from tests.e2e.badge_platform import Platform
from tests.e2e.learners import confirm_address
from tools.actor import Actor, Json, last, until

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
PATIENCE_S = 60


class World:
    """A university, a provider of open online courses, an employer and the fleet's operator at one base URL."""

    def __init__(self, place: Any, host: str, trust: ssl.SSLContext) -> None:
        self.http = httpx.Client(base_url=place.base_url, timeout=60)
        by_slug = {organization["slug"]: organization for organization in place.demo["organizations"]}
        self.person, self.mail = by_slug["harbour"]["owner"], place.mail
        self.host, self.trust = host, trust
        self.university = Actor(self.http, by_slug["lakeside"])
        login = ClientSecret(by_slug["lakeside"]["client_id"], by_slug["lakeside"]["client_secret"])
        self.laurel = Laurel(place.base_url, login)
        self.employer = Actor(self.http, by_slug["meridian"])
        self.operator = Actor(self.http, by_slug["operations"])
        self.harbour = Actor(self.http, by_slug["harbour"])
        self.did = str(self.university.get("/issuers/lakeside")["id"])
        self.mooc, self.mooc_did = self._mooc()

    def _mooc(self) -> tuple[Actor, str]:
        slug = f"open-courses-{uuid.uuid4().hex[:8]}"
        organization = self.operator.post(
            "/organizations", {"name": "Open Courses", "slug": slug, "kind": "university"}
        )
        scopes = ["catalog:write", "issuers:manage", "credentials:issue", "credentials:revoke", "credentials:read"]
        client = self.operator.post(
            "/clients", {"name": "Platform", "organization": organization["id"], "scopes": scopes}
        )
        known = {"name": "Open Courses", "client_id": client["clientId"], "client_secret": client["clientSecret"]}
        mooc = Actor(self.http, known)
        body = {"slug": slug, "name": "Open Courses", "url": "https://courses.example", "method": "key"}
        return mooc, str(mooc.post("/issuers", body)["id"])

    def achievement(self, by: Actor, name: str, **members: object) -> str:
        body = {"name": name, "description": f"What is learnt in {name}.", "criteria": {"narrative": "Graded work."}}
        draft = by.post("/achievements", body | members)
        return str(by.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def programme(self, worth: str, parts: dict[str, str]) -> str:
        body = {
            "name": "Bachelor of Data Science",
            "hasDestinationComponent": "degree",
            "hasPart": [
                {"id": "degree", "proxyFor": [worth], "hasCondition": {"targetComponent": sorted(parts)}},
                *({"id": part, "proxyFor": [achievement]} for part, achievement in parts.items()),
            ],
        }
        draft = self.university.post("/pathways", body)
        return str(self.university.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])

    def second(self) -> Actor:
        """Another program of the university's, in another office."""
        owner = next(one["id"] for one in self.operator.get("/organizations")["items"] if one["slug"] == "lakeside")
        wanted = {"name": "Appeals office", "organization": owner, "scopes": ["credentials:issue", "credentials:read"]}
        client = self.operator.post("/clients", wanted)
        known = {"name": "Appeals", "client_id": client["clientId"], "client_secret": client["clientSecret"]}
        return Actor(self.http, known)

    def learner(self) -> Platform:
        """Harbour's owner as a learner with a program of their own, after the address was confirmed by mail."""
        with httpx.Client(base_url=self.host, verify=self.trust, timeout=30) as browser:
            confirm_address(browser, self.person, self.mail)
        program = Platform(self.host, self.trust)
        program.discover()
        program.register(("email",))
        program.allow(self.person, *program.scopes, "backpack:manage", "email")
        return program

    def refused(self, by: Actor, path: str, body: Any) -> tuple[int, str]:
        """Status and problem code."""
        answer = self.http.post(path, json=body, headers=by.headers)
        return answer.status_code, last(str(answer.json()["type"]))


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "in_process":
        place = request.getfixturevalue("in_process")
        made = World(place, place.base_url, ssl.create_default_context())
    else:
        place = request.getfixturevalue("fleet")
        made = World(place, place.tls_base_url, ssl.create_default_context(cafile=str(place.authority)))
    yield made
    made.laurel.close()
    made.http.close()


def result(identifier: str, name: str, **members: object) -> Json:
    return {"resultDescription": [{"id": identifier, "type": ["ResultDescription"], "name": name} | members]}


def test_a_professional_certificate_of_a_mooc_counts_for_a_degree(world: World) -> None:
    """Agreed by both, brought by the learner, decided at once, counted once, and part of what it adds up to."""
    score, grade = f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}"
    certificate = world.achievement(
        world.mooc,
        "Professional Certificate in Python",
        achievementType="Certificate",
        **result(score, "Score", resultType="Percent", valueMin="0", valueMax="100"),
    )
    module = world.achievement(
        world.university,
        "Programming 1",
        creditsAvailable=6,
        **result(grade, "Grade", resultType="LetterGrade", allowedValue=["1.0", "2.0", "4.0"]),
    )
    thesis = world.achievement(world.university, "Thesis", creditsAvailable=12)
    degree = world.achievement(world.university, "Data Science", achievementType="Certificate")
    programme = world.programme(degree, {"programming": module, "thesis": thesis})

    steps = [{"atLeast": 90, "to": "1.0"}, {"atLeast": 75, "to": "2.0"}, {"atLeast": 60, "to": "4.0"}]
    agreement = world.mooc.post(
        "/recognitions/agreements",
        {
            "name": "Professional certificates count in Data Science",
            "recognisingIssuer": world.did,
            "sourceIssuer": world.mooc_did,
            "programme": programme,
            "rules": [
                {
                    "achievement": certificate,
                    "target": module,
                    "credits": 6,
                    "gradeConversion": {"source": score, "target": grade, "steps": steps},
                }
            ],
            "limits": {"maxCredits": 12, "maxCredentials": 2},
            "validUntil": "2100-01-01T00:00:00Z",
        },
    )
    where = f"/recognitions/agreements/{last(agreement['id'])}"
    signature = {"digest": agreement["digest"]}
    assert world.refused(world.mooc, f"{where}/sign", signature) == (409, "not-this-party")
    assert world.refused(world.harbour, f"{where}/sign", signature) == (404, "not-found")
    read = world.laurel.recognitions.agreement(agreement["id"])
    assert world.laurel.recognitions.sign(read.id, read.digest).status == "signed"
    assert agreement["id"] in {one.id for one in world.laurel.recognitions.agreements(status="signed")}
    public = world.http.get("/recognition-agreements", params={"programme": programme}).json()["items"]
    assert [one["id"] for one in public] == [agreement["id"]]

    ada = f"{uuid.uuid4().hex}@learners.example"
    earned = world.mooc.post(
        "/credentials",
        {
            "achievement": certificate,
            "recipient": {"email": ada},
            "results": [{"resultDescription": score, "value": "83.5"}],
        },
    )
    request = {"programme": programme, "credential": earned["credential"], "recipient": {"email": ada}}
    found = world.university.post("/recognitions", request)
    assert (found["status"], found["agreement"], found["credits"]) == ("granted", agreement["id"], 6)
    assert world.refused(world.university, "/recognitions", request) == (409, "already-recognised")
    other = request | {"recipient": {"email": "eve@learners.example"}}
    assert world.refused(world.university, "/recognitions", other) == (422, "recipient-mismatch")

    award = world.university.get(f"/credentials/{last(found['credential'])}")["credential"]
    assert award["credentialSubject"]["result"][0]["value"] == "2.0"
    assert award["evidence"][0]["id"] == earned["id"]
    until(
        lambda: world.employer.post("/verifications", {"credential": award})["verdict"],
        lambda verdict: verdict == "valid",
        PATIENCE_S,
    )
    world.university.post("/credentials", {"achievement": thesis, "recipient": {"email": ada}})
    [stack] = until(
        lambda: world.university.get(f"/stacks?pathway={last(programme)}")["items"],
        lambda stacks: [one["status"] for one in stacks] == ["awarded"],
        PATIENCE_S,
    )
    document = world.university.get(f"/credentials/{last(stack['credential'])}")["credential"]
    named = {one["id"] for one in document["evidence"] if one.get("genre") == "Component"}
    assert award["id"] in named

    # What was recognised falls, and takes along what rests on it: the award, and what that was a part of.
    world.mooc.post(f"/credentials/{last(earned['id'])}/revoke", {"reason": "the examination was taken by another"})
    until(
        lambda: world.university.get(f"/stacks/{last(stack['id'])}")["status"],
        lambda status: status == "revoked",
        PATIENCE_S,
    )
    seen = world.university.get(f"/recognitions/{last(found['id'])}")
    assert (seen["status"], seen["history"][-1]["by"]) == ("revoked", "source")
    until(
        lambda: world.employer.post("/verifications", {"credential": award})["verdict"],
        lambda verdict: verdict == "invalid",
        PATIENCE_S,
    )


def test_what_no_agreement_is_about_is_decided_by_people(world: World) -> None:
    """A credential of another university, with a syllabus as evidence."""
    course = world.achievement(world.harbour, "Marine Data", creditsAvailable=5)
    elective = world.achievement(world.university, "Elective", creditsAvailable=5)
    ben = f"{uuid.uuid4().hex}@learners.example"
    earned = world.harbour.post("/credentials", {"achievement": course, "recipient": {"email": ben}})
    ours = world.laurel.recognitions
    found = ours.request(elective, earned["credential"], {"email": ben})
    assert (found.status, found.reasons) == ("open", ("no-agreement",))
    assert found.id in {one.id for one in ours.list(status="open", programme=elective)}
    where = f"/recognitions/{last(found.id)}"
    syllabus = {"evidence": [{"name": "Syllabus", "url": "https://harbour.example/marine-data"}]}
    world.university.post(f"{where}/evidence", syllabus)
    assert world.refused(world.harbour, f"{where}/grant", {"reason": "x"}) == (404, "not-found")
    granted = ours.grant(found.id, "the syllabus fits", credits_granted=5)
    assert (granted.status, granted.json["achievement"]) == ("granted", elective)
    with pytest.raises(Conflict):
        ours.refuse(found.id, "another opinion")
    assert ours.get(found.id).credential == granted.credential
    award = world.university.get(f"/credentials/{last(str(granted.credential))}")["credential"]
    assert award["evidence"][0]["id"] == earned["id"]


def test_a_learner_brings_it_and_appeals_and_nobody_else_hears_of_it(world: World) -> None:
    """Signed in by a browser, with the address that the mail confirmed."""
    certificate = world.achievement(world.mooc, "Certificate in Statistics")
    module = world.achievement(world.university, "Statistics 1", creditsAvailable=5)
    mine = world.learner()
    ada = world.person["email"]
    earned = world.mooc.post("/credentials", {"achievement": certificate, "recipient": {"email": ada}})
    request = {"programme": module, "credential": earned["credential"], "email": ada}
    other = world.mooc.post("/credentials", {"achievement": certificate, "recipient": {"email": "eve@a.example"}})
    stolen = mine.mine("POST", "/recognitions", json=request | {"credential": other["credential"]})
    assert (stolen.status_code, last(stolen.json()["type"])) == (422, "recipient-mismatch")

    asked = mine.mine("POST", "/recognitions", json=request)
    assert (asked.status_code, asked.json()["status"]) == (201, "open"), asked.text
    where = f"/recognitions/{last(asked.json()['id'])}"
    assert world.refused(world.mooc, f"{where}/grant", {"reason": "x"}) == (404, "not-found")
    refused = world.university.post(f"{where}/refuse", {"reason": "there was no examination"})
    assert refused["status"] == "refused"
    evidence = {"evidence": [{"narrative": "The report of the examination."}]}
    appealed = mine.mine("POST", f"{where}/appeal", json={"reason": "there was one"})
    assert (appealed.status_code, appealed.json()["status"]) == (200, "appealed")
    assert mine.mine("POST", f"{where}/evidence", json=evidence).status_code == 200
    assert world.refused(world.university, f"{where}/grant", {"reason": "x"}) == (409, "same-decider")
    granted = world.second().post(f"{where}/grant", {"reason": "the report shows it", "credits": 5})
    assert granted["status"] == "granted"
    seen = mine.mine("GET", where).json()
    steps = [(step["status"], step["by"]) for step in seen["history"]]
    assert steps[0] == ("open", "learner")
    assert steps[-1] == ("granted", "institution")
    document = mine.mine("GET", f"/credentials/{last(granted['credential'])}").json()
    assert document["evidence"][0]["id"] == earned["id"]
    mine.close()
