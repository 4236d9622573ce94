"""The general path: inline contexts in safe mode, never another meaning for what the frozen contexts define."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credential_core import proof
from credential_core.errors import CredentialError, DocumentError
from credential_core.json_input import MAX_NODES
from credential_core.jsonld import general, to_quads
from credential_core.keys import SigningKey
from credential_core.rdfc import canonicalize
from tests.credential_core.mutations import SCALARS, mutate, samples
from tests.credential_core.oracle import pyld_quads

NOW = datetime(2026, 1, 2, tzinfo=UTC)
V2 = "https://www.w3.org/ns/credentials/v2"
OBI = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
CRED = "https://www.w3.org/2018/credentials#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def document(context: Any, **members: Any) -> dict[str, Any]:
    return {
        "@context": [V2, context],
        "id": "urn:x:credential",
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **members,
    }


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def canonical(quads: Any) -> str:
    return canonicalize(quads).nquads


GOOD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"mark": "https://ex.test/mark"}, {"mark": "A"}),
    ({"mark": {"@id": "https://ex.test/mark", "@type": "https://ex.test/Grade"}}, {"mark": ["A", 1, True, 2.5]}),
    ({"seen": {"@id": "https://ex.test/seen", "@type": "@id"}}, {"seen": ["urn:x:1", {"id": "urn:x:2"}]}),
    ({"ranks": {"@id": "https://ex.test/r", "@container": "@list"}}, {"ranks": ["a", ["b", []], "a"]}),
    ({"title": {"@id": "https://ex.test/t", "@container": "@language"}}, {"title": {"en": "x", "de": ["y", "z"]}}),
    ({"extra": {"@id": "https://ex.test/e", "@type": "@json"}}, {"extra": {"a": [1, None, {"b": "c"}]}}),
    ({"side": {"@id": "https://ex.test/g", "@container": "@graph"}}, {"side": {"id": "urn:x:s", "name": "n"}}),
    ({"@vocab": "https://ex.test/vocab#"}, {"anything": {"deeper": [1.5, "x"]}}),
    ({"@language": "en"}, {"name": "in English"}),
    ({"mark": "https://ex.test/mark"}, {"mark": {"@value": "7", "@type": "https://ex.test/Grade"}}),
    ({"mark": "https://ex.test/mark"}, {"mark": {"@set": ["a", "b"]}, "name": {"@value": "x", "@language": "de"}}),
    ({"Medal": "https://ex.test/Medal"}, {"type": ["VerifiableCredential", "Medal"]}),
    ({}, {"https://ex.test/mark": "x", "urn:ex:part": {"name": "a", "https://ex.test/mark": ["b", "c"]}}),
]


@pytest.mark.parametrize(("context", "members"), GOOD)
def test_what_inline_contexts_add_gives_pylds_quads(context: dict[str, Any], members: dict[str, Any]) -> None:
    given = document(context, **members)
    assert canonical(general.to_quads(given)) == canonical(pyld_quads(given))
    with pytest.raises(CredentialError):
        to_quads(given)  # the product's ordinary path takes no inline context


@pytest.mark.parametrize(
    ("context", "members", "code"),
    [
        ({"hidden": f"{CRED}credentialStatus"}, {"hidden": {"id": "urn:x:s"}}, "context_conflict"),
        ({"hidden": {"@id": "cred:credentialStatus"}, "cred": CRED}, {"hidden": "x"}, "context_conflict"),
        ({"@vocab": CRED}, {"relatedResources": "x", "credentialStatus": {"id": "urn:x:s"}}, None),
        ({"@vocab": "https://www.w3.org/2018/"}, {"credentials#credentialStatus": {"id": "urn:s"}}, "context_conflict"),
        ({"issuer": "https://ex.test/issuer"}, {}, "context_conflict"),
        ({"name": "https://ex.test/name"}, {}, "context_conflict"),
        ({"narrative": "https://ex.test/n"}, {}, "context_conflict"),
        ({"me": "@id"}, {"me": "urn:x"}, "context_conflict"),
        ({"kind": {"@id": "@type"}}, {"kind": "x"}, "context_conflict"),
        ({"gone": None}, {}, "context_conflict"),
        ({"a:b": "https://ex.test/ab"}, {}, "context_conflict"),
        ({"@base": "https://ex.test/"}, {}, "context_unsupported"),
        ({"@import": V2}, {}, "context_unsupported"),
        ({"@propagate": False}, {}, "context_unsupported"),
        ({"mark": {"@reverse": "https://ex.test/m"}}, {}, "context_unsupported"),
        ({"mark": {"@id": "https://ex.test/m", "@container": "@index"}}, {}, "context_unsupported"),
        ({"mark": {"@id": "https://ex.test/m", "@container": ["@graph", "@id"]}}, {}, "context_unsupported"),
        ({"mark": {"@id": "https://ex.test/m", "@container": {}}}, {}, "context_unsupported"),
        ({"mark": {"@id": 7}}, {}, "context_conflict"),
        ({"mark": "relative"}, {"mark": "x"}, None),
        ({"ex": "https://ex.test/"}, {"id": "ex:credential"}, "iri_relative"),
        ({"ex": "https://ex.test/"}, {"ex:mark": "x"}, "member_not_term"),
        ({}, {f"{CRED}credentialStatus": {"id": "urn:x:s"}}, "context_conflict"),
        ({}, {"https://schema.org/name": "x"}, "context_conflict"),
        ({}, {f"{RDF}type": {"id": "https://ex.test/Medal"}}, "context_conflict"),
        ({}, {"evidence": {"id": "urn:x:e", f"{RDF}first": "x"}}, "context_conflict"),
        ({"kind": {"@id": f"{RDF}type", "@type": "@id"}}, {"kind": "https://ex.test/Medal"}, "context_conflict"),
        ({"kind": {"@id": "rdf:type"}, "rdf": RDF}, {"kind": {"id": "https://ex.test/Medal"}}, "context_conflict"),
        ({"@vocab": RDF}, {"rest": {"id": "urn:x:r"}}, "context_conflict"),
        ({}, {"_:mark": "x"}, "member_not_term"),
        ({}, {"@included": [{"id": "urn:x:credential"}]}, "member_not_term"),
        ({}, {"@graph": []}, "member_not_term"),
        ({}, {"@id": "urn:x"}, "member_not_term"),
        ({}, {"undefined": "x"}, "term_undefined"),
        ({}, {"issuer": "relative"}, "iri_relative"),
        ({}, {"evidence": {"id": "_:b0", "type": "Evidence"}}, "iri_relative"),
        ({}, {"evidence": {"@set": [{"id": "urn:x:e", "type": "Evidence"}]}}, "member_not_term"),
        ({}, {"credentialSubject": [{"@set": [{"id": "urn:x:s", "name": "a"}]}]}, "member_not_term"),
        ({}, {"evidence": {"id": "urn:x:credential", "name": "moved"}}, "root_id_repeated"),
        ({}, {"evidence": {"id": "urn:x:credential", "type": "EndorsementCredential"}}, "root_id_repeated"),
        ({}, {"type": ["VerifiableCredential", f"{OBI}OpenBadgeCredential"]}, "context_conflict"),
        ({}, {"evidence": {"@context": {"x": "urn:y"}, "id": "urn:x:e"}}, "context_inline"),
        ({}, {"evidence": {"@context": "https://evil.test/"}}, "context_unknown"),
        ({}, {"name": {"@value": "x", "@language": "not a tag"}}, None),
        ({}, {"name": {"@value": "x", "@index": "y"}}, "member_not_term"),
        ({f"t{n}": f"urn:t:{n}" for n in range(257)}, {}, "context_invalid"),
    ],
)
def test_what_an_inline_context_may_not_do(context: Any, members: dict[str, Any], code: str | None) -> None:
    try:
        quads = general.to_quads(document(context, **members))
    except CredentialError as error:
        assert code in (None, error.code), error
    else:
        assert code is None
        assert "credentialStatus" not in members or any("credentialStatus" in quad[1] for quad in quads)


def test_a_class_names_no_member() -> None:
    """Image and image have one IRI in Open Badges: a holder could rename what is read."""
    given = document({}, Image={"id": "urn:x:i", "type": "Image"})
    given["@context"].insert(1, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json")
    with pytest.raises(DocumentError, match="member_not_term"):
        general.to_quads(given)


def test_a_name_may_be_said_again_with_the_meaning_it_has() -> None:
    again = {name: f"https://schema.org/{name}" for name in ("name", "description")}
    given_: dict[str, Any] = {
        "@context": ["https://www.w3.org/2018/credentials/v1", again],
        "id": "urn:x:credential",
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject", "name": "Alice", "description": "Of Alice."},
    }
    assert canonical(general.to_quads(given_)) == canonical(pyld_quads(given_))
    for other in ({"@id": again["name"], "@type": "@id"}, again["description"], "http://schema.org/name"):
        with pytest.raises(CredentialError, match="context_conflict"):
            general.to_quads({**given_, "@context": [given_["@context"][0], {**again, "name": other}]})


@pytest.mark.parametrize("context", [None, [], "https://evil.test/", [None], [[]], [V2] * 17, 7])
def test_what_is_no_context(context: Any) -> None:
    with pytest.raises(CredentialError):
        general.to_quads({**document({}), "@context": context})


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (["x"] * MAX_NODES, "document_too_many_nodes"),
        (nested(40), "document_too_deep"),
        (2**53, "number_unsafe"),
        ("\x00", "text_unsafe"),
        (float("nan"), "number_unsafe"),
    ],
)
def test_the_budgets_are_the_same(value: Any, code: str) -> None:
    with pytest.raises(CredentialError, match=code):
        general.to_quads(document({"@vocab": "https://ex.test/"}, anything=value))


def test_both_paths_agree_wherever_both_answer(vectors: Path, unsigned: dict[str, Any]) -> None:
    choose = random.Random(7)  # noqa: S311  # a fixed seed, nothing secret
    agreed = only_one = 0
    for _ in range(150):
        changed = mutate(choose.choice([unsigned, *samples(vectors)]), choose)
        answers = []
        for path in (to_quads, general.to_quads):
            try:
                answers.append(canonical(path(changed)))
            except CredentialError:
                only_one += 1
        if len(answers) == 2:
            assert answers[0] == answers[1]
            agreed += 1
    assert agreed >= 20
    assert only_one


NAMES = st.sampled_from(["mark", "name", "id", "type", "@value", "@type", "@list", "@language", "@id", "en", "a:b", ""])
json_values = st.recursive(
    st.sampled_from([value for value in SCALARS if not isinstance(value, dict | list)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TERMS = st.sampled_from(["mark", "en", "@vocab", "@language", "@version"])
definitions: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, "", "@id", "urn:x:mark", "relative", f"{CRED}issuer"]),
    st.dictionaries(
        st.sampled_from(["@id", "@type", "@container", "@language", "@reverse", "@context", "@prefix"]),
        st.sampled_from([None, True, "@id", "@list", "@set", "@json", "@vocab", "urn:x:m", ["@graph"], {}, 3, "x y"]),
        max_size=3,
    ),
)


@settings(max_examples=120, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["mark", "en", "@vocab", "@language", "@version"]), definitions, max_size=3),
    json_values,
)
def test_only_our_errors_escape(context: dict[str, Any], value: Any) -> None:
    given_ = document(copy.deepcopy(context), mark=value)
    try:
        quads = general.to_quads(given_)
    except CredentialError:
        return
    assert canonical(quads) == canonical(pyld_quads(given_))


def test_a_proof_covers_inline_contexts_only_when_asked_to(key: SigningKey) -> None:
    given_ = document({"mark": {"@id": "https://ex.test/mark", "@container": "@list"}}, mark=["A", ["B"]])
    how: dict[str, Any] = {"verification_method": "did:example:issuer#key-1", "created": NOW}
    with pytest.raises(CredentialError, match="context_inline"):
        proof.sign(given_, key, **how)
    signed = proof.sign(given_, key, inline_contexts=True, **how)
    proof.verify_proof(signed, signed["proof"], key.public, inline_contexts=True)
    with pytest.raises(CredentialError, match="context_inline"):
        proof.verify_proof(signed, signed["proof"], key.public)
    with pytest.raises(CredentialError, match="signature_invalid"):
        proof.verify_proof({**signed, "mark": ["B", ["A"]]}, signed["proof"], key.public, inline_contexts=True)


def shown(*held: Any, context: Any = V2, **members: Any) -> dict[str, Any]:
    """A presentation of documents."""
    return {"@context": context, "type": ["VerifiablePresentation"], "verifiableCredential": list(held), **members}


@pytest.mark.parametrize(("context", "members"), GOOD)
def test_a_credential_keeps_its_contexts_in_a_presentation(context: dict[str, Any], members: dict[str, Any]) -> None:
    held = document(context, **members)
    other = document({"mark": "https://ex.test/another"}, mark="of another context")
    given = shown(held, held, other, context=[V2, {"mark": "https://ex.test/third"}], mark="third")
    quads = general.to_quads(given)
    assert canonical(quads) == canonical(pyld_quads(given))
    said = {object_: predicate for _, predicate, object_, _ in quads}
    assert said['"third"'] == "<https://ex.test/third>"
    assert said['"of another context"'] == "<https://ex.test/another>"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (shown(document({"issuer": "https://ex.test/issuer"})), "context_conflict"),
        (shown(document({"hidden": f"{CRED}credentialStatus"}, hidden={"id": "urn:x:s"})), "context_conflict"),
        (shown(document({"@import": V2})), "context_unsupported"),
        (shown(document("https://evil.test/")), "context_unknown"),
        (shown(document(None)), "context_inline"),
        (shown({"@context": [], "type": ["VerifiableCredential"]}), "term_undefined"),
        (shown(document({}, credentialSubject={"@context": {"x": "urn:y"}, "x": "z"})), "context_inline"),
        (shown(document({}, verifiableCredential=[document({"x": "urn:y"})])), "context_inline"),
        (shown(document({"ex": "https://ex.test/"}, id="ex:credential")), "iri_relative"),
        (shown(document({"ex": "https://ex.test/"}), "ex:credential"), "iri_relative"),
        (shown(*(document({f"{n}x{t}": "urn:t" for t in range(9)}) for n in range(29))), "context_invalid"),
        (shown(document({"mark": "https://ex.test/mark"}), mark="x"), "term_undefined"),
    ],
)
def test_what_the_contexts_inside_of_a_presentation_may_not_do(given: Any, code: str) -> None:
    with pytest.raises(CredentialError, match=code):
        general.to_quads(given)
