"""What is said of an organization, and how it is read from an Open Badges 3.0 Profile.

`official` is left out: it names a person, and catalogues of organizations are no place for that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. `country_code` is ISO 3166-1, two letters; `country` its name, if only that is known."""

    country_code: str | None = None
    country: str | None = None
    region: str | None = None
    locality: str | None = None
    street: str | None = None
    post_office_box: str | None = None
    postal_code: str | None = None

    @property
    def lines(self) -> list[str]:
        """As it stands on a letter, without what is not known."""
        town = " ".join(part for part in (self.postal_code, self.locality) if part)
        found = (self.street, self.post_office_box, town, self.region, self.country or self.country_code)
        return [line for line in found if line]


@dataclass(frozen=True, slots=True)
class Identifier:
    """What the organization is called in another scheme."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Said:
    """An endorsement: who says something, and what."""

    by: str
    name: str
    comment: str | None = None

    @property
    def text(self) -> str:
        """In one sentence, for models that have a place for notes only."""
        comment = f": {self.comment}" if self.comment else ""
        return f"Endorsed by {self.name} ({self.by}){comment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """One organization. `id` is the address that other documents name it by."""

    id: str
    name: str
    language: str = ENGLISH
    url: str | None = None
    description: str | None = None
    email: str | None = None
    phone: str | None = None
    image: str | None = None
    address: Address | None = None
    identifiers: Sequence[Identifier] = ()
    ctid: str | None = None
    active: bool | None = None
    endorsements: Sequence[Said] = ()

    @property
    def country(self) -> str | None:
        """ISO 3166-1, two letters."""
        return self.address.country_code if self.address else None

    def words(self, text: str | None) -> Document | None:
        """A text as a language map."""
        return {self.language: text} if text else None


def organization(profile: Mapping[str, Any], **more: Any) -> Organization:
    """The organization of a Profile. `more` is what the Profile does not say, or other words for what it says."""
    image = profile.get("image")
    place = profile.get("address")
    said: dict[str, Any] = {
        "id": str(profile.get("id")),
        "name": str(profile.get("name")),
        "url": _text(profile.get("url")),
        "description": _text(profile.get("description")),
        "email": _text(profile.get("email")),
        "phone": _text(profile.get("phone")),
        "image": _text(image.get("id") if isinstance(image, Mapping) else image),
        "address": _address(place) if isinstance(place, Mapping) else None,
        "identifiers": tuple(_identifiers(profile.get("otherIdentifier"))),
    }
    return Organization(**(said | more))


def _address(said: Mapping[str, Any]) -> Address:
    return Address(
        country_code=_text(said.get("addressCountryCode")),
        country=_text(said.get("addressCountry")),
        region=_text(said.get("addressRegion")),
        locality=_text(said.get("addressLocality")),
        street=_text(said.get("streetAddress")),
        post_office_box=_text(said.get("postOfficeBoxNumber")),
        postal_code=_text(said.get("postalCode")),
    )


def _identifiers(said: Any) -> list[Identifier]:
    entries = [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
    return [
        Identifier(str(one.get("identifierType")), str(one["identifier"])) for one in entries if "identifier" in one
    ]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
