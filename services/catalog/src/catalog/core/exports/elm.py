"""The European Learning Model, version 3: the achievement as the Qualification of a European Digital Credential.

Shapes as in the EDC application profile (edc-generic): an Accreditation has exactly one accrediting agent and is of one
of the EU's kinds, an awarding opportunity has a body, an Organisation a location, a note a text. What has no place in
the profile, or is not whole enough for it, is said in notes: a document that breaks a shape is refused altogether.
"""

from collections.abc import Iterable

from pydantic import JsonValue

from catalog.core.achievements import vocabularies
from catalog.core.achievements.vocabularies import Concept, Vocabulary
from catalog.core.exports.source import Export, said, whole
from catalog.core.model import Json
from credential_core.organizations import Organization, elm, organization
from credential_core.organizations.elm import CONTEXTS, has_place, of_authority

ESCO = "http://data.europa.eu/esco/skill/"
ESCO_SKILLS: Json = {"id": "http://data.europa.eu/esco/concept-scheme/skills", "type": "ConceptScheme"}
# The profile knows accreditations by the EU's list alone, which has these and licences to operate.
ACCREDITATIONS = Vocabulary(
    "accreditation",
    f"{vocabularies.SNB}accreditation/25831c2",
    {
        code: Concept(code, label, f"{vocabularies.SNB}accreditation/{place}")
        for code, label, place in (
            ("ProgrammeAccreditation", "Programme Quality Assurance", "820101cba6"),
            ("InstitutionalReview", "Institutional Quality Assurance", "bb4618238e"),
        )
    },
)
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
            "@context": [*CONTEXTS],
            "id": source.address,
            "type": "Qualification",
            "title": source.in_languages("name"),
            "description": source.in_languages("description"),
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
            "awardingOpportunity": awarding(source.address, source.body),
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
        "relatedESCOSkill": _skills((skill for skill in related if skill.startswith(ESCO)), ESCO_SKILLS),
        "relatedSkill": _skills((skill for skill in related if not skill.startswith(ESCO)), {}),
    }


def _skills(addresses: Iterable[str], scheme: Json) -> list[JsonValue]:
    return [{"id": address, "type": "Concept", "inScheme": scheme} for address in addresses]


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
        kind, agency = _accreditation(one), _agency(source, number, one)
        if kind and agency:
            found.append(
                {
                    "id": one.get("id") or f"{source.address}#accreditation-{number}",
                    "type": "Accreditation",
                    "title": source.words(str(one.get("name") or kind.label)),
                    "description": source.words(str(one.get("description") or "")),
                    "dcType": concept(kind, ACCREDITATIONS),
                    "accreditingAgent": elm.node(agency),
                }
            )
    return found


def _accreditation(one: Json) -> Concept | None:
    return ACCREDITATIONS.find(one.get("qualityAssuranceType"))


def _agency(source: Export, number: int, one: Json) -> Organization | None:
    """Who accredits, if it is known where that is."""
    agency = one.get("agency")
    if not isinstance(agency, dict):
        return None
    address = agency.get("id") or agency.get("url") or f"{source.address}#agency-{number}"
    said = organization(agency, id=str(address), language=source.language)
    return said if has_place(said) else None


def awarding(address: str, body: Organization | None) -> Json | None:
    """Who awards what has an address; None of whom no country is known."""
    if body is None or not has_place(body):
        return None
    return {"id": f"{address}#awarding", "type": "AwardingOpportunity", "awardingBody": elm.node(body)}


def awarding_note(address: str, body: Organization | None) -> list[JsonValue]:
    """The same in words, where the profile has no place for it."""
    if body is None or has_place(body):
        return []
    text = body.words(f"Awarded by {body.name} ({body.id})")
    return [{"id": f"{address}#awarding", "type": "Note", "noteLiteral": text}]


def _note(source: Export, place: str, text: str) -> Json | None:
    address = place if ":" in place else f"{source.address}#{place}"
    return {"id": address, "type": "Note", "noteLiteral": source.words(text)} if text else None


def _notes(source: Export) -> list[JsonValue]:
    criteria = source.document.get("criteria")
    narrative = str(criteria.get("narrative") or "") if isinstance(criteria, dict) else ""
    return [
        _note(source, "criteria", narrative),
        _note(source, "information", source.text("furtherInformation")),
        *awarding_note(source.address, source.body),
        *(_note(source, f"quality-{number}", text) for number, text in enumerate(_assured(source), 1)),
        *(_note(source, f"endorsement-{number}", one.text) for number, one in enumerate(said(source.endorsements), 1)),
    ]


def _assured(source: Export) -> list[str]:
    """What is no Accreditation of the profile's, in words."""
    return [
        _in_words(one)
        for number, one in enumerate(source.entries("qualityAssurance"), 1)
        if not (_accreditation(one) and _agency(source, number, one))
    ]


def _in_words(one: Json) -> str:
    kind = vocabularies.QUALITY_ASSURANCE.find(one.get("qualityAssuranceType"))
    agency = one.get("agency")
    by = f"({agency.get('name')})" if isinstance(agency, dict) else None
    what = " ".join(part for part in (kind.label if kind else None, by) if part)
    more = (one.get("name"), one.get("description"))
    return ": ".join(str(part) for part in (what, *more) if part)
