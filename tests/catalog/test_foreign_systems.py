"""Badges as widespread systems hand them out: members and wrappings as their code writes them, in words of our own."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.http.other_catalogues.foreign import read_foreign
from tests.catalog.test_foreign import BADGE_CLASS, CTDL_ONE, one

MOODLE: dict[str, Any] = {
    "name": "Brandschutz",
    "description": "Kennt die Wege ins Freie.",
    "image": "data:image/png;base64," + "A" * 120_000,
    "criteria": {"id": "https://moodle.example/badges/badgeclass.php?id=1", "narrative": "Kurs abgeschlossen."},
    "issuer": {
        "@context": "https://w3id.org/openbadges/v2",
        "id": "https://moodle.example/badges/issuer_json.php?id=1",
        "type": "Issuer",
        "name": "Schule",
        "url": "https://moodle.example",
        "email": "badges@moodle.example",
    },
    "@context": "https://w3id.org/openbadges/v2",
    "id": "https://moodle.example/badges/badge_json.php?id=1",
    "type": "BadgeClass",
    "version": "1.0",
    "@language": "de",
    "related": [{"id": "https://moodle.example/badges/badge_json.php?id=2", "version": "1.0", "@language": "en"}],
    "alignments": [{"targetName": "Brandschutzhelfer", "targetUrl": "https://norm.example/1", "targetCode": "B1"}],
    "tags": ["Sicherheit"],
}
BADGR: dict[str, Any] = {
    "status": {"success": True, "description": "ok"},
    "result": [
        {
            "entityType": "BadgeClass",
            "entityId": "abc",
            "openBadgeId": "https://api.badgr.example/public/badges/abc",
            "createdAt": "2024-01-01T00:00:00Z",
            "createdBy": "xyz",
            "issuer": "i",
            "issuerOpenBadgeId": "https://api.badgr.example/public/issuers/i",
            "name": "Statistics",
            "image": "https://api.badgr.example/public/badges/abc/image",
            "description": "Counts.",
            "criteriaUrl": None,
            "criteriaNarrative": "Pass the *examination*.",
            "alignments": [],
            "tags": [],
            "expires": {"amount": 1, "duration": "years"},
            "extensions": {},
        }
    ],
}


def left_out(found: Any) -> list[str]:
    return [warning.field for warning in found.warnings]


def test_moodles_badge_is_taken_but_for_its_large_image() -> None:
    found = one(MOODLE)
    assert (found.errors, left_out(found)) == ((), ["image"])
    document = found.document
    assert "image" not in document
    assert document["inLanguage"] == "de"
    assert document["alignment"][0]["targetCode"] == "B1"
    assert document["related"] == [
        {"id": MOODLE["related"][0]["id"], "type": ["Related"], "inLanguage": "en", "version": "1.0"}
    ]
    assert document["creator"]["name"] == "Schule"


def test_a_large_image_of_an_achievement_is_left_out_too() -> None:
    image = {"id": MOODLE["image"], "type": "Image"}
    found = one({"type": ["Achievement"], "id": "urn:x:1", "image": image, **{n: MOODLE[n] for n in OF_ALL}})
    assert (found.errors, left_out(found), "image" in found.document) == ((), ["image"], False)


OF_ALL = ("name", "description", "criteria")


def test_badgrs_own_answer_is_taken() -> None:
    found = one(BADGR)
    assert (found.form, found.source) == ("open-badges-2.0", "https://api.badgr.example/public/badges/abc")
    assert found.document["criteria"] == {"narrative": "Pass the *examination*."}
    assert left_out(found) == ["creator", "expires"]


@pytest.mark.parametrize(
    ("alignment", "taken", "warned"),
    [
        ([{"name": "Counting", "url": "https://f.example/1"}], ["Counting"], []),  # as 1.1 wrote it
        ([{"targetName": "Counting", "targetUrl": ""}], [], ["alignment"]),
        ({"targetName": "Counting", "targetUrl": "https://f.example/1"}, ["Counting"], []),
    ],
)
def test_alignments_that_say_to_what_are_taken(alignment: Any, taken: list[str], warned: list[str]) -> None:
    found = one(BADGE_CLASS | {"alignment": alignment})
    assert found.errors == ()
    assert [each["targetName"] for each in found.document.get("alignment", [])] == taken
    assert left_out(found) == warned


def test_envelopes_of_the_registry_are_opened() -> None:
    envelope = {
        "envelope_community": "ce_registry",
        "envelope_ceterms_ctid": CTDL_ONE["ceterms:ctid"],
        "resource": "eyJ…",
        "decoded_resource": {"@context": "https://credreg.net/ctdl/schema/context/json", "@graph": [CTDL_ONE]},
    }
    found = read_foreign([envelope, BADGE_CLASS, {"decoded_resource": CTDL_ONE}])
    assert [each.form for each in found] == ["ctdl", "open-badges-2.0", "ctdl"]
    assert [each.errors for each in found] == [(), (), ()]
    assert found[0].source == CTDL_ONE["@id"]


@pytest.mark.parametrize("odd", [{"result": "x"}, {"result": None}, {"decoded_resource": 7}, {"result": [7, None]}])
def test_an_odd_wrapping_is_no_achievement(odd: Any) -> None:
    assert {each.form for each in read_foreign(odd)} == {"unknown"}
