"""Issuers in the words of other catalogues, over HTTP on a real database."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contracts.events import IssuerPublished
from credential_core.jsonld import to_quads
from credential_core.organizations.elm import CONTEXTS
from service_kit.testing import BASE_URL
from tests.ctdl import holds
from tests.registry import events
from tests.registry.conftest import Deliver
from tests.registry.test_endorsements import ENDORSEMENT, endorsed

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

FORMATS = ("open-badges", "elm", "ctdl", "schema-org")
NORTH = f"{BASE_URL}/issuers/north"
PROFILE = {
    "id": events.DID,
    "type": ["Profile"],
    "name": "North University",
    "url": "https://north.example/",
    "description": "Founded by the sea.",
    "email": "office@north.example",
    "phone": "+353 1 000",
    "official": "Grace Hopper",
    "image": {"id": "https://north.example/logo.png", "type": "Image"},
    "address": {
        "type": ["Address"],
        "addressCountryCode": "IE",
        "addressRegion": "Leinster",
        "addressLocality": "Dublin",
        "streetAddress": "College Green 1",
        "postalCode": "D02",
    },
    "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "05m7pjf47", "identifierType": "ext:ror"}],
}


def north(**changes: Any) -> IssuerPublished:
    return events.issuer(profile=PROFILE, **changes)


async def exported(client: httpx.AsyncClient, form: str, slug: str = "north") -> Any:
    answer = await client.get(f"/issuers/{slug}/export?format={form}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
    return answer.json()


async def test_ctdl_is_a_credential_organization(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(north(), endorsed())
    document = await exported(client, "ctdl")
    holds(document)
    (node,) = document["@graph"]
    assert (node["@id"], node["@type"]) == (NORTH, "ceterms:CredentialOrganization")
    assert node["ceterms:ctid"].startswith("ce-")
    assert node["ceterms:name"] == {"en": "North University"}
    assert node["ceterms:subjectWebpage"] == "https://north.example/"
    (place,) = node["ceterms:address"]
    assert place["ceterms:addressCountry"] == {"en": "IE"}
    assert place["ceterms:targetContactPoint"][0]["ceterms:telephone"] == ["+353 1 000"]
    assert [one["ceterms:identifierValueCode"] for one in node["ceterms:identifier"]] == [events.DID, "05m7pjf47"]
    assert node["ceterms:recognizedBy"] == ["did:web:agency.example"]
    assert node["ceterms:lifeCycleStatusType"]["ceterms:targetNode"] == "lifeCycle:Active"
    assert "Grace Hopper" not in str(document)

    await deliver(north(revision=2, active=False))
    (node,) = (await exported(client, "ctdl"))["@graph"]
    assert node["ceterms:lifeCycleStatusType"]["ceterms:targetNode"] == "lifeCycle:Suspended"


# From the EDC application profile, edc-generic-no-cv 1.1.0: what an Organisation may have.
OF_AN_ORGANISATION = {
    "id", "type", "identifier", "altLabel", "dcType", "homepage", "additionalNote", "location", "accreditation",
    "eidasLegalIdentifier", "registration", "legalName", "vatIdentifier", "taxIdentifier", "logo", "contactPoint",
    "hasSubOrganization", "subOrganizationOf", "hasMember", "groupMemberOf", "dateModified",
}  # fmt: skip


async def test_elm_is_an_organisation(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(north(), endorsed())
    document = await exported(client, "elm")
    assert document["@context"] == [*CONTEXTS]
    assert set(document) - {"@context"} <= OF_AN_ORGANISATION
    assert (document["id"], document["type"]) == (NORTH, "Organisation")
    assert document["legalName"] == {"en": "North University"}
    address = document["location"]["address"]
    assert address["countryCode"]["id"].endswith("/authority/country/IRL")
    assert address["fullAddress"]["noteLiteral"] == {"en": "College Green 1, D02 Dublin, Leinster, IE"}
    (contact,) = document["contactPoint"]
    assert contact["emailAddress"][0]["id"] == "mailto:office@north.example"
    assert contact["phone"][0]["phoneNumber"] == "+353 1 000"
    assert [(one["schemeName"], one["notation"]) for one in document["identifier"]] == [
        ("DID", events.DID),
        ("ext:ror", "05m7pjf47"),
    ]
    assert "accreditation" not in document  # an endorsement is none
    assert [note["noteLiteral"]["en"] for note in document["additionalNote"]] == [
        "Founded by the sea.",
        "Endorsed by Quality <Agency> (did:web:agency.example): Visited in <2026>.",
    ]
    assert "Grace Hopper" not in str(document)


async def test_open_badges_is_the_profile_as_json_ld(client: httpx.AsyncClient, deliver: Deliver) -> None:
    signed = {"type": ["VerifiableCredential", "EndorsementCredential"]}
    await deliver(north(), endorsed())
    document = await exported(client, "open-badges")
    assert document == {"@context": document["@context"], **PROFILE, "endorsement": [signed]}
    contexts = ["https://www.w3.org/ns/credentials/v2", *document["@context"]]
    quads = to_quads({**PROFILE, "@context": contexts})
    assert f"<{events.DID}>" in {quad[0] for quad in quads}
    linked = await client.get("/issuers/north", headers={"Accept": "application/ld+json"})
    assert (linked.headers["content-type"], linked.headers["vary"]) == ("application/ld+json", "Accept")
    assert linked.json() == document
    await deliver(endorsed(3, notation="compact_jws", credential="a.b.c"))
    assert (await exported(client, "open-badges"))["endorsementJwt"] == ["a.b.c"]
    assert ENDORSEMENT


@pytest.mark.parametrize("profile", [{}, {"type": "Profile", "address": 7, "otherIdentifier": [3, {}], "image": "x"}])
async def test_a_bare_or_odd_profile_has_every_form(
    client: httpx.AsyncClient, deliver: Deliver, profile: dict[str, Any]
) -> None:
    await deliver(events.issuer(profile=profile))
    holds(await exported(client, "ctdl"))
    assert (await exported(client, "elm")).keys() == {"@context", "id", "type", "legalName", "homepage", "identifier"}
    (node,) = (await exported(client, "schema-org"))["@graph"]
    assert (node["name"], node["url"]) == ("North University", NORTH)


async def test_who_is_not_there_has_no_form(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(north())
    assert (await client.get("/issuers/south/export?format=ctdl")).status_code == 404
    assert (await client.get("/issuers/north/export?format=pdf")).status_code == 422
    assert (await client.get("/issuers/north/export")).status_code == 422
    tag = (await client.get("/issuers/north/export?format=elm")).headers["etag"]
    assert (await client.get("/issuers/north/export?format=elm", headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize("form", FORMATS)
async def test_all_of_them_are_one_walk(client: httpx.AsyncClient, deliver: Deliver, form: str) -> None:
    slugs = ["east", "north", "south"]
    await deliver(*(events.issuer(slug=slug, issuer_id=f"did:web:{slug}", org_id=slug) for slug in slugs))
    first = await client.get(f"/records/issuers/export?format={form}&limit=2")
    link = first.headers["link"]
    rest = await client.get(link[link.index("<") + 1 : link.index(">")].removeprefix(BASE_URL))
    assert "link" not in rest.headers
    counted = [len(answer.json()["@graph"]) for answer in (first, rest)]
    assert counted == [2, 1]
    assert "south" in rest.text
    only = await client.get(f"/records/issuers/export?format={form}&organization=north")
    assert len(only.json()["@graph"]) == 1
    nobody = await client.get(f"/records/issuers/export?format={form}&organization=nobody")
    assert nobody.json() == {"@graph": []}
    foreign = await client.get("/records/issuers/export?format=elm&cursor=WyJhXHUwMDAwIl0")
    assert foreign.status_code == 422
