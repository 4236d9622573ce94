"""Pathways in the words of other catalogues, held to what those publish of their models."""

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import pytest

from catalog.core.exports import PATHWAY_FORMATS
from catalog.core.exports.pathway_source import pathway_source
from catalog.core.model import Endorsement, IssuerProfile, OrgId, PathwayId, PathwayVersion, PathwayView, Status
from catalog.core.pathways.pathways import address, parse
from catalog.http.pathways.page import pathway_page
from credential_core.organizations.elm import CONTEXTS
from service_kit.testing import BASE_URL
from stacking import flaws
from tests.catalog.samples import OTHER, Json, path, planned, published
from tests.ctdl import holds, nodes

db = pytest.mark.db
api = pytest.mark.asyncio
ID = PathwayId("6a9b1f1e-0000-4000-8000-00000000000a")
THEIRS = "https://university.example/achievements"
EVERYTHING: Json = {
    "name": "Data and security",
    "description": "Everything that a pathway can say.",
    "hasDestinationComponent": "certificate",
    "sharing": [{"pathway": "https://university.example/pathways/1", "maximumCredits": 10}],
    "atMostOneOf": [[f"{THEIRS}/python", f"{THEIRS}/java"]],
    "notForHoldersOf": [f"{THEIRS}/degree"],
    "awarding": "approval",
    "hasPart": [
        {
            "id": "certificate",
            "proxyFor": [f"{THEIRS}/series"],
            "hasCondition": {
                "requiredNumber": 3,
                "requiredCredits": 15,
                "targetComponent": ["capstone", "job"],
                "hasCondition": [
                    {"logicalOperator": "or", "name": "Programming", "targetComponent": ["code"]},
                    {"requiredNumber": 2, "targetComponent": ["statistics", "networks", "any"]},
                ],
            },
        },
        {
            "id": "capstone",
            "type": "AssessmentComponent",
            "name": "Capstone",
            "proxyFor": [f"{THEIRS}/capstone"],
            "hasConstraint": [
                {"type": "LevelAtLeast", "level": 6},
                {"type": "IssuedBy", "issuers": ["did:web:b.example", "did:web:a.example"]},
                {"type": "AwardedWithin", "period": "P5Y"},
                {"type": "AwardedFrom", "date": "2024-01-01"},
                {"type": "ResultAtLeast", "resultDescription": "urn:uuid:1", "value": 60},
                {"type": "CreditsAtLeast", "credits": 2.5},
                {"type": "RecognisedIssuer"},
            ],
        },
        {"id": "job", "type": "SelectionComponent", "name": "Admission", "proxyFor": [f"{THEIRS}/job"]},
        {"id": "code", "type": "CourseComponent", "proxyFor": [f"{THEIRS}/python", f"{THEIRS}/java"], "creditValue": 5},
        {"id": "statistics", "proxyFor": [f"{THEIRS}/statistics"], "creditValue": 2.5, "hasCondition": {
            "targetComponent": ["a", "b"]}},
        {"id": "a", "proxyFor": [f"{THEIRS}/a"]},
        {"id": "b", "proxyFor": [f"{THEIRS}/b"]},
        {"id": "networks & more", "proxyFor": [f"{THEIRS}/networks"]},
        {"id": "any", "minimumNumber": 2, "maximumNumber": 3, "hasConstraint": [{"type": "LevelAtLeast", "level": 7}]},
    ],
}  # fmt: skip
EVERYTHING["hasPart"][0]["hasCondition"]["hasCondition"][1]["targetComponent"][1] = "networks & more"
AT = datetime(2026, 11, 29, tzinfo=UTC)
VERSION = PathwayVersion(ID, 3, OrgId("o"), EVERYTHING, "d", Status.PUBLISHED, 1, AT)
ISSUER = IssuerProfile("north", "did:web:x", OrgId("o"), "North", True, 1, "IE")
SAID = Endorsement(
    id="urn:uuid:e",
    subject=address(BASE_URL, ID),
    version=3,
    issuer_id="did:web:employer.example",
    issuer_name="Employer",
    credential="{}",
    is_token=False,
    comment="We hire them.",
    valid_from=AT,
    valid_until=None,
    believed_until=AT,
)
VIEW = PathwayView(ID, OrgId("o"), AT, VERSION, None, (SAID,), (ISSUER,))


def exported(form: str, view: PathwayView = VIEW) -> Any:
    """What a format gives."""
    source = pathway_source(view, BASE_URL)
    assert source
    return PATHWAY_FORMATS[form](source)


def graph(view: PathwayView = VIEW) -> dict[str, Any]:
    """The nodes of the CTDL document by the end of their IRI."""
    return {str(node["@id"]).rpartition("#")[2]: node for node in exported("ctdl", view)["@graph"]}


def test_the_sample_can_be_completed() -> None:
    assert flaws(parse(EVERYTHING, identifier=address(BASE_URL, ID), version=3)) == ()


@pytest.mark.parametrize("form", PATHWAY_FORMATS)
def test_nothing_is_empty_and_a_bare_pathway_has_a_form(form: str) -> None:
    bare: Json = {"name": "Bare", "hasDestinationComponent": "x", "hasPart": [{"id": "x", "proxyFor": [f"{THEIRS}/x"]}]}
    view = replace(VIEW, version=replace(VERSION, document=bare), issuers=(), endorsements=())
    for found in (exported(form), exported(form, view)):
        assert all(member not in (None, "", [], {}) for node in nodes(found) for member in node.values())


def test_ctdl_uses_terms_where_their_schema_has_them() -> None:
    holds(exported("ctdl"))


def test_ctdl_has_the_whole_pathway() -> None:
    """What the registry asks for: a name, a description, a CTID, an owner, a page; and every node that is named."""
    found = graph()
    pathway = found[address(BASE_URL, ID)]
    assert (pathway["@type"], pathway["ceterms:ctid"]) == ("ceterms:Pathway", f"ce-{ID}")
    assert pathway["ceterms:ownedBy"] == pathway["ceterms:offeredBy"] == f"{BASE_URL}/issuers/north"
    assert pathway["ceterms:lifeCycleStatusType"]["ceterms:targetNode"] == "lifeCycle:Active"
    assert pathway["ceterms:hasDestinationComponent"] == found["certificate"]["@id"]
    assert found["certificate"]["ceterms:isDestinationComponentOf"] == pathway["@id"]
    known = {node["@id"] for node in found.values()}
    parts = set(pathway["ceterms:hasPart"])
    assert parts == known - {pathway["@id"], f"{BASE_URL}/issuers/north"}
    assert {node["ceterms:isPartOf"] for node in found.values() if node["@id"] in parts} == {pathway["@id"]}
    named = [one for node in nodes([*found.values()]) for one in node.get("ceterms:targetComponent", [])]
    assert set(named) <= parts
    assert len({node["ceterms:ctid"] for node in found.values() if node["@id"] in parts}) == len(parts)
    closed = graph(replace(VIEW, version=replace(VERSION, status=Status.RETIRED)))[pathway["@id"]]
    assert closed["ceterms:lifeCycleStatusType"]["ceterms:targetNode"] == "lifeCycle:Ceased"


def test_ctdl_says_how_many_of_what() -> None:
    found = graph()
    condition, general = found["certificate"]["ceterms:hasCondition"]
    assert condition["ceterms:requiredNumber"] == 3
    assert condition["ceterms:targetComponent"] == [found["capstone"]["@id"], found["job"]["@id"]]
    assert "ceterms:logicalOperator" not in condition  # 3 of 4 is neither all nor any
    (together,) = condition["ceterms:hasConstraint"]
    assert (together["ceterms:leftAction"], together["ceterms:leftSource"]) == ("array:Sum", ["ceterms:creditValue"])
    assert (together["ceterms:comparator"], together["ceterms:rightSource"]) == ("compare:GTEQ", [{"@value": 15}])
    one_of, two_of = condition["ceterms:hasCondition"]
    assert (one_of["ceterms:name"], one_of["ceterms:requiredNumber"]) == ({"en": "Programming"}, 1)
    assert (two_of["ceterms:requiredNumber"], len(two_of["ceterms:targetComponent"])) == (2, 3)
    assert [one["ceterms:description"]["en"].split()[0] for one in general["ceterms:hasConstraint"]] == [
        "Of", "At", "Not", "Awarded",
    ]  # fmt: skip
    assert general["ceterms:logicalOperator"] == "logic:And"


def test_ctdl_tells_alternatives_from_all() -> None:
    """Several achievements for one component are conditions; one that stands for its parts has both."""
    found = graph()
    (either,) = found["code"]["ceterms:hasCondition"]
    assert "ceterms:proxyFor" not in found["code"]
    assert (either["ceterms:requiredNumber"], either["ceterms:targetComponent"]) == (
        1,
        [found["code~1"]["@id"], found["code~2"]["@id"]],
    )
    assert [found[name]["ceterms:proxyFor"] for name in ("code~1", "code~2")] == [f"{THEIRS}/python", f"{THEIRS}/java"]
    assert found["code~1"]["ceterms:creditValue"][0]["schema:value"] == 5
    statistics = found["statistics"]
    assert statistics["ceterms:proxyFor"] == f"{THEIRS}/statistics"
    assert statistics["ceterms:hasCondition"][0]["ceterms:requiredNumber"] == 2
    assert statistics["ceterms:pointValue"]["schema:value"] == 2.5
    assert statistics["ceasn:hasChild"] == [found["a"]["@id"], found["b"]["@id"]]
    assert found["job"]["ceterms:componentCategory"] == {"en": "Selection"}
    assert found["networks%20%26%20more"]["ceterms:name"] == {"en": "networks & more"}


def test_ctdl_has_every_constraint() -> None:
    (condition,) = graph()["capstone"]["ceterms:hasCondition"]
    level, issuers, *_, worth, recognised = condition["ceterms:hasConstraint"]
    assert (condition["ceterms:logicalOperator"], len(condition["ceterms:hasConstraint"])) == ("logic:And", 7)
    assert level["ceterms:rightSource"] == ["http://data.europa.eu/snb/eqf/6"]
    assert issuers["ceterms:rightSource"] == ["did:web:a.example", "did:web:b.example"]
    assert issuers["ceterms:rightAction"] == "array:AnyOf"
    assert worth["ceterms:rightSource"] == [{"@value": 2.5}]
    assert recognised.keys() == {"@type", "ceterms:description"}
    (anything,) = graph()["any"]["ceterms:hasCondition"]
    assert anything["ceterms:description"]["en"].startswith("Any achievement; Reached by 2 credentials")


def test_what_the_evaluator_does_not_look_at_is_not_told() -> None:
    """A destination is completed by its condition alone, and is worth the first that it stands for."""
    strict = [{"type": "LevelAtLeast", "level": 6}]
    part = {"id": "part", "hasConstraint": strict, "hasCondition": {"targetComponent": ["a"]}}
    document: Json = {
        "name": "Odd",
        "hasDestinationComponent": "all",
        "hasPart": [
            {"id": "all", "proxyFor": [f"{THEIRS}/one", f"{THEIRS}/two"], "hasConstraint": strict}
            | {"hasCondition": {"targetComponent": ["part"]}},
            part,
            {"id": "a", "proxyFor": [f"{THEIRS}/a"]},
        ],
    }
    view = replace(VIEW, version=replace(VERSION, document=document), endorsements=())
    found = graph(view)
    assert found["all"]["ceterms:proxyFor"] == f"{THEIRS}/one"
    for name in ("all", "part"):
        [condition] = found[name]["ceterms:hasCondition"]
        assert len(condition["ceterms:targetComponent"]) == condition["ceterms:requiredNumber"] == 1
        assert "ceterms:hasConstraint" not in condition
    told = exported("elm", view)
    assert [one["id"] for one in told["specialisationOf"]] == [f"{THEIRS}/one"]
    assert [one["noteLiteral"]["en"] for one in told["additionalNote"]] == ["part"]


# From the EDC application profile, edc-generic-no-cv 1.1.0: LearningAchievementSpecification.
OF_A_SPECIFICATION = {
    "id", "type", "title", "description", "homepage", "additionalNote", "creditPoint", "hasPart", "specialisationOf",
    "generalisationOf", "awardingOpportunity", "status",
}  # fmt: skip


def test_ctdl_names_children_and_what_they_are_children_of() -> None:
    nodes_of = {node["@id"]: node for node in exported("ctdl")["@graph"]}
    down = {(name, child) for name, node in nodes_of.items() for child in node.get("ceasn:hasChild", [])}
    up = {(parent, name) for name, node in nodes_of.items() for parent in node.get("ceasn:isChildOf", [])}
    assert down == up != set()


def test_elm_is_specifications_within_a_specification() -> None:
    document = exported("elm")
    assert document["@context"] == [*CONTEXTS]
    specified = [node for node in nodes(document) if node.get("type") == "LearningAchievementSpecification"]
    assert len(specified) == len(EVERYTHING["hasPart"])
    for node in specified:
        assert set(node) - {"@context"} <= OF_A_SPECIFICATION
        assert list(node["title"]) == ["en"]
        for part in node.get("hasPart", []):
            assert part["type"] == "LearningAchievementSpecification"
        for named in [*node.get("specialisationOf", []), *node.get("generalisationOf", [])]:
            assert (named["type"], list(named["title"])) == ("Qualification", ["en"])
    identifiers = [node["id"] for node in nodes(document) if node.get("type") not in {None, "Concept", "ConceptScheme"}]
    assert len(identifiers) == len(set(identifiers))
    assert document["awardingOpportunity"]["awardingBody"]["legalName"] == {"en": "North"}


def test_elm_keeps_rules_and_endorsements_in_notes() -> None:
    document = exported("elm")
    assert [one["id"] for one in document["specialisationOf"]] == [f"{THEIRS}/series"]
    texts = [one["noteLiteral"]["en"] for one in document["additionalNote"]]
    assert texts[0].startswith("3 of: Capstone, Admission, (code), (2 of: statistics, networks & more, any); for")
    assert "Awarded after approval" in texts
    assert texts[-1] == "Endorsed by Employer (did:web:employer.example): We hire them."
    parts = {part["title"]["en"]: part for part in document["hasPart"]}
    assert list(parts) == ["Capstone", "Admission", "code", "statistics", "networks & more", "any"]
    assert [one["id"] for one in parts["code"]["generalisationOf"]] == [f"{THEIRS}/python", f"{THEIRS}/java"]
    assert parts["statistics"]["creditPoint"]["point"] == "2.5"
    assert [one["title"]["en"] for one in parts["statistics"]["hasPart"]] == ["a", "b"]


@db
@api
async def test_exports_are_public_once_published(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    draft = await planned(university)
    where = path(draft["id"])
    for form in PATHWAY_FORMATS:
        assert (await university.get(f"{where}/export?format={form}")).status_code == 404
    await university.post(f"{where}/publish")
    for form in PATHWAY_FORMATS:
        answer = await client.get(f"{where}/export?format={form}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
        tag = {"If-None-Match": answer.headers["etag"]}
        assert (await client.get(f"{where}/export?format={form}", headers=tag)).status_code == 304
    as_linked = await client.get(where, headers={"Accept": "application/ld+json"})
    assert as_linked.json() == (await client.get(f"{where}/export?format=ctdl")).json()
    assert as_linked.headers["vary"] == "Authorization, Accept"
    assert (await client.get(where)).json()["type"] == ["Pathway"]
    for form in ("open-badges", "schema-org"):
        assert (await client.get(f"{where}/export?format={form}")).status_code == 422


def _next(answer: httpx.Response) -> str | None:
    link = answer.headers.get("link", "")
    return link[link.index("<") + 1 : link.index(">")].removeprefix(BASE_URL) if link else None


@db
@api
async def test_the_whole_catalogue_is_one_walk(
    university: httpx.AsyncClient, other: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for number in range(3):
        await published(university, name=f"Course {number}")
    for number in range(2):
        draft = await planned(other, name=f"Series {number}")
        await other.post(f"{path(draft['id'])}/publish")
    seen: list[str] = []
    where: str | None = "/export?format=ctdl&limit=1"
    while where and where.startswith("/export"):
        answer = await client.get(where)
        assert answer.status_code == 200, answer.text
        seen.append(answer.text)
        where = _next(answer)
    assert where == "/records/issuers/export?format=ctdl&limit=1"
    assert len(seen) == 5
    for place, name in enumerate(["Course 2", "Course 1", "Course 0", "Series 1", "Series 0"]):
        assert f'"{name}"' in seen[place]
    badges = await client.get(f"/export?format=open-badges&organization={OTHER}")
    assert badges.json() == {"@graph": []}
    assert _next(badges) == f"/records/issuers/export?format=open-badges&organization={OTHER}&limit=50"
    assert len((await client.get("/pathways/export?format=elm")).json()["@graph"]) == 2
    assert (await client.get("/export?format=ctdl&cursor=WyJzb21ld2hlcmUiXQ")).status_code == 422


def test_a_page_says_the_rules_in_sentences() -> None:
    source = pathway_source(VIEW, BASE_URL)
    assert source
    hostile = {**EVERYTHING, "name": "<script>alert(1)</script>"}
    other = pathway_source(replace(VIEW, version=replace(VERSION, document=hostile)), BASE_URL)
    assert other

    page = pathway_page(source).decode()

    for said in (
        "3 of: Capstone, Admission, (code), (2 of: statistics, networks &amp; more, any); for at least 15 ECTS credits",
        "At level 6 of the European Qualifications Framework or above",
        "Awarded no longer ago than 60 months</p>",
        f'<a href="{THEIRS}/capstone" rel="nofollow noopener">Capstone</a>',
        f'<a href="{THEIRS}/java" rel="nofollow noopener">{THEIRS}/java</a>',
        "at most 10 ECTS credits count here too",
        "We hire them.",
        "/export?format=ctdl",
    ):
        assert said in page, said
    assert "<script" not in pathway_page(other).decode()


@db
@api
async def test_a_browser_gets_pages(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    pathway, unfinished = await planned(university), await planned(university, name="Unfinished")
    assert (await university.post(f"{path(pathway['id'])}/publish")).status_code == 200

    listed = await client.get("/pathways", headers=browser)
    shown = await client.get(path(pathway["id"]), headers=browser)
    hidden = await university.get(path(unfinished["id"]), headers=browser)

    assert f'href="{pathway["id"]}"' in listed.text
    assert "Unfinished" not in listed.text
    assert "2 of: Python, Statistics, Networks" in shown.text
    for answer, status in ((listed, 200), (shown, 200), (hidden, 404)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert "script-src" not in answer.headers["content-security-policy"]
    second = await planned(university, name="Second")
    assert (await university.post(f"{path(second['id'])}/publish")).status_code == 200
    part = await client.get("/pathways", params={"limit": 1}, headers=browser)
    assert part.links["next"]["url"] in unescape(part.text)
    mine = await university.get("/pathways", params={"mine": True}, headers=browser)
    assert mine.headers["content-type"] == "application/json"
