"""Importing CTDL as registries publish it: every class of credential, and what is left out is told."""

from typing import Any

import pytest

from catalog.http.other_catalogues.foreign import read_foreign
from tests.ctdl import TERMS

RESOURCES = "https://credentialengineregistry.org/resources"
CTID = "ce-6a9b1f1e-0000-4000-8000-000000000001"
OWNER = "ce-7a9b1f1e-0000-4000-8000-000000000002"
# What Open Badges call the classes that both have; every other class is of the kind that stands above it.
OF_BOTH = {
    "ceterms:Badge": "Badge",
    "ceterms:DigitalBadge": "Badge",
    "ceterms:OpenBadge": "Badge",
    "ceterms:Certificate": "Certificate",
    "ceterms:ProfessionalCertificate": "ext:ProfessionalCertificate",
    "ceterms:MicroCredential": "MicroCredential",
    **{
        f"ceterms:{name}": name
        for name in (
            "ApprenticeshipCertificate",
            "AssociateDegree",
            "BachelorDegree",
            "CertificateOfCompletion",
            "Certification",
            "Degree",
            "Diploma",
            "DoctoralDegree",
            "GeneralEducationDevelopment",
            "JourneymanCertificate",
            "License",
            "MasterCertificate",
            "MasterDegree",
            "ProfessionalDoctorate",
            "QualityAssuranceCredential",
            "ResearchDoctorate",
            "SecondarySchoolDiploma",
        )
    },
}


def registered(**members: Any) -> dict[str, Any]:
    """A graph as the Credential Registry gives it."""
    degree = {
        "@id": f"{RESOURCES}/{CTID}",
        "@type": "ceterms:AssociateOfAppliedScienceDegree",
        "ceterms:ctid": CTID,
        "ceterms:name": {"en-US": "Welding Technology", "es": "Soldadura"},
        "ceterms:description": {"en-US": "Welds."},
        "ceterms:subjectWebpage": "https://college.example/welding",
        "ceterms:inLanguage": ["en-US", "es"],
        "ceterms:ownedBy": [f"{RESOURCES}/{OWNER}"],
        "ceterms:credentialStatusType": {
            "@type": "ceterms:CredentialAlignmentObject",
            "ceterms:targetNode": "credentialStat:Active",
        },
        "ceterms:keyword": {"en-US": ["welding", "metal"], "es": ["soldadura"]},
    }
    graph = f"https://credentialengineregistry.org/graph/{CTID}"
    return {"@context": "https://credreg.net/ctdl/schema/context/json", "@id": graph, "@graph": [degree | members]}


def one(document: Any) -> Any:
    (found,) = read_foreign(document)
    return found


def kind_above(name: str) -> str:
    return OF_BOTH[name] if name in OF_BOTH else kind_above(TERMS["credentials"][name][0])


@pytest.mark.parametrize("name", TERMS["credentials"])
def test_every_class_of_credential_is_taken(name: str) -> None:
    found = one(registered(**{"@type": name}))
    assert found.errors == ()
    assert found.document["achievementType"] == kind_above(name)


def test_a_document_of_the_registry_is_taken() -> None:
    found = one(registered())
    assert (found.source, found.document["name"], found.document["tag"]) == (
        f"{RESOURCES}/{CTID}",
        "Welding Technology",
        ["welding", "metal"],
    )
    assert [(one.field, one.detail) for one in found.warnings] == [
        ("ceterms:ownedBy", "is not written out with an id and a name, and is left out"),
    ]


def test_what_has_no_place_is_told() -> None:
    occupation = {
        "@type": "ceterms:CredentialAlignmentObject",
        "ceterms:frameworkName": {"en-US": "Standard Occupational Classification"},
        "ceterms:targetNode": "https://www.onetonline.org/link/summary/51-4121.00",
    }
    hours = {
        "@type": "ceterms:ValueProfile",
        "schema:value": 60,
        "ceterms:creditUnitType": [{"ceterms:targetNode": "creditUnit:SemesterHours"}],
    }
    found = one(
        registered(
            **{
                "ceterms:occupationType": [occupation],
                "ceterms:estimatedCost": [{"@type": "ceterms:CostProfile"}],
                "ceterms:estimatedDuration": [{"@type": "ceterms:DurationProfile", "ceterms:exactDuration": "P2Y"}],
                "ceterms:subject": [{"ceterms:targetNodeName": {"en-US": "Welding"}}],
                "ceterms:requires": [{"@type": "ceterms:ConditionProfile", "ceterms:creditValue": [hours]}],
            }
        )
    )
    assert found.errors == ()
    assert {one.field for one in found.warnings} == {
        "ceterms:ownedBy",
        "ceterms:occupationType",
        "ceterms:estimatedCost",
        "ceterms:estimatedDuration",
        "ceterms:subject",
        "ceterms:requires.ceterms:creditValue",
    }
    assert not {"creditPoint", "volumeOfLearning", "iscedF"} & found.document.keys()
