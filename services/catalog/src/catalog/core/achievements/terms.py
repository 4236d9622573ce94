"""What our own terms mean: those of micro-credential/v1 that no vocabulary before us had (ADR 47).

Their IRIs are below the context's own, wherever it is served; each has its definition at that place of the page that
every fleet shows there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from catalog.core.model import Json
from credential_core.contexts import MICRO_CREDENTIAL_V1


class Nature(StrEnum):
    """What a term is, in the words of RDF and SKOS."""

    CLASS = "rdfs:Class"
    PROPERTY = "rdf:Property"
    CONCEPT = "skos:Concept"


@dataclass(frozen=True, slots=True)
class Term:
    """A term: what it means, and for a concept the property whose value it is."""

    nature: Nature
    meaning: str
    value_of: str | None = None


def _values(of: str, meanings: Mapping[str, str]) -> dict[str, Term]:
    return {name: Term(Nature.CONCEPT, meaning, of) for name, meaning in meanings.items()}


TERMS: Mapping[str, Term] = {
    "eheaCycle": Term(
        Nature.PROPERTY,
        "Its cycle in the Qualifications Framework of the European Higher Education Area.",
    ),
    **_values(
        "eheaCycle",
        {
            "ShortCycle": "Short-cycle qualifications, within the first cycle or linked to it.",
            "FirstCycle": "First-cycle qualifications, such as bachelor's degrees.",
            "SecondCycle": "Second-cycle qualifications, such as master's degrees.",
            "ThirdCycle": "Third-cycle qualifications, such as doctorates.",
        },
    ),
    **_values(
        "supervision",
        {
            "UnsupervisedWithoutIdentityVerification": "Nobody looks on, and nobody checks who is assessed.",
            "SupervisedWithoutIdentityVerification": "Somebody looks on, but does not check who is assessed.",
            "SupervisedOnlineWithIdentityVerification": "Somebody looks on from afar, and checks who is assessed.",
            "SupervisedOnsiteWithIdentityVerification": "Somebody looks on in the room, and checks who is assessed.",
        },
    ),
    "QualityAssurance": Term(Nature.CLASS, "One way in which the quality of what leads to an achievement is assured."),
    "qualityAssurance": Term(Nature.PROPERTY, "How the quality of what leads to an achievement is assured."),
    "qualityAssuranceType": Term(Nature.PROPERTY, "The kind of quality assurance."),
    **_values(
        "qualityAssuranceType",
        {
            "InternalReview": "The provider reviews itself, by a procedure of its own.",
            "InstitutionalReview": "An agency has reviewed the provider as a whole.",
            "ProgrammeAccreditation": "An agency has accredited this programme.",
            "ProfessionalBodyRecognition": "A body of the profession recognizes this programme.",
            "PeerEvaluation": "Other providers have evaluated it.",
        },
    ),
    "stackability": Term(Nature.PROPERTY, "Whether an achievement can be combined with others into a larger one."),
    **_values(
        "stackability",
        {
            "StandAlone": "It is complete in itself, and part of nothing larger.",
            "Stackable": "It can be combined with others into a larger one.",
        },
    ),
}


def iri(name: str, of: str = MICRO_CREDENTIAL_V1) -> str:
    """The IRI of one of our terms. `of` is the context that has it."""
    return f"{of}#{name}"


def vocabulary(terms: Mapping[str, Term] = TERMS, of: str = MICRO_CREDENTIAL_V1) -> Json:
    """All terms of a context, as RDF in JSON-LD."""
    return {
        "@context": {
            "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "skos": "http://www.w3.org/2004/02/skos/core#",
        },
        "@graph": [_described(name, term, of) for name, term in terms.items()],
    }


def _described(name: str, term: Term, of: str) -> Json:
    described: Json = {"@id": iri(name, of), "@type": term.nature.value, "rdfs:isDefinedBy": {"@id": of}}
    if term.nature is Nature.CONCEPT:
        return described | {"skos:prefLabel": name, "skos:definition": term.meaning}
    return described | {"rdfs:label": name, "rdfs:comment": term.meaning}
