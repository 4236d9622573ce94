"""The frozen JSON-LD contexts: the only ones ever applied, read from this package and checked by SHA-256.

`manifest.json` names each context's URL, file, hash, origin and licence. Nothing is ever fetched. A process may
be given more before it reads anything (`credential_core.jsonld.added`): from then on they are frozen like the others.

Two of them are our own. Every fleet publishes them under its own origin, so they are known at any (see `known_as`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from credential_core.errors import ContextError

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_V3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
DID_V1 = "https://www.w3.org/ns/did/v1"
MULTIKEY_V1 = "https://w3id.org/security/multikey/v1"
DATA_INTEGRITY_V2 = "https://w3id.org/security/data-integrity/v2"
MICRO_CREDENTIAL_V1 = "https://laurel.example/contexts/micro-credential/v1"
MICRO_CREDENTIAL_PATH = "/contexts/micro-credential/v1"
RECOGNITION_DECISION_V1 = "https://laurel.example/contexts/recognition-decision/v1"
RECOGNITION_DECISION_PATH = "/contexts/recognition-decision/v1"
OWN = frozenset({MICRO_CREDENTIAL_V1, RECOGNITION_DECISION_V1})
_PUBLISHED_ANYWHERE = re.compile(
    r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(/contexts/[a-z/-]+v[0-9]+)"
)
_OWN_BY_PATH = {
    MICRO_CREDENTIAL_PATH: MICRO_CREDENTIAL_V1,
    RECOGNITION_DECISION_PATH: RECOGNITION_DECISION_V1,
}


@dataclass(frozen=True, slots=True)
class FrozenContext:
    """One context document: where it is published, the hash of our bytes, and whence they came."""

    url: str
    file: str
    sha256: str
    origin: Mapping[str, str]
    licence: str
    content: bytes | None = field(default=None, repr=False)  # of one that was added

    def read(self) -> bytes:
        """The exact bytes. ContextError if the installed file is not the one we know."""
        if self.content is not None:
            return self.content
        data = (resources.files(__name__) / "documents" / self.file).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ContextError("context_altered", f"the installed copy of {self.url} has been altered")
        return data


_added: dict[str, FrozenContext] = {}


@cache
def frozen_contexts() -> Mapping[str, FrozenContext]:
    """Every context we know, by URL."""
    manifest = json.loads((resources.files(__name__) / "manifest.json").read_bytes())
    return MappingProxyType({entry["url"]: FrozenContext(**entry) for entry in manifest} | _added)


def add(found: Iterable[FrozenContext]) -> None:
    """Know more, for the life of this process. They have been checked: see `credential_core.jsonld.added`."""
    _added.update({one.url: one for one in found})
    frozen_contexts.cache_clear()


def known_as(url: str) -> str:
    """The URL by which the manifest knows a context: its own, or that of ours, wherever it is published.

    Its bytes are those of this package whoever serves it. An origin that serves others under that path deceives those
    who fetch it, not us: what it signs by them does not verify here.
    """
    found = _PUBLISHED_ANYWHERE.fullmatch(url)
    return _OWN_BY_PATH.get(found[1], url) if found else url


def load_context(url: str) -> dict[str, Any]:
    """A fresh parsed copy of one context document. ContextError if the URL is not in the frozen set."""
    entry = frozen_contexts().get(known_as(url))
    if entry is None:
        raise ContextError("context_unknown", f"the context {url[:200]} is not one this library knows")
    document: dict[str, Any] = json.loads(entry.read())
    return document
