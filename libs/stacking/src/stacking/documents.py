"""A pathway as JSON, in CTDL's terms where CTDL has them. `read` is strict; `write` gives back what `read` would read.

{"name": "...", "hasDestinationComponent": "certificate", "hasPart": [
    {"id": "certificate", "type": "CredentialComponent", "hasCondition": {
        "requiredNumber": 3, "requiredCredits": 15, "targetComponent": ["python", "statistics", ...],
        "hasCondition": [{"logicalOperator": "or", "targetComponent": [...]}]}},
    {"id": "python", "type": "CourseComponent", "name": "Python", "proxyFor": ["https://.../achievements/..."],
        "creditValue": 5, "hasConstraint": [{"type": "LevelAtLeast", "level": 6}]}],
 "sharing": [{"pathway": "https://...", "maximumCredits": 10}], "atMostOneOf": [[...]], "notForHoldersOf": [...],
 "awarding": "approval"}
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stacking.constraint_documents import read_constraint, write_constraint
from stacking.members import Members, NotAPathway, Problem, number
from stacking.model import Awarding, Component, Condition, Kind, Pathway, Sharing

MAX_COMPONENTS = 300
MAX_DEPTH = 12
MAX_LIST = 300
Document = dict[str, Any]
MEMBERS = frozenset(
    {
        "name",
        "description",
        "hasDestinationComponent",
        "hasPart",
        "sharing",
        "atMostOneOf",
        "notForHoldersOf",
        "awarding",
    }
)


def said(document: Mapping[str, Any]) -> Document:
    """What a published version says of the pathway, without what the catalog says of the version."""
    return {name: value for name, value in document.items() if name in MEMBERS}


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of a pathway's document as sorted JSON, in hexadecimal. The catalog publishes it with each version."""
    text = json.dumps(said(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read(document: object, *, identifier: str, version: int) -> Pathway:
    """The pathway that a document says. Raises NotAPathway with everything that is wrong, each with its place."""
    problems: list[Problem] = []
    members = Members(document, (), problems)
    parts = [_component(part) for part in members.objects("hasPart", MAX_COMPONENTS)]
    ids = [part.id for part in parts]
    for position, name in enumerate(ids):
        if name in ids[:position]:
            problems.append(Problem(("hasPart", position, "id"), f"{name} is the id of another component"))
    pathway = Pathway(
        id=identifier,
        version=version,
        name=members.text("name"),
        destination=members.text("hasDestinationComponent"),
        components={part.id: part for part in parts},
        sharing=tuple(_sharing(limit) for limit in members.objects("sharing", MAX_LIST, required=False)),
        one_of=tuple(members.groups("atMostOneOf", MAX_LIST)),
        not_for=frozenset(members.texts("notForHoldersOf", MAX_LIST)),
        awarding=members.choice("awarding", {one.value: one for one in Awarding}, Awarding.AUTOMATIC),
    )
    members.text("description", required=False)
    members.done()
    if problems:
        raise NotAPathway(problems)
    return pathway


def _component(members: Members) -> Component:
    nested = members.inner("hasCondition")
    kind = members.choice("type", {kind.value: kind for kind in Kind}, Kind.CREDENTIAL)
    minimum = members.whole("minimumNumber", 1)
    component = Component(
        id=members.text("id"),
        name=members.text("name", required=False),
        kind=kind,
        accepts=tuple(dict.fromkeys(members.texts("proxyFor", MAX_LIST))),
        constraints=tuple(
            constraint
            for item in members.objects("hasConstraint", MAX_LIST, required=False)
            if (constraint := read_constraint(item)) is not None
        ),
        condition=_condition(nested, 1) if nested else None,
        credits=members.decimal("creditValue"),
        minimum=minimum if minimum is not None else 1,
        maximum=members.whole("maximumNumber", minimum) or 1,
    )
    members.done()
    return component


def _condition(members: Members, depth: int) -> Condition:
    if depth > MAX_DEPTH:
        members.complain(f"conditions are nested more than {MAX_DEPTH} deep")
        return Condition()
    required = members.whole("requiredNumber", None)
    operator = members.choice("logicalOperator", {"and": None, "or": 1}, None)
    condition = Condition(
        targets=tuple(members.texts("targetComponent", MAX_LIST)),
        conditions=tuple(
            _condition(nested, depth + 1) for nested in members.objects("hasCondition", MAX_LIST, required=False)
        ),
        required=operator if required is None else required,
        credits=members.decimal("requiredCredits"),
        name=members.text("name", required=False),
    )
    members.text("description", required=False)
    members.done()
    return condition


def _sharing(members: Members) -> Sharing:
    limit = Sharing(members.text("pathway"), members.decimal("maximumCredits", required=True) or Decimal(0))
    members.done()
    return limit


def write(pathway: Pathway) -> Document:
    """The document of a pathway; members that say nothing are left out."""
    return _compact(
        {
            "name": pathway.name,
            "hasDestinationComponent": pathway.destination,
            "hasPart": [_written(component) for component in pathway.components.values()],
            "sharing": [{"pathway": one.pathway, "maximumCredits": number(one.credits)} for one in pathway.sharing],
            "atMostOneOf": [sorted(group) for group in pathway.one_of],
            "notForHoldersOf": sorted(pathway.not_for),
            "awarding": None if pathway.awarding is Awarding.AUTOMATIC else pathway.awarding.value,
        }
    )


def _written(component: Component) -> Document:
    return _compact(
        {
            "id": component.id,
            "type": component.kind.value,
            "name": component.name,
            "proxyFor": list(component.accepts),
            "creditValue": number(component.credits),
            "minimumNumber": component.minimum if component.minimum != 1 else None,
            "maximumNumber": component.maximum if component.maximum != component.minimum else None,
            "hasConstraint": [write_constraint(one) for one in component.constraints],
            "hasCondition": _written_condition(component.condition) if component.condition else None,
        }
    )


def _written_condition(condition: Condition) -> Document:
    return _compact(
        {
            "name": condition.name,
            "requiredNumber": condition.required,
            "requiredCredits": number(condition.credits),
            "targetComponent": list(condition.targets),
            "hasCondition": [_written_condition(nested) for nested in condition.conditions],
        }
    )


def _compact(members: Mapping[str, object]) -> Document:
    return {name: value for name, value in members.items() if value not in (None, "", [])}
