"""Compiled forms give what the generic path gives, whatever is filled in: the same text, or the same refusal."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.credential import KEY, METHOD, SLOTS, credential, values
from credential_core import jcs, proof, shape_memory
from credential_core.errors import CredentialError, DocumentError, ProofError
from credential_core.jsonld import to_quads
from credential_core.keys import SigningKey
from credential_core.rdfc import canonicalize
from credential_core.shape import Shape
from credential_core.shape_memory import ShapeMemory
from credential_core.template import Filled, Template

CREATED = datetime(2026, 6, 15, tzinfo=UTC)
DOCUMENT = credential()
TEMPLATE = Template.compile(DOCUMENT, SLOTS)
SIGN = SigningKey.sign
P256 = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
P384 = SigningKey.from_seed(bytes(range(1, 49)), "P-384")

# What a learner's data, or an enemy, may bring.
HOSTILE = [
    "",
    " ",
    "A",
    '"',
    "\\",
    '" . <urn:s> <urn:p> <urn:o> .\n_:c14n0',
    "_:c14n0",
    "_:b0",
    "\x00",
    "\x07\x1b\x7f\x85",
    "\n\r\t\b\f",
    "\ud800",
    "😀",
    "e\u0301\u2028\ufffe",
    "<slot 0>",
    "urn:slot:0",
    "did:example:a",
    "https://university.example/credentials/00000001",
    "did:web:university.example:issuers:college",
    "https://a.test/ü",
    "https://a.test/a b",
    "did:ex:a> <urn:p> <urn:q",
    "relative/path",
    "type",
    "Profile",
    "cred:issuer",
]
scalars = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=12),
    st.text(alphabet="ab", max_size=2).map(lambda text: f"urn:x:{text}"),
    st.booleans(),
    st.integers(),
    st.floats(),
)
fills = st.fixed_dictionaries({}, optional=dict.fromkeys(SLOTS, scalars)).map(lambda some: {**values(1), **some})


def outcome(work: Any) -> Any:
    """What comes of it: a value, or the code of a refusal."""
    try:
        return work()
    except CredentialError as error:
        return error.code


def generic(document: Mapping[str, Any], algorithm: str = "SHA-256") -> str:
    return canonicalize(to_quads(document), algorithm=algorithm).nquads


@settings(max_examples=400, deadline=None)
@given(fills)
def test_whatever_is_filled_in_the_form_is_the_canonical_one(fill: dict[str, Any]) -> None:
    shape = TEMPLATE._compiled.shape
    expected = outcome(lambda: generic(filled(fill)))
    found = outcome(lambda: shape.nquads([fill[name] for name in SLOTS]))
    assert found == expected or {found, expected} <= REFUSALS


# Of several things wrong with a document, which one is met first is not the point.
REFUSALS = {"iri_relative", "iri_malformed", "number_unsafe", "text_unsafe", "id_malformed", "root_id_repeated"}


def filled(fill: Mapping[str, Any]) -> dict[str, Any]:
    """The document with these values, by hand."""
    document: Any = copy.deepcopy(DOCUMENT)
    for name, pointer in SLOTS.items():
        *steps, last = [int(step) if step.isdigit() else step for step in pointer[1:].split("/")]
        place = document
        for step in steps:
            place = place[step]
        place[last] = fill[name]
    return document  # type: ignore[no-any-return]  # Any on the way only


def sealing(fill: Mapping[str, Any]) -> Filled:
    """The template with these values."""
    return TEMPLATE.filled([fill[name] for name in TEMPLATE.slots])


@settings(max_examples=60, deadline=None)
@given(fills, st.sampled_from(["eddsa-rdfc-2022", "ecdsa-rdfc-2019", "eddsa-jcs-2022"]))
def test_a_signed_fill_is_what_signing_it_gives(fill: dict[str, Any], suite: str) -> None:
    key = P384 if suite == "ecdsa-rdfc-2019" else KEY
    how: dict[str, Any] = {"verification_method": METHOD, "created": CREATED, "cryptosuite": suite}
    expected = outcome(lambda: proof.sign(filled(fill), key, **how))
    found = outcome(lambda: TEMPLATE.sign(fill, key, **how))
    if suite != "eddsa-jcs-2022" and not isinstance(expected, str):
        text = json.loads(TEMPLATE.sign_json(fill, key, **how))
        assert {**text, "proof": None} == {**expected, "proof": None}
        sealed = sealing(fill).seal(key, **how)
        read = json.loads(sealed.text)
        assert {**read, "proof": None} == {**expected, "proof": None}
        assert (sealed.digest, sealing(fill).digest()) == (jcs.digest(read), jcs.digest(filled(fill)))
        proof.verify_proof(read, read["proof"], key.public)
    if isinstance(expected, str):
        assert found in REFUSALS | {expected, "not_canonical"}
    elif suite == "ecdsa-rdfc-2019":  # another signature each time
        proof.verify_proof(found, found["proof"], key.public)
        assert {**found, "proof": None} == {**expected, "proof": None}
    else:
        assert found == expected


def test_many_learners_get_the_proofs_they_would_have_got() -> None:
    for number in range(1, 60):
        how: dict[str, Any] = {"verification_method": METHOD, "created": CREATED}
        expected = proof.sign(credential(number), KEY, **how)
        assert TEMPLATE.sign(values(number), KEY, **how) == expected
        assert json.loads(TEMPLATE.sign_json(values(number), KEY, **how)) == expected


def test_every_proof_tells_its_own_occasion() -> None:
    later, summer = CREATED + timedelta(seconds=1), timezone(timedelta(hours=2))
    occasions: list[tuple[SigningKey, dict[str, Any]]] = [
        (KEY, {"verification_method": METHOD, "created": CREATED}),
        (KEY, {"verification_method": METHOD, "created": later}),
        (KEY, {"verification_method": METHOD, "created": later.astimezone(summer)}),
        (KEY, {"verification_method": f"{METHOD}-2", "created": later}),
        (KEY, {"verification_method": METHOD, "created": later, "purpose": "authentication"}),
        (P256, {"verification_method": METHOD, "created": later, "cryptosuite": "ecdsa-rdfc-2019"}),
        (P384, {"verification_method": METHOD, "created": later, "cryptosuite": "ecdsa-rdfc-2019"}),
    ]
    for key, how in [*occasions, *reversed(occasions), *occasions]:
        assert TEMPLATE.sign(values(1), key, **how) == proof.sign(credential(1), key, **how)
    with pytest.raises(CredentialError, match="offset"):
        TEMPLATE.sign(values(1), KEY, verification_method=METHOD, created=later.replace(tzinfo=None))


def test_json_text_comes_from_compiled_forms_only() -> None:
    with pytest.raises(ProofError, match="cryptosuite_unsupported"):
        TEMPLATE.sign_json(values(1), KEY, verification_method=METHOD, created=CREATED, cryptosuite="eddsa-jcs-2022")


def test_a_signature_made_wrong_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SigningKey.from_seed(bytes(32))
    monkeypatch.setattr(SigningKey, "sign", lambda _, data: SIGN(other, data))
    with pytest.raises(ProofError, match="signature_invalid"):
        sealing(values(1)).seal(KEY, verification_method=METHOD, created=CREATED)


ALIKE: dict[str, Any] = {
    "@context": DOCUMENT["@context"],
    "id": "urn:x:root",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": "urn:x:issuer",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "identifier": [
            {"type": "IdentityObject", "hashed": False, "identityHash": "a", "salt": "x"},
            {"type": "IdentityObject", "hashed": False, "identityHash": "b", "salt": "y"},
        ],
        "result": [{"type": ["Result"], "value": "1"}, {"type": ["Result"], "value": "2"}],
    },
    "evidence": [{"id": "urn:x:1", "type": ["Evidence"], "name": "n"}, {"id": "urn:x:2", "type": ["Evidence"]}],
}
ALIKE_SLOTS = {
    "root": "/id",
    "issuer": "/issuer",
    **{
        f"{member}{n}": f"/credentialSubject/identifier/{n}/{member}"
        for n in (0, 1)
        for member in ("identityHash", "salt")
    },
    **{f"value{n}": f"/credentialSubject/result/{n}/value" for n in (0, 1)},
    **{f"evidence{n}": f"/evidence/{n}/id" for n in (0, 1)},
    "name": "/evidence/0/name",
}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_values_that_make_nodes_alike_are_told_apart_or_left_to_the_generic_path(data: st.DataObject) -> None:
    template = ALIKE_TEMPLATE
    few = st.sampled_from(["urn:x:root", "urn:x:1", "urn:x:2"])
    fill = {name: data.draw(few) for name in ALIKE_SLOTS}
    expected = outcome(lambda: generic(template.fill(fill)))
    assert outcome(lambda: template._compiled.shape.nquads([fill[name] for name in ALIKE_SLOTS])) == expected


ALIKE_TEMPLATE = Template.compile(ALIKE, ALIKE_SLOTS)


def test_the_sha_384_form_is_compiled_when_asked_for() -> None:
    signed = TEMPLATE.sign(values(7), P384, verification_method=METHOD, created=CREATED, cryptosuite="ecdsa-rdfc-2019")
    proof.verify_proof(signed, signed["proof"], P384.public)
    shape = TEMPLATE._compiled.shape_for("SHA-384")
    assert shape.nquads([values(7)[name] for name in SLOTS]) == generic(credential(7), "SHA-384")


@pytest.mark.parametrize(
    ("pointer", "code"),
    [
        ("", "slot_missing"),
        ("id", "slot_missing"),
        ("/nowhere", "slot_missing"),
        ("/evidence/1/id", "slot_missing"),
        ("/evidence/-", "slot_missing"),
        ("/id/deeper", "slot_missing"),
        ("/issuer", "slot_unsupported"),
        ("/type/0", "slot_unsupported"),
        ("/type", "slot_unsupported"),
        ("/@context/0", "slot_unsupported"),
        ("/evidence/0/type/0", "slot_unsupported"),
    ],
)
def test_a_slot_is_where_a_value_shapes_nothing(pointer: str, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        Template.compile(DOCUMENT, {"slot": pointer})
    assert refused.value.code == code


def test_a_slot_is_no_part_of_a_value_object() -> None:
    document = {**DOCUMENT, "name": {"@value": "Statistik", "@language": "de"}}
    for member in ("@value", "@language"):
        with pytest.raises(DocumentError, match="slot_unsupported"):
            Template.compile(document, {"slot": f"/name/{member}"})


@pytest.mark.parametrize(
    ("document", "slots"),
    [
        ({**DOCUMENT, "proof": {}}, {}),
        (DOCUMENT, {"a": "/id", "b": "/id"}),
        (DOCUMENT, {str(n): "/id" for n in range(129)}),
    ],
)
def test_what_makes_no_template(document: dict[str, Any], slots: dict[str, str]) -> None:
    with pytest.raises(DocumentError, match="slot_unsupported"):
        Template.compile(document, slots)


@pytest.mark.parametrize("change", [{"id": None}, {"id": ["urn:x"]}, {"more": "x"}, {"id": {}}])
def test_every_slot_gets_a_scalar(change: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="slot_values"):
        TEMPLATE.fill({**values(1), **change})
    with pytest.raises(DocumentError, match="slot_values"):
        TEMPLATE.fill({name: value for name, value in values(1).items() if name != "id"})


def test_documents_of_a_template_share_nothing() -> None:
    first, second = TEMPLATE.fill(values(1)), TEMPLATE.fill(values(1))
    first["credentialSubject"]["achievement"]["tag"].append("changed")
    assert second == TEMPLATE.fill(values(1)) == credential(1)


@settings(max_examples=150, deadline=None)
@given(st.lists(fills, min_size=4, max_size=8), st.booleans())
def test_a_memory_of_shapes_changes_no_answer(several: list[dict[str, Any]], reorder: bool) -> None:
    memory = ShapeMemory()
    for number, fill in enumerate([values(1), values(2), *several]):
        document = filled(fill)
        if reorder and number % 2:
            document = dict(reversed(document.items()))
        expected = outcome(lambda document=document: generic(document))
        found = outcome(lambda document=document: memory.nquads(document, "SHA-256"))
        assert found == expected or {found, expected} <= REFUSALS


@pytest.mark.parametrize(
    "change",
    [
        {"credentialSubject": {**DOCUMENT["credentialSubject"], "creditsEarned": True}},
        {"credentialSubject": {**DOCUMENT["credentialSubject"], "creditsEarned": 7}},
        {"credentialSubject": {**DOCUMENT["credentialSubject"], "creditsEarned": float("nan")}},
        {"credentialSubject": {**DOCUMENT["credentialSubject"], "creditsEarned": None}},
        {"id": None},
        {"id": {"id": "urn:x"}},
        {"name": ["one", "two"]},
        {"name": {"@value": "x", "@language": "en"}},
        {"undefined": 1},
        {"validUntil": "\ud800"},
        {"type": ["OpenBadgeCredential", "VerifiableCredential"]},
    ],
)
def test_a_known_shape_is_not_taken_for_another(change: dict[str, Any]) -> None:
    memory = ShapeMemory()
    for number in range(1, 5):
        memory.nquads(credential(number), "SHA-256")
    assert any(known.shape for known in memory._known.values())
    for document in ({**credential(9), **change}, {**credential(10), **change}):
        expected = outcome(lambda document=document: generic(document))
        assert outcome(lambda document=document: memory.nquads(document, "SHA-256")) == expected


def test_null_and_what_is_written_so_are_told_apart() -> None:
    memory = ShapeMemory()
    for _ in range(3):
        memory.nquads({**ALIKE, "name": None}, "SHA-256")
        with pytest.raises(DocumentError, match="number_unsafe"):
            memory.nquads({**ALIKE, "name": float("nan")}, "SHA-256")


def test_a_flood_of_shapes_is_forgotten_again() -> None:
    memory = ShapeMemory(limit=8)
    for number in range(200):
        document = {**ALIKE, "issuer": f"urn:x:{number // 3}", "id": f"urn:y:{number}"}
        assert memory.nquads(document, "SHA-256") == generic(document)
    assert len(memory) <= 8


def test_a_large_document_is_not_remembered() -> None:
    memory = ShapeMemory()
    document = {**ALIKE, "name": "x" * shape_memory.MAX_SHAPE_BYTES}
    for _ in range(4):
        assert memory.nquads(document, "SHA-256") == generic(document)
    assert len(memory) == 0


def test_shapes_take_bounded_work_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[int] = []

    def counted(*given: Any) -> Shape:
        compiled.append(1)
        return Shape(*given)

    monkeypatch.setattr(shape_memory, "Shape", counted)
    memory = ShapeMemory()
    for number in range(80):  # two of one form, then two of another: each second one could be learnt from
        evidence = [{"id": f"urn:e:{n}", "type": ["Evidence"]} for n in range(1 + number // 2 % 2)]
        memory.nquads({**ALIKE, "name": f"n{number}", "evidence": evidence}, "SHA-256")
    assert 1 <= len(compiled) <= 80 // 8 + 1


@pytest.mark.parametrize(
    ("key", "suite"), [(KEY, "eddsa-rdfc-2022"), (P256, "ecdsa-rdfc-2019"), (P384, "ecdsa-rdfc-2019")]
)
def test_a_key_that_is_elsewhere_signs_in_two_steps(key: SigningKey, suite: str) -> None:
    prepared = sealing(values(1)).prepare(key.public, verification_method=METHOD, created=CREATED, cryptosuite=suite)
    sealed = prepared.signed(key.sign(prepared.data))
    document = json.loads(sealed.text)
    proof.verify_proof(document, document["proof"], key.public)
    assert sealed.digest == jcs.digest(document)
    assert {name: value for name, value in document.items() if name != "proof"} == TEMPLATE.fill(values(1))
    with pytest.raises(ProofError) as caught:
        prepared.signed(key.sign(prepared.data + b"."))
    assert caught.value.code == "signature_invalid"
