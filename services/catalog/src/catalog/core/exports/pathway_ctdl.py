"""CTDL: a `ceterms:Pathway`, its components and conditions, and who offers it.

Where several achievements reach a component, each is a component of its own below a condition: CTDL reads several
`proxyFor` of one component as all of them.
"""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from catalog.core.achievements.vocabularies import CREDIT_FRAMEWORK
from catalog.core.exports import pathway_words
from catalog.core.exports.pathway_constraints import in_words, of_constraint, sum_of_credits
from catalog.core.exports.pathway_source import PathwayExport
from catalog.core.exports.source import whole
from catalog.core.model import Json, Status
from credential_core.organizations import ctdl
from credential_core.organizations.ctdl import CONTEXT, ctid_of, term
from stacking import Component, Condition
from stacking.members import number
from stacking.model import Kind

CHILDREN = "ceasn:hasChild"
STANDING = {Status.PUBLISHED: "Active", Status.RETIRED: "Ceased"}
ECTS = CREDIT_FRAMEWORK.concepts["ECTS"].label
# CTDL has no component for a selection any more; a basic one says its category in words.
OTHER_CLASSES = {Kind.SELECTION: ("BasicComponent", "Selection")}


def export(source: PathwayExport) -> Json:
    """The pathway, every component, and the organization."""
    organization = [ctdl.node(source.body)] if source.body else []
    components = _both_ways([*_components(source)])
    return {"@context": CONTEXT, "@graph": [_pathway(source, components), *components, *organization]}


def _pathway(source: PathwayExport, components: Sequence[Json]) -> Json:
    by = source.body.id if source.body else None
    version = source.version
    return whole(
        {
            "@id": source.address,
            "@type": "ceterms:Pathway",
            "ceterms:ctid": f"ce-{version.pathway_id}",
            "ceterms:name": source.words(source.pathway.name),
            "ceterms:description": source.words(source.description),
            "ceterms:subjectWebpage": source.address,
            "ceterms:ownedBy": by,
            "ceterms:offeredBy": by,
            "ceterms:lifeCycleStatusType": term("LifeCycleStatus", "lifeCycle", STANDING[version.status]),
            "ceterms:versionIdentifier": [
                {"@type": "ceterms:IdentifierValue", "ceterms:identifierValueCode": str(version.number)}
            ],
            "ceterms:hasDestinationComponent": source.node(source.destination),
            "ceterms:hasPart": [str(one["@id"]) for one in components],
        }
    )


def _components(source: PathwayExport) -> Iterator[Json]:
    for component in source.pathway.components.values():
        yield _component(source, component)
        yield from _alternatives(source, component)


def _both_ways(components: Sequence[Json]) -> list[Json]:
    """Each child names what it is a child of, as that names it: whoever begins at a part finds the whole."""
    above: dict[str, list[JsonValue]] = {}
    for one in components:
        below = one.get(CHILDREN)
        for child in below if isinstance(below, list) else []:
            above.setdefault(str(child), []).append(one["@id"])
    return [whole({**one, "ceasn:isChildOf": above.get(str(one["@id"]))}) for one in components]


def _component(source: PathwayExport, component: Component) -> Json:
    identifier = source.node(component)
    is_destination = component.id == source.pathway.destination
    below = [source.node(one) for one in source.below(component)]
    return whole(
        {
            **_identity(source, component, identifier),
            "ceterms:name": source.words(source.title(component.id)),
            "ceterms:description": source.words("; ".join(pathway_words.of_component(component))),
            "ceterms:isDestinationComponentOf": source.address if is_destination else None,
            "ceterms:proxyFor": component.accepts[0] if len(component.accepts) == 1 else None,
            CHILDREN: [*below, *(str(one["@id"]) for one in _alternatives(source, component))],
            "ceterms:hasCondition": _conditions(source, component, is_destination),
            **_worth(source, component),
        }
    )


def _alternatives(source: PathwayExport, component: Component) -> Iterator[Json]:
    """One for each achievement that reaches it, if there are several."""
    for place, achievement in enumerate(component.accepts, 1):
        if len(component.accepts) > 1:
            identifier = f"{source.node(component)}~{place}"
            title = f"{source.title(component.id)} ({place})"
            named: Json = {"ceterms:name": source.words(title), "ceterms:proxyFor": achievement}
            yield {**_identity(source, component, identifier), **named, **_worth(source, component)}


def _identity(source: PathwayExport, component: Component, identifier: str) -> Json:
    name, category = OTHER_CLASSES.get(component.kind, (component.kind.value, ""))
    said: Json = {
        "@id": identifier,
        "@type": f"ceterms:{name}",
        "ceterms:ctid": ctid_of(identifier),
        "ceterms:subjectWebpage": source.address,
        "ceterms:isPartOf": source.address,
    }
    return said | ({"ceterms:componentCategory": {"en": category}} if category else {})


def _worth(source: PathwayExport, component: Component) -> Json:
    """Only a course has credits in CTDL; elsewhere they are points, and say that they are ECTS."""
    if component.credits is None:
        return {}
    course = component.kind is Kind.COURSE
    value: Json = {
        "@type": "ceterms:ValueProfile" if course else "schema:QuantitativeValue",
        "schema:value": number(component.credits),
        "schema:description": {"en": ECTS},
    }
    return {"ceterms:creditValue": [value]} if course else {"ceterms:pointValue": value}


def _conditions(source: PathwayExport, component: Component, is_destination: bool) -> list[JsonValue]:
    """What must be done to complete it: by its achievements or by its parts, whichever comes first."""
    ways = [*_by_achievements(source, component)]
    if component.condition:
        ways.append(_condition(source, component.condition))
    either: list[JsonValue] = [_either(ways)] if len(ways) > 1 else [*ways]
    whole_of_it = pathway_words.of_pathway(source.pathway) if is_destination else []
    return [*either, *_in_general(whole_of_it)]


def _by_achievements(source: PathwayExport, component: Component) -> Iterator[Json]:
    others: list[JsonValue] = [one["@id"] for one in _alternatives(source, component)]
    constraints = [of_constraint(one) for one in component.constraints]
    if others or constraints:
        yield _joined(
            {
                "@type": "ceterms:ComponentCondition",
                "ceterms:name": source.words("Achievements"),
                "ceterms:description": source.words("; ".join(pathway_words.of_component(component))),
                "ceterms:requiredNumber": min(component.minimum, len(others)) if others else None,
                "ceterms:targetComponent": others,
            },
            constraints,
            [],
            every=True,
        )


def _condition(source: PathwayExport, condition: Condition) -> Json:
    children = len(condition.targets) + len(condition.conditions)
    constraints = [sum_of_credits(condition.credits)] if condition.credits is not None else []
    said: Json = {
        "@type": "ceterms:ComponentCondition",
        "ceterms:name": source.words(condition.name or "Components"),
        "ceterms:description": source.words(pathway_words.of_condition(condition, source.title)),
        "ceterms:requiredNumber": condition.number or None,
        "ceterms:targetComponent": [source.node(source.pathway.components[name]) for name in condition.targets],
    }
    nested = [_condition(source, one) for one in condition.conditions]
    return _joined(said, constraints, nested, every=_operator(condition, children))


def _operator(condition: Condition, children: int) -> bool | None:
    """Whether all or one of the parts must hold. None where it is neither: the number alone says it."""
    if condition.number == children or (condition.number == 0 and condition.credits is not None):
        return True
    return False if condition.number == 1 and condition.credits is None else None


def _joined(said: Json, constraints: Sequence[Json], nested: Sequence[Json], *, every: bool | None) -> Json:
    """With its parts; an operator joins two or more of them."""
    joins = every is not None and len(constraints) + len(nested) > 1
    return whole(
        {
            **said,
            "ceterms:logicalOperator": ("logic:And" if every else "logic:Or") if joins else None,
            "ceterms:hasConstraint": [*constraints],
            "ceterms:hasCondition": [*nested],
        }
    )


def _either(ways: Sequence[Json]) -> Json:
    return {
        "@type": "ceterms:ComponentCondition",
        "ceterms:name": {"en": "Either"},
        "ceterms:requiredNumber": 1,
        "ceterms:logicalOperator": "logic:Or",
        "ceterms:hasCondition": [*ways],
    }


def _in_general(said: Sequence[str]) -> list[JsonValue]:
    if not said:
        return []
    condition: Json = {"@type": "ceterms:ComponentCondition", "ceterms:name": {"en": "In general"}}
    return [_joined(condition, [in_words(one) for one in said], [], every=True)]
