"""The elements of metadata: which there are, whether a document has them, and how complete that makes it.

Source: Annex I of the Council Recommendation 2022/C 243/02. The learner, the date and the grade are each credential's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from catalog.core.model import OrgId

Document = Mapping[str, JsonValue]


class Need(StrEnum):
    """How much Annex I asks for an element; None of these where the element is not of the Annex."""

    MANDATORY = "mandatory"
    IF_APPLICABLE = "ifApplicable"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `member` is where a document states it."""

    name: str
    member: str
    title: str
    need: Need | None
    present: Callable[[Document], bool]

    def missing_from(self, document: Document) -> bool:
        """Whether a document lacks it."""
        return not self.present(document)


def _has(*members: str) -> Callable[[Document], bool]:
    return lambda document: any(document.get(member) not in (None, "", [], {}) for member in members)


def _of_creator(*members: str) -> Callable[[Document], bool]:
    def present(document: Document) -> bool:
        found: JsonValue = document.get("creator")
        for member in members:
            found = found.get(member) if isinstance(found, dict) else None
        return bool(found)

    return present


def entries(document: Document, member: str) -> Sequence[dict[str, JsonValue]]:
    """The objects of a list."""
    found = document.get(member)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _has_within(member: str, inner: str) -> Callable[[Document], bool]:
    return lambda document: any(one.get(inner) for one in entries(document, member))


def _aligned_to_skills(document: Document) -> bool:
    outcomes = any(one.get("relatedSkill") for one in entries(document, "learningOutcome"))
    return outcomes or any("/snb/eqf/" not in str(one.get("targetUrl")) for one in entries(document, "alignment"))


_ALL = (
    Element("title", "name", "Title", Need.MANDATORY, _has("name")),
    Element("awardingBody", "creator", "Awarding body", Need.MANDATORY, _of_creator("name")),
    Element(
        "country",
        "creator.address.addressCountryCode",
        "Country or region of the issuer",
        Need.MANDATORY,
        _of_creator("address", "addressCountryCode"),
    ),
    Element("learningOutcomes", "learningOutcome", "Learning outcomes", Need.MANDATORY, _has("learningOutcome")),
    Element(
        "workload", "volumeOfLearning", "Notional workload", Need.MANDATORY, _has("volumeOfLearning", "creditPoint")
    ),
    Element("level", "eqfLevel", "Level (EQF)", Need.IF_APPLICABLE, _has("eqfLevel")),
    Element("cycle", "eheaCycle", "Cycle (QF-EHEA)", Need.IF_APPLICABLE, _has("eheaCycle")),
    Element("assessment", "assessment", "Type of assessment", Need.MANDATORY, _has("assessment")),
    Element("participation", "participation", "Form of participation", Need.MANDATORY, _has("participation")),
    Element(
        "qualityAssurance", "qualityAssurance", "Type of quality assurance", Need.MANDATORY, _has("qualityAssurance")
    ),
    Element("prerequisites", "prerequisites", "Prerequisites to enrol", Need.OPTIONAL, _has("prerequisites")),
    Element(
        "supervision",
        "assessment.supervision",
        "Supervision and identity verification",
        Need.OPTIONAL,
        _has_within("assessment", "supervision"),
    ),
    Element("grades", "resultDescription", "Grades that can be achieved", Need.OPTIONAL, _has("resultDescription")),
    Element("stackability", "stackability", "Integration and stackability", Need.OPTIONAL, _has("stackability")),
    Element(
        "furtherInformation", "furtherInformation", "Further information", Need.OPTIONAL, _has("furtherInformation")
    ),
    Element("description", "description", "Description", None, _has("description")),
    Element("criteria", "criteria", "Criteria", None, _has("criteria")),
    Element("kind", "achievementType", "Kind", None, _has("achievementType")),
    Element("language", "inLanguage", "Language", None, _has("inLanguage")),
    Element("image", "image", "Image", None, _has("image")),
    Element("skills", "alignment", "Skills", None, _aligned_to_skills),
    Element("fieldOfEducation", "iscedF", "Field of education (ISCED-F)", None, _has("iscedF")),
    Element("credits", "creditPoint", "Credits", None, _has("creditPoint")),
)
ELEMENTS: Mapping[str, Element] = {element.name: element for element in _ALL}
ANNEX_I = tuple(element for element in _ALL if element.need)
_WEIGHT = {Need.MANDATORY: 2, Need.IF_APPLICABLE: 1, Need.OPTIONAL: 1}


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of Annex I a document states: 0 to 100, and what it does not. A mandatory element weighs as two."""

    score: int
    missing: Sequence[Element]


def completeness(document: Document) -> Completeness:
    """Of one document."""
    missing = [element for element in ANNEX_I if element.missing_from(document)]
    all_of_it = sum(_WEIGHT[element.need] for element in ANNEX_I if element.need)
    lost = sum(_WEIGHT[element.need] for element in missing if element.need)
    return Completeness(100 * (all_of_it - lost) // all_of_it, missing)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a catalogue asks for, by names of elements. `org_id` is None for those that are everybody's."""

    name: str
    title: str
    required: Sequence[str]
    recommended: Sequence[str]
    org_id: OrgId | None = None
    is_default: bool = False
    updated_at: datetime | None = None

    def lacks(self, document: Mapping[str, JsonValue]) -> list[Element]:
        """The required elements that a document does not state."""
        return [ELEMENTS[name] for name in self.required if ELEMENTS[name].missing_from(document)]
