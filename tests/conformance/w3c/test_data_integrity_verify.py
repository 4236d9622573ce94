"""The W3C suites of the EdDSA and ECDSA cryptosuites, and the common one of Data Integrity: what a verifier refuses.

The documents are signed here, over their wrong proofs, so that nothing but the named mistake stands against them.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credential_core import cbor, jcs, proof
from credential_core.multibase import decode_base58, decode_base64url, encode_base58, encode_base64url
from credential_core.proof import ProofOptions
from credential_core.proof.hashing import hash_data
from credential_core.proof.suites import suite_of
from tests.conformance.w3c.credentials import CREATED, Json
from tests.conformance.w3c.documents import alumni, licence, plain, sailing
from tests.conformance.w3c.implementation import Implementation
from tests.conformance.w3c.securing import SelectiveSigner, Signer

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

SIGNERS = [
    Signer("eddsa-rdfc-2022", "Ed25519"),
    Signer("eddsa-jcs-2022", "Ed25519"),
    Signer("ecdsa-rdfc-2019", "P-256"),
    Signer("ecdsa-rdfc-2019", "P-384"),
    Signer("ecdsa-jcs-2019", "P-256"),
    Signer("ecdsa-jcs-2019", "P-384"),
]
SELECTIVE = SelectiveSigner("ecdsa-sd-2023", "P-256", mandatory=("/issuer",))
MANDATORY = {"1.1": ("/issuer", "/issuanceDate"), "2.0": ("/issuer",)}
DOCUMENTS = [plain, alumni, licence, sailing]


@pytest.fixture(params=[*SIGNERS, SELECTIVE], ids=lambda signer: f"{signer.form}-{signer.key_type}")
def any_signer(request: pytest.FixtureRequest, model: str) -> Signer:
    signer = request.param
    assert isinstance(signer, Signer)
    return replace(signer, mandatory=MANDATORY[model]) if isinstance(signer, SelectiveSigner) else signer


@pytest.fixture(params=SIGNERS, ids=lambda signer: f"{signer.form}-{signer.key_type}")
def signer(request: pytest.FixtureRequest) -> Signer:
    """One whose proofs cover the whole."""
    found = request.param
    assert isinstance(found, Signer)
    return found


@pytest.fixture
def selective(model: str) -> SelectiveSigner:
    return replace(SELECTIVE, mandatory=MANDATORY[model])


@pytest.fixture(params=["1.1", "2.0"])
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


WRONG: dict[str, Json] = {
    "a type that is unknown": {"type": "UnknownProofType"},
    "no type": {"type": None},
    "an empty type and cryptosuite": {"type": "", "cryptosuite": ""},
    "no type and no cryptosuite": {"type": None, "cryptosuite": None},
    "no method": {"verificationMethod": None},
    "a method that is none": {"verificationMethod": "did:key:invalidVm"},
    "a method that is not in base58": {"verificationMethod": "did:key:@invalidVm@"},
    "a method that is a number": {"verificationMethod": 7},
    "no purpose": {"proofPurpose": None},
    "another purpose": {"proofPurpose": "invalidPurpose"},
    "the purpose of a holder": {"proofPurpose": "authentication"},
    "a date that is none": {"created": "invalidDate"},
    "a date without an offset": {"created": "2026-01-01T00:00:00"},
    "an end without an offset": {"expires": "2099-01-01T00:00:00"},
    "an end in the past": {"expires": "2020-01-01T00:00:00Z"},
    "a cryptosuite that is unknown": {"cryptosuite": "UnknownCryptosuite"},
    "a cryptosuite that is none": {"cryptosuite": 7},
}


class TestProofs:
    @pytest.mark.parametrize("document", DOCUMENTS)
    async def test_a_right_one(
        self, implementation: Implementation, any_signer: Signer, model: str, document: Any
    ) -> None:
        await implementation.accepts(any_signer.signed(document(model)))

    @pytest.mark.parametrize("members", [{"created": None}, {"created": "2025-01-01T00:00:00Z"}])
    async def test_one_without_a_date_or_of_last_year(
        self, implementation: Implementation, any_signer: Signer, model: str, members: Json
    ) -> None:
        await implementation.accepts(any_signer.signed(licence(model), **members))

    @pytest.mark.parametrize("name", WRONG)
    async def test_one_with(self, implementation: Implementation, any_signer: Signer, model: str, name: str) -> None:
        await implementation.refuses(any_signer.signed(plain(model), **WRONG[name]))

    @pytest.mark.parametrize("value", ["missing", None, [], "proof", 7])
    async def test_none(self, implementation: Implementation, any_signer: Signer, model: str, value: Any) -> None:
        signed = any_signer.signed(plain(model))
        del signed["proof"]
        await implementation.refuses(signed if value == "missing" else {**signed, "proof": value})

    @pytest.mark.parametrize("value", ["missing", None, "", "cut off", "a", 7])
    async def test_one_without_a_value(
        self, implementation: Implementation, any_signer: Signer, model: str, value: Any
    ) -> None:
        signed = any_signer.signed(plain(model))
        right = signed["proof"].pop("proofValue")
        if value != "missing":
            signed["proof"]["proofValue"] = right[1:] if value == "cut off" else value
        await implementation.refuses(signed)

    async def test_one_that_was_expected_for_another_purpose(
        self, implementation: Implementation, any_signer: Signer, model: str
    ) -> None:
        signed = any_signer.signed(plain(model))
        await implementation.accepts(signed, expectedProofPurpose="assertionMethod")
        await implementation.refuses(signed, expectedProofPurpose="authentication")

    @pytest.mark.parametrize("wrong", [{"credentialSubject": {"unmapped": "x"}}, {"type": ["Unmapped"]}])
    async def test_one_over_what_no_context_defines(
        self, implementation: Implementation, any_signer: Signer, model: str, wrong: Json
    ) -> None:
        """Signed all the same, and added after it was signed."""
        document = plain(model)
        added = {
            name: [*document[name], *value] if isinstance(value, list) else {**document[name], **value}
            for name, value in wrong.items()
        }
        if not isinstance(any_signer, SelectiveSigner):  # whose proofs cannot be made over it
            found = await implementation.refuses(any_signer.signed({**document, **added}))
            types = {error["type"] for error in found["errors"]}
            assert types == {"https://w3id.org/security#DATA_LOSS_DETECTION_ERROR"}
        await implementation.refuses({**any_signer.signed(document), **added})

    async def test_one_for_another_occasion(
        self, implementation: Implementation, any_signer: Signer, model: str
    ) -> None:
        here = {"domain": "domain.example", "challenge": "1235abcd6789"}
        await implementation.accepts(any_signer.signed(plain(model), **here), **here)
        for wrong in ({"domain": "invalid.example"}, {"challenge": "invalid-challenge"}):
            await implementation.refuses(any_signer.signed(plain(model), **{**here, **wrong}), **here)
        await implementation.refuses(any_signer.signed(plain(model)), **here)

    @pytest.mark.parametrize("document", DOCUMENTS)
    async def test_a_document_that_was_changed(
        self, implementation: Implementation, any_signer: Signer, model: str, document: Any
    ) -> None:
        signed = any_signer.signed(document(model))
        signed["credentialSubject"] = {**signed["credentialSubject"], "id": "urn:invalid"}
        await implementation.refuses(signed)

    async def test_a_cryptosuite_that_was_exchanged(
        self, implementation: Implementation, any_signer: Signer, model: str
    ) -> None:
        for other in ("eddsa-rdfc-2022", "ecdsa-jcs-2019", "ecdsa-sd-2023", "invalid-cryptosuite"):
            signed = any_signer.signed(plain(model))
            if signed["proof"]["cryptosuite"] != other:
                signed["proof"]["cryptosuite"] = other
                await implementation.refuses(signed)

    async def test_a_value_of_another_length(self, implementation: Implementation, signer: Signer, model: str) -> None:
        signed = signer.signed(plain(model))
        right = decode_base58(signed["proof"]["proofValue"])
        for wrong in (right + bytes(32), right[:-1], right + right):
            signed["proof"]["proofValue"] = encode_base58(wrong)
            await implementation.refuses(signed)

    async def test_another_canonical_form_or_digest(
        self, implementation: Implementation, signer: Signer, model: str
    ) -> None:
        document, options = signer.prepared(plain(model)), signer.options()
        suite = suite_of(options)
        right = hash_data(document, options, suite, suite.hash_for(signer.key.public))
        renamed = {f"unknown-{name}": value for name, value in document.items()}
        both = [jcs.canonicalize(each) for each in (options, document)]
        others = [
            b"".join(hashlib.sha512(each).digest() for each in both),
            b"".join(hashlib.sha256(json.dumps(each).encode()).digest() for each in (options, renamed)),
            right[len(right) // 2 :] + right[: len(right) // 2],
            hashlib.sha256(right).digest(),
        ]
        for data in others:
            await implementation.refuses(signer.over(plain(model), data))

    async def test_a_proof_by_another_key(self, implementation: Implementation, signer: Signer, model: str) -> None:
        """Of somebody who may well have a key, but not the issuer's."""
        signed = signer.signed(plain(model))
        await implementation.refuses({**signed, "issuer": implementation.ids["Ed25519"]})


async def test_the_specifications_vector_names_an_issuer_that_nobody_binds_to_the_key(
    implementation: Implementation,
) -> None:
    """Some calls of the ECDSA suite expect otherwise: they look at nothing but the signature, which holds."""
    vectors = Path(__file__).parents[2] / "credential_core" / "vectors" / "ecdsa-sd-2023.json"
    derived = json.loads(vectors.read_bytes())["windsurfing"]["derived"]
    found = await implementation.refuses(derived)
    assert [error["title"] for error in found["errors"]] == ["issuer_mismatch"]


class TestChains:
    """Proof sets and chains (VC Data Integrity 1.0 §4.5), of the cryptosuites whose proofs cover the whole."""

    def chained(self, signer: Signer, previous: Any, model: str) -> Json:
        first = proof.sign(
            signer.prepared(plain(model)),
            signer.key,
            verification_method=signer.method,
            created=CREATED,
            cryptosuite=signer.form,
            options=ProofOptions(id="urn:uuid:first"),
        )
        return proof.sign(
            first,
            signer.key,
            verification_method=signer.method,
            created=CREATED,
            cryptosuite=signer.form,
            options=ProofOptions(id="urn:uuid:second", previous_proof=previous),
        )

    @pytest.mark.parametrize("previous", [None, "urn:uuid:first", ["urn:uuid:first"]])
    async def test_a_set_and_chains(
        self, implementation: Implementation, signer: Signer, model: str, previous: Any
    ) -> None:
        await implementation.accepts(self.chained(signer, previous, model))

    @pytest.mark.parametrize("previous", ["urn:uuid:first", ["urn:uuid:first"]])
    async def test_a_chain_with_a_link_that_is_not_there(
        self, implementation: Implementation, signer: Signer, model: str, previous: Any
    ) -> None:
        right = self.chained(signer, previous, model)
        renamed, pointed, odd = (copy.deepcopy(right) for _ in range(3))
        renamed["proof"][0]["id"] = "urn:uuid:other"
        pointed["proof"][1]["previousProof"] = "urn:uuid:other"
        odd["proof"][1]["previousProof"] = 7
        for wrong in (renamed, pointed, odd, {**right, "proof": right["proof"][1:]}):
            await implementation.refuses(wrong)


class TestSelective:
    """Derived proofs (ECDSA Cryptosuites 1.0 §3.5.8, §3.6.3)."""

    @pytest.mark.parametrize(
        ("document", "pointers"),
        [
            (plain, ["/credentialSubject/id"]),
            (licence, ["/credentialSubject/driverLicense/documentIdentifier"]),
            (licence, ["/credentialSubject/driverLicense/dateOfBirth", "/credentialSubject/driverLicense/type"]),
            (sailing, ["/credentialSubject/days"]),
            (sailing, ["/credentialSubject/days/0/sails/2", "/credentialSubject/days/0/boards/1"]),
            (sailing, ["/credentialSubject/days/1/number", "/credentialSubject/days/1/sails/0"]),
        ],
    )
    async def test_parts_shown(
        self, implementation: Implementation, selective: SelectiveSigner, model: str, document: Any, pointers: Any
    ) -> None:
        for given in (document(model), {name: v for name, v in document(model).items() if name != "id"}):
            await implementation.accepts(replace(selective, selected=pointers).signed(given))

    async def test_a_base_proof(self, implementation: Implementation, selective: SelectiveSigner, model: str) -> None:
        for document in DOCUMENTS:
            await implementation.refuses(selective.base(document(model)))

    @pytest.mark.parametrize("head", [b"", b"\xd9\x5d", b"\xd9\x5d\x02", b"\xd9\x5d\x00"])
    async def test_another_header(
        self, implementation: Implementation, selective: SelectiveSigner, model: str, head: bytes
    ) -> None:
        signed = selective.signed(plain(model))
        data = decode_base64url(signed["proof"]["proofValue"])
        signed["proof"]["proofValue"] = encode_base64url(head + data[3:])
        await implementation.refuses(signed)

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            (0, bytes(63)),
            (0, "text"),
            (1, bytes(36)),
            (2, [bytes(63)]),
            (2, {}),
            (3, {0: "text"}),
            (3, {0: bytes(31)}),
            (3, []),
            (4, ["0"]),
            (4, [-1]),
            (4, [0, 0]),
            (4, {}),
        ],
    )
    async def test_components_of_another_kind(
        self, implementation: Implementation, selective: SelectiveSigner, model: str, place: int, value: Any
    ) -> None:
        signed = selective.signed(sailing(model))
        parts = cbor.decode(decode_base64url(signed["proof"]["proofValue"])[3:])
        assert isinstance(parts, list)
        parts[place] = value
        signed["proof"]["proofValue"] = encode_base64url(b"\xd9\x5d\x01" + cbor.encode(parts))
        await implementation.refuses(signed)

    async def test_fewer_or_more_signatures_than_statements(
        self, implementation: Implementation, selective: SelectiveSigner, model: str
    ) -> None:
        signed = selective.signed(sailing(model))
        parts = cbor.decode(decode_base64url(signed["proof"]["proofValue"])[3:])
        assert isinstance(parts, list)
        right = parts[2]
        for wrong in (right[:-1], [*right, right[0]], right[::-1]):
            parts[2] = wrong
            signed["proof"]["proofValue"] = encode_base64url(b"\xd9\x5d\x01" + cbor.encode(parts))
            await implementation.refuses(signed)

    async def test_six_components(self, implementation: Implementation, selective: SelectiveSigner, model: str) -> None:
        signed = selective.signed(plain(model))
        parts = cbor.decode(decode_base64url(signed["proof"]["proofValue"])[3:])
        assert isinstance(parts, list)
        signed["proof"]["proofValue"] = encode_base64url(b"\xd9\x5d\x01" + cbor.encode([*parts, []]))
        await implementation.refuses(signed)

    async def test_a_tagged_component(
        self, implementation: Implementation, selective: SelectiveSigner, model: str
    ) -> None:
        signed = selective.signed(plain(model))
        parts = cbor.decode(decode_base64url(signed["proof"]["proofValue"])[3:])
        assert isinstance(parts, list)
        array_of_five, bignum = b"\x85", b"\xc2"
        tagged = array_of_five + bignum + b"".join(cbor.encode(part) for part in parts)
        signed["proof"]["proofValue"] = encode_base64url(b"\xd9\x5d\x01" + tagged)
        await implementation.refuses(signed)
