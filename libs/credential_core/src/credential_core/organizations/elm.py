"""The European Learning Model, version 3: an Organisation as in the EDC application profile (edc-generic).

The profile asks for a location, which is a country at least: of an organization that states none, it is missing.
"""

from typing import Any

from credential_core.contexts import CREDENTIALS_V1
from credential_core.organizations.countries import THREE_LETTERS
from credential_core.organizations.model import Address, Document, Organization
from credential_core.organizations.whole import whole

# The profile's own context has no `id` and `type`: European Digital Credentials take both from the data model's.
CONTEXTS = (CREDENTIALS_V1, "http://data.europa.eu/snb/model/context/edc-ap")
AUTHORITY = "http://publications.europa.eu/resource/authority"


def of_authority(kind: str, code: str) -> Document:
    """A concept of one of the EU's authority lists."""
    scheme: Document = {"id": f"{AUTHORITY}/{kind}", "type": "ConceptScheme"}
    return {"id": f"{AUTHORITY}/{kind}/{code}", "type": "Concept", "inScheme": scheme, "notation": kind}


def has_place(said: Organization) -> bool:
    """Whether it can stand in another document: the profile takes no Organisation without a location."""
    return _location(said) is not None


def node(said: Organization) -> Document:
    """The organization within another document."""
    return whole(
        {
            "id": said.id,
            "type": "Organisation",
            "legalName": said.words(said.name),
            "homepage": {"id": f"{said.id}#homepage", "type": "WebResource", "contentURL": said.url}
            if said.url
            else None,
            "identifier": [_identifier(said, *numbered) for numbered in enumerate(said.identifiers, 1)],
            "location": _location(said),
            "contactPoint": [_contact(said)],
            "additionalNote": [_note(said, "description", said.description), *_endorsed(said)],
        }
    )


def document(said: Organization) -> Document:
    """A document of its own."""
    return {"@context": [*CONTEXTS], **node(said)}


def _identifier(said: Organization, number: int, one: Any) -> Document:
    return {
        "id": f"{said.id}#identifier-{number}",
        "type": "Identifier",
        "notation": one.value,
        "schemeName": one.scheme,
    }


def _location(said: Organization) -> Document | None:
    place = said.address or Address()
    country = THREE_LETTERS.get(place.country_code or "")
    if country is None:
        return None
    more = any((place.street, place.post_office_box, place.postal_code, place.locality, place.region))
    address = {
        "id": f"{said.id}#address",
        "type": "Address",
        "countryCode": of_authority("country", country),
        "fullAddress": _note(said, "full-address", ", ".join(place.lines)) if more else None,
    }
    return {"id": f"{said.id}#location", "type": "Location", "address": address}


def _contact(said: Organization) -> Document | None:
    found = whole(
        {
            "emailAddress": [{"id": f"mailto:{said.email}", "type": "Mailbox"}] if said.email else None,
            "phone": [{"id": f"{said.id}#phone", "type": "Phone", "phoneNumber": said.phone}] if said.phone else None,
        }
    )
    return {"id": f"{said.id}#contact", "type": "ContactPoint", **found} if found else None


def _endorsed(said: Organization) -> list[Document | None]:
    """An endorsement is no Accreditation: nobody says that quality was assured. A note keeps what was said."""
    return [_note(said, f"endorsement-{number}", one.text) for number, one in enumerate(said.endorsements, 1)]


def _note(said: Organization, place: str, text: str | None) -> Document | None:
    return {"id": f"{said.id}#{place}", "type": "Note", "noteLiteral": said.words(text)} if text else None
