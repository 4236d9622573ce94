"""schema.org: an Organization."""

from credential_core.organizations.model import Address, Document, Organization
from credential_core.organizations.whole import whole

CONTEXT = "https://schema.org"


def node(said: Organization) -> Document:
    """The organization's node of a graph."""
    place = said.address or Address()
    address = whole(
        {
            "streetAddress": place.street,
            "postOfficeBoxNumber": place.post_office_box,
            "postalCode": place.postal_code,
            "addressLocality": place.locality,
            "addressRegion": place.region,
            "addressCountry": place.country_code or place.country,
        }
    )
    return whole(
        {
            "@type": "Organization",
            "@id": said.id,
            "name": said.name,
            "url": said.url,
            "description": said.description,
            "email": said.email,
            "telephone": said.phone,
            "logo": said.image if said.image and said.image.startswith("http") else None,
            "address": {"@type": "PostalAddress", **address} if address else None,
            "identifier": [
                {"@type": "PropertyValue", "propertyID": one.scheme, "value": one.value} for one in said.identifiers
            ],
        }
    )


def document(said: Organization) -> Document:
    """A document of its own."""
    return {"@context": CONTEXT, "@graph": [node(said)]}
