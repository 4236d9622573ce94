"""schema.org: the achievement as an EducationalOccupationalCredential, and what is taught as a Course."""

from pydantic import JsonValue

from catalog.core.achievements import vocabularies
from catalog.core.achievements.kinds import kind_of
from catalog.core.achievements.vocabularies import Vocabulary
from catalog.core.exports.source import Export, Translation, whole
from catalog.core.model import Json
from credential_core.organizations import schema_org
from credential_core.organizations.schema_org import CONTEXT

# schema.org's own examples of courseMode, which are what search engines look for.
MODES = {
    "Online": "Online",
    "Blended": "Blended",
    "Hybrid": "Blended",
    "Presential": "Onsite",
    "WorkBased": "Onsite",
    "ResearchLabBased": "Onsite",
}
OF_A_COURSE = ("humanCode", "volumeOfLearning", "creditPoint", "participation", "prerequisites")


def export(source: Export) -> Json:
    """A graph of one or two things."""
    course = [_course(source)] if _is_taught(source) else []
    return {"@context": CONTEXT, "@graph": [_credential(source), *course]}


def _is_taught(source: Export) -> bool:
    return source.has_course or any(source.document.get(member) for member in OF_A_COURSE)


def _credential(source: Export) -> Json:
    achievement_type = source.text("achievementType")
    return whole(
        {
            "@type": "EducationalOccupationalCredential",
            "@id": source.address,
            "url": source.address,
            "name": source.text("name"),
            "description": source.text("description"),
            "credentialCategory": kind_of(achievement_type) or achievement_type,
            "educationalLevel": _terms(source, vocabularies.EQF, "European Qualifications Framework"),
            "competencyRequired": _outcomes(source),
            "about": _terms(source, vocabularies.ISCED_F, "ISCED-F 2013"),
            "image": source.image,
            "keywords": [*source.codes("tag")],
            "inLanguage": source.text("inLanguage"),
            "workTranslation": [_translation(one) for one in source.translations],
            "recognizedBy": [*_agencies(source), *_endorsers(source)],
            "creator": _body(source),
            "version": str(source.version.number),
            "datePublished": source.version.published_at.date().isoformat(),
        }
    )


def _translation(one: Translation) -> Json:
    return {"@type": "EducationalOccupationalCredential", "@id": one.address, "inLanguage": one.language}


def _course(source: Export) -> Json:
    modes = dict.fromkeys(MODES[code] for code in source.codes("participation") if code in MODES)
    workload = source.text("volumeOfLearning")
    instance: Json = {
        "@type": "CourseInstance",
        "courseMode": [*modes],
        "courseWorkload": workload,
    }
    return whole(
        {
            "@type": "Course",
            "@id": f"{source.address}#course",
            "url": source.address,
            "name": source.text("name"),
            "description": source.text("description"),
            "image": source.image,
            "courseCode": source.text("humanCode"),
            "provider": _body(source),
            "educationalCredentialAwarded": {"@id": source.address},
            "coursePrerequisites": source.text("prerequisites"),
            "numberOfCredits": [_credits(one) for one in source.entries("creditPoint")],
            "timeRequired": workload,
            "teaches": _outcomes(source),
            "inLanguage": source.text("inLanguage"),
            "hasCourseInstance": instance if instance["courseMode"] or workload else None,
        }
    )


def _terms(source: Export, vocabulary: Vocabulary, name: str) -> list[JsonValue]:
    found = [vocabulary.find(code) for code in source.codes(vocabulary.name)]
    return [
        {"@type": "DefinedTerm", "@id": one.iri, "name": one.label, "termCode": one.code, "inDefinedTermSet": name}
        for one in found
        if one
    ]


def _outcomes(source: Export) -> list[JsonValue]:
    return [
        {"@type": "DefinedTerm", "name": one.get("name"), "description": one.get("description")}
        for one in source.entries("learningOutcome")
    ]


def _credits(one: Json) -> Json:
    return {"@type": "QuantitativeValue", "unitText": one.get("framework"), "value": one.get("point")}


def _agencies(source: Export) -> list[JsonValue]:
    agencies = [one.get("agency") for one in source.entries("qualityAssurance")]
    return [
        {"@type": "Organization", "@id": one.get("id"), "name": one.get("name"), "url": one.get("url")}
        for one in agencies
        if isinstance(one, dict)
    ]


def _endorsers(source: Export) -> list[JsonValue]:
    named = {one.issuer_id: one.issuer_name for one in source.endorsements}
    return [{"@type": "Organization", "@id": name, "name": said} for name, said in named.items()]


def _body(source: Export) -> Json | None:
    return schema_org.node(source.body) if source.body else None
