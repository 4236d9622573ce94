"""Credentials and presentations to begin from, as small as the data model allows, and what the suites add to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from credential_core import did, proof
from credential_core.keys import SigningKey

Json = dict[str, Any]
V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SUBJECT = {"id": "did:example:subject"}
HOLDER_KEY = SigningKey.from_seed(bytes(range(32)))
HOLDER = did.did_key(HOLDER_KEY.public)
CREATED = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


def credential(*inline: Any, **members: Any) -> Json:
    """A credential of the second data model, with more contexts and members."""
    return {"@context": [V2, *inline], "type": ["VerifiableCredential"], "credentialSubject": dict(SUBJECT)} | members


def lacking(document: Json, *names: str) -> Json:
    """A document without some of its members."""
    return {name: value for name, value in document.items() if name not in names}


def described(name: str, value: Any) -> tuple[Json, Json]:
    """A credential that has a name (or a description), and one whose issuer has."""
    return credential(**{name: value}), credential(issuer={"id": "did:example:issuer", name: value})


def term(name: str) -> Json:
    """An inline context that defines one name."""
    return {name: f"https://example.org/#{name}"}


def presentation(*credentials: Json, **members: Any) -> Json:
    """A presentation, not yet signed."""
    return {"@context": [V2], "type": ["VerifiablePresentation"], "verifiableCredential": list(credentials)} | members


def held(*, issuer: str = HOLDER, **members: Any) -> Json:
    """A credential that the holder says of themselves, without a proof of its own."""
    return credential(issuer=issuer, **members)


def by_holder(document: Mapping[str, Any], purpose: str = "authentication") -> Json:
    """Signed by the holder's key, as the suites sign what they show."""
    method = f"{HOLDER}#{HOLDER_KEY.public.multibase}"
    return proof.sign(
        document, HOLDER_KEY, verification_method=method, created=CREATED, purpose=purpose, inline_contexts=True
    )
