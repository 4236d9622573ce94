"""CTDL in a request: a credential of the Credential Engine's language, alone or in a graph with who offers it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catalog.core.achievements import vocabularies
from catalog.http.other_catalogues.ctdl_classes import kind_of
from catalog.http.other_catalogues.foreign_reading import Read, identifier, listed, made_id, names, present, text

DELIVERY = {
    "deliveryType:OnlineOnly": "Online",
    "deliveryType:InPerson": "Presential",
    "deliveryType:BlendedDelivery": "Blended",
}
HOURS = re.compile(r"PT(\d+H)?(\d+M)?")
SILENT = frozenset({"@context", "@id", "@type", "type", "ceterms:ctid", "ceterms:credentialStatusType"})
# What our member is made of. Where it has nothing that we know a place for, that is told.
TAKEN = {
    "ceterms:name": "name",
    "ceterms:description": "description",
    "ceterms:requires": "criteria",
    "ceterms:subjectWebpage": "criteria",
    "ceterms:inLanguage": "inLanguage",
    "ceterms:image": "image",
    "ceterms:keyword": "tag",
    "ceterms:audienceLevelType": "eqfLevel",
    "ceterms:subject": "iscedF",
    "ceterms:learningDeliveryType": "participation",
    "ceterms:estimatedDuration": "volumeOfLearning",
    "ceterms:isPartOf": "stackableTowards",
    "ceterms:ownedBy": "creator",
    "ceterms:offeredBy": "creator",
}


def is_ctdl(types: Sequence[str]) -> bool:
    """Whether a node of these types is a credential that we know a kind for."""
    return kind_of(types) is not None


def credentials_of(graph: Sequence[Any]) -> Iterator[Any]:
    """The credentials of a graph; what else stands in it is looked up from there."""
    found = [one for one in graph if isinstance(one, Mapping) and is_ctdl(names(one.get("@type") or one.get("type")))]
    yield from found or graph[:1]


def of_ctdl(document: Mapping[str, Any], graph: Sequence[Any]) -> Read:
    """A credential."""
    source = text(document.get("@id")) or text(document.get("ceterms:ctid"))
    conditions = [one for one in listed(document.get("ceterms:requires")) if isinstance(one, Mapping)]
    description = _words(document.get("ceterms:description"))
    read = Read("ctdl", source, {})
    read.members = present(
        {
            "name": _words(document.get("ceterms:name")),
            "description": description,
            "achievementType": kind_of(names(document.get("@type") or document.get("type"))),
            "criteria": _criteria(document, conditions, description),
            "inLanguage": text(next(iter(listed(document.get("ceterms:inLanguage"))), None)),
            "image": identifier(document.get("ceterms:image")),
            "tag": _keywords(document.get("ceterms:keyword")),
            "otherIdentifier": _identifiers(document),
            "eqfLevel": next(_codes(document, "ceterms:audienceLevelType", vocabularies.EQF), None),
            "iscedF": list(_codes(document, "ceterms:subject", vocabularies.ISCED_F)),
            "participation": _participation(document),
            "volumeOfLearning": _duration(document),
            "creditPoint": _credits(conditions),
            "learningOutcome": _outcomes(source, conditions),
            "alignment": _alignments(conditions),
            "stackableTowards": [
                found for one in listed(document.get("ceterms:isPartOf")) if (found := identifier(one))
            ],
            "creator": _creator(document, graph),
        }
    )
    _tell(read, document, conditions)
    return read


def _tell(read: Read, document: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> None:
    """What is left out, by its name there."""
    for name in document:
        if name in SILENT:
            continue
        if name not in TAKEN:
            read.leave_out(name, "has no place here and is left out")
        elif TAKEN[name] == "creator" and "creator" not in read.members:
            read.leave_out(name, "is not written out with an id and a name, and is left out")
        elif TAKEN[name] not in read.members:
            read.leave_out(name, "says nothing that has a place here, and is left out")
    if any(condition.get("ceterms:creditValue") for condition in conditions) and "creditPoint" not in read.members:
        read.leave_out("ceterms:requires.ceterms:creditValue", "is of no credit framework known here, and is left out")


def _words(value: Any) -> str | None:
    """The text of a language map: English if there is any, else what comes first."""
    if isinstance(value, Mapping):
        english = next((value[name] for name in value if str(name).lower().startswith("en")), None)
        return _words(english if english is not None else next(iter(value.values()), None))
    return text(value[0] if isinstance(value, list) and value else value)


def _criteria(document: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]], description: str | None) -> Any:
    narrative = "\n\n".join(said for one in conditions if (said := _words(one.get("ceterms:description"))))
    page = identifier(next(iter(listed(document.get("ceterms:subjectWebpage"))), None))
    return present({"id": page, "narrative": narrative or (None if page else description)})


def _keywords(value: Any) -> list[str]:
    words = next(iter(value.values()), []) if isinstance(value, Mapping) else value
    return [found for one in listed(words) if (found := text(one))]


def _identifiers(document: Mapping[str, Any]) -> list[dict[str, str]]:
    ctid = text(document.get("ceterms:ctid"))
    return [{"identifier": ctid, "identifierType": "ext:ceterms.ctid"}] if ctid else []


def _codes(document: Mapping[str, Any], member: str, vocabulary: vocabularies.Vocabulary) -> Iterator[str]:
    for one in _alignment_objects(document, member):
        concept = vocabulary.by_iri(identifier(one.get("ceterms:targetNode")))
        if concept:
            yield concept.code


def _alignment_objects(holder: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
    return [one for one in listed(holder.get(member)) if isinstance(one, Mapping)]


def _participation(document: Mapping[str, Any]) -> list[str]:
    nodes = [
        identifier(one.get("ceterms:targetNode"))
        for one in _alignment_objects(document, "ceterms:learningDeliveryType")
    ]
    return list(dict.fromkeys(DELIVERY[node] for node in nodes if node in DELIVERY))


def _duration(document: Mapping[str, Any]) -> str | None:
    """Hours and minutes; days and months are no workload."""
    for one in _alignment_objects(document, "ceterms:estimatedDuration"):
        exact = text(one.get("ceterms:exactDuration"))
        if exact and HOURS.fullmatch(exact):
            return exact
    return None


def _credits(conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Credits of a framework that we know; others have no place here."""
    found: dict[str, Any] = {}
    for condition in conditions:
        for one in _alignment_objects(condition, "ceterms:creditValue"):
            said = _words(one.get("schema:description")) or ""
            for concept in vocabularies.CREDIT_FRAMEWORK.concepts.values():
                if concept.label in said or concept.code in said:
                    found.setdefault(concept.code, one.get("schema:value"))
    return [{"framework": code, "point": point} for code, point in found.items()]


def _outcomes(source: str | None, conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Target competencies that are of no framework."""
    outcomes = []
    for one in _competencies(conditions):
        name = _words(one.get("ceterms:targetNodeName"))
        node = identifier(one.get("ceterms:targetNode"))
        if name and not _is_of_framework(one):
            given = node if node and not node.startswith("_:") else made_id(source, name)
            description = _words(one.get("ceterms:targetNodeDescription"))
            outcomes.append(present({"id": given, "name": name, "description": description}))
    return outcomes


def _alignments(conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Target competencies that are of a framework."""
    return [
        present(
            {
                "targetName": _words(one.get("ceterms:targetNodeName")),
                "targetUrl": identifier(one.get("ceterms:targetNode")),
                "targetFramework": _words(one.get("ceterms:frameworkName")),
                "targetCode": text(one.get("ceterms:codedNotation")),
            }
        )
        for one in _competencies(conditions)
        if _is_of_framework(one)
    ]


def _competencies(conditions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for condition in conditions for one in _alignment_objects(condition, "ceterms:targetCompetency")]


def _is_of_framework(one: Mapping[str, Any]) -> bool:
    return bool(one.get("ceterms:frameworkName") or one.get("ceterms:framework"))


def _creator(document: Mapping[str, Any], graph: Sequence[Any]) -> dict[str, Any] | None:
    """Who owns or offers it, if it is written out here."""
    for reference in [*listed(document.get("ceterms:ownedBy")), *listed(document.get("ceterms:offeredBy"))]:
        name = identifier(reference)
        known = [one for one in (reference, *graph) if isinstance(one, Mapping) and identifier(one) == name]
        for organization in known:
            called = _words(organization.get("ceterms:name"))
            if name and called:
                page = identifier(next(iter(listed(organization.get("ceterms:subjectWebpage"))), None))
                return present({"id": name, "name": called, "url": page, "address": _address(organization)})
    return None


def _address(organization: Mapping[str, Any]) -> dict[str, str] | None:
    """The country, where it is a code of two letters."""
    for place in _alignment_objects(organization, "ceterms:address"):
        country = _words(place.get("ceterms:addressCountry"))
        if country and re.fullmatch("[A-Z]{2}", country):
            return {"addressCountryCode": country}
    return None
