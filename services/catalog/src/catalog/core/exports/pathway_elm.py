"""The European Learning Model, version 3: a pathway as a LearningAchievementSpecification that has parts.

A part is a specification too. ELM has no rule such as "two of these", so all that may count is a part, and notes say
the rules. What is reached by an achievement is a specialisation of its Qualification; what several reach, a
generalisation of theirs.
"""

from collections.abc import Iterable

from pydantic import JsonValue

from catalog.core.achievements.vocabularies import CREDIT_FRAMEWORK
from catalog.core.exports import pathway_words
from catalog.core.exports.elm import awarding, awarding_note, concept
from catalog.core.exports.pathway_source import PathwayExport
from catalog.core.exports.source import said, whole
from catalog.core.model import Json
from credential_core.organizations.elm import CONTEXTS
from stacking import Component
from stacking.members import number


def export(source: PathwayExport) -> Json:
    """One LearningAchievementSpecification."""
    destination = source.destination
    notes = [*_rules(source, destination), *pathway_words.of_pathway(source.pathway)]
    return whole(
        {
            "@context": [*CONTEXTS],
            "id": source.address,
            "type": "LearningAchievementSpecification",
            "title": source.words(source.pathway.name),
            "description": source.words(source.description),
            "homepage": {"id": f"{source.address}#page", "type": "WebResource", "contentURL": source.address},
            "hasPart": _parts(source, destination),
            **_reached_by(source, destination),
            "awardingOpportunity": awarding(source.address, source.body),
            "additionalNote": [
                *awarding_note(source.address, source.body),
                *_notes(source, source.address, "rule", notes),
                *_notes(source, source.address, "endorsement", [one.text for one in said(source.endorsements)]),
            ],
            "status": source.version.status.value,
        }
    )


def _parts(source: PathwayExport, component: Component) -> list[JsonValue]:
    return [_part(source, one) for one in source.below(component)]


def _part(source: PathwayExport, component: Component) -> Json:
    identifier = source.node(component)
    return {
        "id": identifier,
        "type": "LearningAchievementSpecification",
        "title": source.words(source.title(component.id)),
        "creditPoint": _credits(identifier, component),
        "hasPart": _parts(source, component),
        **_reached_by(source, component),
        "additionalNote": _notes(source, identifier, "rule", _rules(source, component)),
    }


def _rules(source: PathwayExport, component: Component) -> list[str]:
    condition = [pathway_words.of_condition(component.condition, source.title)] if component.condition else []
    return [*pathway_words.of_component(component), *condition]


def _reached_by(source: PathwayExport, component: Component) -> Json:
    named: list[JsonValue] = [_qualification(source, address) for address in component.accepts]
    return {"specialisationOf" if len(named) == 1 else "generalisationOf": named}


def _qualification(source: PathwayExport, address: str) -> Json:
    return {"id": address, "type": "Qualification", "title": source.words(address)}


def _credits(identifier: str, component: Component) -> Json | None:
    if component.credits is None:
        return None
    framework = concept(CREDIT_FRAMEWORK.concepts["ECTS"], CREDIT_FRAMEWORK)
    point = f"{number(component.credits):g}"
    return {"id": f"{identifier}-credits", "type": "CreditPoint", "framework": framework, "point": point}


def _notes(source: PathwayExport, about: str, place: str, texts: Iterable[str]) -> list[JsonValue]:
    mark = "-" if "#" in about else "#"
    return [
        {"id": f"{about}{mark}{place}-{number}", "type": "Note", "noteLiteral": source.words(text)}
        for number, text in enumerate(texts, 1)
    ]
