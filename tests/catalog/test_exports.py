"""Exports in the words of other catalogues, held to what those publish of their models."""

import json
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.exports import FORMATS, Export
from catalog.core.exports.ctdl import CLASSES, class_of
from catalog.core.model import AchievementId, OrgId, Status, Version
from credential_core.jsonld import to_quads
from credential_core.organizations import organization
from credential_core.organizations.countries import THREE_LETTERS
from credential_core.organizations.elm import CONTEXTS
from service_kit.database import Database
from service_kit.testing import BASE_URL
from tests.catalog.samples import OTHER, drafted, path, published
from tests.ctdl import TERMS, holds, nodes
from tests.micro_credentials import CREATOR, MEMBERS, achievement

api = pytest.mark.asyncio
ID = AchievementId("6a9b1f1e-0000-4000-8000-000000000001")
SKILL = {"type": ["Alignment"], "targetName": "analyse data", "targetUrl": "http://data.europa.eu/esco/skill/1"}
DOCUMENT = achievement() | {
    "humanCode": "CS 1",
    "tag": ["code", "tests"],
    "alignment": [*achievement()["alignment"], SKILL],
    "image": {"id": "https://university.example/badge.png", "type": "Image"},
    "version": "3",
}
VERSION = Version(ID, 3, OrgId("o"), DOCUMENT, "d", Status.PUBLISHED, 1, datetime(2026, 11, 29, tzinfo=UTC))
SOURCE = Export(
    ID,
    "https://laurel.example",
    VERSION,
    organization(
        {
            "id": "https://university.example",
            "name": "University of Example",
            "url": "https://university.example",
            "address": {"addressCountryCode": "IE"},
        }
    ),
)
BARE = replace(
    SOURCE,
    body=None,
    version=replace(
        VERSION, document={"id": DOCUMENT["id"], "type": ["Achievement"], "name": "Bare", "description": "x"}
    ),
)


def exported(name: str, source: Export = SOURCE) -> Any:
    """What a format gives."""
    return FORMATS[name](source)


@pytest.mark.parametrize("source", [SOURCE, BARE], ids=["all", "bare"])
@pytest.mark.parametrize("name", FORMATS)
def test_no_export_has_empty_members(name: str, source: Export) -> None:
    found = exported(name, source)
    assert found["@context"]
    assert all(member not in (None, "", [], {}) for node in nodes(found) for member in node.values())


def test_open_badges_is_a_document_of_its_own() -> None:
    document = exported("open-badges")
    assert document == DOCUMENT
    subjects = {
        quad[0]
        for quad in to_quads({**document, "@context": ["https://www.w3.org/ns/credentials/v2", *document["@context"]]})
    }
    assert f"<{document['id']}>" in subjects
    assert exported("open-badges", BARE)["@context"] == ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]


# From the EDC application profile, edc-generic-no-cv 1.1.0: what each class must have, and what it may have.
ELM_REQUIRED = {
    "Qualification": {"title"},
    "Organisation": {"legalName"},
    "AwardingOpportunity": {"awardingBody"},
    "Accreditation": {"title", "dcType", "accreditingAgent"},
    "Address": {"countryCode"},
    "CreditPoint": {"framework", "point"},
    "LearningOutcome": {"title"},
    "LearningAssessmentSpecification": {"title"},
    "Note": {"noteLiteral"},
    "WebResource": {"contentURL"},
    "Concept": {"id"},
}
LANGUAGE_MAPS = {"title", "description", "legalName", "noteLiteral", "prefLabel", "category"}
OF_A_SPECIFICATION = set(
    "id type title description identifier additionalNote supplementaryDocument homepage altLabel category dcType "  # noqa: SIM905 - as the profile lists them
    "dateModified language volumeOfLearning mode learningOutcomeSummary thematicArea educationSubject creditPoint "
    "educationLevel learningSetting maximumDuration targetGroup entryRequirement learningOutcome influencedBy provenBy "
    "entitlesTo awardingOpportunity hasPart isPartOf specialisationOf generalisationOf status eqfLevel nqfLevel "
    "isPartialQualification accreditation qualificationCode".split()
)


def test_elm_has_what_its_classes_need() -> None:
    document = exported("elm")
    assert document["@context"] == [*CONTEXTS]
    assert set(document) - {"@context"} <= OF_A_SPECIFICATION
    seen = set()
    for node in nodes(document):
        if "type" in node:
            assert node.keys() >= ELM_REQUIRED.get(node["type"], set()) | {"id"}, node
            seen.add(node["type"])
        for name in LANGUAGE_MAPS & node.keys():
            assert list(node[name]) == ["en"], name
    assert seen >= ELM_REQUIRED.keys()


def test_elm_says_every_element_of_annex_i() -> None:
    document = exported("elm")
    snb = "http://data.europa.eu/snb"
    assert document["eqfLevel"]["id"] == f"{snb}/eqf/6"
    assert document["eqfLevel"]["inScheme"] == {"id": f"{snb}/eqf/25831c2", "type": "ConceptScheme"}
    assert [one["id"] for one in document["thematicArea"]] == [f"{snb}/isced-f/0613", f"{snb}/isced-f/0688"]
    assert document["volumeOfLearning"] == "PT60H"
    (credit,) = document["creditPoint"]
    assert (credit["framework"]["id"], credit["point"]) == (f"{snb}/education-credit/6fcec5c5af", "2.5")
    assert document["mode"][0]["prefLabel"] == {"en": "Online"}
    assert document["provenBy"][0]["dcType"]["id"] == f"{snb}/assessment/6e6cb2cc78"
    assert "identity verification" in document["provenBy"][0]["additionalNote"]["noteLiteral"]["en"]
    assert document["learningOutcome"][0]["relatedESCOSkill"][0]["id"].startswith("http://data.europa.eu/esco/skill/")
    assert document["accreditation"][0]["accreditingAgent"]["legalName"] == {"en": "An Agency"}
    assert document["entryRequirement"]["noteLiteral"] == {"en": MEMBERS["prerequisites"]}
    assert document["isPartialQualification"] is True
    assert [(one["id"], one["type"]) for one in document["isPartOf"]] == [
        (address, "Qualification") for address in MEMBERS["stackableTowards"]
    ]
    body = document["awardingOpportunity"]["awardingBody"]
    assert body["location"]["address"]["countryCode"]["id"].endswith("/authority/country/IRL")
    assert document["language"]["id"].endswith("/authority/language/ENG")


def test_elm_keeps_no_accreditation_without_an_agent() -> None:
    alone = {**DOCUMENT, "qualityAssurance": [{"qualityAssuranceType": "InternalReview"}]}
    document = exported("elm", replace(SOURCE, version=replace(VERSION, document=alone)))
    assert "accreditation" not in document
    assert "Internal review by the provider" in str(document["additionalNote"])


def test_countries_are_those_of_iso_3166() -> None:
    assert len(THREE_LETTERS) == len(set(THREE_LETTERS.values())) == 249
    assert all(
        re.fullmatch("[A-Z]{2}", two) and re.fullmatch("[A-Z]{3}", three) for two, three in THREE_LETTERS.items()
    )
    assert (THREE_LETTERS["IE"], THREE_LETTERS["DE"], THREE_LETTERS["CH"]) == ("IRL", "DEU", "CHE")


@pytest.mark.parametrize("source", [SOURCE, BARE], ids=["all", "bare"])
def test_ctdl_uses_terms_where_their_schema_has_them(source: Export) -> None:
    holds(exported("ctdl", source))


def test_ctdl_has_the_minimum_of_a_credential() -> None:
    """What the registry asks for: a name, a description, a CTID, an owner, a status, a page and a language."""
    credential, organization, agency = exported("ctdl")["@graph"]
    assert credential["ceterms:accreditedBy"] == [agency["@id"]] == ["https://agency.example"]
    assert (agency["@type"], agency["ceterms:name"]) == ("ceterms:QACredentialOrganization", {"en": "An Agency"})
    assert credential["@type"] == "ceterms:MicroCredential"
    assert credential["ceterms:ctid"] == f"ce-{ID}"
    assert credential["ceterms:ownedBy"] == credential["ceterms:offeredBy"] == organization["@id"]
    assert credential["ceterms:credentialStatusType"]["ceterms:targetNode"] == "credentialStat:Active"
    assert credential["ceterms:name"] == {"en": "Programming"}
    assert credential["ceterms:inLanguage"] == "en"
    assert credential["ceterms:subjectWebpage"] == DOCUMENT["id"]
    requires, before = credential["ceterms:requires"]
    assert requires["ceterms:creditValue"][0]["schema:value"] == 2.5
    assert [one["ceterms:targetNodeName"]["en"] for one in requires["ceterms:targetCompetency"]] == [
        MEMBERS["learningOutcome"][0]["name"],
        "analyse data",
    ]
    assert before["ceterms:description"] == {"en": MEMBERS["prerequisites"]}
    assert credential["ceterms:estimatedDuration"][0]["ceterms:exactDuration"] == "PT60H"
    closed = exported("ctdl", replace(SOURCE, version=replace(VERSION, status=Status.RETIRED)))["@graph"][0]
    assert closed["ceterms:credentialStatusType"]["ceterms:targetNode"] == "credentialStat:Deprecated"


def test_ctdl_names_who_assures_the_quality_by_what_they_do() -> None:
    kinds = "ProgrammeAccreditation", "ProfessionalBodyRecognition", "InstitutionalReview", "InternalReview"
    assured: list[JsonValue] = [{"qualityAssuranceType": kind, "agency": {"name": kind}} for kind in kinds]
    document = exported(
        "ctdl", replace(SOURCE, version=replace(VERSION, document={**DOCUMENT, "qualityAssurance": assured}))
    )
    holds(document)
    credential, organization, *agencies = document["@graph"]
    assert [one["ceterms:name"]["en"] for one in agencies] == [*kinds[:3]]
    named = [one["@id"] for one in agencies]
    assert credential["ceterms:accreditedBy"] == named[:1]
    assert credential["ceterms:recognizedBy"] == named[1:2]
    assert organization["ceterms:accreditedBy"] == named[2:]


def test_ctdl_classes_and_concepts_exist() -> None:
    assert set(CLASSES.values()) <= set(TERMS["classes"])
    others = {
        "ext:Nanodegree": "CertificateOfCompletion",
        "ext:StackedCredential": "Certificate",
        "Course": "DigitalBadge",
    }
    assert {name: class_of(name) for name in others} == {name: f"ceterms:{kind}" for name, kind in others.items()}
    assert set(map(class_of, others)) <= set(TERMS["credentials"])
    used = {
        node["ceterms:targetNode"]
        for node in nodes(exported("ctdl"))
        if str(node.get("ceterms:framework", "")).startswith("https://credreg.net")
    }
    assert used
    assert used <= set(TERMS["concepts"])


def test_schema_org_names_a_credential_and_its_course() -> None:
    credential, course = exported("schema-org")["@graph"]
    assert (credential["@type"], course["@type"]) == ("EducationalOccupationalCredential", "Course")
    assert course["educationalCredentialAwarded"] == {"@id": credential["@id"]}
    assert credential["credentialCategory"] == "MicroCredential"
    assert credential["educationalLevel"][0]["termCode"] == "6"
    assert credential["creator"]["address"]["addressCountry"] == "IE"
    assert course["provider"]["name"] == "University of Example"
    assert course["hasCourseInstance"]["courseMode"] == ["Online", "Onsite"]  # as search engines read it
    assert credential["image"] == course["image"] == "https://university.example/badge.png"
    assert course["timeRequired"] == "PT60H"
    # A StructuredValue has no value in schema.org; a QuantitativeValue, which is one, has.
    assert course["numberOfCredits"] == [{"@type": "QuantitativeValue", "unitText": "ECTS", "value": 2.5}]
    assert [one["@type"] for one in exported("schema-org", BARE)["@graph"]] == ["EducationalOccupationalCredential"]


@api
@pytest.mark.parametrize("name", FORMATS)
async def test_exports_are_public_once_published(
    university: httpx.AsyncClient, client: httpx.AsyncClient, name: str
) -> None:
    draft = await drafted(university, **MEMBERS, creator=CREATOR, kind="MicroCredential")
    where = f"{path(draft['id'])}/export"
    assert (await university.get(where, params={"format": name})).status_code == 404

    await university.post(f"{path(draft['id'])}/publish")

    answer = await client.get(where, params={"format": name})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ld+json"
    assert draft["id"] in answer.text
    again = await client.get(where, params={"format": name}, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await client.get(where, params={"format": "pdf"})).status_code == 422
    assert (await client.get(where)).status_code == 422


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@api
async def test_a_browser_gets_a_page_with_the_facts(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    hostile = '</script><script>alert("1")</script>'
    version = await published(university, **MEMBERS, creator=CREATOR, name=hostile, kind="MicroCredential")

    answer = await client.get(path(version["id"]), headers=BROWSER)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in answer.headers["vary"]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    page = answer.text
    assert page.count("<script") == 1
    assert "&lt;/script&gt;&lt;script&gt;" in page
    for said in (
        "Level 6",
        "60 hours",
        "2.5 ECTS",
        "written examination",
        "University of Example",
        "An Agency",
        "of 100",
    ):
        assert said in page, said
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]  # it is there
    assert data["@graph"][0]["name"] == hostile
    assert '<html lang="en">' in page
    assert '<main id="content">' in page
    style = re.search(r'href="(/achievements/page\.css\?v=[^"]+)"', page)
    assert style
    css = await client.get(style[1])
    assert (css.status_code, css.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in css.headers["cache-control"]


@api
async def test_a_page_leads_to_other_forms_and_languages(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    english = await published(university, name="Data", inLanguage="en")
    related = [{"id": english["id"], "inLanguage": "en"}, {"id": f"{english['id']}/versions/1", "version": "1"}]
    german = await published(
        university, name="Daten", description='Liest "Daten".', inLanguage="de-AT", related=related
    )

    page = (await client.get(path(german["id"]), headers=BROWSER)).text

    assert '<meta name="description" content="Liest &quot;Daten&quot;.">' in page
    assert f'<link rel="canonical" href="{german["id"]}">' in page
    for form in FORMATS:
        assert f'href="{german["id"]}/export?format={form}">' in page
    assert page.count("hreflang=") == 1
    assert f'<link rel="alternate" hreflang="en" href="{english["id"]}">' in page
    assert re.search('<div lang="de"><p[^>]*>Liest', page)
    data = (await client.get(f"{path(german['id'])}/export?format=schema-org")).json()["@graph"][0]
    assert [(one["@id"], one["inLanguage"]) for one in data["workTranslation"]] == [(english["id"], "en")]


@api
async def test_names_in_other_languages_are_those_of_its_own_organization(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    german = (await published(university, name="Daten", description="Liest Daten.", inLanguage="de"))["id"]
    theirs = (await published(other, name="Données", inLanguage="fr"))["id"]
    draft = (await drafted(university, name="Datos", inLanguage="es"))["id"]
    named = {"de": german, "fr": theirs, "es": draft, "it": "https://elsewhere.example/achievements/1"}
    related = [{"id": address, "inLanguage": language} for language, address in named.items()]
    english = await published(university, name="Data", inLanguage="en", related=related)

    elm = (await client.get(f"{path(english['id'])}/export?format=elm")).json()
    assert elm["title"] == {"en": "Data", "de": "Daten"}
    assert elm["description"]["de"] == "Liest Daten."
    holds(ctdl := (await client.get(f"{path(english['id'])}/export?format=ctdl")).json())
    assert ctdl["@graph"][0]["ceterms:name"] == elm["title"]
    graph = (await client.get("/achievements/export?format=elm")).json()["@graph"]
    assert elm in graph


@api
async def test_names_in_other_languages_are_read_at_once_and_where_they_are_said(
    university: httpx.AsyncClient, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are on a page: anybody may ask for one."""
    others = [(await published(university, name=name, inLanguage="de"))["id"] for name in ("Daten", "Netze", "Recht")]
    for one in others:
        related = [{"id": address, "inLanguage": "de"} for address in (one, *others)]
        await published(university, name="In English", inLanguage="en", related=related)
    readings = []
    snapshot = Database.snapshot

    def counted(database: Database) -> AbstractAsyncContextManager[AsyncSession]:
        readings.append(form)
        return snapshot(database)

    monkeypatch.setattr(Database, "snapshot", counted)
    for form in FORMATS:
        assert len((await client.get(f"/achievements/export?format={form}")).json()["@graph"]) >= len(others)
    number = {form: readings.count(form) for form in FORMATS}
    assert number["elm"] == number["ctdl"] == number["schema-org"] + 1 == number["open-badges"] + 1


@api
async def test_a_program_still_gets_json(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    version = await published(university)
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5"):
        answer = await client.get(path(version["id"]), headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


@api
async def test_a_draft_has_no_page(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    draft = await drafted(university)
    for reader in (client, university):
        answer = await reader.get(path(draft["id"]), headers=BROWSER)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "Data Literacy" not in answer.text


@pytest.mark.db
@pytest.mark.asyncio
async def test_the_whole_catalogue_in_other_terms(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for number in range(3):
        await published(university, name=f"Course {number}")
    last = await published(other, name="Theirs")
    for form in FORMATS:
        answer = await client.get(f"/achievements/export?format={form}&limit=2")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json"), answer.text
        link = answer.headers["link"]
        rest = await client.get(link[link.index("<") + 1 : link.index(">")].removeprefix(BASE_URL))
        assert "link" not in rest.headers
        text = answer.text + rest.text
        for name in ("Course 0", "Course 1", "Course 2", "Theirs"):
            assert text.count(f'"{name}"') >= 1, (form, name)
    graph = (await client.get("/achievements/export?format=ctdl")).json()
    assert graph["@context"] == "https://credreg.net/ctdl/schema/context/json"
    ids = [node["@id"] for node in graph["@graph"]]
    assert len(ids) == len(set(ids)) >= 4
    theirs = (await client.get(f"/achievements/export?format=open-badges&organization={OTHER}")).json()
    assert [one["id"] for one in theirs["@graph"]] == [last["id"]]
    assert (await client.get("/achievements/export?format=ctdl&organization=nobody")).json() == {"@graph": []}


@pytest.mark.db
@pytest.mark.asyncio
async def test_the_address_gives_the_badge_as_json_ld(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    version = await published(university)
    answer = await client.get(path(version["id"]), headers={"Accept": "application/ld+json"})
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.json() == (await client.get(f"{path(version['id'])}/export?format=open-badges")).json()
    assert "Accept" in answer.headers["vary"]
