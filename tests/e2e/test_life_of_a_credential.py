"""The stories, told once and played twice: in one process, and against the running fleet through Envoy."""

import json
import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from credential_core.jcs import digest
from tools.actor import Actor, Json, StoryError, last, until

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]


class World:
    """The demonstration's organizations at one base URL."""

    def __init__(self, base_url: str, demo: Json) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30)
        by_slug = {organization["slug"]: organization for organization in demo["organizations"]}
        self.organizations = by_slug
        self.university = Actor(self.http, by_slug["lakeside"])
        self.other_university = Actor(self.http, by_slug["harbour"])
        self.employer = Actor(self.http, by_slug["meridian"])

    def achievement(self, university: Actor | None = None) -> str:
        university = university or self.university
        body = {
            "name": "Network Defence",
            "description": "Segmentation, monitoring and response in a small company.",
            "criteria": {"narrative": "A practical exercise with a written report."},
            "achievementType": "MicroCredential",
        }
        draft = university.post("/achievements", body)
        return str(university.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])

    def issue(self, achievement: str | None = None, university: Actor | None = None, **members: Any) -> Json:
        university = university or self.university
        body = {"achievement": achievement or self.achievement(university), "recipient": {"email": email()}} | members
        issued: Json = university.post("/credentials", body)
        return issued

    def verdict(self, credential: Any) -> Json:
        report: Json = self.employer.post("/verifications", {"credential": credential})
        return report

    def change(self, issued: Json, action: str) -> Json:
        answer: Json = self.university.post(f"/credentials/{last(issued['id'])}/{action}", {"reason": "a test"})
        return answer

    def record(self, issued: Json) -> Json:
        path = f"/records/{last(issued['id'])}"
        found: Json = until(lambda: self.http.get(path), lambda answer: answer.status_code == 200).json()
        return found


def email() -> str:
    return f"{uuid.uuid4().hex}@students.example"


def outcomes(report: Json) -> dict[str, str]:
    return {check["check"]: check["outcome"] for check in report["checks"]}


def codes(report: Json) -> set[str]:
    return {check["code"] for check in report["checks"] if check["outcome"] == "failed"}


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    place = request.getfixturevalue("in_process" if request.param == "in_process" else "fleet")
    made = World(place.base_url, place.demo)
    yield made
    made.http.close()


def test_a_fresh_credential_is_valid_and_says_why(world: World) -> None:
    issued = world.issue()
    assert issued["status"] == "issued"
    assert issued["credential"]["id"] == issued["id"]
    report = world.verdict(issued["credential"])
    assert report["verdict"] == "valid"
    assert {"parse", "schema", "proof", "validity_period", "status", "issuer_trust"} <= set(outcomes(report))
    assert set(outcomes(report).values()) <= {"passed", "skipped"}


def test_a_credential_verifies_as_text_too(world: World) -> None:
    assert world.verdict(json.dumps(world.issue()["credential"]))["verdict"] == "valid"


def test_both_ways_of_naming_an_issuer_work(world: World) -> None:
    by_web = world.issue()["credential"]
    by_key = world.issue(university=world.other_university)["credential"]
    assert by_web["issuer"]["id"].startswith("did:web:")
    assert by_key["issuer"]["id"].startswith("did:key:")
    assert [world.verdict(one)["verdict"] for one in (by_web, by_key)] == ["valid", "valid"]


def test_a_tampered_copy_is_refused_with_the_reason(world: World) -> None:
    forged = deepcopy(world.issue(narrative="Did well.")["credential"])
    forged["credentialSubject"]["narrative"] = "Did brilliantly."
    report = world.verdict(forged)
    assert report["verdict"] == "invalid"
    assert outcomes(report)["proof"] == "failed"


def test_suspend_reinstate_revoke_change_the_verdict(world: World) -> None:
    issued = world.issue()
    assert world.verdict(issued["credential"])["verdict"] == "valid"
    for action, status, verdict in (
        ("suspend", "suspended", "invalid"),
        ("reinstate", "issued", "valid"),
        ("revoke", "revoked", "invalid"),
    ):
        assert world.change(issued, action)["status"] == status
        report = until(lambda: world.verdict(issued["credential"]), lambda found, v=verdict: found["verdict"] == v)  # type: ignore[misc]
        assert report["verdict"] == verdict
        until(lambda: world.record(issued)["state"], lambda state, s=status: state == s)  # type: ignore[misc]
    assert "status_revoked" in codes(world.verdict(issued["credential"]))


def test_a_correction_replaces_the_document_and_ends_no_suspension(world: World) -> None:
    issued = world.issue(recipient={"email": email(), "name": "Ada Lovelase"})
    world.change(issued, "suspend")
    path, correction = f"/credentials/{last(issued['id'])}/correct", {"recipient": {"name": "Ada Lovelace"}}
    corrected = world.university.post(path, {"reason": "a test"} | correction)
    assert (corrected["id"], corrected["status"]) == (issued["id"], "suspended")
    until(lambda: codes(world.verdict(issued["credential"])), lambda found: "superseded" in found)
    assert codes(world.verdict(corrected["credential"])) == {"status_suspended"}
    record = until(lambda: world.record(issued), lambda found: found["state"] == "suspended")
    assert record["digest"] == digest(corrected["credential"])
    world.change(issued, "reinstate")
    report = until(lambda: world.verdict(corrected["credential"]), lambda found: found["verdict"] == "valid")
    assert outcomes(report)["correction"] == "passed"
    # A list signed while it was suspended may still be on its way: the worse of list and events counts until then.
    until(lambda: codes(world.verdict(issued["credential"])), lambda found: found == {"superseded"})


def test_a_revoked_credential_stays_revoked(world: World) -> None:
    issued = world.issue()
    world.change(issued, "revoke")
    with pytest.raises(StoryError, match="409"):
        world.change(issued, "reinstate")


def test_the_public_record_names_no_learner(world: World) -> None:
    address = email()
    issued = world.issue(recipient={"email": address, "name": "Ada Canary"})
    record = world.record(issued)
    text = json.dumps(record)
    assert "canary" not in text.lower()
    assert address not in text
    salted = issued["credential"]["credentialSubject"]["identifier"][0]
    assert salted["identityHash"] not in text
    whole = world.http.get(f"/records/{quote(issued['id'], safe='')}")
    assert whole.json() == record


def test_the_status_list_is_public_signed_and_cacheable(world: World) -> None:
    issued = world.issue()
    url = urlsplit(issued["credential"]["credentialStatus"]["statusListCredential"]).path
    answer = until(lambda: world.http.get(url), lambda found: found.status_code == 200)
    assert "BitstringStatusListCredential" in answer.json()["type"]
    assert answer.headers["cache-control"]
    again = world.http.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_issuer_is_public_with_its_controller_document(world: World) -> None:
    profile = until(lambda: world.http.get("/issuers/lakeside"), lambda found: found.status_code == 200).json()
    document = world.http.get("/issuers/lakeside/did.json").json()
    assert profile["id"] == document["id"] == world.organizations["lakeside"]["issuer_id"]
    assert document["assertionMethod"]


def test_the_issuer_is_changed_by_the_tag_that_the_registry_shows(world: World) -> None:
    """The registry answers the GET, the issuer's room the PATCH: both mean the same state by a tag."""
    seen = until(lambda: world.http.get("/issuers/lakeside"), lambda found: found.status_code == 200)
    authorized = world.university.headers | {"If-Match": seen.headers["etag"]}

    def describe(words: str) -> httpx.Response:
        return world.http.patch("/issuers/lakeside", json={"description": words}, headers=authorized)

    first, second = describe("Once."), describe("Twice.")
    assert (first.status_code, second.status_code) == (200, 412), (first.text, second.text)
    assert second.headers["etag"] == first.headers["etag"] != seen.headers["etag"]
    shown = until(lambda: world.http.get("/issuers/lakeside"), lambda found: found.json().get("description") == "Once.")
    assert shown.headers["etag"].startswith(first.headers["etag"].rstrip('"'))


def test_one_key_is_one_credential(world: World) -> None:
    body = {"achievement": world.achievement(), "recipient": {"email": email()}}
    key = uuid.uuid4().hex
    first, second = (world.university.post("/credentials", body, key=key) for _ in range(2))
    assert first == second
    with pytest.raises(StoryError, match="409"):
        world.university.post("/credentials", body | {"narrative": "another"}, key=key)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"recipient": {}}, "recipient"),
        ({"recipient": {"email": "not an address"}}, "recipient.email"),
        ({"validUntil": "2001-01-01T00:00:00Z"}, "validUntil"),
        ({"validFrom": "yesterday"}, "validFrom"),
        ({"surprise": 1}, "surprise"),
        ({"results": "A"}, "results"),
    ],
)
def test_wrong_input_names_the_field_and_stores_nothing(world: World, members: Json, field: str) -> None:
    achievement = world.achievement()
    body = {"achievement": achievement, "recipient": {"email": email()}} | members
    answer = world.http.post("/credentials", json=body, headers=world.university.headers)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(error["field"].startswith(field) for error in answer.json()["errors"])
    stored = world.http.get("/credentials", params={"achievement": achievement}, headers=world.university.headers)
    assert stored.json()["items"] == []


def test_another_university_sees_and_changes_nothing(world: World) -> None:
    issued = world.issue()
    path = f"/credentials/{last(issued['id'])}"
    stranger = world.other_university.headers
    assert world.http.get(path, headers=stranger).status_code == 404
    for action in ("revoke", "suspend", "reinstate"):
        answer = world.http.post(f"{path}/{action}", json={"reason": "mischief"}, headers=stranger)
        assert answer.status_code == 404
    assert world.verdict(issued["credential"])["verdict"] == "valid"


def test_tokens_are_asked_for_and_scopes_are_kept(world: World) -> None:
    body = {"achievement": world.achievement(), "recipient": {"email": email()}}
    without = world.http.post("/credentials", json=body)
    assert without.status_code == 401
    assert without.headers["www-authenticate"].startswith("Bearer")
    wrong = world.http.post("/credentials", json=body, headers=world.employer.headers)
    assert wrong.status_code == 403
    assert "insufficient_scope" in wrong.headers["www-authenticate"]
    forged = world.http.post("/credentials", json=body, headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})
    assert forged.status_code == 401


def test_an_achievement_that_was_just_published_can_be_issued_at_once(world: World) -> None:
    assert world.issue(world.achievement())["status"] == "issued"


def test_an_unknown_achievement_is_said_to_be_unknown(world: World) -> None:
    body = {
        "achievement": f"{str(world.http.base_url).rstrip('/')}/achievements/{uuid.uuid4()}",
        "recipient": {"email": email()},
    }
    answer = world.http.post("/credentials", json=body, headers=world.university.headers)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/achievement-not-known")


def test_what_is_no_credential_is_invalid_not_an_error(world: World) -> None:
    texts: tuple[Any, ...] = ("", "hello", {}, {"@context": []}, {"a": {"b": []}})
    for nonsense in texts:
        report = world.verdict(nonsense)
        assert report["verdict"] == "invalid"
        assert outcomes(report)["parse"] == "failed" or outcomes(report)["schema"] == "failed"
