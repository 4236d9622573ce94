"""The compiled JSON-LD path: agreement with PyLD wherever it answers, and safe mode wherever PyLD would drop."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyld.jsonld import JsonLdError

from credential_core.contexts import frozen_contexts, load_context
from credential_core.errors import ContextError, CredentialError, DocumentError, LimitError
from credential_core.jsonld import general, to_quads
from credential_core.jsonld.lexical import XSD, native_literal
from credential_core.rdfc import Quad, canonicalize
from tests.credential_core.mutations import SEED, compare, samples
from tests.credential_core.oracle import load, pyld_quads

V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OBI = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
CLRI = "https://purl.imsglobal.org/spec/vc/clr/vocab.html#"
ID = "https://issuer.test/credentials/1"


def canonical(quads: list[Quad]) -> str:
    return canonicalize(quads).nquads


def test_published_credentials_give_pylds_quads(vectors: Path) -> None:
    compared = 0
    for document in samples(vectors):
        try:
            ours = to_quads(document)
        except CredentialError:
            continue
        compared += 1
        assert canonical(ours) == canonical(pyld_quads(document))
    assert compared >= 8


@pytest.mark.long
@pytest.mark.parametrize("tenth", range(10))
def test_ten_thousand_mutated_credentials_give_pylds_quads_or_are_refused(
    vectors: Path, unsigned: dict[str, Any], tenth: int
) -> None:
    seen = compare([unsigned, *samples(vectors)], 1000, SEED + tenth)
    assert seen.total() == 1000
    assert seen["equal"] >= 150, seen
    assert len(seen) >= 8, seen


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"undefined": 1}, "term_undefined"),
        ({"undefined": None}, "term_undefined"),
        ({"https://www.w3.org/2018/credentials#credentialStatus": {"id": "urn:x"}}, "member_not_term"),
        ({"cred:credentialStatus": {"id": "urn:x"}}, "member_not_term"),
        ({"@reverse": {"issuer": "urn:x"}}, "member_not_term"),
        ({"@graph": []}, "member_not_term"),
        ({"@id": "urn:x"}, "member_not_term"),
        ({"@included": []}, "member_not_term"),
        ({"issuer": "not absolute"}, "iri_relative"),
        ({"issuer": "did:ex:a> <urn:p> <urn:q"}, "iri_relative"),
        ({"id": "_:blank"}, "iri_relative"),
        ({"id": ["urn:a"]}, "id_malformed"),
        ({"type": ["VerifiableCredential", "Unknown"]}, "iri_relative"),
        ({"type": [{"id": "urn:x"}]}, "type_malformed"),
        ({"type": ["VerifiableCredential", f"{OBI}OpenBadgeCredential"]}, "type_malformed"),
        ({"type": ["VerifiableCredential", f"{CLRI}ClrCredential"]}, "type_malformed"),
        ({"Image": {"id": "urn:x", "type": "Image"}}, "member_not_term"),
        ({"evidence": [["urn:x"]]}, "array_nested"),
        ({"name": {"@value": 1}}, "value_malformed"),
        ({"name": {"@value": "x", "@type": "@json"}}, "value_malformed"),
        ({"name": {"@value": "x", "@language": "not a tag"}}, "language_malformed"),
        ({"name": {"@value": "x", "@direction": "up"}}, "value_malformed"),
        ({"name": {"@list": ["x"]}}, "member_not_term"),
        ({"name": {"@set": ["x"]}}, "member_not_term"),
        ({"proof": "urn:x"}, "value_malformed"),
        ({"evidence": {"id": "https://issuer.test/credentials/1", "name": "moved"}}, "root_id_repeated"),
        ({"evidence": {"id": ID, "type": "EndorsementCredential"}}, "root_id_repeated"),
        ({"evidence": {"id": ID, "type": "VerifiablePresentation"}}, "root_id_repeated"),
    ],
)
def test_what_would_be_dropped_or_guessed_is_refused(
    unsigned: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        to_quads({**unsigned, **change})
    assert refused.value.code == code


@pytest.mark.parametrize("members", [{}, {"id": "urn:x"}, {"id": "urn:x", "name": None, "description": []}])
@pytest.mark.parametrize("path", [to_quads, general.to_quads])
def test_a_document_that_states_nothing_is_refused(
    path: Callable[[dict[str, Any]], list[Quad]], members: dict[str, Any]
) -> None:
    """A proof over no statement would hold for any id."""
    with pytest.raises(DocumentError, match="value_"):
        path({"@context": [V2, OB], **members})


@pytest.mark.parametrize(
    ("number", "literal"),
    [
        (1, '"1"^^<{}integer>'),
        (1.0, '"1"^^<{}integer>'),
        (-0.0, '"0"^^<{}integer>'),
        (2**53 - 1, '"9007199254740991"^^<{}integer>'),
        (0.1, '"1.0E-1"^^<{}double>'),
        (1e-6, '"1.0E-6"^^<{}double>'),
        (-123.456, '"-1.23456E2"^^<{}double>'),
        (0.1 + 0.2, '"3.0E-1"^^<{}double>'),
        (2251799813685248.5, '"2.251799813685249E15"^^<{}double>'),  # a tie goes up, as toExponential(15) has it
        (True, '"true"^^<{}boolean>'),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(number: float, literal: str) -> None:
    assert native_literal(number, None) == literal.format(XSD)


@pytest.mark.parametrize("number", [1e-7, -5e-324, 2.0**53, -1e21, float("nan"), float("inf")])
def test_numbers_that_implementations_write_otherwise_are_refused(number: float) -> None:
    with pytest.raises(DocumentError, match="number_unsafe"):
        native_literal(number, None)


@pytest.mark.parametrize(
    ("context", "code"),
    [
        (["https://evil.test/context"], "context_unknown"),
        ([V2, {"alias": "https://www.w3.org/2018/credentials#credentialStatus"}], "context_inline"),
        ({"@vocab": "urn:v:"}, "context_inline"),
        ([], "context_invalid"),
        (None, "context_invalid"),
        ([V2, None], "context_inline"),
        ([V2] * 17, "context_invalid"),
        ([V2, "https://www.w3.org/2018/credentials/v1"], "context_conflict"),
    ],
)
def test_only_frozen_contexts_that_agree_are_applied(unsigned: dict[str, Any], context: Any, code: str) -> None:
    with pytest.raises(ContextError) as refused:
        to_quads({**unsigned, "@context": context})
    assert refused.value.code == code


def test_a_nested_context_is_held_to_the_same_set(unsigned: dict[str, Any]) -> None:
    unsigned["evidence"][0]["@context"] = {"name": "https://schema.org/description"}
    with pytest.raises(ContextError, match="context_inline"):
        to_quads(unsigned)


def nested_contexts(lists: list[list[str]]) -> dict[str, Any]:
    """Subjects that each bring contexts of their own."""
    subjects = [{"@context": urls, "id": f"urn:s:{number}"} for number, urls in enumerate(lists)]
    return {"@context": [V2, OB], "id": "urn:x", "type": ["VerifiableCredential"], "credentialSubject": subjects}


@pytest.mark.parametrize("path", [to_quads, general.to_quads])
def test_a_document_applies_only_so_many_contexts(path: Callable[[dict[str, Any]], list[Quad]]) -> None:
    """Each takes time to process: 85 kB of them took a second."""
    different = [[OB] * (1 + number % 16) for number in range(32)]
    assert path(nested_contexts(different[:15]))
    assert path(nested_contexts([[V2, OB]] * 100))
    inner: dict[str, Any] = {"id": "urn:s"}
    for _ in range(25):  # the same ones, each time within the others
        inner = {"@context": [V2, OB] * 3, "type": ["VerifiableCredential"], "evidence": inner}
    chained = {**nested_contexts([]), "evidence": inner}
    for document in (nested_contexts(different), chained):
        with pytest.raises(LimitError, match="too_many_contexts"):
            path(document)


def test_the_root_may_be_referred_to_by_id_and_type(unsigned: dict[str, Any]) -> None:
    unsigned["refreshService"] = {"id": unsigned["id"], "type": "1EdTechCredentialRefresh"}
    unsigned["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")
    assert to_quads(unsigned)


def aliases() -> dict[str, set[str]]:
    """Every name that any frozen context gives to an IRI."""
    names: dict[str, set[str]] = defaultdict(set)

    def expand(value: str, known: dict[str, Any], depth: int = 0) -> str:
        definition = known.get(value)
        target = definition.get("@id") if isinstance(definition, dict) else definition
        if isinstance(target, str) and target != value and depth < 5:
            return expand(target, known, depth + 1)
        prefix, colon, suffix = value.partition(":")
        return expand(prefix, known, depth + 1) + suffix if colon and prefix in known else value

    def walk(context: Any, known: dict[str, Any]) -> None:
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                inner = {**known, **part}
                for name, definition in part.items():
                    target = definition.get("@id", name) if isinstance(definition, dict) else definition
                    if not name.startswith("@") and isinstance(target, str):
                        names[expand(target, inner)].add(name)
                    if isinstance(definition, dict) and "@context" in definition:
                        walk(definition["@context"], inner)

    for url in frozen_contexts():
        walk(load_context(url)["@context"], {})
    return names


def test_no_member_that_checks_read_can_hide_under_another_name() -> None:
    doubled = {frozenset(found) for found in aliases().values() if len(found) > 1}
    harmless = [
        {"criteria", "Criteria"},
        {"geo", "GeoCoordinates"},
        {"image", "Image"},
        {"OpenBadgeCredential", "AchievementCredential"},
    ]
    assert doubled == {frozenset(pair) for pair in harmless}


def test_a_flood_of_type_combinations_stays_bounded(unsigned: dict[str, Any]) -> None:
    from credential_core.jsonld import expansion  # noqa: PLC0415  # looks inside on purpose

    names = ["Achievement", "Profile", "Result", "Alignment", "Image", "Evidence", "Related", "Address", "Identifier"]
    choose = random.Random(1)  # noqa: S311  # a fixed seed, nothing secret
    refused = 0
    for _ in range(60):
        unsigned["evidence"] = [{"type": choose.sample(names, choose.randint(1, 4))} for _ in range(20)]
        try:
            to_quads(unsigned)
        except CredentialError:
            refused += 1
    assert expansion._library._count <= 1024


@pytest.mark.parametrize(
    "spoil", [lambda d: d.update(x={1: 2}), lambda d: d.update(name=b"x"), lambda d: d.update(name=object())]
)
def test_what_is_not_json_is_refused(unsigned: dict[str, Any], spoil: Callable[[dict[str, Any]], None]) -> None:
    spoil(unsigned)
    with pytest.raises(DocumentError):
        to_quads(unsigned)


def test_pyld_agrees_that_frozen_contexts_are_sound() -> None:
    for url in frozen_contexts():
        try:
            jsonld.expand({"@context": url, "id": "urn:x"}, {"documentLoader": load})
        except JsonLdError as error:
            pytest.fail(f"{url}: {error}")
