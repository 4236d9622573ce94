"""CTDL's classes of credentials, as Open Badges' kinds."""

from collections.abc import Mapping, Sequence

from catalog.core.exports.ctdl import CLASSES

# Narrower than Open Badges tells apart: each is taken as the kind that stands above it in CTDL.
_NARROWER = """
ceterms:DigitalBadge: Badge OpenBadge
ceterms:Certificate: AcademicCertificate BasicTechnicalCertificate CertificateOfParticipation
 GeneralEducationLevel1Certificate GeneralEducationLevel2Certificate HigherEducationLevel1Certificate
 HigherEducationLevel2Certificate PostBaccalaureateCertificate PostMasterCertificate PreApprenticeshipCertificate
 ProficiencyCertificate SecondaryEducationCertificate TechnicalLevel1Certificate TechnicalLevel2Certificate
 TechnicalLevel3Certificate WorkBasedLearningCertificate
ceterms:AssociateDegree: AssociateOfAppliedArtsDegree AssociateOfAppliedScienceDegree AssociateOfArtsDegree
 AssociateOfScienceDegree
ceterms:BachelorDegree: BachelorOfArtsDegree BachelorOfScienceDegree
ceterms:MasterDegree: MasterOfArtsDegree MasterOfScienceDegree
ceterms:Degree: SpecialistDegree
"""


def _read() -> Mapping[str, str]:
    kinds = {name: kind for kind, name in CLASSES.items()}
    above = ""
    for word in _NARROWER.split():
        if word.endswith(":"):
            above = word.removesuffix(":")
        else:
            kinds[f"ceterms:{word}"] = kinds[above]
    return kinds


KINDS = _read()


def kind_of(types: Sequence[str]) -> str | None:
    """The achievementType of a node of these types; None for what is no credential."""
    return next((KINDS[one] for one in types if one in KINDS), None)
