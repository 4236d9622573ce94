"""ecdsa-sd-2023: an issuer signs every statement apart, the holder shows some (ECDSA Cryptosuites 1.0 §3.4 to §3.6).

A base proof goes from issuer to holder; it holds the HMAC key, and is not for verifiers. A derived proof shows what is
mandatory and what the holder chose. Proof values are `u` and base64url of three bytes of header and CBOR, without tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credential_core import cbor
from credential_core.errors import CredentialError, ProofError
from credential_core.jsonld import general
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base64url, encode_base64url
from credential_core.proof.configuration import ProofOptions, attach, configuration, covered, proofs
from credential_core.proof.grouping import group, nquads
from credential_core.proof.hashing import digest, options_digest
from credential_core.proof.selection import select
from credential_core.proof.suites import suite_of
from credential_core.rdfc import canonicalize
from credential_core.unsigned import Unsigned

SUITE: Final = "ecdsa-sd-2023"
_ALGORITHM: Final = "SHA-256"
_BASE: Final = b"\xd9\x5d\x00"
_DERIVED: Final = b"\xd9\x5d\x01"
_KEY_BYTES: Final = 35  # a P-256 Multikey: two bytes of prefix, the compressed point
_HMAC_BYTES: Final = 32
MAX_SIGNATURES: Final = 512


@dataclass(frozen=True, slots=True)
class BaseProof:
    """What a base proof value holds (§3.5.2)."""

    signature: bytes
    public: PublicKey
    hmac_key: bytes
    signatures: tuple[bytes, ...]
    mandatory: tuple[str, ...]

    def encode(self) -> str:
        """The `proofValue` (§3.5.2): `u` and base64url."""
        parts = [self.signature, self.public.multikey, self.hmac_key, list(self.signatures), list(self.mandatory)]
        return encode_base64url(_BASE + cbor.encode(parts))

    @classmethod
    def decode(cls, value: Any) -> BaseProof:
        """ProofError `proof_value_malformed` if it is not a base proof value."""
        signature, key, hmac_key, signatures, mandatory = _parts(value, _BASE)
        if not _is_bytes(hmac_key, _HMAC_BYTES) or not isinstance(mandatory, list):
            raise _malformed()
        if not all(isinstance(pointer, str) for pointer in mandatory):
            raise _malformed()
        return cls(signature, _ephemeral(key), hmac_key, _signatures(signatures), tuple(mandatory))


@dataclass(frozen=True, slots=True)
class DerivedProof:
    """What a derived proof value holds (§3.5.7). `labels` go from N of the canonical label c14nN to the secret one."""

    signature: bytes
    public: PublicKey
    signatures: tuple[bytes, ...]
    labels: Mapping[int, str]
    mandatory: tuple[int, ...]

    def encode(self) -> str:
        """The `proofValue` (§3.5.7): `u` and base64url."""
        labels = {number: decode_base64url(label) for number, label in self.labels.items()}
        parts = [self.signature, self.public.multikey, list(self.signatures), labels, list(self.mandatory)]
        return encode_base64url(_DERIVED + cbor.encode(parts))

    @classmethod
    def decode(cls, value: Any) -> DerivedProof:
        """ProofError `proof_value_malformed` if it is not a derived proof value; two nodes never share a label."""
        signature, key, signatures, labels, mandatory = _parts(value, _DERIVED)
        if not isinstance(labels, dict) or not all(_is_bytes(label, _HMAC_BYTES) for label in labels.values()):
            raise _malformed()
        if not all(map(_is_number, labels)) or len(set(labels.values())) != len(labels):
            raise _malformed()
        if not isinstance(mandatory, list) or not all(map(_is_number, mandatory)):
            raise _malformed()
        if len(set(mandatory)) != len(mandatory):
            raise _malformed()
        named = {number: encode_base64url(label) for number, label in labels.items()}
        return cls(signature, _ephemeral(key), _signatures(signatures), named, tuple(mandatory))


def _parts(value: Any, header: bytes) -> list[Any]:
    try:
        data = decode_base64url(value)
    except CredentialError as error:
        raise ProofError("proof_value_malformed", error.detail) from None
    if header == _DERIVED and data.startswith(_BASE):
        raise ProofError("proof_not_derived", "a base proof is for the holder, who derives one to show")
    if not data.startswith(header):
        raise _malformed()
    try:
        parts = cbor.decode(data[len(header) :])
    except CredentialError:
        raise _malformed() from None
    if not isinstance(parts, list) or len(parts) != 5 or not _is_bytes(parts[0], 64):
        raise _malformed()
    return parts


def _ephemeral(key: Any) -> PublicKey:
    if not _is_bytes(key, _KEY_BYTES):
        raise _malformed()
    try:
        public = PublicKey.from_multikey(key)
    except CredentialError:
        raise _malformed() from None
    if public.algorithm != "P-256":
        raise _malformed()
    return public


def _signatures(signatures: Any) -> tuple[bytes, ...]:
    if not isinstance(signatures, list) or not all(_is_bytes(signature, 64) for signature in signatures):
        raise _malformed()
    if len(signatures) > MAX_SIGNATURES:
        raise ProofError("too_many_signatures", f"a selective proof may hold {MAX_SIGNATURES} signatures")
    return tuple(signatures)


def _is_bytes(value: Any, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _malformed() -> ProofError:
    return ProofError("proof_value_malformed", f"the proof value is not one of {SUITE}")


def sign_selective(
    document: Mapping[str, Any],
    key: SigningKey,
    *,
    verification_method: str,
    created: datetime,
    mandatory: Sequence[str],
    hmac_key: bytes,
    ephemeral: SigningKey,
    purpose: str = "assertionMethod",
    options: ProofOptions | None = None,
    inline_contexts: bool = False,
) -> dict[str, Any]:
    """A copy of `document` with a base proof, for its holder only.

    `mandatory` are JSON pointers to what every presentation shows. `hmac_key` is 32 random bytes; `ephemeral` is a
    P-256 key made for this one proof and then forgotten: whoever has it can put statements into the credential.
    Deterministic given those; `inline_contexts` as for `sign`. DocumentError for a pointer that leads nowhere, or what
    safe mode refuses.
    """
    return prepare_selective(
        document,
        key.public,
        verification_method=verification_method,
        created=created,
        mandatory=mandatory,
        hmac_key=hmac_key,
        ephemeral=ephemeral,
        purpose=purpose,
        options=options,
        inline_contexts=inline_contexts,
    ).by(key)


def prepare_selective(
    document: Mapping[str, Any],
    public: PublicKey,
    *,
    verification_method: str,
    created: datetime,
    mandatory: Sequence[str],
    hmac_key: bytes,
    ephemeral: SigningKey,
    purpose: str = "assertionMethod",
    options: ProofOptions | None = None,
    inline_contexts: bool = False,
) -> Unsigned[dict[str, Any]]:
    """The same for an issuer's key that is elsewhere. It signs once; all else is the ephemeral key's."""
    suite = suite_of({"type": "DataIntegrityProof", "cryptosuite": SUITE})
    if suite.hash_for(public) != suite.hash_for(ephemeral.public) or len(hmac_key) != _HMAC_BYTES:
        raise ProofError("proof_malformed", f"{SUITE} takes an HMAC key of {_HMAC_BYTES} bytes")
    if options is not None and options.previous_proof is not None:
        raise ProofError("proof_chain_unsupported", f"chains of {SUITE} are not defined")
    proof = configuration(
        document, suite, verification_method=verification_method, created=created, purpose=purpose, options=options
    )
    unsecured = covered(document, proof)
    grouping = group(unsecured, hmac_key, inline_contexts=inline_contexts)
    required = grouping.indexes(grouping.quads(mandatory))
    others = [line for index, line in enumerate(grouping.lines) if index not in required]
    if len(others) > MAX_SIGNATURES:
        raise ProofError("too_many_signatures", f"a selective proof may hold {MAX_SIGNATURES} signatures")
    lines = [grouping.lines[index] for index in sorted(required)]
    signatures = tuple(ephemeral.sign(line.encode()) for line in others)

    def assemble(signature: bytes) -> dict[str, Any]:
        base = BaseProof(signature, ephemeral.public, hmac_key, signatures, tuple(mandatory))
        return attach(document, {**proof, "proofValue": base.encode()})

    data = _base_data(unsecured, proof, ephemeral.public, lines, inline_contexts=inline_contexts)
    return Unsigned(data, assemble)


def _base_data(
    unsecured: Mapping[str, Any],
    proof: Mapping[str, Any],
    ephemeral: PublicKey,
    mandatory: Sequence[str],
    *,
    inline_contexts: bool,
) -> bytes:
    """What the issuer's key signs: digest of the options, ephemeral key, digest of the mandatory lines (§3.5.5)."""
    shown = digest("".join(mandatory).encode(), _ALGORITHM)
    options = options_digest(unsecured, proof, _ALGORITHM, inline_contexts=inline_contexts)
    return options + ephemeral.multikey + shown


def derive(document: Mapping[str, Any], pointers: Sequence[str], *, inline_contexts: bool = False) -> dict[str, Any]:
    """What a holder shows of a document with one base proof: the mandatory parts and those that `pointers` name.

    Other proofs are left out: they cover the whole. ProofError `proof_missing` if there is not exactly one base proof;
    DocumentError for a pointer that leads nowhere, or if nothing at all is chosen.
    """
    found = [proof for proof in proofs(document) if proof.get("cryptosuite") == SUITE]
    if len(found) != 1:
        raise ProofError("proof_missing", f"deriving takes exactly one proof by {SUITE}")
    base = BaseProof.decode(found[0].get("proofValue"))
    unsecured = covered(document, {})
    grouping = group(unsecured, base.hmac_key, inline_contexts=inline_contexts)
    chosen = [*base.mandatory, *pointers]
    shown = grouping.quads(chosen)
    if not shown:
        raise ProofError("nothing_selected", "a derived proof shows something")
    required = grouping.indexes(grouping.quads(base.mandatory))
    selected = grouping.indexes(shown)
    signatures = _chosen_signatures(base, len(grouping.lines), required, selected)
    labels = {int(label[4:]): grouping.labels[node] for node, label in canonicalize(shown).labels.items()}
    derived = DerivedProof(
        signature=base.signature,
        public=base.public,
        signatures=signatures,
        labels=dict(sorted(labels.items())),
        mandatory=tuple(place for place, index in enumerate(sorted(selected)) if index in required),
    )
    return {**select(unsecured, chosen), "proof": {**found[0], "proofValue": derived.encode()}}


def _chosen_signatures(
    base: BaseProof, lines: int, required: frozenset[int], selected: frozenset[int]
) -> tuple[bytes, ...]:
    """The base proof has a signature for each line that is not mandatory, in their order."""
    others = [index for index in range(lines) if index not in required]
    if len(others) != len(base.signatures):
        raise ProofError("signature_invalid", "the base proof is not of this document")
    return tuple(signature for index, signature in zip(others, base.signatures, strict=True) if index in selected)


def verify(
    unsecured: Mapping[str, Any], proof: Mapping[str, Any], public: PublicKey, *, inline_contexts: bool = False
) -> None:
    """Check a derived proof over the document shown (§3.6.3). Returns if it holds; ProofError otherwise.

    The issuer's signature is checked before the others; those take some 0.1 ms each, at most 512.
    """
    derived = DerivedProof.decode(proof.get("proofValue"))
    lines = labelled(unsecured, derived, inline_contexts=inline_contexts)
    mandatory = frozenset(derived.mandatory)
    required = [line for index, line in enumerate(lines) if index in mandatory]
    others = [line for index, line in enumerate(lines) if index not in mandatory]
    held = len(required) == len(mandatory) and len(others) == len(derived.signatures)
    if held:
        data = _base_data(unsecured, proof, derived.public, required, inline_contexts=inline_contexts)
        held = public.verify(derived.signature, data)
    pairs = zip(derived.signatures, others, strict=False)
    if not held or not all(derived.public.verify(signature, line.encode()) for signature, line in pairs):
        raise ProofError("signature_invalid", "the signatures do not match what is shown and the key")


def labelled(unsecured: Mapping[str, Any], derived: DerivedProof, *, inline_contexts: bool) -> list[str]:
    """The quads shown, under the secret labels, in order. Every node has one, and there are no more."""
    quads = general.either(unsecured, inline_contexts=inline_contexts)
    if any(graph for *_, graph in quads):
        raise ProofError("signature_invalid", "the document shown has a named graph")
    labels = {node: int(label[4:]) for node, label in canonicalize(quads).labels.items()}
    if set(labels.values()) != derived.labels.keys():
        raise ProofError("signature_invalid", "the labels of the proof are not those of the document shown")
    return nquads(quads, {node: derived.labels[number] for node, number in labels.items()})
