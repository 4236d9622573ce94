"""Signed notes, checkpoints and log proofs: published values, round trips, and every way a stranger may bend them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import checkpoint, merkle, note
from credential_core.checkpoint import Checkpoint, LogProof, open_checkpoint
from credential_core.errors import CredentialError, LogError
from credential_core.keys import SigningKey
from credential_core.note import Kind, Note, Signature, VerifierKey

KEY = SigningKey.from_seed(bytes(range(32)))
WITNESS = SigningKey.from_seed(bytes([7]) * 32)
ORIGIN = "university.example/log"
LOG_KEY = VerifierKey(ORIGIN, KEY.public)
WITNESS_KEY = VerifierKey("witness.example/w1", WITNESS.public, Kind.COSIGNATURE)
ENTRIES = [bytes([number]) for number in range(11)]
TREE = merkle.Tree(map(merkle.leaf_hash, ENTRIES))
HEAD = Checkpoint(ORIGIN, TREE.size, TREE.root())
SIGNED = HEAD.sign(KEY)
COSIGNED = checkpoint.cosign(SIGNED, WITNESS_KEY.name, WITNESS, time=1_700_000_000)
PROOF = LogProof(5, tuple(merkle.inclusion_proof(5, TREE.size, TREE.node)), COSIGNED)
LEAF = merkle.leaf_hash(ENTRIES[5])

# The example of the documentation of golang.org/x/mod/sumdb/note.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PUBLISHED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP tlog-cosignature.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo"
    "+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe"
    "+mbIUBkBIfZ+qnA==\n"
)


def test_the_published_note_verifies_and_is_made_again() -> None:
    key = VerifierKey.from_text(PUBLISHED_KEY)
    parsed = Note.parse(PUBLISHED)
    assert [found.key for found in parsed.verify([key])] == [key]
    assert note.sign(parsed.text, key.name, SigningKey.from_seed(PUBLISHED_SEED)) == parsed.signatures[0]
    assert (str(parsed), key.text) == (PUBLISHED, PUBLISHED_KEY)


def test_the_published_checkpoint_reads_and_writes_back() -> None:
    parsed = Note.parse(EXAMPLE.encode())
    assert str(parsed) == EXAMPLE
    head = Checkpoint.parse(parsed.text)
    assert (head.origin, head.size, head.text) == ("example.com/behind-the-sofa", 20852163, parsed.text)
    assert int.from_bytes(parsed.signatures[1].body[:8]) == 1679315147


def test_what_is_signed_opens_with_its_witness() -> None:
    opened = open_checkpoint(str(COSIGNED), LOG_KEY, witnesses=[WITNESS_KEY, LOG_KEY], quorum=1)
    assert opened.checkpoint == HEAD
    assert [(found.key, found.time) for found in opened.witnesses] == [(WITNESS_KEY, 1_700_000_000)]


def test_unknown_signatures_and_extensions_are_kept() -> None:
    head = replace(HEAD, extensions=("more", "— x y"))
    opened = open_checkpoint(str(head.sign(KEY).with_signature(Signature("x", b"1234", b"?"))), LOG_KEY)
    assert (opened.checkpoint, opened.witnesses) == (head, ())


def forged(line: str) -> Callable[[str], str]:
    return lambda text: text + line + "\n"


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (lambda text: text.replace("\n11\n", "\n12\n"), "note_signature_invalid"),
        (lambda text: text.replace("AAAABlU/EA", "AAAABlU/EB"), "note_signature_invalid"),
        (lambda text: text.replace("— university", "— universitx"), "note_unsigned"),
        (lambda text: text.replace("— witness", "— witnesz"), "checkpoint_quorum_missing"),
        (lambda text: text + Signature(ORIGIN, LOG_KEY.key_id, bytes(64)).line, "note_signature_invalid"),
        (lambda text: text + Signature(ORIGIN, LOG_KEY.key_id, b"x").line, "note_signature_invalid"),
        (
            lambda text: text + Signature(WITNESS_KEY.name, WITNESS_KEY.key_id, b"\xff" * 72).line,
            "note_signature_invalid",
        ),
        (lambda text: text.rstrip("\n"), "note_malformed"),
        (lambda text: text.replace("—", "-"), "note_malformed"),
        (lambda text: text.replace("\n11\n", "\n11\r\n"), "note_malformed"),
        (lambda text: text.replace("\n11\n", "\n11\x00\n"), "note_malformed"),
        (lambda text: text + "\n", "note_malformed"),
        (lambda text: text.partition("\n\n")[0], "note_malformed"),
        (lambda text: text.partition("\n\n")[0] + "\n\n", "note_malformed"),
        (lambda text: text.replace("\n11", "\n\udc00"), "note_malformed"),
        (forged("— a+b AAAAAAA="), "note_malformed"),
        (forged("— a\u00a0b AAAAAAA="), "note_malformed"),
        (forged("—  AAAAAAA="), "note_malformed"),
        (forged("— a AAAAAAA"), "note_malformed"),
        (forged("— a AAAAAAB="), "note_malformed"),
        (forged("— a AAAAAA=="), "note_malformed"),
        (forged("— a AAAA-AA="), "note_malformed"),
        (forged("— a AAAAAAA= "), "note_malformed"),
        (lambda text: text + "— a AAAAAAA=\n" * 63, "note_too_large"),
        (lambda text: "x" * 600_000 + text, "note_too_large"),
    ],
)
def test_a_bent_checkpoint_is_refused(bend: Callable[[str], str], code: str) -> None:
    assert bend(str(COSIGNED)) != str(COSIGNED)
    with pytest.raises(CredentialError) as refused:
        open_checkpoint(bend(str(COSIGNED)), LOG_KEY, witnesses=[WITNESS_KEY], quorum=1)
    assert refused.value.code == code


def test_a_note_is_utf_8() -> None:
    with pytest.raises(LogError, match="note_malformed"):
        Note.parse(b"\xff\n\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        f"o\n01\n{base64.b64encode(bytes(32)).decode()}\n",
        f"o\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"o\n\u0661\n{base64.b64encode(bytes(32)).decode()}\n",
        f"o\n{2**63}\n{base64.b64encode(bytes(32)).decode()}\n",
        f"o\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"o\n1\n{base64.b64encode(bytes(32)).decode().rstrip('=')}\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"o\n1\n{base64.b64encode(bytes(32)).decode()}\n\n",
        f"o\n1\n{base64.b64encode(bytes(32)).decode()}",
    ],
)
def test_only_the_form_of_a_checkpoint_is_a_checkpoint(text: str) -> None:
    with pytest.raises(LogError, match="checkpoint_malformed"):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = replace(HEAD, origin="other.example").sign(KEY, name=ORIGIN)
    with pytest.raises(LogError, match="checkpoint_origin_mismatch"):
        open_checkpoint(other, LOG_KEY)
    assert open_checkpoint(other, LOG_KEY, origin="other.example").checkpoint.size == 11


def test_one_key_under_two_names_is_one_witness() -> None:
    twin = replace(WITNESS_KEY, name="witness.example/w2")
    twice = checkpoint.cosign(COSIGNED, twin.name, WITNESS, time=1_700_000_000)
    with pytest.raises(LogError, match="checkpoint_quorum_missing"):
        open_checkpoint(twice, LOG_KEY, witnesses=[WITNESS_KEY, twin], quorum=2)


def test_a_witness_does_not_stand_in_for_the_log() -> None:
    only = Note(HEAD.text, COSIGNED.signatures[1:])
    with pytest.raises(LogError, match="note_unsigned"):
        open_checkpoint(only, LOG_KEY, witnesses=[WITNESS_KEY])


@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_time_that_no_cosignature_carries_is_refused(time: int) -> None:
    with pytest.raises(LogError):
        checkpoint.cosign(SIGNED, WITNESS_KEY.name, WITNESS, time=time)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (PUBLISHED_KEY.replace("c74f20a3", "c74f20a4"), "note_key_malformed"),
        (PUBLISHED_KEY.replace("c74f20a3", "C74F20A3"), "note_key_malformed"),
        (PUBLISHED_KEY[:-4], "note_key_malformed"),
        (PUBLISHED_KEY.replace("Peter", "Peter "), "note_malformed"),
        (PUBLISHED_KEY.replace("+AR", "+Ah"), "note_key_unsupported"),
        ("a+b", "note_key_malformed"),
        ("", "note_key_malformed"),
        (5, "note_key_malformed"),
    ],
)
def test_only_the_form_of_a_verifier_key_is_one(text: Any, code: str) -> None:
    with pytest.raises(LogError) as refused:
        VerifierKey.from_text(text)
    assert refused.value.code == code


@pytest.mark.parametrize("key", [LOG_KEY, WITNESS_KEY])
def test_verifier_keys_round_trip(key: VerifierKey) -> None:
    assert VerifierKey.from_text(key.text) == key


def test_an_ecdsa_key_signs_no_notes() -> None:
    with pytest.raises(LogError, match="note_key_malformed"):
        HEAD.sign(SigningKey.from_seed(bytes([1]) * 32, "P-256"))


@pytest.mark.parametrize("extra", [None, b"", b"more"])
def test_a_proof_travels_and_verifies_offline(extra: bytes | None) -> None:
    received = LogProof.parse(str(replace(PROOF, extra=extra)).encode())
    assert received == replace(PROOF, extra=extra)
    assert received.verify(LEAF, LOG_KEY, witnesses=[WITNESS_KEY], quorum=1).checkpoint == HEAD


def test_a_proof_in_a_log_of_one_entry_has_no_hashes() -> None:
    head = Checkpoint(ORIGIN, 1, LEAF)
    proof = LogProof.parse(str(LogProof(0, (), head.sign(KEY))))
    assert proof.verify(LEAF, LOG_KEY).checkpoint == head


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (lambda text: text.replace("index 5", "index 6"), "inclusion_proof_invalid"),
        (lambda text: text.replace("index 5", "index 11"), "inclusion_proof_malformed"),
        (lambda text: text.replace("index 5", "index 05"), "log_proof_malformed"),
        (lambda text: text.replace("index 5", "index 5 "), "log_proof_malformed"),
        (lambda text: text.replace("index 5\n", ""), "log_proof_malformed"),
        (lambda text: text.replace("index 5\n", "index 5\nextra AAAA\n"), "log_proof_malformed"),
        (lambda text: text.replace("index 5\n", "extra A\nindex 5\n"), "log_proof_malformed"),
        (lambda text: text.replace("@v1\n", "@v2\n"), "log_proof_malformed"),
        (lambda text: text.replace("index 5\n", f"index 5\n{'A' * 43}=\n"), "inclusion_proof_malformed"),
        (lambda text: text.replace("index 5\n", "index 5\nAAAA\n"), "log_proof_malformed"),
        (lambda text: text.replace("index 5\n", f"index 5\n{('A' * 43 + '=') + chr(10)}" * 64), "log_proof_malformed"),
        (lambda text: text.replace("\n\n", "\n", 1), "log_proof_malformed"),
        (lambda text: text.partition("\n\n")[0], "log_proof_malformed"),
        (lambda text: text + "x" * 1_100_000, "log_proof_too_large"),
        (lambda text: text.replace("\n11\n", "\n12\n"), "note_signature_invalid"),
        (lambda text: text.replace("index 5", f"extra {'A' * 100_000}\nindex 5"), "log_proof_too_large"),
    ],
)
def test_a_bent_proof_is_refused(bend: Callable[[str], str], code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        LogProof.parse(bend(str(PROOF))).verify(LEAF, LOG_KEY)
    assert refused.value.code == code


def test_a_proof_is_for_its_entry_only() -> None:
    with pytest.raises(LogError, match="inclusion_proof_invalid"):
        PROOF.verify(merkle.leaf_hash(ENTRIES[6]), LOG_KEY)
    with pytest.raises(LogError, match="log_proof_malformed"):
        LogProof.parse(b"\xff")


@given(st.one_of(st.text(), st.binary()))
def test_anything_else_is_a_log_error(data: str | bytes) -> None:
    for parse in (Note.parse, LogProof.parse):
        with pytest.raises(CredentialError):
            parse(data)
    if isinstance(data, str):
        for read in (Checkpoint.parse, VerifierKey.from_text):
            with pytest.raises(CredentialError):
                read(data)


@given(st.text(), st.lists(st.tuples(st.text(), st.binary(min_size=4, max_size=4), st.binary()), max_size=5))
def test_notes_that_can_be_written_read_back(text: str, signatures: list[tuple[str, bytes, bytes]]) -> None:
    try:
        written = Note(text + "\n", tuple(Signature(*signature) for signature in signatures))
    except CredentialError:
        return
    assert Note.parse(str(written)) == written
