"""The record of an evaluation, and making the decision again from public data."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from stacking import Held, Pathway, Setting, compile_rules, documents
from stacking.award import Completion, completion
from stacking.badges import held_from
from stacking.constraints import Recognised, ResultAtLeast
from stacking.documents import digest, read
from stacking.evidence import Agreed
from stacking.recheck import Finding, Given, Holding, recheck
from stacking.record import (
    GENRE,
    HEAD,
    Input,
    NotARecord,
    as_evidence,
    find_record,
    read_record,
    record_of,
)
from stacking.statuses import Listed, Status
from tests.stacking.pathways import SETTING, achievement, credentials, pathways

Json = dict[str, Any]
DID = "did:web:laurel.example:issuers:north"
PLACE = Status("https://laurel.example/status-lists/1", 5)
LISTED = Listed(PLACE, "uList")
DAY = Setting(date(2026, 11, 28), frozenset({DID}))
DOCUMENT: Json = {
    "name": "Data series",
    "hasDestinationComponent": "certificate",
    "hasPart": [
        {
            "id": "certificate",
            "proxyFor": [achievement("certificate")],
            "hasCondition": {
                "targetComponent": ["capstone"],
                "hasCondition": [{"requiredNumber": 1, "targetComponent": ["python", "statistics"]}],
            },
        },
        {
            "id": "capstone",
            "proxyFor": [achievement("capstone")],
            "hasConstraint": [{"type": "ResultAtLeast", "resultDescription": "urn:grade", "value": 70}],
        },
        {"id": "python", "proxyFor": [achievement("python")], "hasConstraint": [{"type": "RecognisedIssuer"}]},
        {"id": "statistics", "proxyFor": [achievement("statistics")]},
    ],
}
PATHWAY = read(DOCUMENT, identifier="https://laurel.example/pathways/p", version=2)
PUBLISHED = {**DOCUMENT, "id": PATHWAY.id, "type": ["Pathway"], "version": "2", "status": "published"}


def component(name: str, grade: str = "85") -> Json:
    return {
        "id": f"urn:uuid:{name}",
        "issuer": {"id": DID, "type": ["Profile"]},
        "validFrom": "2026-05-01T00:00:00Z",
        "credentialStatus": PLACE.entry,
        "credentialSubject": {
            "achievement": {"id": f"{achievement(name)}/versions/3", "creditsAvailable": 5},
            "result": [{"resultDescription": "urn:grade", "value": grade}],
        },
    }


def digest_of(document: Json) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


COMPONENTS = {name: component(name) for name in ("capstone", "python", "statistics")}
GIVEN = {one["id"]: Given(one, digest_of(one)) for one in COMPONENTS.values()}
STANDING = dict.fromkeys(GIVEN, True)


def completed(held: Sequence[Held], pathway: Pathway = PATHWAY) -> Completion:
    found = completion(compile_rules(pathway), held, DAY)
    assert found is not None
    return found


def stack(names: Sequence[str] = ("capstone", "python", "statistics")) -> Json:
    """A stacked credential, as an issuer would write it."""
    found = completed([held_from(COMPONENTS[name]) for name in names])
    inputs = [Input(one, GIVEN[one.id].digest, (LISTED,)) for one in found.counting]
    record = record_of(PATHWAY, digest(PUBLISHED), found.evaluation, inputs, DAY)
    return {
        "id": "urn:uuid:stack",
        "issuer": {"id": DID},
        "validFrom": "2026-11-28T12:00:00Z",
        "credentialSubject": {"achievement": {"id": f"{achievement('certificate')}/versions/1"}},
        "evidence": [{"id": "urn:uuid:other", "type": ["Evidence"]}, as_evidence(record, PATHWAY.name)],
    }


def rewritten(credential: Json, change: Callable[[Json], None]) -> Json:
    made = deepcopy(credential)
    evidence = made["evidence"][1]
    record = json.loads(base64.b64decode(evidence["id"].removeprefix(HEAD)))
    change(record)
    evidence["id"] = HEAD + base64.b64encode(json.dumps(record).encode()).decode()
    return made


def found(credential: Json, **members: Any) -> Finding:
    given_data: Json = {"pathway": PUBLISHED, "standing": STANDING, "given": GIVEN} | members
    return recheck(credential, given_data.pop("pathway"), **given_data)


def test_a_record_is_read_as_it_was_written() -> None:
    record = find_record(stack())
    assert record is not None
    assert (record.pathway, record.version, record.pathway_digest) == (PATHWAY.id, 2, digest(DOCUMENT))
    assert record.setting == DAY
    assert {one.held.id for one in record.inputs} == set(GIVEN)
    assert {(one.credential, one.component) for one in record.placed} == {
        (f"urn:uuid:{name}", name) for name in COMPONENTS
    }


def test_it_states_of_a_result_only_that_it_is_as_good_as_was_asked() -> None:
    record = find_record(stack())
    assert record is not None
    stated = {one.held.id: one.held.results for one in record.inputs}
    assert stated == {"urn:uuid:capstone": {"urn:grade": 70}, "urn:uuid:python": {}, "urn:uuid:statistics": {}}


def test_with_its_components_it_holds() -> None:
    assert found(stack()) == Finding(Holding.HOLDS, "the decision follows from the components")


def test_without_them_it_holds_by_what_is_stated() -> None:
    finding = found(stack(), given={"urn:uuid:python": GIVEN["urn:uuid:python"]})
    assert finding.holding is Holding.STATED
    assert finding.unseen == ("urn:uuid:capstone", "urn:uuid:statistics")


def test_one_that_is_not_needed_may_fall_but_not_the_capstone() -> None:
    assert found(stack(), standing=STANDING | {"urn:uuid:python": False}).holding is Holding.HOLDS
    fallen = found(stack(), standing=STANDING | {"urn:uuid:capstone": False})
    assert (fallen.holding, "urn:uuid:capstone" in fallen.reason) == (Holding.FAILS, True)


def test_what_is_not_known_is_not_said() -> None:
    unknown = {name: stands for name, stands in STANDING.items() if name != "urn:uuid:capstone"}
    assert found(stack(), standing=unknown).holding is Holding.UNKNOWN
    assert found(stack(), pathway=None).holding is Holding.UNKNOWN


def test_another_pathway_under_its_version_fails() -> None:
    easier = deepcopy(PUBLISHED)
    easier["hasPart"][0]["hasCondition"]["targetComponent"] = ["python"]
    assert found(stack(), pathway=easier).holding is Holding.FAILS


def test_a_component_that_says_otherwise_fails() -> None:
    worse = component("capstone", grade="60")
    assert found(stack(), given=GIVEN | {worse["id"]: Given(worse, digest_of(worse))}).holding is Holding.FAILS
    # As if the issuer had signed the digest of what does not say what the record states.
    lying = Given(worse, GIVEN[worse["id"]].digest)
    assert found(stack(), given=GIVEN | {worse["id"]: lying}).holding is Holding.FAILS


def test_a_component_whose_status_is_elsewhere_fails() -> None:
    """Not all places, another one, and one that the record denies."""
    moved = component("python") | {"credentialStatus": replace(PLACE, index=6).entry}
    more = component("python") | {"credentialStatus": [PLACE.entry, replace(PLACE, purpose="suspension").entry]}
    for document in (moved, more):
        lying = Given(document, GIVEN["urn:uuid:python"].digest)
        finding = found(stack(), given=GIVEN | {"urn:uuid:python": lying})
        assert (finding.holding, "elsewhere" in finding.reason) == (Holding.FAILS, True)

    def denied(record: Json) -> None:
        for name in ("statusListCredential", "statusListIndex", "statusListDigest"):
            del record["inputs"][0][name]
        record["inputs"][0]["hasNoStatus"] = True

    finding = found(rewritten(stack(), denied))
    assert (finding.holding, "denies" in finding.reason) == (Holding.FAILS, True)


def test_what_only_informs_is_no_status() -> None:
    told = component("python") | {"credentialStatus": [PLACE.entry, PLACE.entry | {"statusPurpose": "message"}]}
    assert found(stack(), given=GIVEN | {"urn:uuid:python": Given(told, GIVEN["urn:uuid:python"].digest)}).holding is (
        Holding.HOLDS
    )


def test_a_credential_for_something_else_fails() -> None:
    other = stack()
    other["credentialSubject"]["achievement"]["id"] = achievement("doctorate")
    assert found(other).holding is Holding.FAILS


def without_the_capstone(record: Json) -> None:
    record["inputs"] = [one for one in record["inputs"] if one["id"] != "urn:uuid:capstone"]


def counted_elsewhere(record: Json) -> None:
    record["decision"]["placed"][0]["component"] = "statistics"


def nothing_decided(record: Json) -> None:
    record["decision"]["isComplete"] = False


def twice(record: Json) -> None:
    record["inputs"].append(record["inputs"][0])


def with_a_worse_result(record: Json) -> None:
    record["inputs"][0]["resultsAtLeast"] = {"urn:grade": 10}


@pytest.mark.parametrize(
    "change", [without_the_capstone, counted_elsewhere, nothing_decided, twice, with_a_worse_result]
)
def test_a_record_that_does_not_lead_to_its_decision_fails(change: Callable[[Json], None]) -> None:
    assert found(rewritten(stack(), change)).holding is Holding.FAILS


@pytest.mark.parametrize("uri", [HEAD, HEAD + "!!", HEAD + "bnVsbA==", HEAD + "A" * 300_000])
def test_what_is_no_record_is_named_so(uri: object) -> None:
    with pytest.raises(NotARecord):
        find_record({"evidence": {"id": uri, "genre": GENRE}})


def test_of_several_records_none_is_the_record() -> None:
    """Evidence is a set: a holder would choose the first."""
    credential = stack()
    twice = {**credential, "evidence": credential["evidence"] * 2}
    assert find_record(twice) == find_record(credential)
    other = {**credential["evidence"][1], "id": HEAD + "bnVsbA=="}
    with pytest.raises(NotARecord, match="several"):
        find_record({**credential, "evidence": [*credential["evidence"], other]})


def test_another_evaluators_record_is_not_judged() -> None:
    def by_another(record: Json) -> None:
        record["evaluator"] = "laurel-stacking/3"

    assert found(rewritten(stack(), by_another)).holding is Holding.UNKNOWN


@pytest.mark.parametrize("member", ["type", "evaluator", "pathway", "day", "inputs", "decision"])
def test_every_member_counts(member: str) -> None:
    record = json.loads(base64.b64decode(stack()["evidence"][1]["id"].removeprefix(HEAD)))
    del record[member]
    with pytest.raises(NotARecord):
        read_record(record)


def test_a_credential_without_a_record_is_no_stack() -> None:
    others: list[object] = [None, 5, "", "https://laurel.example/record", "data:text/plain,hello"]
    evidence = [{"id": uri, "genre": GENRE} for uri in others]
    assert find_record({"evidence": [{"id": "https://example.org"}, "text", *evidence]}) is None
    assert found({"id": "urn:uuid:1"}).holding is Holding.FAILS


def test_the_digest_is_of_what_is_said() -> None:
    assert digest(PUBLISHED) == digest(DOCUMENT) != digest({**DOCUMENT, "name": "Other"})
    assert documents.said(PUBLISHED) == DOCUMENT


def test_recognised_issuers_are_told_where_they_matter() -> None:
    assert any(isinstance(rule, Recognised) for rule in PATHWAY.components["python"].constraints)
    assert any(isinstance(rule, ResultAtLeast) for rule in PATHWAY.components["capstone"].constraints)
    record = json.loads(base64.b64decode(stack()["evidence"][1]["id"].removeprefix(HEAD)))
    assert record["recognisedIssuers"] == [DID]


PARTNER = "did:web:partner.example"
AGREED = Agreed(PARTNER, "https://laurel.example/recognition-agreements/a", 2, "uSigned")
OTHERS = Agreed("did:web:elsewhere.example", "https://laurel.example/recognition-agreements/b", 1, "uOther")


def by_agreement() -> Json:
    """A stack that one component of a partner's counts in."""
    theirs = component("python") | {"issuer": {"id": PARTNER}}
    day = replace(DAY, recognised=frozenset({DID, PARTNER, OTHERS.issuer}), agreed=frozenset({AGREED, OTHERS}))
    whole = completion(compile_rules(PATHWAY), [held_from(COMPONENTS["capstone"]), held_from(theirs)], day)
    assert whole is not None
    inputs = [Input(one, "uDigest") for one in whole.counting]
    record = record_of(PATHWAY, digest(PUBLISHED), whole.evaluation, inputs, day)
    return stack() | {"evidence": [{"id": "urn:uuid:other"}, as_evidence(record, PATHWAY.name)]}


def test_a_partners_component_says_by_which_agreement_and_no_other_partner_is_named() -> None:
    made = by_agreement()
    record = json.loads(base64.b64decode(made["evidence"][1]["id"].removeprefix(HEAD)))
    assert record["recognisedIssuers"] == sorted([DID, PARTNER])
    assert record["recognisedBy"] == [
        {"issuer": PARTNER, "agreement": AGREED.agreement, "version": 2, "digest": "uSigned"}
    ]
    assert read_record(record).setting.agreed == {AGREED}
    assert found(made, given={}).holding is Holding.STATED


def test_without_the_agreement_the_same_component_does_not_count() -> None:
    def unsigned(record: Json) -> None:
        record["recognisedIssuers"] = [DID]
        del record["recognisedBy"]

    assert found(rewritten(by_agreement(), unsigned), given={}).holding is Holding.FAILS


def test_an_agreement_about_nobody_who_was_recognised_is_no_record() -> None:
    def otherwise(record: Json) -> None:
        record["recognisedIssuers"] = [DID]

    finding = found(rewritten(by_agreement(), otherwise), given={})
    assert (finding.holding, "recognised" in finding.reason) == (Holding.FAILS, True)


@given(pathways(), credentials())
@settings(max_examples=200, deadline=None)
def test_those_that_count_complete_it_by_themselves(pathway: Pathway, held: list[Held]) -> None:
    rules, limited = compile_rules(pathway), {limit.pathway for limit in pathway.sharing}
    looked_at = [replace(one, counted_in=one.counted_in & limited) for one in held]  # as the issuer does
    whole = completion(rules, looked_at, SETTING)
    if whole is None:
        return
    assert len(whole.evaluation.placed) == len(whole.counting)
    inputs = [Input(one, "u") for one in whole.counting]
    record = read_record(record_of(pathway, "digest", whole.evaluation, inputs, SETTING))
    again = completion(rules, [replace(one.held, results={}) for one in record.inputs], record.setting)
    assert again is not None
    assert frozenset(again.evaluation.placed) == record.placed


def recognised(name: str, source: str) -> Json:
    record = json.dumps({"type": "RecognitionDecision", "source": {"id": source}})
    uri = HEAD + base64.b64encode(record.encode()).decode()
    return component(name) | {"evidence": [{"id": uri, "genre": "RecognitionDecision"}]}


@pytest.mark.parametrize(
    ("sources", "holding"),
    [(("urn:uuid:a", "urn:uuid:b"), Holding.HOLDS), (("urn:uuid:a", "urn:uuid:a"), Holding.FAILS)],
)
def test_the_documents_say_whether_one_source_was_counted_twice(sources: tuple[str, str], holding: Holding) -> None:
    """Records say nothing of sources, those from before the rule neither: they hold where each counts once."""
    made = [recognised(name, source) for name, source in zip(("capstone", "python"), sources, strict=True)]
    documents_given = {one["id"]: Given(one, digest_of(one)) for one in made}

    def of_these(record: Json) -> None:
        for one in record["inputs"]:
            if one["id"] in documents_given:
                one["digest"] = documents_given[one["id"]].digest

    assert found(rewritten(stack(), of_these), given=GIVEN | documents_given).holding is holding
