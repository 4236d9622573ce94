"""Controlled vocabularies of micro-credential metadata: codes as documents hold them, their words and their IRIs.

The EU's lists are those of the European Learning Model, version 3 (`http://data.europa.eu/snb/`). Elsewhere the IRIs
are of our own context, which also gives every code its IRI in JSON-LD; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catalog.core.achievements.isced_f import FIELDS
from credential_core.contexts import MICRO_CREDENTIAL_V1

SNB = "http://data.europa.eu/snb/"
OWN = f"{MICRO_CREDENTIAL_V1}#"


@dataclass(frozen=True, slots=True)
class Concept:
    """One value of a vocabulary."""

    code: str
    label: str
    iri: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A closed list of values. `scheme` is the IRI of the list; None for one of our own."""

    name: str
    scheme: str | None
    concepts: Mapping[str, Concept]

    def __contains__(self, code: object) -> bool:
        return code in self.concepts

    def find(self, code: object) -> Concept | None:
        """The concept of a code, if there is one."""
        return self.concepts.get(code) if isinstance(code, str) else None

    def by_iri(self, iri: object) -> Concept | None:
        """The concept of an IRI, if there is one."""
        return next((one for one in self.concepts.values() if one.iri == iri), None)


def _vocabulary(name: str, scheme: str | None, *concepts: tuple[str, str, str]) -> Vocabulary:
    base = f"{SNB}{scheme}/" if scheme else OWN
    known = {code: Concept(code, label, base + place) for code, label, place in concepts}
    return Vocabulary(name, f"{base}25831c2" if scheme else None, MappingProxyType(known))


def _own(name: str, **labels: str) -> Vocabulary:
    return _vocabulary(name, None, *((code, label, code) for code, label in labels.items()))


EQF = _vocabulary("eqfLevel", "eqf", *((str(level), f"Level {level}", str(level)) for level in range(1, 9)))
ISCED_F = _vocabulary("iscedF", "isced-f", *((code, title, code) for code, title in FIELDS.items()))
CREDIT_FRAMEWORK = _vocabulary(
    "framework",
    "education-credit",
    ("ECTS", "European Credit Transfer System", "6fcec5c5af"),
    ("ECVET", "European credit system for vocational education and training", "60b314e826"),
)
PARTICIPATION = _vocabulary(
    "participation",
    "learning-assessment",
    ("Presential", "Presential", "9191af2ed9"),
    ("Online", "Online", "920fbb3cbe"),
    ("Blended", "Blended", "e92d221e4d"),
    ("Hybrid", "Hybrid", "c_3a90b26d"),
    ("WorkBased", "Workbased", "729f3bed4b"),
    ("ProjectBased", "Project based", "7813801c77"),
    ("ResearchLabBased", "Research-Lab based", "ed4c557045"),
)
ASSESSMENT = _vocabulary(
    "assessmentType",
    "assessment",
    ("ArtefactAssessment", "artefact assessment", "de4d165a6c"),
    ("ContinuousEvaluation", "continuous evaluation", "3484bd7e51"),
    ("GroupPerformance", "group performance", "56539a6507"),
    ("LevelOfAttendance", "level of attendance", "7331eb4762"),
    ("MarkedAssignment", "marked assignment", "2939dae15f"),
    ("OralExamination", "oral examination", "d30284d7df"),
    ("PeerAssessment", "peer assessment", "19a2e5e671"),
    ("PeerReview", "peer review", "812e3b0ae1"),
    ("Portfolio", "portfolio", "4f03b91c0e"),
    ("PracticalAssessment", "practical assessment", "6a4db9f11d"),
    ("ProblemBasedLearning", "problem based learning", "c4256a2726"),
    ("ProjectWork", "project work", "795dac4096"),
    ("Quiz", "quiz", "b1b68f6735"),
    ("WrittenExamination", "written examination", "6e6cb2cc78"),
)
EHEA_CYCLE = _own(
    "eheaCycle",
    ShortCycle="Short cycle",
    FirstCycle="First cycle (Bachelor)",
    SecondCycle="Second cycle (Master)",
    ThirdCycle="Third cycle (Doctorate)",
)
SUPERVISION = _own(
    "supervision",
    UnsupervisedWithoutIdentityVerification="Unsupervised with no identity verification",
    SupervisedWithoutIdentityVerification="Supervised with no identity verification",
    SupervisedOnlineWithIdentityVerification="Supervised online with identity verification",
    SupervisedOnsiteWithIdentityVerification="Supervised onsite with identity verification",
)
QUALITY_ASSURANCE = _own(
    "qualityAssuranceType",
    InternalReview="Internal review by the provider",
    InstitutionalReview="External review of the institution",
    ProgrammeAccreditation="External accreditation of the programme",
    ProfessionalBodyRecognition="Recognition by a professional body",
    PeerEvaluation="Evaluation by peer institutions",
)
STACKABILITY = _own(
    "stackability",
    StandAlone="Stand-alone, independent micro-credential",
    Stackable="Integrated, stackable towards another credential",
)
ALL = (
    EQF,
    EHEA_CYCLE,
    ISCED_F,
    CREDIT_FRAMEWORK,
    PARTICIPATION,
    ASSESSMENT,
    SUPERVISION,
    QUALITY_ASSURANCE,
    STACKABILITY,
)
