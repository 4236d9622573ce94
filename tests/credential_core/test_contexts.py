"""The frozen contexts: exact bytes, known hashes, and nothing beyond them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from credential_core import contexts
from credential_core.contexts import (
    MICRO_CREDENTIAL_V1,
    OWN,
    RECOGNITION_DECISION_V1,
    FrozenContext,
    frozen_contexts,
    known_as,
    load_context,
)
from credential_core.errors import ContextError

DOCUMENTS = Path(contexts.__file__).parent / "documents"
# Hashes that the specifications themselves publish (VCDM 2.0 §B.1, VC Data Integrity 1.0 §2.4).
PUBLISHED = {
    "https://www.w3.org/ns/credentials/v2": "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    "https://w3id.org/security/data-integrity/v2": "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    "https://w3id.org/security/multikey/v1": "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
}


@pytest.mark.parametrize("url", list(frozen_contexts()))
def test_bytes_are_those_of_the_manifest(url: str) -> None:
    entry = frozen_contexts()[url]
    assert hashlib.sha256((DOCUMENTS / entry.file).read_bytes()).hexdigest() == entry.sha256
    assert "@context" in load_context(url)
    assert entry.licence
    assert set(entry.origin) == ({"own"} if url in OWN else {"registry", "package", "version", "path"})


def test_every_file_is_in_the_manifest() -> None:
    assert {path.name for path in DOCUMENTS.iterdir()} == {entry.file for entry in frozen_contexts().values()}


@pytest.mark.parametrize("url", list(PUBLISHED))
def test_published_hashes_hold(url: str) -> None:
    assert frozen_contexts()[url].sha256 == PUBLISHED[url]


def test_content_is_that_of_the_published_vectors(vectors: Path, load: Callable[[str], Any]) -> None:
    index = load("jsonld-contexts/index.json")
    for url in frozen_contexts().keys() - OWN:
        assert load_context(url) == load(f"jsonld-contexts/{index[url]['file']}"), url


def test_an_unknown_context_is_refused() -> None:
    with pytest.raises(ContextError, match="context_unknown"):
        load_context("https://evil.test/context.json")


def test_an_altered_file_is_noticed() -> None:
    genuine = frozen_contexts()["https://www.w3.org/ns/credentials/v2"]
    altered = FrozenContext(genuine.url, genuine.file, "0" * 64, genuine.origin, genuine.licence)
    with pytest.raises(ContextError, match="context_altered"):
        altered.read()


def test_a_context_handed_out_is_the_callers_own() -> None:
    url = "https://www.w3.org/ns/did/v1"
    load_context(url)["@context"].clear()
    assert load_context(url)["@context"]


def test_the_manifest_is_plain_json() -> None:
    assert json.loads((DOCUMENTS.parent / "manifest.json").read_bytes())


PATH = "/contexts/micro-credential/v1"


@pytest.mark.parametrize(
    "origin", ["https://laurel.example", "http://localhost:8080", "https://badges.uni.example:8443", "http://[::1]:80"]
)
def test_our_own_context_is_known_at_every_origin(origin: str) -> None:
    assert known_as(origin + PATH) == MICRO_CREDENTIAL_V1
    assert load_context(origin + PATH) == load_context(MICRO_CREDENTIAL_V1)


@pytest.mark.parametrize(
    "url",
    [
        f"https://a.example{PATH}/",
        f"https://a.example{PATH}?x=1",
        f"https://a.example{PATH}#x",
        f"https://a.example/deeper{PATH}",
        f"https://u@a.example{PATH}",
        f"ftp://a.example{PATH}",
        f"https://{PATH}",
        "https://a.example/contexts/micro-credential/v2",
        "https://a.example/ns/credentials/v2",
    ],
)
def test_nothing_else_is_taken_for_it(url: str) -> None:
    assert known_as(url) == url
    with pytest.raises(ContextError, match="context_unknown"):
        load_context(url)


@pytest.mark.parametrize(
    ("url", "digest"),
    [
        (MICRO_CREDENTIAL_V1, "84b53309de6cfc987df45adf2da6384d2194136b069e7cf586ab48e88cf51d94"),
        (RECOGNITION_DECISION_V1, "ec2b4b61f027795a04bee7830e6ed86a25e3d8e43ad70193d0ac5dce9c405661"),
    ],
)
def test_our_own_contexts_never_change(url: str, digest: str) -> None:
    """Credentials name them for good: another content is another version, beside this one."""
    assert frozen_contexts()[url].sha256 == digest
