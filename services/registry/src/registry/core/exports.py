"""An issuer in the words of other catalogues. Pure: what is public of it in, a JSON document out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from credential_core.contexts import OPEN_BADGES_V3
from credential_core.organizations import Identifier, Organization, Said, ctdl, elm, organization, schema_org
from registry.core.model import Endorsement, Issuer

Json = dict[str, Any]
OPEN_BADGES = "open-badges"


def address(base_url: str, slug: str) -> str:
    """An issuer's address: what catalogues know it by, as achievements and pathways name it in theirs."""
    return f"{base_url}/issuers/{quote(slug, safe='')}"


def open_badges(issuer: Issuer, endorsements: Sequence[Endorsement], _base_url: str) -> Json:
    """The Profile as a JSON-LD document of its own, with what others say. Endorsements that are JWTs have a member."""
    profile = orjson.loads(issuer.profile)
    documents = [orjson.loads(one.credential or "") for one in endorsements if not one.is_token]
    tokens = [one.credential for one in endorsements if one.is_token]
    said = {"endorsement": documents, "endorsementJwt": tokens}
    facts = {"id": issuer.issuer_id, "type": profile.get("type", ["Profile"]), "name": issuer.name}
    shown = {name: each for name, each in said.items() if each}
    return {"@context": [OPEN_BADGES_V3], **profile, **facts, **shown}


def organization_of(issuer: Issuer, endorsements: Sequence[Endorsement], base_url: str) -> Organization:
    """By its address, with the DID as an identifier. Its CTID is made of the address, so it is always the same."""
    profile = orjson.loads(issuer.profile)
    where = address(base_url, issuer.slug)
    said = organization(profile)
    return organization(
        profile,
        id=where,
        name=issuer.name,
        url=said.url or where,
        identifiers=(Identifier("DID", issuer.issuer_id), *said.identifiers),
        ctid=ctdl.ctid_of(where),
        active=issuer.active,
        endorsements=tuple(Said(str(one.issuer_id), str(one.issuer_name), one.comment) for one in endorsements),
    )


def _of(document: Callable[[Organization], Json]) -> Callable[[Issuer, Sequence[Endorsement], str], Json]:
    def export(issuer: Issuer, endorsements: Sequence[Endorsement], base_url: str) -> Json:
        return document(organization_of(issuer, endorsements, base_url))

    return export


FORMATS: Mapping[str, Callable[[Issuer, Sequence[Endorsement], str], Json]] = {
    OPEN_BADGES: open_badges,
    "elm": _of(elm.document),
    "ctdl": _of(ctdl.document),
    "schema-org": _of(schema_org.document),
}


def several(documents: Sequence[Json]) -> Json:
    """A page of documents as one. Those that are graphs share their context."""
    if documents and "@graph" in documents[0]:
        return {"@context": documents[0]["@context"], "@graph": [node for one in documents for node in one["@graph"]]}
    return {"@graph": [*documents]}
