"""ecdsa-sd-2023: what a holder may show, what a verifier must refuse, and the CBOR and pointers underneath."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import cbor, proof
from credential_core.errors import CredentialError, DocumentError, LimitError, ProofError
from credential_core.keys import SigningKey
from credential_core.multibase import decode_base64url, encode_base64url
from credential_core.proof.grouping import group
from credential_core.proof.selection import select
from credential_core.proof.selective import BaseProof, DerivedProof

KEY = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
EPHEMERAL = SigningKey.from_seed(bytes(range(2, 34)), "P-256")
HMAC_KEY = bytes(range(32))
ACHIEVEMENT = "/credentialSubject/achievement"
MANDATORY = ["/issuer", "/validFrom", f"{ACHIEVEMENT}/name"]
Derive = Callable[..., dict[str, Any]]


def sign(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "verification_method": "did:web:u.test#k",
        "created": datetime(2026, 1, 2, tzinfo=UTC),
        "mandatory": MANDATORY,
        "hmac_key": HMAC_KEY,
        "ephemeral": EPHEMERAL,
    }
    return proof.sign_selective(document, KEY, **{**given, **changes})


def verify(document: dict[str, Any]) -> None:
    proof.verify_proof(document, document["proof"], KEY.public)


@pytest.fixture
def base(unsigned: dict[str, Any]) -> dict[str, Any]:
    return sign(unsigned)


def test_the_mandatory_parts_alone_can_be_shown(base: dict[str, Any]) -> None:
    shown = proof.derive(base, [])
    verify(shown)
    assert shown["credentialSubject"] == {
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://issuer.test/achievements/1",
            "type": ["Achievement"],
            "name": "Statistics",
        },
    }
    assert "Reads and makes" not in json.dumps(shown)
    assert (
        DerivedProof.decode(shown["proof"]["proofValue"]).signatures
        == (BaseProof.decode(base["proof"]["proofValue"]).signatures[:0])
    )


@pytest.mark.parametrize(
    "pointers",
    [
        ["/credentialStatus"],
        ["/credentialSubject"],
        [f"{ACHIEVEMENT}/tag/1", f"{ACHIEVEMENT}/tag/0"],
        ["/credentialSubject/identifier/0/identityHash", "/evidence/0"],
        [f"{ACHIEVEMENT}/resultDescription/0/allowedValue"],
        [f"{ACHIEVEMENT}/alignment", f"{ACHIEVEMENT}/alignment/0/targetName"],
        [""],
    ],
)
def test_what_is_chosen_is_shown_and_holds(base: dict[str, Any], pointers: list[str]) -> None:
    shown = proof.derive(base, pointers)
    verify(shown)
    assert proof.derive(base, list(reversed(pointers))) == shown


def test_signing_and_deriving_leave_their_input_alone_and_are_deterministic(unsigned: dict[str, Any]) -> None:
    before = copy.deepcopy(unsigned)
    base = sign(unsigned)
    kept = copy.deepcopy(base)
    assert sign(unsigned) == base
    assert proof.derive(base, ["/credentialStatus"]) == proof.derive(base, ["/credentialStatus"])
    assert (unsigned, base) == (before, kept)


def test_another_hmac_key_gives_other_labels(unsigned: dict[str, Any], base: dict[str, Any]) -> None:
    shown = [proof.derive(each, ["/evidence"]) for each in (base, sign(unsigned, hmac_key=bytes(32)))]
    labels = [DerivedProof.decode(each["proof"]["proofValue"]).labels for each in shown]
    assert set(labels[0].values()).isdisjoint(labels[1].values())


def test_the_hmac_key_and_what_is_hidden_do_not_leave_the_holder(base: dict[str, Any]) -> None:
    value = decode_base64url(proof.derive(base, ["/credentialStatus"])["proof"]["proofValue"])
    held = BaseProof.decode(base["proof"]["proofValue"])
    assert held.hmac_key == HMAC_KEY
    assert HMAC_KEY not in value
    assert 0 < sum(signature in value for signature in held.signatures) < len(held.signatures)


def test_a_base_proof_is_not_for_verifiers(base: dict[str, Any]) -> None:
    with pytest.raises(ProofError, match="proof_not_derived"):
        verify(base)


def test_other_proofs_are_left_behind(unsigned: dict[str, Any], key: SigningKey) -> None:
    both = proof.sign(sign(unsigned), key, verification_method="did:web:u.test#e", created=datetime.now(UTC))
    verify(proof.derive(both, ["/credentialStatus"]))
    with pytest.raises(ProofError, match="proof_missing"):
        proof.derive(sign(both), [])
    with pytest.raises(ProofError, match="proof_missing"):
        proof.derive(unsigned, [])


def test_nothing_mandatory_and_nothing_chosen_is_nothing(unsigned: dict[str, Any]) -> None:
    base = sign(unsigned, mandatory=[])
    verify(proof.derive(base, ["/name"]) if "name" in unsigned else proof.derive(base, ["/issuer"]))
    with pytest.raises(ProofError, match="nothing_selected"):
        proof.derive(base, [])


@pytest.mark.parametrize("place", [("name",), ("issuer", "name"), ("credentialSubject", "achievement", "name")])
def test_what_is_altered_or_added_does_not_hold(base: dict[str, Any], place: tuple[str, ...]) -> None:
    shown = copy.deepcopy(proof.derive(base, ["/credentialStatus"]))
    inner = shown
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = "Other"
    with pytest.raises(ProofError, match="signature_invalid"):
        verify(shown)


def test_what_is_shown_cannot_be_shown_less_of(base: dict[str, Any]) -> None:
    shown = proof.derive(base, ["/credentialStatus"])
    for member in ("credentialStatus", "validFrom", "credentialSubject"):
        with pytest.raises(ProofError, match="signature_invalid"):
            verify({name: value for name, value in shown.items() if name != member})


def altered(shown: dict[str, Any], **changes: Any) -> dict[str, Any]:
    value = replace(DerivedProof.decode(shown["proof"]["proofValue"]), **changes).encode()
    return {**shown, "proof": {**shown["proof"], "proofValue": value}}


def test_indexes_labels_and_signatures_are_bound_to_what_is_shown(base: dict[str, Any]) -> None:
    shown = proof.derive(base, ["/credentialStatus", "/evidence"])
    held = DerivedProof.decode(shown["proof"]["proofValue"])
    fresh = encode_base64url(bytes(32))
    for changes in (
        {"mandatory": held.mandatory[1:]},
        {"mandatory": ()},
        {"signatures": held.signatures[1:]},
        {"signatures": (*held.signatures, held.signatures[0])},
        {"signatures": held.signatures[::-1]},
        {"labels": {**held.labels, 99: fresh}},
        {"labels": {**held.labels, 0: fresh}},
        {"labels": dict(list(held.labels.items())[1:])},
        {"public": KEY.public},
        {"signature": held.signatures[0]},
        {"mandatory": (*held.mandatory, 9999)},
    ):
        with pytest.raises(ProofError, match="signature_invalid"):
            verify(altered(shown, **changes))
    for malformed in (
        {"mandatory": (*held.mandatory, held.mandatory[0])},
        {"labels": {**held.labels, 99: held.labels[0]}},  # one node is not shown as two
    ):
        with pytest.raises(ProofError, match="proof_value_malformed"):
            verify(altered(shown, **malformed))


def test_statements_of_two_credentials_do_not_mix(unsigned: dict[str, Any], base: dict[str, Any]) -> None:
    other = SigningKey.from_seed(bytes(range(3, 35)), "P-256")
    second = proof.derive(sign(unsigned, ephemeral=other), ["/credentialStatus"])
    shown = proof.derive(base, ["/credentialStatus"])
    signatures = DerivedProof.decode(second["proof"]["proofValue"]).signatures
    with pytest.raises(ProofError, match="signature_invalid"):
        verify(altered(shown, signatures=signatures))


def test_a_base_proof_of_another_document_derives_nothing(unsigned: dict[str, Any], base: dict[str, Any]) -> None:
    more = {**unsigned, "name": "More", "proof": base["proof"]}
    if "name" in unsigned:
        more["description"] = "More"
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.derive(more, ["/credentialStatus"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hmac_key": b"short"}, "proof_malformed"),
        ({"ephemeral": SigningKey.from_seed(bytes(32))}, "key_mismatch"),
        ({"mandatory": ["/none"]}, "pointer_unmatched"),
        ({"mandatory": ["issuer"]}, "pointer_malformed"),
        ({"options": proof.ProofOptions(previous_proof="urn:x")}, "proof_chain_unsupported"),
    ],
)
def test_a_base_proof_is_not_made_of_wrong_parts(unsigned: dict[str, Any], changes: dict[str, Any], code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        sign(unsigned, **changes)
    assert refused.value.code == code


def test_a_list_is_shown_whole_or_not_at_all(base: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="pointer_splits_list"):
        proof.derive(base, [f"{ACHIEVEMENT}/resultDescription/0/allowedValue/1"])


def test_a_json_literal_is_kept_as_it_is_and_shown_whole(unsigned: dict[str, Any]) -> None:
    schema = {"title": "S", "type": "object", "properties": {"name": {"type": "string"}, "more": [{}, {"a": {}}]}}
    unsigned["credentialSchema"] = {"id": "https://u.test/s", "type": "JsonSchema", "jsonSchema": schema}
    base = sign(unsigned)
    lines = group(unsigned, HMAC_KEY).lines
    assert not any("urn:bnid" in line for line in lines)
    assert any(line.endswith("#JSON> .\n") for line in lines)
    verify(proof.derive(base, ["/credentialSchema/jsonSchema"]))
    with pytest.raises(DocumentError, match="pointer_splits_list"):
        proof.derive(base, ["/credentialSchema/jsonSchema/properties"])


def test_too_many_statements_are_not_signed(unsigned: dict[str, Any]) -> None:
    unsigned["credentialSubject"]["achievement"]["tag"] = [f"tag {number}" for number in range(600)]
    with pytest.raises(ProofError, match="too_many_signatures"):
        sign(unsigned)


def test_documents_within_documents_are_not_disclosed_in_part() -> None:
    inner = {"type": ["VerifiableCredential"], "issuer": "did:web:u.test", "credentialSubject": {"id": "urn:uuid:1"}}
    presentation = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [{"@context": ["https://www.w3.org/ns/credentials/v2"], **inner}],
    }
    with pytest.raises(DocumentError, match="selection_unsupported"):
        sign(presentation, mandatory=[])


def test_a_named_graph_is_never_shown(base: dict[str, Any]) -> None:
    """Its statements are signed without the graph, so that they would count wherever they are put."""
    inner = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"]}
    shown = {**proof.derive(base, []), "type": ["VerifiablePresentation"], "verifiableCredential": [inner]}
    shown = {
        name: value for name, value in shown.items() if name in ("@context", "type", "verifiableCredential", "proof")
    }
    with pytest.raises(ProofError, match="named graph"):
        proof.verify_proof(shown, shown["proof"], KEY.public)


def test_what_is_too_deep_is_refused_before_it_is_walked(unsigned: dict[str, Any]) -> None:
    deep: Any = []
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(LimitError, match="document_too_deep"):
        sign({**unsigned, "evidence": deep})


def test_ids_like_our_own_are_no_blank_nodes(unsigned: dict[str, Any]) -> None:
    unsigned["evidence"][0]["id"] = "urn:bnid:0:1"
    lines = group(unsigned, HMAC_KEY).lines
    assert any("<urn:bnid:0:1>" in line for line in lines)
    verify(proof.derive(sign(unsigned), ["/evidence"]))


DOCUMENT = {
    "@context": ["c"],
    "id": "urn:1",
    "type": ["T", "U"],
    "a": {"type": "A", "b": [{"id": "urn:2", "c": 1, "d": 2}, {"c": 3}, 5], "x/y": 1, "m~n": 2, "": 3},
}


@pytest.mark.parametrize(
    ("pointers", "expected"),
    [
        ([], {}),
        (["/a/b/0/c"], {"a": {"type": "A", "b": [{"id": "urn:2", "c": 1}]}}),
        (["/a/b/2", "/a/b/1"], {"a": {"type": "A", "b": [{"c": 3}, 5]}}),
        (["/a/b", "/a/b/0/c"], {"a": {"type": "A", "b": [{"id": "urn:2", "c": 1, "d": 2}, {"c": 3}, 5]}}),
        (["/a/x~1y", "/a/m~0n", "/a/"], {"a": {"type": "A", "x/y": 1, "m~n": 2, "": 3}}),
        (["/a/type"], {"a": {"type": "A"}}),
        (["/type/1"], {}),  # types are shown whole: contexts hang on them (§3.4.11)
    ],
)
def test_pointers_select(pointers: list[str], expected: dict[str, Any]) -> None:
    assert select(DOCUMENT, pointers) == {"@context": ["c"], "id": "urn:1", "type": ["T", "U"], **expected}


def test_the_empty_pointer_selects_everything() -> None:
    assert select(DOCUMENT, [""]) == DOCUMENT


@pytest.mark.parametrize(
    ("pointer", "code"),
    [
        ("a", "pointer_malformed"),
        ("/a~", "pointer_malformed"),
        ("/a~2", "pointer_malformed"),
        (5, "pointer_malformed"),
        (None, "pointer_malformed"),
        ("/z", "pointer_unmatched"),
        ("/a/b/3", "pointer_unmatched"),
        ("/a/b/00", "pointer_unmatched"),
        ("/a/b/-", "pointer_unmatched"),
        ("/a/b/-1", "pointer_unmatched"),
        ("/a/b/99999999999", "pointer_unmatched"),
        ("/a/b/\u0661", "pointer_unmatched"),
        ("/a/b/2/c", "pointer_unmatched"),
        ("/type/2", "pointer_unmatched"),
        ("/id/x", "pointer_unmatched"),
        ("/a\n", "pointer_unmatched"),
    ],
)
def test_a_pointer_to_nothing_is_refused(pointer: Any, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        select(DOCUMENT, [pointer])
    assert refused.value.code == code


def test_pointers_are_bounded() -> None:
    with pytest.raises(LimitError, match="too_many_pointers"):
        select(DOCUMENT, ["/a"] * 257)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        {},
        [b"", b"", [], {}, []],
        [bytes(64), bytes(35), [], {}, []],
        [bytes(64), KEY.public.multikey, [b"x"], {}, []],
        [bytes(64), KEY.public.multikey, 5, {}, []],
        [bytes(64), KEY.public.multikey, [], [], []],
        [bytes(64), KEY.public.multikey, [], {0: b"x"}, []],
        [bytes(64), KEY.public.multikey, [], {-1: bytes(32)}, []],
        [bytes(64), KEY.public.multikey, [], {"0": bytes(32)}, []],
        [bytes(64), KEY.public.multikey, [], {}, [-1]],
        [bytes(64), KEY.public.multikey, [], {}, [True]],
        [bytes(64), KEY.public.multikey, [], {}, ["0"]],
        [bytes(64), KEY.public.multikey, [], {}, 5],
        [bytes(64), KEY.public.multikey, [], {}],
        [bytes(64), b"\xed\x01" + bytes(33), [], {}, []],
    ],
)
def test_a_derived_proof_value_of_wrong_parts_is_malformed(base: dict[str, Any], parts: Any) -> None:
    shown = proof.derive(base, [])
    for header in (b"\xd9\x5d\x01", b"\xd9\x5d\x02", b""):
        value = encode_base64url(header + cbor.encode(parts))
        with pytest.raises(ProofError, match="proof_value_malformed"):
            verify({**shown, "proof": {**shown["proof"], "proofValue": value}})


@pytest.mark.parametrize("value", [None, 5, "", "u", "z111", "u2V0A", "u2V0B", {}, ["u2V0B"]])
def test_other_proof_values_are_malformed(base: dict[str, Any], value: Any) -> None:
    shown = proof.derive(base, [])
    with pytest.raises(ProofError, match="proof_"):
        verify({**shown, "proof": {**shown["proof"], "proofValue": value}})
    with pytest.raises(ProofError, match="proof_value_malformed"):
        proof.derive({**base, "proof": {**base["proof"], "proofValue": value}}, [])


def test_every_byte_of_a_derived_proof_counts(base: dict[str, Any]) -> None:
    shown = proof.derive(base, ["/credentialStatus"])
    value = decode_base64url(shown["proof"]["proofValue"])
    for place in range(0, len(value), 7):
        changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        with pytest.raises(ProofError):
            verify({**shown, "proof": {**shown["proof"], "proofValue": encode_base64url(changed)}})
