"""Named ways to spoil a credential. Pure: a credential goes in, another comes out, and nothing else changes."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from typing import Any

Json = dict[str, Any]
Spoil = Callable[[Json], Json | str]
NOWHERE = "nowhere.invalid"  # RFC 2606: this name never resolves
STRANGER_DID = f"did:web:{NOWHERE}"


def member(name: str, value: Any) -> Spoil:
    """Set a member of the credential."""
    return lambda credential: {**credential, name: value}


def without(name: str) -> Spoil:
    """Leave a member out."""
    return lambda credential: {key: value for key, value in credential.items() if key != name}


def achievement(name: str, value: Any) -> Spoil:
    """Set a member of what was achieved."""

    def spoil(credential: Json) -> Json:
        copy = deepcopy(credential)
        copy["credentialSubject"]["achievement"][name] = value
        return copy

    return spoil


def proof(**members: Any) -> Spoil:
    """Set members of the proof."""

    def spoil(credential: Json) -> Json:
        (made,) = _proofs(credential)
        return {**credential, "proof": {**made, **members}}

    return spoil


def proof_without(name: str) -> Spoil:
    """Leave a member of the proof out."""

    def spoil(credential: Json) -> Json:
        (made,) = _proofs(credential)
        return {**credential, "proof": {key: value for key, value in made.items() if key != name}}

    return spoil


def method_fragment(fragment: str) -> Spoil:
    """Name another key of the same issuer."""

    def spoil(credential: Json) -> Json:
        (made,) = _proofs(credential)
        owner = made["verificationMethod"].partition("#")[0]
        return {**credential, "proof": {**made, "verificationMethod": f"{owner}#{fragment}"}}

    return spoil


def signature_of_other_bytes(credential: Json) -> Json:
    """Change one character of the signature, so that it is still one in form."""
    (made,) = _proofs(credential)
    value = made["proofValue"]
    middle = len(value) // 2
    changed = value[:middle] + ("3" if value[middle] != "3" else "4") + value[middle + 1 :]
    return {**credential, "proof": {**made, "proofValue": changed}}


def many_proofs(credential: Json) -> Json:
    """The same proof far too often."""
    (made,) = _proofs(credential)
    return {**credential, "proof": [made] * 64}


def from_issuer(did: str) -> Spoil:
    """As if another had issued it and signed with the first of its keys."""

    def spoil(credential: Json) -> Json:
        (made,) = _proofs(credential)
        named = {**credential["issuer"], "id": did}
        return {**credential, "issuer": named, "proof": {**made, "verificationMethod": f"{did}#key-1"}}

    return spoil


def with_context(*more: Any) -> Spoil:
    """Add contexts at the end."""
    return lambda credential: {**credential, "@context": [*credential["@context"], *more]}


def no_achievement(credential: Json) -> Json:
    """Take away what was achieved."""
    subject = {key: value for key, value in credential["credentialSubject"].items() if key != "achievement"}
    return {**credential, "credentialSubject": subject}


def with_own_id_inside(credential: Json) -> Json:
    """Evidence under the id of the credential itself."""
    return {**credential, "evidence": [{"id": credential["id"], "type": ["Evidence"], "name": "evidence"}]}


def enveloped(address: str) -> Spoil:
    """An envelope instead of the credential."""
    context, kind = "https://www.w3.org/ns/credentials/v2", "EnvelopedVerifiableCredential"
    return lambda _: {"@context": context, "type": kind, "id": address}


def jws(**header: Any) -> Spoil:
    """A compact JWS of the credential whose signature nobody will come to look at."""
    return lambda credential: f"{_part(header)}.{_part(credential)}.{_part({})}"


def sd_jwt(claims: Json, *disclosures: Any) -> Spoil:
    """An SD-JWT instead of the credential, signed by nobody."""
    parts = [f"{_part({'alg': 'EdDSA', 'typ': 'dc+sd-jwt'})}.{_part(claims)}.{_part({})}", *map(_part, disclosures)]
    return lambda _: "~".join([*parts, ""])


def sd_jwt_holding(claims: Json, *disclosures: Any) -> Spoil:
    """The same, and the claims have the digests of what is disclosed."""
    digests = [_base64url(sha256(_part(disclosure).encode()).digest()) for disclosure in disclosures]
    return sd_jwt({**claims, "_sd": digests}, *disclosures)


def as_text(change: Callable[[str], str]) -> Spoil:
    """Spoil the text rather than the document."""
    return lambda credential: change(json.dumps(credential, ensure_ascii=False))


def _part(value: Any) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _proofs(credential: Json) -> list[Json]:
    found = credential["proof"]
    return found if isinstance(found, list) else [found]
