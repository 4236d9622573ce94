"""1EdTech CASE 1.0 and 1.1: one CFPackage with its CFDocument, CFItems and CFAssociations."""

from collections.abc import Mapping
from typing import Any

from catalog.core import vocabulary as limits
from catalog.core.frameworks.collecting import Collected, RowRefused, is_uri, required, shortened, text_of, uri_of
from catalog.core.skills.model import Package, Relation, RelationType, Row, Scale, Skill, SkillKind, Source
from service_kit.errors import Malformed, invalid_field

ASSOCIATIONS: Mapping[str, RelationType] = {
    "isChildOf": RelationType.BROADER,
    "isPartOf": RelationType.PART_OF,
    "isPeerOf": RelationType.PEER,
    "exactMatchOf": RelationType.EXACT,
    "isRelatedTo": RelationType.RELATED,
    "precedes": RelationType.PRECEDES,
    "replacedBy": RelationType.REPLACED_BY,
    "exemplar": RelationType.EXEMPLAR,
    "hasSkillLevel": RelationType.SKILL_LEVEL,
    "isTranslationOf": RelationType.TRANSLATION,  # since CASE 1.1
}
LEVELS = Scale(1, 8)  # a CASE package states no scale of its own; these are the European framework's levels


def read_case(document: Any, *, language: str) -> Package:
    """A package as parsed JSON. Takes a second and more for a large one: call it off the event loop.

    Raises Malformed or Invalid for JSON that is no CASE package.
    """
    head = document.get("CFDocument") if isinstance(document, dict) else None
    if not isinstance(head, dict):
        raise Malformed("a JSON framework must be a CASE package: an object with CFDocument and CFItems")
    try:
        uri, title = uri_of(head, "uri"), text_of(head, "title", limits.PROSE)
        said, version = text_of(head, "language", 20), text_of(head, "version", limits.LABEL)
    except RowRefused as refused:
        raise invalid_field(f"CFDocument.{refused.field}", refused.detail) from refused
    if title is None:
        raise invalid_field("CFDocument.title", "is required")
    found = _collected(document, uri)
    return Package(
        source=Source.CASE,
        uri=uri,
        title=shortened(title),
        language=said or language,
        source_version=version,
        scale=LEVELS,
        skills=[*found.skills.values()],
        relations=[*found.relations.values()],
        received=found.received,
        errors=found.errors,
    )


def _collected(document: Mapping[str, Any], framework: str) -> Collected:
    items, associations = _rows(document, "CFItems"), _rows(document, "CFAssociations")
    groups = frozenset(
        _node(row.cells.get("destinationNodeURI"))
        for row in associations
        if row.cells and row.cells.get("associationType") == "isChildOf"
    )
    found = Collected()
    found.read("CFItems", items, lambda item: found.add(_skill(item, groups)))
    found.read("CFAssociations", associations, lambda one: _relate(found, one, framework))
    found.drop_loose()
    return found


def _rows(document: Mapping[str, Any], name: str) -> list[Row]:
    elements = document.get(name)
    if elements is None:
        return []
    if not isinstance(elements, list):
        raise invalid_field(name, "must be a list")
    return [
        Row(number, None, one) if isinstance(one, dict) else Row(number, None, None, "must be an object")
        for number, one in enumerate(elements, start=1)
    ]


def _skill(item: Mapping[str, object], groups: frozenset[str]) -> Skill:
    """A CFItem. Its label is the short statement where there is one; the full one then is the description."""
    uri = uri_of(item, "uri")
    full = required(item, "fullStatement", limits.PROSE)
    label = shortened(text_of(item, "abbreviatedStatement", limits.PROSE) or full)
    alternative = text_of(item, "alternativeLabel", limits.PROSE)
    return Skill(
        uri=uri,
        label=label,
        kind=SkillKind.GROUP if uri in groups else SkillKind.SKILL,
        code=text_of(item, "humanCodingScheme", limits.LABEL),
        other_labels=(shortened(alternative),) if alternative else (),
        description=(full if full != label else None) or text_of(item, "notes", limits.PROSE),
    )


def _relate(found: Collected, one: Mapping[str, object], framework: str) -> None:
    kind = ASSOCIATIONS.get(required(one, "associationType", limits.LABEL))
    if kind is None:
        raise RowRefused("associationType", f"must be one of {', '.join(ASSOCIATIONS)}")
    origin, destination = _node(one.get("originNodeURI")), _node(one.get("destinationNodeURI"))
    if not is_uri(origin) or not is_uri(destination):
        raise RowRefused("destinationNodeURI" if is_uri(origin) else "originNodeURI", "must have a uri")
    if destination != framework:  # a child of the document stands at the top
        found.relate(Relation(origin, kind, destination))


def _node(value: object) -> str:
    """A link's URI: an object in CASE's JSON, the URI itself in some exports. Empty when there is none."""
    uri = value.get("uri") if isinstance(value, dict) else value
    return uri.strip() if isinstance(uri, str) and len(uri) <= limits.SKILL_URI else ""
