"""Credentials travel both ways between this library and Digital Bazaar's: the same proof, the same refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import bitstring, did, model, proof
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3, frozen_contexts, load_context
from credential_core.errors import CredentialError, DocumentError, ProofError
from credential_core.keys import SigningKey
from credential_core.multibase import encode_base58

pytestmark = pytest.mark.node

Node = Callable[[str, dict[str, Any]], Any]
KEY = SigningKey.from_seed(bytes(range(32)))
ISSUER = "did:web:issuer.test:issuers:u"
METHOD = f"{ISSUER}#key-1"
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
CONTEXTS = {url: load_context(url) for url in frozen_contexts()}
CONTROLLERS = {ISSUER: did.did_document(ISSUER, [did.VerificationMethod(METHOD, ISSUER, KEY.public)])}


def unsigned(**changes: Any) -> dict[str, Any]:
    members: dict[str, Any] = {
        "credential_id": "https://issuer.test/credentials/1",
        "issuer": {"id": ISSUER, "name": "University of Test", "url": "https://issuer.test"},
        "achievement": {
            "id": "https://issuer.test/achievements/1",
            "name": "Statistics",
            "description": "Reads and makes statistics.",
            "achievementType": "MicroCredential",
            "criteria": {"narrative": "Passed."},
            "creditsAvailable": 7.5,
            "tag": ["b", "a"],
            "resultDescription": [
                {
                    "id": "https://issuer.test/achievements/1/results/1",
                    "type": ["ResultDescription"],
                    "name": "Grade",
                    "resultType": "LetterGrade",
                    "allowedValue": ["C", "B", "A"],
                }
            ],
        },
        "identifiers": [model.hashed_identity("ada@learner.test", "emailAddress", "salty")],
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "credits_earned": 7,
        "results": [{"resultDescription": "https://issuer.test/achievements/1/results/1", "value": "A"}],
        "status": bitstring.entry(LIST, 7, "revocation"),
    }
    return model.achievement_credential(**{**members, **changes})


def sign(document: dict[str, Any]) -> dict[str, Any]:
    return proof.sign(document, KEY, verification_method=METHOD, created=CREATED)


def node_sign(node: Node, document: dict[str, Any]) -> Any:
    key = {
        "id": METHOD,
        "controller": ISSUER,
        "publicKeyMultibase": KEY.public.multibase,
        "secretKeyMultibase": encode_base58(b"\x80\x26" + KEY.seed),
    }
    given = {"credential": document, "key": key, "created": "2026-01-02T00:00:00Z", "contexts": CONTEXTS}
    return node("sign.mjs", given)


def node_verify(node: Node, credential: dict[str, Any], **more: Any) -> Any:
    given = {"credential": credential, "controllers": CONTROLLERS, "contexts": CONTEXTS, **more}
    return node("verify.mjs", {"statusLists": {LIST: status_list()}, **given})


def status_list(*revoked: int) -> dict[str, Any]:
    bits = bitstring.StatusBits.empty()
    for index in revoked:
        bits.set(index, True)
    document = bitstring.status_list_credential(
        list_url=LIST, issuer=ISSUER, purpose="revocation", bits=bits, valid_from=CREATED, ttl_ms=60_000
    )
    return sign(document)


def test_our_credential_is_accepted_there(node: Node) -> None:
    assert node_verify(node, sign(unsigned())) == {"verified": True, "error": None}


def test_a_transcript_of_sixty_courses_has_the_same_proof_there(node: Node) -> None:
    """Some seven hundred blank nodes, the graphs of the courses and of their proofs among them."""
    courses = [sign(unsigned(credential_id=f"https://issuer.test/credentials/{number}")) for number in range(60)]
    ours = sign(
        {
            "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES_V3],
            "id": "https://issuer.test/records/1",
            "type": ["VerifiableCredential", "ClrCredential"],
            "name": "Transcript",
            "issuer": {"id": ISSUER, "type": ["Profile"], "name": "University of Test"},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {"id": "did:example:ada", "type": ["ClrSubject"], "verifiableCredential": courses},
        }
    )
    plain = {name: value for name, value in ours.items() if name != "proof"}
    assert node_sign(node, plain)["proof"]["proofValue"] == ours["proof"]["proofValue"]
    assert node_verify(node, ours) == {"verified": True, "error": None}


@pytest.mark.parametrize(
    "path",
    [
        ("credentialSubject", "achievement", "name"),
        ("credentialSubject", "result", 0, "value"),
        ("validFrom",),
        ("credentialStatus", "statusListIndex"),
    ],
)
def test_a_tampered_copy_is_refused_there_and_here(node: Node, path: tuple[str | int, ...]) -> None:
    tampered = json.loads(json.dumps(sign(unsigned())))
    place = tampered
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "2025-01-01T00:00:00Z" if path == ("validFrom",) else "8"
    assert node_verify(node, tampered)["verified"] is False
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.verify_proof(tampered, tampered["proof"], KEY.public)


TEXTS = [
    "plain",
    'quotes " and \\ and \n newline \t tab \r return \b \f',
    "control \u0001\u0007\u001f\u007f\u0085",
    "ünïcödé 😀 \u2028 \ufffe \u00ad",
]
NUMBERS = [7, 7.0, 7.5, 0.1, -0.0, 1.5e-7, 123456789.123, 2251799813685248.5, 1e-6, 2**53 - 1]


@pytest.mark.parametrize("text", TEXTS)
def test_both_make_the_same_proof_over_any_text(node: Node, text: str) -> None:
    document = unsigned(narrative=text, description=text)
    theirs = node_sign(node, document)
    assert sign(document)["proof"]["proofValue"] == theirs["proof"]["proofValue"]
    proof.verify_proof(theirs, theirs["proof"], KEY.public)


@pytest.mark.parametrize("number", NUMBERS)
def test_both_make_the_same_proof_over_any_number(node: Node, number: float) -> None:
    document = unsigned(credits_earned=number)
    theirs = node_sign(node, document)
    assert sign(document)["proof"]["proofValue"] == theirs["proof"]["proofValue"]


@pytest.mark.parametrize("number", [1e-7, 5e-324])
def test_a_number_that_becomes_zero_there_is_refused_here(number: float) -> None:
    with pytest.raises(DocumentError, match="number_unsafe"):
        sign(unsigned(credits_earned=number))


def test_both_read_language_and_direction_alike(node: Node) -> None:
    document = {
        **unsigned(),
        "name": [
            {"@value": "Statistik", "@language": "de"},
            {"@value": "إحصاء", "@language": "AR", "@direction": "rtl"},
        ],
        "description": {"@value": "الإحصاء", "@direction": "rtl"},
    }
    theirs = node_sign(node, document)
    assert sign(document)["proof"]["proofValue"] == theirs["proof"]["proofValue"]


def test_a_proof_set_verifies_there(node: Node) -> None:
    twice = proof.sign(sign(unsigned()), KEY, verification_method=METHOD, created=datetime(2026, 1, 3, tzinfo=UTC))
    assert node_verify(node, twice)["verified"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"undefinedMember": "x"},
        {"image": {"id": "relative/path", "type": "Image"}},
        {"type": ["VerifiableCredential", "OpenBadgeCredential", "NoSuchType"]},
    ],
)
def test_both_refuse_what_would_be_dropped(node: Node, change: dict[str, Any]) -> None:
    document = {**unsigned(), **change}
    with pytest.raises(CredentialError):
        sign(document)
    with pytest.raises(AssertionError, match=r"[Ss]afe mode"):
        node_sign(node, document)


def test_our_status_list_is_read_there(node: Node) -> None:
    credential = sign(unsigned())
    assert node_verify(node, credential, statusLists={LIST: status_list(8)})["verified"] is True
    revoked = node_verify(node, credential, statusLists={LIST: status_list(7)})
    assert revoked["verified"] is False
    assert "status" in revoked["error"]
