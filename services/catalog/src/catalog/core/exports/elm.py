"""The European Learning Model, version 3: the achievement as the Qualification of a European Digital Credential.

Shapes as in the EDC application profile (edc-generic): an Accreditation has exactly one accrediting agent, an awarding
opportunity a body, a note a text; notes also say what the profile has no place for in a specification.
"""

from collections.abc import Iterable

from pydantic import JsonValue

from catalog.core.achievements import vocabularies
from catalog.core.achievements.vocabularies import Concept, Vocabulary
from catalog.core.exports.source import Export, said, whole
from catalog.core.model import Json
from credential_core.organizations import Organization, elm
from credential_core.organizations.elm import CONTEXT, of_authority

ESCO = "http://data.europa.eu/esco/skill/"
_LANGUAGES = """
bg:BUL cs:CES da:DAN de:DEU el:ELL en:ENG es:SPA et:EST fi:FIN fr:FRA ga:GLE hr:HRV hu:HUN it:ITA
lt:LIT lv:LAV mt:MLT nl:NLD pl:POL pt:POR ro:RON sk:SLK sl:SLV sv:SWE ar:ARA ca:CAT eu:EUS gl:GLG
is:ISL ja:JPN mk:MKD no:NOR nb:NOB nn:NNO ru:RUS sq:SQI sr:SRP tr:TUR uk:UKR zh:ZHO
"""
# The EU's list of languages is named by ISO 639-3 codes.
LANGUAGES = dict(pair.split(":") for pair in _LANGUAGES.split())


def export(source: Export) -> Json:
    """One Qualification."""
    document = source.document
    return whole(
        {
            "@context": [CONTEXT],
            "id": source.address,
            "type": "Qualification",
            "title": source.words(source.text("name")),
            "description": source.words(source.text("description")),
            "identifier": _identifiers(source),
            "homepage": {"id": f"{source.address}#page", "type": "WebResource", "contentURL": source.address},
            "language": _language(source),
            "eqfLevel": _first(source, vocabularies.EQF),
            "educationLevel": _concepts(source, vocabularies.EHEA_CYCLE),
            "thematicArea": _concepts(source, vocabularies.ISCED_F),
            "volumeOfLearning": source.text("volumeOfLearning"),
            "creditPoint": _credits(source),
            "mode": _concepts(source, vocabularies.PARTICIPATION),
            "learningOutcome": [_outcome(source, outcome) for outcome in source.entries("learningOutcome")],
            "provenBy": [_assessment(source, *numbered) for numbered in enumerate(source.entries("assessment"), 1)],
            "entryRequirement": _note(source, "entryRequirement", source.text("prerequisites")),
            "isPartialQualification": {"Stackable": True, "StandAlone": False}.get(source.text("stackability")),
            "isPartOf": [_whole_of(source, address) for address in source.codes("stackableTowards")],
            "accreditation": _accreditations(source),
            "awardingOpportunity": _awarding(source),
            "additionalNote": _notes(source),
            "status": source.version.status.value,
            "category": source.words(str(document.get("achievementType") or "")),
        }
    )


def concept(found: Concept | None, vocabulary: Vocabulary) -> Json | None:
    """A SKOS concept of a list."""
    if found is None:
        return None
    scheme: Json = {"id": vocabulary.scheme, "type": "ConceptScheme"} if vocabulary.scheme else {}
    return {"id": found.iri, "type": "Concept", "inScheme": scheme, "prefLabel": {"en": found.label}}


def _concepts(source: Export, vocabulary: Vocabulary) -> list[JsonValue]:
    return [concept(vocabulary.find(code), vocabulary) for code in source.codes(vocabulary.name)]


def _first(source: Export, vocabulary: Vocabulary) -> JsonValue:
    return next(iter(_concepts(source, vocabulary)), None)


def _language(source: Export) -> Json | None:
    code = LANGUAGES.get(source.language) if source.document.get("inLanguage") else None
    return of_authority("language", code) if code else None


def _identifiers(source: Export) -> Json | None:
    code = source.text("humanCode")
    if not code:
        return None
    return {
        "id": f"{source.address}#code",
        "type": "Identifier",
        "notation": code,
        "schemeName": "code of the provider",
    }


def _credits(source: Export) -> list[JsonValue]:
    return [
        {
            "id": f"{source.address}#credits-{number}",
            "type": "CreditPoint",
            "framework": concept(
                vocabularies.CREDIT_FRAMEWORK.find(one.get("framework")), vocabularies.CREDIT_FRAMEWORK
            ),
            "point": f"{one.get('point'):g}" if isinstance(one.get("point"), int | float) else None,
        }
        for number, one in enumerate(source.entries("creditPoint"), 1)
    ]


def _outcome(source: Export, outcome: Json) -> Json:
    skills = outcome.get("relatedSkill")
    related = [str(skill) for skill in skills] if isinstance(skills, list) else []
    return {
        "id": outcome.get("id"),
        "type": "LearningOutcome",
        "title": source.words(str(outcome.get("name"))),
        "additionalNote": _note(source, f"{outcome.get('id')}-note", str(outcome.get("description") or "")),
        "relatedESCOSkill": _skills(skill for skill in related if skill.startswith(ESCO)),
        "relatedSkill": _skills(skill for skill in related if not skill.startswith(ESCO)),
    }


def _skills(addresses: Iterable[str]) -> list[JsonValue]:
    return [{"id": address, "type": "Concept"} for address in addresses]


def _assessment(source: Export, number: int, one: Json) -> Json:
    kind = vocabularies.ASSESSMENT.find(one.get("assessmentType"))
    supervision = vocabularies.SUPERVISION.find(one.get("supervision"))
    title = str(one.get("name") or (kind.label if kind else ""))
    return {
        "id": f"{source.address}#assessment-{number}",
        "type": "LearningAssessmentSpecification",
        "title": source.words(title),
        "description": source.words(str(one.get("description") or "")),
        "dcType": concept(kind, vocabularies.ASSESSMENT),
        "additionalNote": _note(source, f"assessment-{number}-supervision", supervision.label if supervision else ""),
    }


def _whole_of(source: Export, address: str) -> Json:
    """A Qualification is part of Qualifications only (edc-generic, `isPartOf`)."""
    return {"id": address, "type": "Qualification", "title": source.words(address)}


def _accreditations(source: Export) -> list[JsonValue]:
    found: list[JsonValue] = []
    for number, one in enumerate(source.entries("qualityAssurance"), 1):
        agency = one.get("agency")
        kind = vocabularies.QUALITY_ASSURANCE.find(one.get("qualityAssuranceType"))
        if isinstance(agency, dict) and kind:
            by = agency.get("id") or agency.get("url") or f"{source.address}#agency-{number}"
            found.append(
                {
                    "id": one.get("id") or f"{source.address}#accreditation-{number}",
                    "type": "Accreditation",
                    "title": source.words(str(one.get("name") or kind.label)),
                    "description": source.words(str(one.get("description") or "")),
                    "dcType": concept(kind, vocabularies.QUALITY_ASSURANCE),
                    "accreditingAgent": elm.node(_agency(source, str(by), str(agency["name"]))),
                }
            )
    return found


def _agency(source: Export, address: str, name: str) -> Organization:
    return Organization(id=address, name=name, language=source.language)


def _awarding(source: Export) -> Json | None:
    if source.body is None:
        return None
    return {
        "id": f"{source.address}#awarding",
        "type": "AwardingOpportunity",
        "awardingBody": elm.node(source.body),
    }


def _note(source: Export, place: str, text: str) -> Json | None:
    address = place if ":" in place else f"{source.address}#{place}"
    return {"id": address, "type": "Note", "noteLiteral": source.words(text)} if text else None


def _notes(source: Export) -> list[JsonValue]:
    criteria = source.document.get("criteria")
    narrative = str(criteria.get("narrative") or "") if isinstance(criteria, dict) else ""
    without_agency = [one for one in source.entries("qualityAssurance") if not one.get("agency")]
    kinds = [vocabularies.QUALITY_ASSURANCE.find(one.get("qualityAssuranceType")) for one in without_agency]
    return [
        _note(source, "criteria", narrative),
        _note(source, "information", source.text("furtherInformation")),
        _note(source, "quality", "; ".join(kind.label for kind in kinds if kind)),
        *(_note(source, f"endorsement-{number}", one.text) for number, one in enumerate(said(source.endorsements), 1)),
    ]
