"""Contexts that an operator adds: what they then mean, and what is refused. In processes of their own: they stay."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import did, proof
from credential_core.contexts import frozen_contexts
from credential_core.errors import CredentialError
from credential_core.jsonld.added import add_contexts
from credential_core.jsonld.expansion import to_quads
from credential_core.keys import SigningKey
from credential_core.verify import parse, trust_only, verify

URL = "https://w3id.org/example/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
CRED = "https://www.w3.org/2018/credentials#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
KEY = SigningKey.from_seed(bytes(range(32)))
DID = did.did_key(KEY.public)
CREDENTIAL: dict[str, Any] = {
    "@context": [V2, URL],
    "type": ["VerifiableCredential", "Medal"],
    "issuer": DID,
    "credentialSubject": {
        "id": "did:example:ada",
        "mark": "gold",
        "heldBy": {"id": "urn:x:b", "note": "<i>silver</i>"},
    },
}
GOOD: dict[str, Any] = {
    "@protected": True,
    "ex": "https://example.org/#",
    "rdf": RDF,
    "mark": "ex:mark",
    "note": {"@id": "ex:note", "@type": "rdf:HTML"},
    "Medal": {"@id": "ex:Medal", "@context": {"heldBy": {"@id": "ex:heldBy", "@type": "@id"}}},
    "heldBy": {"@id": "ex:heldBy", "@type": "@id"},
}


def manifest(*given: Any, url: str = URL, **changes: str) -> tuple[bytes, Callable[[str], bytes]]:
    files = {f"{place}.json": json.dumps({"@context": context}).encode() for place, context in enumerate(given)}
    entries = [
        {"url": url if place == 0 else f"{url}/{place}", "file": name, "sha256": hashlib.sha256(data).hexdigest()}
        | changes
        for place, (name, data) in enumerate(files.items())
    ]
    return json.dumps(entries).encode(), files.__getitem__


def _verdict_and_quads_of_it(known: bool, more: dict[str, Any]) -> str:
    if known:
        add_contexts(*manifest(GOOD))
        add_contexts(*manifest(GOOD))  # again, as each part of a process may
    method = did.did_key_verification_method(KEY.public)
    try:
        signed = proof.sign(
            CREDENTIAL | more, KEY, verification_method=method, created=datetime(2026, 1, 1, tzinfo=UTC)
        )
    except CredentialError as error:
        return error.code
    now = datetime(2026, 3, 1, tzinfo=UTC)
    trusted = trust_only([DID])
    report = verify(parse(json.dumps(signed)), controllers={}, status_lists={}, now=now, trusted_issuers=trusted)
    return str(report.verdict)


def _code_of(given: Any, url: str, changes: dict[str, str]) -> str | None:
    before = dict(frozen_contexts())
    try:
        add_contexts(*manifest(GOOD if given is None else given, url=url, **changes))
    except CredentialError as error:
        assert dict(frozen_contexts()) == before
        return error.code
    return None


def _process() -> Iterator[Any]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *args: pool.submit(function, *args).result(60)


apart = pytest.fixture(_process, name="apart")
refusing = pytest.fixture(_process, name="refusing", scope="module")
"""One for all that is refused, of which nothing stays."""


def test_what_is_added_counts_like_the_frozen_ones(apart: Any) -> None:
    assert apart(_verdict_and_quads_of_it, False, {}) == "context_unknown"
    assert apart(_verdict_and_quads_of_it, True, {}) == "valid"


def test_a_prefix_for_rdfs_words_lets_nobody_say_them(apart: Any) -> None:
    hidden = {"rdf:type": {"id": "https://example.org/#Medal"}}
    assert apart(_verdict_and_quads_of_it, True, hidden) == "member_not_term"


def _code_of_a_document(contexts: list[Any], members: dict[str, Any]) -> str | None:
    add_contexts(*manifest(*contexts))
    urls = [URL, *(f"{URL}/{place}" for place in range(1, len(contexts)))]
    document = {"@context": [V2, *urls], "id": "urn:x:a", "type": ["VerifiableCredential"], **members}
    try:
        to_quads(document)
    except CredentialError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("contexts", "members", "code"),
    [
        ([{"rdf": RDF}, {"kind": {"@id": "rdf:type", "@type": "@id"}}], {"kind": "urn:x:b"}, "context_conflict"),
        ([{"cred": CRED}, {"hidden": {"@id": "cred:credentialStatus"}}], {"hidden": {}}, "context_conflict"),
        ([{"cred": CRED}, {"Hidden": "cred:VerifiablePresentation"}], {"type": ["Hidden"]}, "context_conflict"),
        ([{"@vocab": RDF}], {"first": "a"}, "context_conflict"),
        ([{"ex": "https://example.org/#"}, {"mark": "ex:mark"}], {"mark": "gold"}, None),
    ],
)
def test_contexts_together_hide_no_more_than_one_alone(
    apart: Any, contexts: list[Any], members: dict[str, Any], code: str | None
) -> None:
    assert apart(_code_of_a_document, contexts, members) == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"hidden": f"{CRED}credentialStatus"}, "context_conflict"),
        ({"Medal": {"@id": "urn:x:Medal", "@context": {"hidden": f"{CRED}credentialStatus"}}}, "context_conflict"),
        ({"issuer": "https://example.org/issuer"}, "context_conflict"),
        ({"proofValue": "https://example.org/value"}, "context_conflict"),
        ({"title": "https://schema.org/name"}, "context_conflict"),
        ({"score": "https://schema.org/value"}, "context_conflict"),
        ({"Part": {"@id": "urn:x:Part", "@context": {"level": "https://schema.org/targetUrl"}}}, "context_conflict"),
        ({"identifier": "@id"}, "context_conflict"),
        ({"kind": {"@id": f"{RDF}type", "@type": "@id"}}, "context_conflict"),
        ({"Medal": {"@id": "urn:x:M", "@context": {"kind": "rdf:type", "rdf": RDF}}}, "context_conflict"),
        ({"rdf": RDF, "markup": "rdf:HTML"}, "context_conflict"),
        ([{"rdf": RDF}, {"kind": {"@id": "rdf:type", "@type": "@id"}}], "context_conflict"),
        ([{"cred": CRED}, {"hidden": {"@id": "cred:credentialStatus", "@type": "@id"}}], "context_conflict"),
        ([{"ex": "https://example.org/#"}, {"mark": "ex:mark"}], None),
        ({"rdf": RDF, "note": {"@id": "urn:x:note", "@type": "rdf:HTML"}}, None),
        ({"mark": 5}, "context_invalid"),
        ({"mark": {"@id": ["urn:x:mark"]}}, "context_invalid"),
        ({"inside": "@included"}, "context_unsupported"),
        ([{"mark": "urn:x:mark"}, "https://w3id.org/unknown/v1"], "context_unsupported"),
        ({"@base": "https://example.org/"}, "context_unsupported"),
        ({"Medal": {"@id": "urn:x:M", "@context": {"@import": V2}}}, "context_unsupported"),
        (["text", 7], "context_unsupported"),
        ("text", "context_invalid"),
        ({"name": "http://schema.org/name", "id": "@id", "type": "@type"}, None),
        ({"tag": "https://example.org/tag", "awarded": {"@reverse": "urn:x:awarded"}}, None),
    ],
)
def test_what_a_verifier_reads_by_keeps_its_meaning(
    request: pytest.FixtureRequest, given: Any, code: str | None
) -> None:
    run = request.getfixturevalue("refusing" if code else "apart")
    assert run(_code_of, given, URL, {}) == code


@pytest.mark.parametrize(
    ("url", "changes", "code"),
    [
        (URL, {"sha256": "0" * 64}, "context_invalid"),
        (V2, {}, "context_conflict"),
        ("https://university.example/contexts/micro-credential/v1", {}, "context_conflict"),  # ours, wherever it is
        ("ftp://example.org/v1", {}, "context_invalid"),
        (URL, {"more": "x"}, "context_invalid"),
    ],
)
def test_bytes_are_those_that_were_meant(refusing: Any, url: str, changes: dict[str, str], code: str) -> None:
    assert refusing(_code_of, None, url, changes) == code


@pytest.mark.parametrize("text", [b"{}", b"[7]", b"nothing", b"[]]", b'[{"url": 7, "file": "x", "sha256": "y"}]'])
def test_a_manifest_that_is_none(text: bytes) -> None:
    with pytest.raises(CredentialError, match="context_invalid"):
        add_contexts(text, lambda _: b"")
