"""What every export is made from, and how it reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.core.elements import entries
from catalog.core.model import AchievementId, AchievementView, Endorsement, Json, Version

Document = Mapping[str, JsonValue]
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Body:
    """The awarding body."""

    id: str
    name: str
    url: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Export:
    """One published version, with who awards it. Without a creator it is the first of the organization's issuers."""

    id: AchievementId
    base_url: str
    version: Version
    body: Body | None
    has_course: bool = False
    endorsements: Sequence[Endorsement] = ()

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
        """The language of its texts, as far as it says; English by default, as language maps need one."""
        return str(self.document.get("inLanguage") or ENGLISH).partition("-")[0]

    def text(self, member: str) -> str:
        """A member's text; empty if there is none."""
        found = self.document.get(member)
        return found if isinstance(found, str) else ""

    def words(self, text: str) -> Json:
        """A text as a language map."""
        return {self.language: text}

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


def _body(view: AchievementView, base_url: str) -> Body | None:
    creator = view.version.document.get("creator") if view.version else None
    if isinstance(creator, dict):
        address = creator.get("address")
        country = address.get("addressCountryCode") if isinstance(address, dict) else None
        return Body(str(creator["id"]), str(creator["name"]), _text(creator.get("url")), _text(country))
    for issuer in view.issuers:
        url = f"{base_url}/issuers/{issuer.slug}"
        return Body(url, issuer.name, url, None)
    return None


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def pruned(value: JsonValue) -> JsonValue:
    """Without empty members and entries, at any depth."""
    if isinstance(value, dict):
        members = {name: pruned(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in (None, "", [], {})}
    if isinstance(value, list):
        return [item for item in map(pruned, value) if item not in (None, "", [], {})]
    return value


def whole(document: Json) -> Json:
    """A document without what is empty."""
    found = pruned(document)
    return found if isinstance(found, dict) else {}
