"""What micro-credential metadata adds to an Open Badges document: the context that defines it, and standard terms."""

from collections.abc import Mapping

from pydantic import JsonValue

from catalog.core.achievements.vocabularies import EQF
from catalog.core.model import Json
from credential_core.contexts import MICRO_CREDENTIAL_PATH, OPEN_BADGES_V3

# The members that our context defines, version 1 (a test holds them together).
MEMBERS = (
    "eqfLevel",
    "eheaCycle",
    "iscedF",
    "learningOutcome",
    "volumeOfLearning",
    "creditPoint",
    "participation",
    "assessment",
    "qualityAssurance",
    "prerequisites",
    "stackability",
    "stackableTowards",
    "furtherInformation",
)


def contextualized(base_url: str, draft: Mapping[str, JsonValue]) -> Json:
    """The draft with its `@context`, if it needs ours, and with level and credits where Open Badges itself has them."""
    document = dict(draft)
    level, points = _level(draft), credits_in(draft, "ECTS")
    if level is not None:
        alignment = document.get("alignment")
        document["alignment"] = [*(alignment if isinstance(alignment, list) else []), level]
    if points is not None and "creditsAvailable" not in document:
        document["creditsAvailable"] = points
    if any(name in document for name in MEMBERS):
        document["@context"] = [OPEN_BADGES_V3, base_url + MICRO_CREDENTIAL_PATH]
    return document


def _level(draft: Mapping[str, JsonValue]) -> Json | None:
    """The EQF level as an alignment, unless the draft aligns to it already."""
    concept = EQF.find(draft.get("eqfLevel"))
    if concept is None or concept.iri in _targets(draft):
        return None
    return {
        "type": ["Alignment"],
        "targetName": f"EQF level {concept.code}",
        "targetUrl": concept.iri,
        "targetFramework": "European Qualifications Framework",
        "targetCode": concept.code,
    }


def _targets(draft: Mapping[str, JsonValue]) -> set[JsonValue]:
    alignment = draft.get("alignment")
    entries = alignment if isinstance(alignment, list) else []
    return {entry.get("targetUrl") for entry in entries if isinstance(entry, dict)}


def credits_in(document: Mapping[str, JsonValue], framework: str) -> float | int | None:
    """The credits that a document states in a framework."""
    entries = document.get("creditPoint")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("framework") == framework:
            point = entry.get("point")
            return point if isinstance(point, int | float) else None
    return None
