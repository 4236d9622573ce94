"""CTDL, the Credential Engine's transparency description language: a `ceterms:CredentialOrganization`.

A Profile does not say that its organization assures quality, so it is never a `ceterms:QACredentialOrganization`.
"""

import hashlib
from typing import Any

from credential_core.organizations.model import Address, Document, Organization
from credential_core.organizations.whole import whole

CONTEXT = "https://credreg.net/ctdl/schema/context/json"
TERMS = "https://credreg.net/ctdl/terms"
STANDING = {True: "Active", False: "Suspended"}


def term(scheme: str, prefix: str, name: str) -> Document:
    """One of CTDL's own terms."""
    return {
        "@type": "ceterms:CredentialAlignmentObject",
        "ceterms:framework": f"{TERMS}/{scheme}",
        "ceterms:targetNode": f"{prefix}:{name}",
        "ceterms:targetNodeName": {"en": name},
    }


def ctid_of(address: str) -> str:
    """The CTID of what has an address and no UUID: always the same. A CTID has the bits of a version 4."""
    bits = bytearray(hashlib.sha256(address.encode()).digest()[:16])
    bits[6], bits[8] = bits[6] & 0x0F | 0x40, bits[8] & 0x3F | 0x80  # RFC 9562 §5.4
    text = bits.hex()
    return f"ce-{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def node(said: Organization) -> Document:
    """The organization's node of a graph."""
    standing = STANDING[said.active] if said.active is not None else None
    return whole(
        {
            "@id": said.id,
            "@type": "ceterms:CredentialOrganization",
            "ceterms:ctid": said.ctid,
            "ceterms:name": said.words(said.name),
            "ceterms:description": said.words(said.description),
            "ceterms:subjectWebpage": said.url,
            "ceterms:image": said.image if said.image and said.image.startswith("http") else None,
            "ceterms:email": [said.email],
            "ceterms:address": [_place(said)],
            "ceterms:identifier": [_identifier(one.scheme, one.value) for one in said.identifiers],
            "ceterms:lifeCycleStatusType": term("LifeCycleStatus", "lifeCycle", standing) if standing else None,
            "ceterms:recognizedBy": [*dict.fromkeys(one.by for one in said.endorsements)],
        }
    )


def document(said: Organization) -> Document:
    """A document of its own."""
    return {"@context": CONTEXT, "@graph": [node(said)]}


def _place(said: Organization) -> Any:
    place = said.address or Address()
    found = whole(
        {
            "ceterms:streetAddress": said.words(place.street),
            "ceterms:postOfficeBoxNumber": place.post_office_box,
            "ceterms:postalCode": place.postal_code,
            "ceterms:addressLocality": said.words(place.locality),
            "ceterms:addressRegion": said.words(place.region),
            "ceterms:addressCountry": {"en": place.country_code or place.country},
            "ceterms:targetContactPoint": [_reached_at(said.phone)] if said.phone else None,
        }
    )
    return {"@type": "ceterms:Place", **found} if found else None


def _reached_at(phone: str) -> Document:
    return {"@type": "ceterms:ContactPoint", "ceterms:telephone": [phone]}


def _identifier(scheme: str, value: str) -> Document:
    return {
        "@type": "ceterms:IdentifierValue",
        "ceterms:identifierTypeName": {"en": scheme},
        "ceterms:identifierValueCode": value,
    }
