"""What a badge is worth to a pathway."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from stacking.badges import HEAD, NotEvidence, held_from

BADGE: dict[str, Any] = {
    "id": "https://laurel.example/credentials/1",
    "issuer": {"id": "did:web:laurel.example:issuers:north", "type": ["Profile"]},
    "validFrom": "2026-05-01T00:00:00Z",
    "awardedDate": "2026-01-31T23:30:00-02:00",
    "credentialSubject": {
        "creditsEarned": 4.5,
        "achievement": {
            "id": "https://laurel.example/achievements/python",
            "creditsAvailable": 5,
            "alignment": [
                {"targetName": "EQF 6", "targetUrl": "http://data.europa.eu/snb/eqf/6"},
                {"targetName": "a skill", "targetUrl": "http://data.europa.eu/esco/skill/1"},
            ],
            "resultDescription": [
                {"id": "urn:grade", "allowedValue": ["F", "D", "C", "B", "A"]},
                {"id": "urn:percent", "valueMax": "100"},
            ],
        },
        "result": [
            {"resultDescription": "urn:grade", "value": "B"},
            {"resultDescription": "urn:percent", "value": "87.5"},
            {"resultDescription": "urn:text", "value": "well done"},
        ],
    },
}


def test_it_is_read() -> None:
    held = held_from(BADGE)

    assert (held.id, held.achievement) == (BADGE["id"], "https://laurel.example/achievements/python")
    assert held.issuer == "did:web:laurel.example:issuers:north"
    assert held.awarded == date(2026, 2, 1)
    assert (held.credits, held.level) == (Decimal("4.5"), 6)
    assert held.results == {"urn:grade": Decimal(4), "urn:percent": Decimal("87.5")}


def test_what_is_not_said_is_not_assumed() -> None:
    badge = deepcopy(BADGE)
    del badge["awardedDate"], badge["credentialSubject"]["creditsEarned"], badge["credentialSubject"]["result"]
    badge["credentialSubject"]["achievement"]["alignment"] = {"targetUrl": "https://example.org/eqf/6"}
    badge["issuer"] = "did:web:south.example"
    held = held_from(badge)

    assert (held.awarded, held.credits, held.level, held.results) == (date(2026, 5, 1), Decimal(5), None, {})
    assert held.issuer == "did:web:south.example"
    del badge["credentialSubject"]["achievement"]["creditsAvailable"]
    assert held_from(badge).credits == 0


@pytest.mark.parametrize("value", [True, "much", float("nan"), -3, [1], {"@value": 1}])
def test_credits_that_are_no_number_are_not_counted(value: object) -> None:
    """Nor is what could have been earned: a holder may write 1 as [1] under the same proof."""
    badge = deepcopy(BADGE)
    badge["credentialSubject"]["creditsEarned"] = value
    assert held_from(badge).credits == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), None),
        (("issuer",), {}),
        (("awardedDate",), "yesterday"),
        (("awardedDate",), "0001-01-01T00:00:00+14:00"),
        (("credentialSubject",), []),
        (("credentialSubject", "achievement"), "https://laurel.example/achievements/python"),
        (("credentialSubject", "achievement", "id"), 1),
    ],
)
def test_what_is_no_evidence_is_refused(path: tuple[str, ...], value: object) -> None:
    badge = deepcopy(BADGE)
    place = badge
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(NotEvidence):
        held_from(badge)


def test_the_order_of_what_is_a_set_changes_nothing() -> None:
    """Results and evidence have no order in what is signed: a holder may choose it."""
    badge = deepcopy(BADGE)
    badge["credentialSubject"]["result"].append({"resultDescription": "urn:grade", "value": "D"})
    badge["evidence"] = [decision({"id": "urn:uuid:b"}), decision({"id": "urn:uuid:a"})]
    turned = deepcopy(badge)
    turned["credentialSubject"]["result"].reverse()
    turned["evidence"].reverse()

    held = held_from(badge)
    assert held == held_from(turned)
    assert (held.results["urn:grade"], held.source) == (Decimal(2), "urn:uuid:a")


@pytest.mark.parametrize(
    "scales",
    [
        [{"id": "urn:grade"}, {"id": "urn:grade", "allowedValue": ["10", "20"]}],
        [{"id": "urn:grade", "allowedValue": ["10", "20"]}, {"id": "urn:grade"}],
        [{"id": "urn:grade", "allowedValue": [None, "10", "20"]}],
    ],
)
def test_a_scale_that_may_be_written_otherwise_gives_no_result(scales: list[dict[str, Any]]) -> None:
    """One node may be split in two, and nulls are nothing: all under the same proof."""
    badge = deepcopy(BADGE)
    badge["credentialSubject"]["achievement"]["resultDescription"] = scales
    badge["credentialSubject"]["result"] = [{"resultDescription": "urn:grade", "value": "20"}]
    assert held_from(badge).results == {}


@pytest.mark.parametrize("allowed", ["20", ["20"]])
def test_a_list_of_one_is_the_same_without_its_array(allowed: object) -> None:
    badge = deepcopy(BADGE)
    badge["credentialSubject"]["achievement"]["resultDescription"] = [{"id": "urn:grade", "allowedValue": allowed}]
    badge["credentialSubject"]["result"] = [{"resultDescription": "urn:grade", "value": "20"}]
    assert held_from(badge).results == {"urn:grade": Decimal(1)}


FIRST = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"


def test_allowed_values_that_are_a_set_are_no_scale() -> None:
    held = held_from({**BADGE, "@context": ["https://www.w3.org/2018/credentials/v1", FIRST]})
    assert held.results == {"urn:percent": Decimal("87.5")}


@pytest.mark.parametrize("allowed", [["60", "70", "80"], ["80", "70", "60"], ["60", "80", "failed"]])
def test_a_number_needs_no_scale(allowed: list[str]) -> None:
    """Of allowed values that are a set, a number is still a number; of those in a list, it is a place."""
    badge = deepcopy(BADGE)
    badge["credentialSubject"]["achievement"]["resultDescription"] = [{"id": "urn:grade", "allowedValue": allowed}]
    badge["credentialSubject"]["result"] = [{"resultDescription": "urn:grade", "value": "80"}]
    assert held_from({**badge, "@context": FIRST}).results == {"urn:grade": Decimal(80)}
    assert held_from(badge).results == {"urn:grade": Decimal(allowed.index("80") + 1)}


@pytest.mark.parametrize("allowed", [{"@list": ["10", "20"]}, [["10", "20"]], [20]])
def test_a_list_in_other_clothes_makes_no_number(allowed: object) -> None:
    """What is written so may be a scale that is signed, in which the value is a place."""
    badge = deepcopy(BADGE)
    badge["credentialSubject"]["achievement"]["resultDescription"] = [{"id": "urn:grade", "allowedValue": allowed}]
    badge["credentialSubject"]["result"] = [{"resultDescription": "urn:grade", "value": "20"}]
    assert held_from({**badge, "@context": FIRST}).results == {}


def decision(source: object, *, uri: str = "") -> dict[str, Any]:
    record = base64.b64encode(json.dumps({"type": "RecognitionDecision", "source": source}).encode()).decode()
    return {"id": uri or HEAD + record, "type": ["Evidence"], "genre": "RecognitionDecision"}


@pytest.mark.parametrize(
    ("evidence", "source"),
    [
        ([{"id": "https://example.org"}, decision({"id": "urn:uuid:abroad"})], "urn:uuid:abroad"),
        (decision({"id": "urn:uuid:second", "origin": "urn:uuid:first"}), "urn:uuid:first"),
        ([decision("urn:uuid:text"), decision({"id": 5}), decision([])], None),
        (decision({"id": "urn:uuid:abroad"}) | {"genre": "Component"}, None),
        (
            [decision({}, uri=HEAD + "!!"), decision({}, uri=HEAD + "AAAA"), decision({}, uri="https://example.org")],
            None,
        ),
        ([decision({}, uri=HEAD + "bnVsbA=="), "text", None], None),
        (None, None),
    ],
)
def test_what_it_was_recognised_for_is_read(evidence: object, source: str | None) -> None:
    assert held_from({**BADGE, "evidence": evidence}).source == source
