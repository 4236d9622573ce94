"""What every export is made from, and how it reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.core.achievements.elements import entries
from catalog.core.model import AchievementId, AchievementView, Endorsement, IssuerProfile, Json, Version
from credential_core.organizations import Address, Organization, Said, organization
from credential_core.organizations.whole import whole

Document = Mapping[str, JsonValue]
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Translation:
    """Where the same achievement stands in another language."""

    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Export:
    """One published version, with who awards it. Without a creator it is the first of the organization's issuers."""

    id: AchievementId
    base_url: str
    version: Version
    body: Organization | None
    has_course: bool = False
    endorsements: Sequence[Endorsement] = ()
    others: Sequence[Document] = ()
    """Names and descriptions in other languages, by the same organization."""

    @property
    def document(self) -> Document:
        """The Open Badges document."""
        return self.version.document

    @property
    def address(self) -> str:
        """The achievement's URL."""
        return str(self.document["id"])

    @property
    def language(self) -> str:
        """The language of its texts."""
        return language_of(self.document)

    @property
    def image(self) -> str | None:
        """Where its image is; none where it is written out inside the document."""
        image = self.document.get("image")
        address = image.get("id") if isinstance(image, dict) else None
        return address if isinstance(address, str) and address.startswith("http") else None

    @property
    def translations(self) -> Sequence[Translation]:
        """The same in other languages: what is related to it and says its language, but no version (Open Badges)."""
        found = [
            Translation(str(one["id"]), str(one["inLanguage"]))
            for one in self.entries("related")
            if one.get("inLanguage") and not one.get("version")
        ]
        return [one for one in found if one.language.partition("-")[0].lower() != self.language.lower()]

    def text(self, member: str) -> str:
        """A member's text; empty if there is none."""
        found = self.document.get(member)
        return found if isinstance(found, str) else ""

    def words(self, text: str) -> Json:
        """A text as a language map."""
        return {self.language: text}

    def in_languages(self, member: str) -> Json:
        """A member's text in every language that it is known in; in one's own it is one's own."""
        found: Json = {}
        for document in (self.document, *self.others):
            text = document.get(member)
            if isinstance(text, str) and text:
                found.setdefault(language_of(document), text)
        return found

    def entries(self, member: str) -> Sequence[dict[str, JsonValue]]:
        """The objects of a list."""
        return entries(self.document, member)

    def codes(self, member: str) -> list[str]:
        """The codes of a member that holds one or several."""
        found = self.document.get(member)
        return [str(code) for code in (found if isinstance(found, list) else [found] if found else [])]


def source_of(view: AchievementView, base_url: str) -> Export | None:
    """What there is to export; None while nothing is published."""
    if view.version is None:
        return None
    return Export(view.id, base_url, view.version, _body(view, base_url), view.course_id is not None, view.endorsements)


def _body(view: AchievementView, base_url: str) -> Organization | None:
    document = view.version.document if view.version else {}
    creator = document.get("creator")
    if isinstance(creator, dict):
        return organization(creator, language=language_of(document))
    return first_issuer(view.issuers, base_url)


def first_issuer(issuers: Sequence[IssuerProfile], base_url: str) -> Organization | None:
    """The organization by its first issuer: name, country and public address, where the registry says the rest."""
    for issuer in issuers:
        url = f"{base_url}/issuers/{issuer.slug}"
        return Organization(id=url, name=issuer.name, url=url, address=Address(country_code=issuer.country))
    return None


def language_of(document: Document) -> str:
    """The language of its texts, as far as it says; English by default, as language maps need one."""
    return str(document.get("inLanguage") or ENGLISH).partition("-")[0]


def said(endorsements: Sequence[Endorsement]) -> list[Said]:
    """Endorsements, for models that have a place for notes only."""
    return [Said(one.issuer_id, one.issuer_name, one.comment) for one in endorsements]


__all__ = ["Document", "Export", "first_issuer", "language_of", "said", "source_of", "whole"]
