"""Open Badges in a request: an Achievement (3.0) has our members already, a BadgeClass (2.0) others for the same."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.core import vocabulary as limits
from catalog.http.achievements.schemas import AchievementRequest
from catalog.http.other_catalogues.foreign_reading import Read, identifier, listed, made_id, present, text

NOT_TAKEN = frozenset({"course", "profile", "kind"})  # of our own API, not of Open Badges
KNOWN = {one.alias or name for name, one in AchievementRequest.model_fields.items()} - NOT_TAKEN
LISTS = frozenset(
    {"alignment", "tag", "related", "otherIdentifier", "resultDescription", "learningOutcome", "creditPoint"}
    | {"assessment", "qualityAssurance", "stackableTowards"}
)
SILENT = frozenset({"@context", "id", "type", "version", "kind", "profile"})
OF_A_BADGE_CLASS = frozenset(
    {"name", "description", "criteria", "image", "tags", "alignment", "alignments", "related", "issuer"}
    | {"@language", "language"}  # the latter is Moodle's
)
OF_BADGR = frozenset(
    {"entityType", "entityId", "openBadgeId", "createdAt", "createdBy", "issuer", "issuerOpenBadgeId"}
    | {"criteriaUrl", "criteriaNarrative"}
)
OF_AN_ALIGNMENT = {
    "targetName": "name",
    "targetUrl": "url",
    "targetDescription": "description",
    "targetFramework": "framework",
    "targetCode": "code",
}
OF_A_PROFILE = ("id", "type", "name", "url", "image", "address")
OF_AN_ADDRESS = ("type", "addressCountry", "addressCountryCode", "addressRegion", "addressLocality")


def of_open_badge(document: Mapping[str, Any]) -> Read:
    """An Achievement. What our catalog has no member for is named in a warning."""
    read = Read("open-badges-3.0", identifier(document), {})
    for name, value in document.items():
        if name in KNOWN and name != "type":
            read.members[name] = listed(value) if name in LISTS and value is not None else value
        elif name not in SILENT:
            read.leave_out(name, "has no place here and is left out")
    _take_creator(read, read.members.pop("creator", None))
    _take_image(read, read.members.pop("image", None))
    _name_outcomes(read)
    return read


def _name_outcomes(read: Read) -> None:
    """Outcomes without an id get the same one each time."""
    for outcome in read.members.get("learningOutcome") or ():
        if isinstance(outcome, dict) and "id" not in outcome:
            outcome["id"] = made_id(read.source, str(outcome.get("name")))


def of_badge_class(document: Mapping[str, Any]) -> Read:
    """A BadgeClass, as a badge of Open Badges 3.0."""
    read = Read("open-badges-2.0", identifier(document), {})
    read.members = present(
        {
            "name": text(document.get("name")),
            "description": text(document.get("description")),
            "achievementType": "Badge",
            "criteria": _criteria(document.get("criteria")),
            "tag": listed(document.get("tags")),
            "inLanguage": text(document.get("@language")) or text(document.get("language")),
            "related": [_related(one) for one in listed(document.get("related")) if identifier(one)],
        }
    )
    _take_image(read, _image(document.get("image")))
    _take_alignments(read, [*listed(document.get("alignment")), *listed(document.get("alignments"))])
    _take_creator(read, document.get("issuer"))
    for name in document.keys() - OF_A_BADGE_CLASS - SILENT:
        read.leave_out(name, "has no place here and is left out")
    return read


def _criteria(value: Any) -> Any:
    if isinstance(value, Mapping):
        return present({"id": identifier(value), "narrative": text(value.get("narrative"))})
    return value


def _image(value: Any) -> Any:
    if isinstance(value, Mapping):
        return present({"id": identifier(value), "caption": text(value.get("caption"))})
    return value


def _take_image(read: Read, value: Any) -> None:
    """An image. One that is written out and too large for a draft costs nobody the rest of the achievement."""
    address = identifier(value)
    if address and address.startswith("data:") and len(address) > limits.DATA_URI:
        read.leave_out("image", f"is written out with more than {limits.DATA_URI} characters, and is left out")
    elif value is not None:
        read.members["image"] = value


def _take_alignments(read: Read, found: Iterable[Any]) -> None:
    """AlignmentObjects that say what they are aligned to; 2.0 has no type of target that 3.0 would know."""
    taken = [_alignment(one) for one in found if isinstance(one, Mapping)]
    whole = [one for one in taken if {"targetName", "targetUrl"} <= one.keys()]
    if len(whole) < len(taken):
        read.leave_out("alignment", "names no target with a name and an address, and is left out")
    if whole:
        read.members["alignment"] = whole


def _alignment(one: Mapping[str, Any]) -> dict[str, Any]:
    """By the names of 2.0, or of 1.1 where it has these."""
    return present({name: text(one.get(name)) or text(one.get(older)) for name, older in OF_AN_ALIGNMENT.items()})


def _related(one: Any) -> dict[str, Any]:
    said = one if isinstance(one, Mapping) else {}
    language, version = text(said.get("@language")), text(said.get("version"))
    return present({"id": identifier(one), "inLanguage": language, "version": version})


def is_badgr(entity: Any) -> bool:
    """Whether it is one."""
    return isinstance(entity, Mapping) and entity.get("entityType") == "BadgeClass"


def of_badgr(entity: Mapping[str, Any]) -> dict[str, Any]:
    """What Badgr's and Canvas Credentials' API says of a badge class, as the BadgeClass that it publishes."""
    criteria = {"id": entity.get("criteriaUrl"), "narrative": entity.get("criteriaNarrative")}
    said = {name: value for name, value in entity.items() if name not in OF_BADGR and value not in (None, [], {})}
    said |= {"type": "BadgeClass"}
    return {**said, "id": entity.get("openBadgeId"), "criteria": criteria, "issuer": entity.get("issuerOpenBadgeId")}


def _take_creator(read: Read, value: Any) -> None:
    """The awarding body, if it is written out; an address alone says no name, and nothing is fetched."""
    if value is None:
        return
    if not isinstance(value, Mapping) or not identifier(value) or not text(value.get("name")):
        read.leave_out("creator", "is not written out with an id and a name, and is left out")
        return
    profile = present({name: value.get(name) for name in OF_A_PROFILE})
    if profile.pop("type", None) is not None:
        profile["type"] = ["Profile"]
    profile["id"] = identifier(value)
    image = _image(profile.pop("image", None))
    if image:
        profile["image"] = {"id": image} if isinstance(image, str) else present({"id": image.get("id")})
    address = profile.pop("address", None)
    if isinstance(address, Mapping) and address.get("addressCountryCode"):
        profile["address"] = present({name: address.get(name) for name in OF_AN_ADDRESS})
    read.members["creator"] = profile
