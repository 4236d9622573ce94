"""Micro-credential metadata: what is taken and refused, what a version says of it, and the context that defines it."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import ValidationError
from pyld import jsonld

from catalog.core.achievements import vocabularies
from catalog.core.achievements.isced_f import FIELDS
from catalog.core.achievements.kinds import ACHIEVEMENT_TYPES, Kind
from catalog.core.achievements.metadata import MEMBERS as DEFINED
from catalog.core.achievements.terms import TERMS, Nature, Term
from catalog.core.decision_terms import DECISION_TERMS
from catalog.http.achievements.schemas import AchievementRequest
from contracts.catalog_events import AchievementPublished
from credential_core import model
from credential_core.contexts import MICRO_CREDENTIAL_V1, RECOGNITION_DECISION_V1, load_context
from credential_core.jsonld import to_quads
from service_kit.database import Database
from service_kit.testing import BASE_URL
from tests.catalog.samples import PLAIN, drafted, events, path, published
from tests.micro_credentials import CREATOR, EQF_ALIGNMENT, MEMBERS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTEXT = load_context(MICRO_CREDENTIAL_V1)["@context"]
api = pytest.mark.asyncio
ALL: dict[str, Any] = {**MEMBERS, "creator": CREATOR}


def refused(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {error["field"] for error in answer.json()["errors"]}


def test_the_context_defines_the_members_and_no_others_at_the_top() -> None:
    assert set(DEFINED) == set(MEMBERS)
    assert set(DEFINED) <= set(CONTEXT)
    assert {field.alias or name for name, field in AchievementRequest.model_fields.items()} >= set(DEFINED)


@pytest.mark.parametrize("vocabulary", vocabularies.ALL, ids=lambda vocabulary: vocabulary.name)
def test_every_code_means_in_json_ld_what_the_vocabulary_says(vocabulary: vocabularies.Vocabulary) -> None:
    scoped = CONTEXT[vocabulary.name]["@context"]
    for code, concept in vocabulary.concepts.items():
        assert concept.iri == scoped.get(code, scoped.get("@vocab", "") + code)
        assert vocabulary.by_iri(concept.iri) is vocabulary.find(code)
        assert concept.label
    assert set(scoped) - {"@vocab"} <= set(vocabulary.concepts)
    assert vocabulary.find("nothing") is None
    assert vocabulary.by_iri("urn:nothing") is None


@pytest.mark.parametrize(
    ("vocabulary", "size"),
    [
        (vocabularies.EQF, 8),
        (vocabularies.EHEA_CYCLE, 4),
        (vocabularies.CREDIT_FRAMEWORK, 2),
        (vocabularies.PARTICIPATION, 7),
        (vocabularies.ASSESSMENT, 14),
        (vocabularies.SUPERVISION, 4),
        (vocabularies.STACKABILITY, 2),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_vocabularies_are_whole(vocabulary: vocabularies.Vocabulary, size: int) -> None:
    assert len(vocabulary.concepts) == size


def test_isced_f_is_the_classification_of_2013() -> None:
    """11 broad fields and "unknown"; every code lies within its broader ones."""
    broad = {code for code in FIELDS if len(code) == 2}
    assert broad == {f"{number:02}" for number in range(11)} | {"99"}
    assert {len(code) for code in FIELDS} == {2, 3, 4}
    for code in FIELDS:
        assert code[:2] in FIELDS
        assert len(code) < 4 or code[:3] in FIELDS or code[3] in "089"
    assert FIELDS["0613"] == "Software and applications development and analysis"
    assert FIELDS["0110"] == "Education not further defined"
    assert FIELDS["0299"] == "Arts and humanities not elsewhere classified"
    assert FIELDS["0188"] == "Inter-disciplinary programmes and qualifications involving education"
    assert FIELDS["0228"] == "Inter-disciplinary programmes and qualifications involving humanities"


@api
async def test_a_version_carries_everything(university: httpx.AsyncClient, database: Database) -> None:
    draft = await drafted(university, **ALL)
    assert {name: draft[name] for name in ALL} == ALL

    version = (await university.post(f"{path(draft['id'])}/publish")).json()

    document = (await university.get(path(version["versionId"]))).json()
    assert {name: document[name] for name in ALL} == ALL
    assert document["@context"][1] == f"{BASE_URL}/contexts/micro-credential/v1"
    assert document["alignment"] == [EQF_ALIGNMENT]
    assert document["creditsAvailable"] == 2.5
    assert list(document)[:2] == ["@context", "id"]
    ((_, _, payload),) = await events(database)
    assert AchievementPublished.model_validate(payload).document == document


@api
async def test_what_is_published_can_be_issued(university: httpx.AsyncClient) -> None:
    version = await published(university, **ALL)
    document = (await university.get(path(version["versionId"]))).json()
    credential = model.achievement_credential(
        credential_id="urn:c", issuer={"id": "urn:i"}, achievement=document, subject_id="urn:s", valid_from=NOW
    )
    assert model.validate_achievement_credential(credential) == ()
    assert to_quads(credential)


@api
async def test_without_metadata_a_version_is_plain_open_badges(university: httpx.AsyncClient) -> None:
    version = await published(university, creator=CREATOR)
    assert "@context" not in version
    assert version["creator"] == CREATOR


@api
async def test_what_the_draft_says_itself_stands(university: httpx.AsyncClient) -> None:
    version = await published(university, **ALL, creditsAvailable=3, alignment=[EQF_ALIGNMENT | {"targetName": "Ours"}])
    assert version["creditsAvailable"] == 3
    assert [one["targetName"] for one in version["alignment"]] == ["Ours"]


@api
async def test_short_forms_are_completed(university: httpx.AsyncClient) -> None:
    draft = await drafted(
        university,
        eqfLevel=6,
        iscedF="0613",
        participation="Online",
        learningOutcome=[{"name": "Reads"}, {"name": "Writes"}],
        assessment=[{"assessmentType": "Quiz"}],
    )
    assert (draft["eqfLevel"], draft["iscedF"], draft["participation"]) == ("6", ["0613"], ["Online"])
    assert draft["assessment"] == [{"type": ["LearningAssessmentSpecification"], "assessmentType": "Quiz"}]
    first, second = draft["learningOutcome"]
    assert first["type"] == ["LearningOutcome"]
    assert first["id"].startswith("urn:uuid:")
    assert first["id"] != second["id"]


WRONG: list[tuple[str, Any, str]] = [
    ("eqfLevel", 0, "eqfLevel"),
    ("eqfLevel", 9, "eqfLevel"),
    ("eqfLevel", True, "eqfLevel"),
    ("eqfLevel", "06", "eqfLevel"),
    ("eheaCycle", "FourthCycle", "eheaCycle"),
    ("iscedF", ["0614"], "iscedF.0"),
    ("iscedF", ["613"], "iscedF.0"),
    ("iscedF", ["0613", "0613"], ""),
    ("volumeOfLearning", "60", "volumeOfLearning"),
    ("volumeOfLearning", "PT", "volumeOfLearning"),
    ("volumeOfLearning", "PT0H", "volumeOfLearning"),
    ("volumeOfLearning", "P1M", "volumeOfLearning"),
    ("volumeOfLearning", "PT٦H", "volumeOfLearning"),
    ("creditPoint", [{"framework": "US", "point": 3}], "creditPoint.0.framework"),
    ("creditPoint", [{"framework": "ECTS", "point": 0}], "creditPoint.0.point"),
    ("creditPoint", [{"framework": "ECTS"}], "creditPoint.0.point"),
    ("creditPoint", [{"framework": "ECTS", "point": 1}, {"framework": "ECTS", "point": 2}], ""),
    ("participation", ["Asleep"], "participation.0"),
    ("assessment", [{"name": "x"}], "assessment.0.assessmentType"),
    ("assessment", [{"assessmentType": "Guess"}], "assessment.0.assessmentType"),
    ("assessment", [{"assessmentType": "Quiz", "supervision": "Somebody"}], "assessment.0.supervision"),
    ("qualityAssurance", [{"name": "x"}], "qualityAssurance.0.qualityAssuranceType"),
    ("stackability", "Sideways", "stackability"),
    ("stackableTowards", ["javascript:alert(1)"], "stackableTowards.0"),
    ("learningOutcome", [{"description": "x"}], "learningOutcome.0.name"),
    ("learningOutcome", [{"name": "x", "relatedSkill": ["no address"]}], "learningOutcome.0.relatedSkill.0"),
    ("learningOutcome", [{"name": "x", "grade": 1}], "learningOutcome.0.grade"),
    ("creator", {"id": "https://u.example"}, "creator.name"),
    ("creator", CREATOR | {"address": {"addressCountryCode": "Ireland"}}, "creator.address.addressCountryCode"),
    ("creator", CREATOR | {"address": {"addressCountryCode": "XX"}}, "creator.address.addressCountryCode"),
    ("kind", "Diploma", "kind"),
]


@pytest.mark.parametrize(
    ("member", "value", "field"), WRONG, ids=[f"{name}-{n}" for n, (name, _, _) in enumerate(WRONG)]
)
def test_what_is_no_value_is_refused_by_name(member: str, value: Any, field: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        AchievementRequest.model_validate(PLAIN | {member: value})
    assert field in {".".join(map(str, error["loc"])) for error in wrong.value.errors()}


@api
async def test_a_refusal_names_every_wrong_member(university: httpx.AsyncClient) -> None:
    wrong = {"eqfLevel": 9, "assessment": [{"assessmentType": "Guess"}], "iscedF": ["0613", "9"]}
    answer = await university.post("/achievements", json=PLAIN | wrong)
    assert refused(answer) == {"eqfLevel", "assessment.0.assessmentType", "iscedF.1"}


@api
async def test_what_stands_alone_leads_nowhere(university: httpx.AsyncClient) -> None:
    contradiction = {"stackability": "StandAlone", "stackableTowards": ["https://u.example/programmes/1"]}
    refused(await university.post("/achievements", json=PLAIN | contradiction))


@api
@pytest.mark.parametrize("kind", Kind)
async def test_a_kind_is_an_achievement_type(
    university: httpx.AsyncClient, client: httpx.AsyncClient, kind: Kind
) -> None:
    version = await published(university, kind=kind.value)
    await published(university, name="Another", achievementType="Course")

    assert (version["kind"], version["achievementType"]) == (kind.value, ACHIEVEMENT_TYPES[kind])
    found = (await client.get("/achievements", params={"kind": kind.value})).json()["items"]
    assert [(one["id"], one["kind"]) for one in found] == [(version["id"], kind.value)]
    document = (await client.get(path(version["versionId"]))).json()
    assert "kind" not in document


@api
async def test_kind_and_type_are_one_thing(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    refused(await university.post("/achievements", json=PLAIN | {"kind": "Nanodegree", "achievementType": "Course"}))
    draft = await drafted(university, kind="Nanodegree", achievementType="ext:Nanodegree")
    changed = await university.patch(path(draft["id"]), json={"kind": None})
    assert (changed.json()["kind"], changed.json().get("achievementType")) == (None, None)
    assert refused(await client.get("/achievements", params={"kind": "Nanodegree", "type": "Course"})) == {"kind"}


@api
@pytest.mark.parametrize(
    ("url", "terms"),
    [(MICRO_CREDENTIAL_V1, TERMS), (RECOGNITION_DECISION_V1, DECISION_TERMS)],
    ids=["metadata", "decisions"],
)
async def test_each_of_our_own_terms_has_a_definition_at_its_address(
    client: httpx.AsyncClient, url: str, terms: Mapping[str, Term]
) -> None:
    named = {text.removeprefix(f"{url}#") for text in strings(load_context(url)) if text.startswith(f"{url}#")}

    answer = await client.get(urlsplit(url).path, headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.headers["content-type"].startswith("text/html")
    assert "Accept" in answer.headers["vary"]
    assert set(re.findall(r'<dt id="([^"]+)">', answer.text)) == named == set(terms)
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.text)
    triples = {(quad.split()[0], quad.split()[1]) for quad in quads(json.loads(script))}
    for name in named:
        says = "comment" if terms[name].nature is not Nature.CONCEPT else "definition"
        assert any(subject == f"<{url}#{name}>" and says in predicate for subject, predicate in triples)


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from strings(one)
    if isinstance(value, str):
        yield value


def quads(document: Any) -> list[str]:
    """What a JSON-LD document says, by another's reading of it."""
    text: str = jsonld.to_rdf(document, {"format": "application/n-quads"})
    return text.splitlines()


@api
@pytest.mark.parametrize("name", ["micro-credential", "recognition-decision"])
async def test_the_contexts_are_published_and_never_change(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/contexts/{name}/v1")

    assert answer.status_code == 200
    assert answer.json() == load_context(f"https://laurel.example/contexts/{name}/v1")
    assert answer.headers["content-type"] == "application/ld+json"
    assert "immutable" in answer.headers["cache-control"]
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    again = await client.get(f"/contexts/{name}/v1", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await client.get(f"/contexts/{name}/v2")).status_code == 404
