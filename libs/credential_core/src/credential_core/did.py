"""Issuers and their keys: did:key, did:jwk, did:web, and controller documents (Controlled Identifiers 1.0)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from credential_core import jcs
from credential_core.contexts import DID_V1, MULTIKEY_V1
from credential_core.errors import CredentialError, DidError, KeyMaterialError
from credential_core.json_input import parse
from credential_core.jwk import from_jwk, to_jwk
from credential_core.keys import PublicKey
from credential_core.methods import JwkMethod, ends
from credential_core.multibase import decode_base64url, encode_base64url
from credential_core.timestamps import parse_timestamp

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._-]+\Z")
_DID_WEB: Final = re.compile(r"did:web:([A-Za-z0-9.-]+)(?:%3[Aa](\d{1,5}))?((?::[A-Za-z0-9._-]+)*)\Z")
_MULTIKEY_TYPES: Final = frozenset({"Multikey", "Ed25519VerificationKey2020"})
_JWK_TYPES: Final = frozenset({"JsonWebKey", "JsonWebKey2020"})
_MAX_DID_JWK: Final = 2048  # characters; an RSA-4096 key needs some 1,000
JWK_V1: Final = "https://w3id.org/security/jwk/v1"
RELATIONSHIPS: Final = frozenset({"assertionMethod", "authentication"})


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """A public key under an id, with the one who controls it and, if known, when it ends or ended."""

    id: str
    controller: str
    public: PublicKey
    expires: datetime | None = None
    revoked: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a Multikey verification method."""
        plain: dict[str, Any] = {
            "id": self.id,
            "type": "Multikey",
            "controller": self.controller,
            "publicKeyMultibase": self.public.multibase,
        }
        return plain | ends(self.expires, self.revoked)


def did_key(public: PublicKey) -> str:
    """`did:key:z...` of a public key."""
    return f"did:key:{public.multibase}"


def did_key_verification_method(public: PublicKey) -> str:
    """The id of the one verification method of a did:key: `did:key:z..#z..`."""
    return f"did:key:{public.multibase}#{public.multibase}"


def did_web(origin: str, *path: str) -> str:
    """The did:web of an https origin and path segments. DidError for any other scheme, or odd characters."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        raise DidError("did_web_origin", "the origin is not a URL") from None
    if parts.scheme != "https" or parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise DidError("did_web_origin", "a did:web needs a plain https origin")
    if not parts.hostname or not _HOST.match(parts.hostname):
        raise DidError("did_web_origin", "the host name of the origin is not usable in a did:web")
    if not all(_SEGMENT.match(segment) and segment not in (".", "..") for segment in path):
        raise DidError("did_web_path", "a path segment of a did:web holds letters, digits, '.', '_' and '-'")
    host = parts.hostname if port in (None, 443) else f"{parts.hostname}%3A{port}"
    return ":".join(["did:web:" + host, *path])


def did_web_url(did: str) -> str:
    """The https URL where the document of a did:web lies. DidError `did_malformed` for any other text."""
    match = _DID_WEB.match(did) if isinstance(did, str) else None
    if match is None:
        raise DidError("did_malformed", "not a did:web this library resolves")
    host, port, rest = match.groups()
    segments = rest.split(":")[1:]
    if not _HOST.match(host) or {".", ".."}.intersection(segments) or (port and int(port) > 65535):
        raise DidError("did_malformed", "not a did:web this library resolves")
    authority = f"{host}:{port}" if port else host
    return f"https://{authority}/{'/'.join(segments) if segments else '.well-known'}/did.json"


def did_document(
    did: str, methods: Sequence[VerificationMethod | JwkMethod], assertion: Sequence[str] | None = None
) -> dict[str, Any]:
    """A controller document.

    `assertion` are the ids that may sign credentials; unless given, all methods that are not revoked, as may
    authenticate. DidError `method_unknown` if one is not among `methods`.
    """
    ids = [method.id for method in methods if method.revoked is None]
    allowed = ids if assertion is None else list(assertion)
    if not set(allowed) <= {method.id for method in methods}:
        raise DidError("method_unknown", "assertionMethod names a method the document does not hold")
    return {
        "@context": [DID_V1, MULTIKEY_V1, *([JWK_V1] if any(isinstance(each, JwkMethod) for each in methods) else [])],
        "id": did,
        "verificationMethod": [method.to_dict() for method in methods],
        "authentication": ids,
        "assertionMethod": allowed,
    }


def resolve_did_key(did: str) -> dict[str, Any]:
    """The document of a did:key, made from the key itself. DidError for any other text or kind of key."""
    if not isinstance(did, str) or not did.startswith("did:key:"):
        raise DidError("did_malformed", "not a did:key")
    try:
        public = PublicKey.from_multibase(did.removeprefix("did:key:"))
    except CredentialError as error:
        raise DidError("did_malformed", f"not a did:key this library reads: {error.detail}") from None
    method = VerificationMethod(did_key_verification_method(public), did, public)
    return did_document(did, [method])


def did_jwk(public: PublicKey) -> str:
    """`did:jwk:...` of a public key: base64url of its JWK. KeyMaterialError if the bytes are no point."""
    return "did:jwk:" + encode_base64url(jcs.canonicalize(to_jwk(public)))[1:]


def did_jwk_verification_method(public: PublicKey) -> str:
    """The id of the one verification method of a did:jwk: `did:jwk:...#0`."""
    return f"{did_jwk(public)}#0"


def resolve_did_jwk(did: str) -> dict[str, Any]:
    """The document of a did:jwk, made from the key itself. A key with `use: enc` may not sign, and is refused."""
    if not isinstance(did, str) or not did.startswith("did:jwk:") or len(did) > _MAX_DID_JWK:
        raise DidError("did_malformed", "not a did:jwk this library reads")
    try:
        jwk = parse(decode_base64url("u" + did.removeprefix("did:jwk:")))
        from_jwk(jwk)
    except CredentialError as error:
        raise DidError("did_malformed", f"not a did:jwk this library reads: {error.detail}") from None
    method = f"{did}#0"
    return {
        "@context": [DID_V1],
        "id": did,
        "verificationMethod": [{"id": method, "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}],
        "authentication": [method],
        "assertionMethod": [method],
    }


def resolve_self_contained(did: str) -> dict[str, Any] | None:
    """The document of a DID that carries its own key (did:key, did:jwk); None for one that must be fetched."""
    if did.startswith("did:key:"):
        return resolve_did_key(did)
    return resolve_did_jwk(did) if did.startswith("did:jwk:") else None


def controller_of(method_id: str) -> str:
    """Where a verification method's controller document is: the DID or https URL before its fragment.

    DidError for any other form. http is allowed for no method: a key must not come over an open wire.
    """
    base, _, fragment = method_id.partition("#")
    if not fragment:
        raise DidError("method_malformed", "a verification method is a DID URL or https URL with a fragment")
    if base.startswith("did:web:"):
        did_web_url(base)
    elif not base.startswith(("did:key:", "did:jwk:")) and not _is_https_url(base):
        raise DidError("did_method_unsupported", "only did:key, did:jwk, did:web and https methods are read")
    return base


def _is_https_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and text.isprintable()
    except ValueError:
        return False


def assertion_method(document: Mapping[str, Any], method_id: str) -> VerificationMethod:
    """The verification method `method_id`, if its controller document allows it to assert credentials."""
    return verification_method(document, method_id, "assertionMethod")


def verification_method(document: Mapping[str, Any], method_id: str, relationship: str) -> VerificationMethod:
    """The verification method `method_id`, if its controller document lists it under `relationship`.

    It must be listed or embedded there (`assertionMethod`, for presentations `authentication`), and its controller
    must be the document's subject. DidError otherwise (VC Data Integrity 1.0 §4.5, Controlled Identifiers 1.0 §3.3).
    """
    entry = method_entry(document, method_id, relationship)
    return _read_method(entry, method_id, entry["controller"])


def method_entry(document: Mapping[str, Any], method_id: str, relationship: str) -> Mapping[str, Any]:
    """The same as the document writes it, its key not read yet: JOSE uses keys that no cryptosuite does."""
    subject = document.get("id")
    if not isinstance(subject, str) or not subject:
        raise DidError("controller_malformed", "a controller document needs an id")
    if subject != controller_of(method_id):
        raise DidError("controller_mismatch", "the controller document is about another subject than the method")
    if relationship not in RELATIONSHIPS:
        raise DidError("method_not_authorized", "no key is looked up for that purpose")
    listed = _entries(document, relationship)
    embedded = [entry for entry in listed if isinstance(entry, Mapping) and _names(entry, method_id, subject)]
    known = [
        entry
        for entry in _entries(document, "verificationMethod")
        if isinstance(entry, Mapping) and _names(entry, method_id, subject)
    ]
    if not embedded and not any(isinstance(e, str) and _absolute(e, subject) == method_id for e in listed):
        if any("revoked" in entry for entry in known):
            raise DidError("method_revoked", "the key has been revoked, and is listed for no purpose any more")
        raise DidError("method_not_authorized", f"the method is not listed under {relationship}")
    found = embedded or known
    if len(found) != 1:
        raise DidError("method_unknown", "the controller document does not hold the method exactly once")
    if found[0].get("controller") != subject:
        raise DidError("controller_mismatch", "the method is controlled by another than the document's subject")
    return found[0]


def holds_method(document: Mapping[str, Any], method_id: str) -> bool:
    """Whether a controller document holds the method, for whatever purpose, and be it revoked."""
    subject = document.get("id")
    members = ("verificationMethod", *sorted(RELATIONSHIPS))
    held = [entry for member in members for entry in _entries(document, member) if isinstance(entry, Mapping)]
    return isinstance(subject, str) and any(_names(entry, method_id, subject) for entry in held)


def methods_listed(document: Mapping[str, Any], relationship: str) -> list[str]:
    """The ids of the methods that a controller document lists or embeds under `relationship`, absolute, in order."""
    subject = document.get("id")
    found = [entry.get("id") if isinstance(entry, Mapping) else entry for entry in _entries(document, relationship)]
    return [_absolute(each, subject) for each in found if isinstance(each, str)] if isinstance(subject, str) else []


def _entries(document: Mapping[str, Any], member: str) -> list[Any]:
    value = document.get(member, [])
    return value if isinstance(value, list) else [value]


def _absolute(reference: str, subject: str) -> str:
    return subject + reference if reference.startswith("#") else reference


def _names(entry: Mapping[str, Any], method_id: str, subject: str) -> bool:
    identifier = entry.get("id")
    return isinstance(identifier, str) and _absolute(identifier, subject) == method_id


def _read_method(entry: Mapping[str, Any], method_id: str, subject: str) -> VerificationMethod:
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in _MULTIKEY_TYPES | _JWK_TYPES:
        raise DidError("method_type_unsupported", "only Multikey and JsonWebKey verification methods are read")
    try:
        public = _jwk_key(entry.get("publicKeyJwk")) if kind in _JWK_TYPES else _multibase_key(entry, kind)
        until = {name: parse_timestamp(entry[name]) if name in entry else None for name in ("expires", "revoked")}
    except CredentialError as error:
        unsupported = error.code == "key_algorithm_unsupported"
        code = "method_type_unsupported" if unsupported else "method_malformed"
        raise DidError(code, f"the verification method cannot be read: {error.detail}") from None
    return VerificationMethod(method_id, subject, public, **until)


def _multibase_key(entry: Mapping[str, Any], kind: str) -> PublicKey:
    public = PublicKey.from_multibase(entry.get("publicKeyMultibase", ""))
    if kind == "Ed25519VerificationKey2020" and public.algorithm != "Ed25519":
        raise KeyMaterialError("key_malformed", f"a {kind} holds an Ed25519 key")
    return public


def _jwk_key(jwk: Any) -> PublicKey:
    public = from_jwk(jwk)
    if not isinstance(public, PublicKey):
        raise KeyMaterialError("key_algorithm_unsupported", "no cryptosuite uses an RSA key")
    return public
