"""Our own context: what its members mean in RDF, that PyLD agrees, and that credentials with it verify."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import did, model, proof
from credential_core.contexts import CREDENTIALS_V2, MICRO_CREDENTIAL_V1, OPEN_BADGES_V3, load_context
from credential_core.errors import DocumentError, ProofError
from credential_core.jsonld import general, to_quads
from credential_core.keys import SigningKey
from credential_core.rdfc import canonicalize
from credential_core.template import Template
from tests.credential_core.oracle import pyld_quads
from tests.micro_credentials import MEMBERS, achievement

KEY = SigningKey.from_seed(bytes(range(32)))
ISSUER = "did:web:issuer.test:issuers:u"
METHOD = f"{ISSUER}#key-1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ELM = "http://data.europa.eu/snb/model/elm/"
XSD = "http://www.w3.org/2001/XMLSchema#"


def unsigned(base_url: str = "https://laurel.example", **members: Any) -> dict[str, Any]:
    return model.achievement_credential(
        credential_id="https://issuer.test/credentials/1",
        issuer={"id": ISSUER, "name": "University of Test"},
        achievement=achievement(base_url) | members,
        identifiers=[model.hashed_identity("ada@learner.test", "emailAddress", "salty")],
        valid_from=NOW,
    )


def signed(document: dict[str, Any]) -> dict[str, Any]:
    return proof.sign(document, KEY, verification_method=METHOD, created=NOW)


def without(credential: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in credential.items() if name != "proof"}


def verify(credential: dict[str, Any]) -> None:
    proof.verify_proof(without(credential), credential["proof"], KEY.public)


def test_the_contexts_of_the_achievement_move_to_the_credential() -> None:
    document = unsigned("https://badges.uni.example")
    assert document["@context"] == [
        CREDENTIALS_V2,
        OPEN_BADGES_V3,
        "https://badges.uni.example/contexts/micro-credential/v1",
    ]
    assert "@context" not in document["credentialSubject"]["achievement"]
    assert model.validate_achievement_credential(document) == ()


def test_every_member_of_the_context_is_in_the_sample() -> None:
    """So that what is tested here is all of it."""
    context = load_context(MICRO_CREDENTIAL_V1)["@context"]
    nested = {
        name
        for value in MEMBERS.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict)
        for name in item
    }
    terms = {name for name in context if not name.startswith("@") and name not in ("id", "type")}
    assert {name for name in terms if name[0].islower()} == (set(MEMBERS) | nested) - {
        "id",
        "type",
        "name",
        "description",
    }
    assert {name for name in terms if name[0].isupper()} == {
        type_
        for value in MEMBERS.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict)
        for type_ in item["type"]
    }


def test_pyld_reads_the_same_statements() -> None:
    document = unsigned()
    expected = canonicalize(pyld_quads(document)).nquads
    assert canonicalize(to_quads(document)).nquads == canonicalize(general.to_quads(document)).nquads == expected


@pytest.mark.parametrize(
    ("predicate", "object_"),
    [
        (f"{ELM}EQFLevel", "<http://data.europa.eu/snb/eqf/6>"),
        (f"{ELM}ISCEDFCode", "<http://data.europa.eu/snb/isced-f/0613>"),
        (f"{ELM}ISCEDFCode", "<http://data.europa.eu/snb/isced-f/0688>"),
        (f"{ELM}volumeOfLearning", f'"PT60H"^^<{XSD}duration>'),
        (f"{ELM}framework", "<http://data.europa.eu/snb/education-credit/6fcec5c5af>"),
        (f"{ELM}point", f'"2.5E0"^^<{XSD}double>'),
        (f"{ELM}mode", "<http://data.europa.eu/snb/learning-assessment/920fbb3cbe>"),
        (f"{ELM}relatedSkill", "<http://data.europa.eu/esco/skill/2b92a5b2-6758-4ee3-9fb4-b6387a55cc8f>"),
        ("http://purl.org/dc/terms/type", "<http://data.europa.eu/snb/assessment/6e6cb2cc78>"),
        (f"{ELM}idVerification", f"<{MICRO_CREDENTIAL_V1}#SupervisedOnsiteWithIdentityVerification>"),
        (f"{MICRO_CREDENTIAL_V1}#eheaCycle", f"<{MICRO_CREDENTIAL_V1}#FirstCycle>"),
        (f"{MICRO_CREDENTIAL_V1}#stackability", f"<{MICRO_CREDENTIAL_V1}#Stackable>"),
        ("https://schema.org/coursePrerequisites", '"Mathematics of secondary school."'),
        ("http://www.w3.org/2004/02/skos/core#note", '"Offered every term."'),
    ],
)
def test_members_mean_what_the_standards_say(predicate: str, object_: str) -> None:
    assert (f"<{predicate}>", object_) in {(quad[1], quad[2]) for quad in to_quads(unsigned())}


@pytest.mark.parametrize("base_url", ["https://laurel.example", "http://localhost:8080", "https://badges.uni.example"])
def test_a_credential_of_any_fleet_verifies(base_url: str) -> None:
    credential = signed(unsigned(base_url))
    verify(credential)
    forged = deepcopy(credential)
    forged["credentialSubject"]["achievement"]["eqfLevel"] = "7"
    with pytest.raises(ProofError):
        verify(forged)


def test_a_compiled_template_gives_the_same_credential() -> None:
    document = unsigned()
    template = Template.compile(document, {"/id": "/id"})
    other = {**document, "id": "https://issuer.test/credentials/2"}
    assert template.sign({"/id": other["id"]}, KEY, verification_method=METHOD, created=NOW) == signed(other)


@pytest.mark.parametrize(
    "spoil",
    [{"stackability": "Sideways"}, {"participation": ["Sleeping"]}, {"unheardOf": "x"}, {"eheaCycle": "Fourth"}],
)
def test_what_the_context_does_not_define_is_not_signed(spoil: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        signed(unsigned(**spoil))


def test_the_did_document_of_the_issuer_is_untouched() -> None:
    """A node of other contexts does not know these names."""
    document = did.did_document(ISSUER, [did.VerificationMethod(METHOD, ISSUER, KEY.public)])
    with pytest.raises(DocumentError, match="term_undefined"):
        to_quads({**document, "eqfLevel": "6"})


def test_others_may_call_their_own_things_so() -> None:
    own = {"participation": "urn:ex:participation"}
    document = {
        "@context": [CREDENTIALS_V2, own],
        "id": "urn:x",
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "urn:s", "participation": "often"},
    }
    assert ("<urn:ex:participation>", '"often"') in {(quad[1], quad[2]) for quad in general.to_quads(document)}
