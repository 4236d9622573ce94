"""Importing from other catalogues: each form is read, what is wrong is reported by row, the same again is no other."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.achievements.importing import MOST
from catalog.http.other_catalogues.foreign import read_foreign
from service_kit.errors import Invalid
from tests.catalog.samples import PLAIN, drafted, path, published
from tests.catalog.test_exports import exported
from tests.micro_credentials import CREATOR, MEMBERS, achievement

api = pytest.mark.asyncio
BADGE_CLASS: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "BadgeClass",
    "id": "https://old.example/badges/5",
    "name": "Robotics",
    "description": "Builds robots.",
    "image": "https://old.example/badges/5.png",
    "criteria": {"narrative": "Build one."},
    "issuer": {"type": "Issuer", "id": "https://old.example/issuer", "name": "Old School", "email": "x@old.example"},
    "tags": ["robots"],
    "alignment": [{"targetName": "Mechatronics", "targetUrl": "https://f.example/7", "targetFramework": "F"}],
}
CTDL_ONE: dict[str, Any] = {
    "@id": "https://credentialengineregistry.org/resources/ce-6a9b1f1e-0000-4000-8000-000000000001",
    "@type": "ceterms:Certificate",
    "ceterms:ctid": "ce-6a9b1f1e-0000-4000-8000-000000000001",
    "ceterms:name": {"en-US": "Welding"},
    "ceterms:description": {"en-US": "Welds."},
    "ceterms:subjectWebpage": "https://college.example/welding",
    "ceterms:inLanguage": ["en-US"],
    "ceterms:ownedBy": ["https://college.example"],
}


def one(document: Any) -> Any:
    """The only achievement of a document."""
    (found,) = read_foreign(document)
    return found


def test_an_open_badges_achievement_is_taken_as_it_is() -> None:
    found = one(achievement() | {"endorsementJwt": ["x"], "version": "3"})
    assert (found.form, found.source, found.errors) == ("open-badges-3.0", achievement()["id"], ())
    assert {name: found.document[name] for name in MEMBERS} == MEMBERS
    assert found.document["creator"] == CREATOR
    assert [warning.field for warning in found.warnings] == ["endorsementJwt"]


def test_of_a_credential_only_the_achievement_is_read() -> None:
    subject = {"id": "did:example:ada", "achievement": achievement()}
    found = one({"type": ["VerifiableCredential", "OpenBadgeCredential"], "credentialSubject": subject})
    assert found.document["name"] == "Programming"
    assert "did:example:ada" not in json.dumps(found.document)


def test_a_badge_class_becomes_a_badge() -> None:
    found = one(BADGE_CLASS)
    assert (found.form, found.source) == ("open-badges-2.0", BADGE_CLASS["id"])
    document = found.document
    assert (document["achievementType"], document["tag"]) == ("Badge", ["robots"])
    assert document["image"] == {"id": BADGE_CLASS["image"], "type": "Image"}
    assert document["creator"] == {"id": "https://old.example/issuer", "type": ["Profile"], "name": "Old School"}
    assert document["alignment"][0]["targetName"] == "Mechatronics"


def test_an_issuer_that_is_only_an_address_is_not_fetched() -> None:
    found = one(BADGE_CLASS | {"issuer": "https://old.example/issuer"})
    assert "creator" not in found.document
    assert [warning.field for warning in found.warnings] == ["creator"]


def test_a_criteria_page_stays_an_address() -> None:
    assert one(BADGE_CLASS | {"criteria": "https://old.example/c"}).document["criteria"] == {
        "id": "https://old.example/c"
    }


def test_ctdl_is_read_with_who_offers_it() -> None:
    organization = {
        "@id": "https://college.example",
        "@type": "ceterms:CredentialOrganization",
        "ceterms:name": {"en": "College"},
    }
    found = one({"@context": "x", "@graph": [organization, CTDL_ONE]})
    document = found.document
    assert (found.form, found.source) == ("ctdl", CTDL_ONE["@id"])
    assert (document["name"], document["achievementType"], document["inLanguage"]) == (
        "Welding",
        "Certificate",
        "en-US",
    )
    assert document["criteria"] == {"id": "https://college.example/welding"}
    assert document["otherIdentifier"][0]["identifier"] == CTDL_ONE["ceterms:ctid"]
    assert document["creator"]["name"] == "College"


def test_what_we_export_as_ctdl_comes_back() -> None:
    document = one(exported("ctdl")).document
    same = ("eqfLevel", "iscedF", "volumeOfLearning", "stackableTowards")
    assert {name: document[name] for name in same} == {name: MEMBERS[name] for name in same}
    assert document["creditPoint"] == MEMBERS["creditPoint"]
    assert document["participation"] == ["Online", "Presential"]
    assert document["achievementType"] == "MicroCredential"
    outcome = MEMBERS["learningOutcome"][0]
    assert [(each["id"], each["name"]) for each in document["learningOutcome"]] == [
        (outcome["id"], outcome["name"]),
        ("http://data.europa.eu/esco/skill/1", "analyse data"),
    ]
    assert document["creator"]["address"]["addressCountryCode"] == "IE"


def test_what_we_export_as_open_badges_comes_back() -> None:
    document = one(exported("open-badges")).document
    assert {name: document[name] for name in MEMBERS} == MEMBERS


@pytest.mark.parametrize("body", [[], [PLAIN] * (MOST + 1)])
def test_too_many_and_none_are_refused(body: Any) -> None:
    with pytest.raises(Invalid):
        read_foreign(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "sample",
    [achievement(), BADGE_CLASS, CTDL_ONE, exported("ctdl")["@graph"][0]],
    ids=["3.0", "2.0", "ctdl", "ours"],
)
@given(data=st.data())
def test_whatever_stands_in_a_member_is_read_or_reported(sample: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(sample)))
    found = one({**sample, name: data.draw(JSON)})
    assert (found.document is None) == bool(found.errors)


@api
async def test_what_is_wrong_stops_no_other(university: httpx.AsyncClient) -> None:
    wrong = BADGE_CLASS | {"id": "https://old.example/badges/6", "name": "", "image": "javascript:alert(1)"}
    answer = await university.post("/achievements/import", json=[BADGE_CLASS, wrong, {"type": "Profile"}, CTDL_ONE])

    report = answer.json()
    assert answer.status_code == 200
    assert (report["received"], report["created"], report["rejected"]) == (4, 2, 2)
    assert {(error["row"], error["field"]) for error in report["errors"]} >= {(2, "image.id"), (3, "type")}
    assert [made["form"] for made in report["achievements"]] == ["open-badges-2.0", "ctdl"]
    draft = (await university.get(path(report["achievements"][0]["id"]))).json()
    assert (draft["status"], draft["name"], draft["kind"]) == ("draft", "Robotics", "DigitalBadge")


@api
async def test_the_same_again_changes_the_draft_that_it_became(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    first = (await university.post("/achievements/import", json=BADGE_CLASS)).json()
    again = (await university.post("/achievements/import", json=BADGE_CLASS)).json()
    assert (again["created"], again["unchanged"]) == (0, 1)
    where = path(first["achievements"][0]["id"])
    await university.patch(where, json={"eqfLevel": 5})

    changed = (await university.post("/achievements/import", json=BADGE_CLASS | {"name": "Robots"})).json()

    assert (changed["updated"], changed["achievements"][0]["id"]) == (1, first["achievements"][0]["id"])
    draft = (await university.get(where)).json()
    assert (draft["name"], draft["eqfLevel"]) == ("Robots", "5")
    theirs = (await other.post("/achievements/import", json=BADGE_CLASS)).json()
    assert theirs["created"] == 1


@api
async def test_a_dry_run_and_a_repetition_keep_nothing_new(university: httpx.AsyncClient) -> None:
    tried = (await university.post("/achievements/import?dryRun=true", json=BADGE_CLASS)).json()
    assert (tried["dryRun"], tried["created"]) == (True, 1)
    assert (await university.get("/achievements?mine=true")).json()["items"] == []

    key = {"Idempotency-Key": "one"}
    first = await university.post("/achievements/import", json=BADGE_CLASS, headers=key)
    again = await university.post("/achievements/import", json=BADGE_CLASS, headers=key)
    assert first.json() == again.json()


@api
async def test_an_imported_achievement_is_published_like_any(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    report = (await university.post("/achievements/import", json=achievement("https://elsewhere.example"))).json()
    where = path(report["achievements"][0]["id"])

    version = (await university.post(f"{where}/publish")).json()

    assert version["completeness"]["profiles"] == ["eu-annex-i", "open-badges", "trust-ed"]
    exported = (await client.get(f"{where}/export", params={"format": "open-badges"})).json()
    assert {name: exported[name] for name in MEMBERS} == MEMBERS
    assert exported["id"] == version["id"] != achievement("https://elsewhere.example")["id"]


@api
async def test_what_is_imported_is_ones_own(university: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    await published(university)
    await drafted(university)
    report = (await other.post("/achievements/import", json=BADGE_CLASS)).json()
    assert (await university.get(path(report["achievements"][0]["id"]))).status_code == 404


def test_of_an_assertion_only_the_badge_is_read() -> None:
    recipient = {"type": "email", "hashed": False, "identity": "ada@students.example"}
    found = one({"type": "Assertion", "id": "https://old.example/a/1", "recipient": recipient, "badge": BADGE_CLASS})
    assert (found.form, found.source, found.document["name"]) == ("open-badges-2.0", BADGE_CLASS["id"], "Robotics")
    assert "ada@students.example" not in json.dumps(found.document)
    hosted = one({"type": "Assertion", "badge": "https://old.example/badges/5"})
    assert [error.field for error in hosted.errors] == ["type"]
