"""The W3C suites of the EdDSA and ECDSA cryptosuites, and the common one of Data Integrity: what an issuer makes.

Each test here is one of their statements; each is asked of every cryptosuite, of every kind of key it takes and of both
data models. Statements that their suites leave open (`Not Implemented`) are asked too, where an answer shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from credential_core import cbor, did
from credential_core.jsonld import to_quads
from credential_core.keys import PublicKey
from credential_core.multibase import decode_base58, decode_base64url
from credential_core.proof.selective import BaseProof
from tests.conformance.w3c.credentials import Json
from tests.conformance.w3c.documents import alumni, licence, plain, sailing
from tests.conformance.w3c.implementation import Implementation

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

SELECTIVE = "ecdsa-sd-2023"
CASES = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
    (SELECTIVE, "P-256"),
]
Case = tuple[str, str]
BASE58 = re.compile(r"z[1-9A-HJ-NP-Za-km-z]+\Z")
BASE64URL = re.compile(r"u[A-Za-z0-9_-]+\Z")
DATE_TIME_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
LENGTHS = {"Ed25519": (34, 64), "P-256": (35, 64), "P-384": (51, 96)}  # of a Multikey, of a signature
MODEL_MANDATORY = {"1.1": ["/issuanceDate"], "2.0": []}
SECURITY = "https://w3id.org/security#"


@pytest.fixture(params=CASES, ids="-".join, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture(params=["1.1", "2.0"], scope="module")
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(scope="module")
async def issued(implementation: Implementation, case: Case, model: str) -> Json:
    form, key = case
    return await implementation.issued(plain(model), form=form, by=key)


@pytest.fixture
def proof(issued: Json) -> Json:
    return dict(issued["proof"])


@pytest.fixture
def method(issued: Json) -> Mapping[str, Any]:
    """The verification method, as the issuer's controller document has it."""
    document = did.resolve_self_contained(issued["issuer"])
    assert document is not None
    (found,) = document["verificationMethod"]
    assert found["id"] == issued["proof"]["verificationMethod"]
    assert isinstance(found, dict)
    return found


def means(issued: Json, members: Json, predicate: str) -> set[str]:
    """What members of a proof mean under the contexts of the document, as objects of quads."""
    quads = to_quads({"@context": issued["@context"], "type": "DataIntegrityProof", **members})
    return {object_ for _, found, object_, _ in quads if found == f"<{predicate}>"}


class TestForm:
    async def test_there_is_a_proof(self, issued: Json) -> None:
        assert isinstance(issued["proof"], dict)

    async def test_it_is_made_by_a_string_that_is_a_url(self, issued: Json, proof: Json) -> None:
        assert proof["type"] == "DataIntegrityProof"
        found = means(issued, {}, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
        assert found == {f"<{SECURITY}DataIntegrityProof>"}

    async def test_the_contexts_define_proofs(self, issued: Json, model: str) -> None:
        expected = {"2.0": "https://www.w3.org/ns/credentials/v2", "1.1": "https://w3id.org/security/data-integrity/v2"}
        assert expected[model] in issued["@context"]

    async def test_it_names_its_cryptosuite(self, issued: Json, proof: Json, case: Case) -> None:
        assert proof["cryptosuite"] == case[0]
        found = means(issued, {"cryptosuite": case[0]}, f"{SECURITY}cryptosuite")
        assert found == {f'"{case[0]}"^^<{SECURITY}cryptosuiteString>'}

    @pytest.mark.parametrize("member", ["created", "expires"])
    async def test_its_dates_have_an_offset(self, proof: Json, member: str) -> None:
        assert DATE_TIME_STAMP.match(proof.get(member, "2026-01-01T00:00:00Z"))

    async def test_it_names_a_method_by_a_url(self, issued: Json, proof: Json) -> None:
        named = {"verificationMethod": proof["verificationMethod"]}
        assert means(issued, named, f"{SECURITY}verificationMethod") == {f"<{proof['verificationMethod']}>"}

    async def test_its_purpose_is_a_url(self, issued: Json, proof: Json) -> None:
        named = {"proofPurpose": proof["proofPurpose"]}
        assert means(issued, named, f"{SECURITY}proofPurpose") == {f"<{SECURITY}assertionMethod>"}

    async def test_its_value_is_multibase(self, proof: Json, case: Case) -> None:
        assert (BASE64URL if case[0] == SELECTIVE else BASE58).match(proof["proofValue"])

    async def test_optional_members_are_strings(self, proof: Json) -> None:
        for name in ("id", "challenge", "nonce", "previousProof", "domain"):
            assert isinstance(proof.get(name, ""), str)

    async def test_all_text_is_well_formed(self, proof: Json) -> None:
        for value in (proof["type"], proof["cryptosuite"], proof["proofValue"], proof["verificationMethod"]):
            assert value.encode().decode() == value

    async def test_the_context_is_copied_for_jcs(self, issued: Json, proof: Json, case: Case) -> None:
        assert proof.get("@context") == (issued["@context"] if "jcs" in case[0] else None)


class TestKeys:
    async def test_the_method_is_a_multikey(self, method: Mapping[str, Any], case: Case) -> None:
        assert method["type"] == "Multikey"
        assert PublicKey.from_multibase(method["publicKeyMultibase"]).algorithm == case[1]

    async def test_its_key_is_base58_of_the_right_length(self, method: Mapping[str, Any], case: Case) -> None:
        assert BASE58.match(method["publicKeyMultibase"])
        assert len(decode_base58(method["publicKeyMultibase"])) == LENGTHS[case[1]][0]

    async def test_its_controller_lists_it_for_the_purpose(self, issued: Json, proof: Json) -> None:
        document = did.resolve_self_contained(issued["issuer"])
        assert document is not None
        assert proof["verificationMethod"] in document[proof["proofPurpose"]]
        assert document["verificationMethod"][0]["controller"] == issued["issuer"]

    async def test_the_signature_is_as_long_as_the_key_makes_it(self, proof: Json, case: Case) -> None:
        if case[0] == SELECTIVE:
            assert len(BaseProof.decode(proof["proofValue"]).signature) == LENGTHS[case[1]][1]
        else:
            assert len(decode_base58(proof["proofValue"])) == LENGTHS[case[1]][1]


class TestHolds:
    async def shown(self, implementation: Implementation, issued: Json, case: Case) -> Json:
        return await implementation.derived(issued, "/credentialSubject") if case[0] == SELECTIVE else issued

    @pytest.mark.parametrize("document", [plain, alumni, licence, sailing])
    async def test_it_is_verified(self, implementation: Implementation, case: Case, model: str, document: Any) -> None:
        issued = await implementation.issued(document(model), form=case[0], by=case[1])
        await implementation.accepts(await self.shown(implementation, issued, case))

    async def test_the_options_stand_in_it(self, implementation: Implementation, case: Case, model: str) -> None:
        options: Json = {"created": "2026-02-03T04:05:06Z", "challenge": "c-1", "domain": ["a.example", "b.example"]}
        issued = await implementation.issued(plain(model), form=case[0], by=case[1], **options)
        assert issued["proof"].items() >= options.items()
        shown = await self.shown(implementation, issued, case)
        await implementation.accepts(shown, challenge="c-1", domain=options["domain"])
        for wrong in ({"challenge": "c-2"}, {"domain": "a.example"}):
            await implementation.refuses(shown, **wrong)

    @pytest.mark.parametrize("options", [{"created": "yesterday"}, {"created": "2026-01-01"}, {"domain": 7}])
    async def test_options_that_are_none_are_refused(
        self, implementation: Implementation, case: Case, model: str, options: Json
    ) -> None:
        answer = await implementation.issue(plain(model), form=case[0], by=case[1], **options)
        assert answer.status_code == 400

    async def test_what_cannot_be_transformed_is_refused(
        self, implementation: Implementation, case: Case, model: str
    ) -> None:
        for wrong in ({"unmapped": "x"}, {"type": ["VerifiableCredential", "Unmapped"]}):
            answer = await implementation.issue({**plain(model), **wrong}, form=case[0], by=case[1])
            assert answer.status_code == 400


class TestSelective:
    """Base proofs and what is derived of them (ECDSA Cryptosuites 1.0 §3.4, §3.5)."""

    async def base(self, implementation: Implementation, document: Json, *mandatory: str) -> Json:
        options: Json = {"mandatoryPointers": list(mandatory)} if mandatory else {}
        return await implementation.issued(document, form=SELECTIVE, by="P-256", **options)

    async def test_the_value_has_the_header_of_a_base_proof(self, implementation: Implementation, model: str) -> None:
        issued = await self.base(implementation, sailing(model))
        assert decode_base64url(issued["proof"]["proofValue"]).startswith(b"\xd9\x5d\x00")

    async def test_its_components_are_five_and_untagged(self, implementation: Implementation, model: str) -> None:
        issued = await self.base(implementation, sailing(model), "/issuer", "/type")
        parts = cbor.decode(decode_base64url(issued["proof"]["proofValue"])[3:])  # which reads no tags
        signature, key, hmac_key, signatures, pointers = parts if isinstance(parts, list) else []
        assert (len(signature), len(key), len(hmac_key), pointers) == (64, 35, 32, ["/issuer", "/type"])
        assert {len(each) for each in signatures} == {64}

    @pytest.mark.parametrize(
        "pointer", ["/non/existent/path", "/credentialSubject/invalidPointer", "/type/9", "issuer", "/type/-", "/a~2"]
    )
    async def test_a_mandatory_pointer_that_leads_nowhere(
        self, implementation: Implementation, model: str, pointer: str
    ) -> None:
        answer = await implementation.issue(
            sailing(model), form=SELECTIVE, by="P-256", mandatoryPointers=["/issuer", pointer]
        )
        assert answer.status_code == 400

    async def test_a_selective_pointer_that_leads_nowhere(self, implementation: Implementation, model: str) -> None:
        issued = await self.base(implementation, sailing(model))
        body = {"verifiableCredential": issued, "options": {"selectivePointers": ["/non/existent/path"]}}
        assert (await implementation.derive(body)).status_code == 400

    async def test_ids_and_types_on_the_way_are_shown(self, implementation: Implementation, model: str) -> None:
        issued = await self.base(implementation, licence(model))
        shown = await implementation.derived(issued, "/credentialSubject/driverLicense/documentIdentifier")
        await implementation.accepts(shown)
        assert (shown["id"], shown["type"]) == (issued["id"], issued["type"])
        held = {"type": "DriverLicense", "documentIdentifier": "T21387yc328c7y32h23f23"}
        assert shown["credentialSubject"] == {"id": issued["credentialSubject"]["id"], "driverLicense": held}

    async def test_the_value_has_the_header_of_a_derived_one(self, implementation: Implementation, model: str) -> None:
        shown = await implementation.derived(await self.base(implementation, plain(model)), "/credentialSubject")
        assert decode_base64url(shown["proof"]["proofValue"]).startswith(b"\xd9\x5d\x01")

    @pytest.mark.parametrize(
        "pointers",
        [
            ["/credentialSubject/days/0", "/credentialSubject/days/1"],
            ["/credentialSubject/days/0/sails/1", "/credentialSubject/days/1/boards/0"],
            ["/credentialSubject/days/1/sails/0", "/credentialSubject/days/1/sails/2"],
        ],
    )
    async def test_parts_of_arrays(self, implementation: Implementation, model: str, pointers: list[str]) -> None:
        mandatory = [
            "/issuer",
            *MODEL_MANDATORY[model],
            "/credentialSubject/days/0/number",
            "/credentialSubject/days/1/boards/1",
        ]
        issued = await self.base(implementation, sailing(model), *mandatory)
        shown = await implementation.derived(issued, *pointers)
        await implementation.accepts(shown)
        assert {"type", "number"} <= shown["credentialSubject"]["days"][0].keys()

    async def test_what_is_mandatory_is_always_shown(self, implementation: Implementation, model: str) -> None:
        shown = await implementation.derived(await self.base(implementation, licence(model)), "/credentialSubject/id")
        await implementation.accepts(shown)
        assert "issuer" in shown
        assert "driverLicense" not in shown["credentialSubject"]

    async def test_a_base_proof_is_not_for_verifiers(self, implementation: Implementation, model: str) -> None:
        await implementation.refuses(await self.base(implementation, plain(model)))
