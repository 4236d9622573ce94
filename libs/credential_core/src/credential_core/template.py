"""Issuing many credentials of one achievement: the document is compiled once, each credential fills its slots.

    template = Template.compile(document, {"id": "/id", "grade": "/credentialSubject/result/0/value"})
    credential = template.sign(
        {"id": "https://u.example/credentials/2", "grade": "B"}, key, verification_method=method, created=now
    )

The result is exactly that of `proof.sign` over the filled document, several times sooner.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from credential_core import proof
from credential_core.canonical_text import CanonicalText
from credential_core.errors import DocumentError, ProofError
from credential_core.json_input import check_tree
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import encode_base58, encode_base64url
from credential_core.proof.configuration import attach, configuration
from credential_core.proof.hashing import digest, options_digest
from credential_core.proof.suites import suite_to_sign
from credential_core.shape import SCALARS, Path, Shape, read
from credential_core.unsigned import Unsigned

Scalar: TypeAlias = str | int | float | bool

MAX_SLOTS: Final = 128
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")


class _Occasion(NamedTuple):
    """What a proof says beside its value."""

    verification_method: str
    created: datetime
    cryptosuite: str
    purpose: str


class Sealed(NamedTuple):
    """A signed document as JSON text, and the digest of its canonical form (`jcs.digest`)."""

    text: bytes
    digest: str


class Template:
    """A compiled document with named slots: it never changes what it makes, and threads may share it."""

    __slots__ = ("_canonical", "_canonical_signed", "_context", "_latest", "_names", "_paths", "_shapes")

    def __init__(self, document: Mapping[str, Any], slots: Mapping[str, str]) -> None:
        if len(slots) > MAX_SLOTS:
            raise DocumentError("slot_unsupported", f"a template may have {MAX_SLOTS} slots")
        if "proof" in document:
            raise DocumentError("slot_unsupported", "a template is compiled from a document without proofs")
        check_tree(dict(document))
        self._names = tuple(slots)
        self._paths = tuple(_path(document, pointer) for pointer in slots.values())
        if len(set(self._paths)) != len(self._paths):
            raise DocumentError("slot_unsupported", "two slots are in one place")
        self._context = {"@context": copy.deepcopy(document.get("@context"))}
        self._shapes = {"SHA-256": Shape(document, self._paths)}
        self._canonical = CanonicalText(document, self._paths)
        self._canonical_signed = CanonicalText({**document, "proof": None}, [*self._paths, ("proof",)])
        self._latest: tuple[_Occasion, str, dict[str, Any], bytes] | None = None

    @classmethod
    def compile(cls, document: Mapping[str, Any], slots: Mapping[str, str]) -> Template:
        """Compile an unsigned document; some milliseconds. `slots` gives a JSON Pointer (RFC 6901) for each name.

        A slot holds a literal or an IRI of its own; the value that stands there now is only an example. DocumentError
        `slot_missing` or `slot_unsupported` for any other place (a type, a context, an object), and what
        canonicalization refuses: see `proof.sign`.
        """
        return cls(document, slots)

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the slots, in order."""
        return self._names

    def fill(self, values: Mapping[str, Scalar]) -> dict[str, Any]:
        """The unsigned document with these values. DocumentError `slot_values` unless every slot has one, a scalar."""
        return self._shapes["SHA-256"].fill(self._ordered(values))

    def digest(self, values: Mapping[str, Scalar]) -> str:
        """What `jcs.digest` says of the unsigned document, with the same errors."""
        return _multibase_digest(self._canonical.filled(self._ordered(values)))

    def sign(
        self,
        values: Mapping[str, Scalar],
        key: SigningKey,
        *,
        verification_method: str,
        created: datetime,
        cryptosuite: str = "eddsa-rdfc-2022",
        purpose: str = "assertionMethod",
    ) -> dict[str, Any]:
        """A new signed document: what `proof.sign` makes of `fill(values)`, with the same errors.

        It shares nothing with the template or with other documents. The cryptosuites eddsa-rdfc-2022 and
        ecdsa-rdfc-2019 use the compiled form; any other takes the generic path.
        """
        ordered = self._ordered(values)
        document = self._shapes["SHA-256"].fill(ordered)
        if cryptosuite not in _COMPILED:
            return proof.sign(
                document,
                key,
                verification_method=verification_method,
                created=created,
                cryptosuite=cryptosuite,
                purpose=purpose,
            )
        occasion = _Occasion(verification_method, created, cryptosuite, purpose)
        return attach(document, self._signed(ordered, key, occasion))

    def sign_json(
        self,
        values: Mapping[str, Scalar],
        key: SigningKey,
        *,
        verification_method: str,
        created: datetime,
        cryptosuite: str = "eddsa-rdfc-2022",
        purpose: str = "assertionMethod",
    ) -> bytes:
        """The JSON text of what `sign` gives, sooner still: for whoever stores or sends it as it is.

        ProofError `cryptosuite_unsupported` for a suite that has no compiled form.
        """
        ordered = self._compilable(values, cryptosuite)
        made = self._signed(ordered, key, _Occasion(verification_method, created, cryptosuite, purpose))
        return self._text(ordered, made)

    def seal(
        self,
        values: Mapping[str, Scalar],
        key: SigningKey,
        *,
        verification_method: str,
        created: datetime,
        cryptosuite: str = "eddsa-rdfc-2022",
        purpose: str = "assertionMethod",
    ) -> Sealed:
        """What `sign_json` gives, its signature checked, with its digest.

        A signature that was made wrong may give away the key (a fault in memory or processor): none leaves.
        ProofError `signature_invalid` then, `cryptosuite_unsupported` for a suite that has no compiled form.
        """
        return self.prepare(
            values,
            key.public,
            verification_method=verification_method,
            created=created,
            cryptosuite=cryptosuite,
            purpose=purpose,
        ).by(key)

    def prepare(
        self,
        values: Mapping[str, Scalar],
        public: PublicKey,
        *,
        verification_method: str,
        created: datetime,
        cryptosuite: str = "eddsa-rdfc-2022",
        purpose: str = "assertionMethod",
    ) -> Unsigned[Sealed]:
        """`seal` in two steps, for a key that is elsewhere. The second raises ProofError for a wrong signature."""
        ordered = self._compilable(values, cryptosuite)
        options, data = self._unsigned(ordered, public, _Occasion(verification_method, created, cryptosuite, purpose))

        def sealed(signature: bytes) -> Sealed:
            if not public.verify(signature, data):
                raise ProofError("signature_invalid", "the signature that was made does not match the key")
            made = _with_value(options, signature)
            canonical = self._canonical_signed.filled([*ordered, made])
            return Sealed(self._text(ordered, made), _multibase_digest(canonical))

        return Unsigned(data, sealed)

    def _compilable(self, values: Mapping[str, Scalar], cryptosuite: str) -> list[Scalar]:
        if cryptosuite not in _COMPILED:
            raise ProofError("cryptosuite_unsupported", "there is no compiled form for this suite")
        return self._ordered(values)

    def _text(self, values: list[Scalar], made: dict[str, Any]) -> bytes:
        return self._shapes["SHA-256"].json(values)[:-1] + b',"proof":' + orjson.dumps(made) + b"}"

    def _signed(self, values: list[Scalar], key: SigningKey, occasion: _Occasion) -> dict[str, Any]:
        """The proof."""
        options, data = self._unsigned(values, key.public, occasion)
        return _with_value(options, key.sign(data))

    def _unsigned(self, values: list[Scalar], public: PublicKey, occasion: _Occasion) -> tuple[dict[str, Any], bytes]:
        """The proof without its value, and what is to be signed."""
        algorithm = suite_to_sign(occasion.cryptosuite).hash_for(public)
        options, hashed = self._configured(occasion, algorithm)
        return options, hashed + digest(self._shape(algorithm).nquads(values).encode(), algorithm)

    def _configured(self, occasion: _Occasion, algorithm: str) -> tuple[dict[str, Any], bytes]:
        """A proof without its value, and its digest: the same for all that one key signs within one second."""
        latest = self._latest
        if latest is not None and latest[0] == occasion and latest[1] == algorithm:
            return latest[2:]
        options = configuration(
            self._context,
            suite_to_sign(occasion.cryptosuite),
            verification_method=occasion.verification_method,
            created=occasion.created,
            purpose=occasion.purpose,
            options=None,
        )
        hashed = options_digest(self._context, options, algorithm)
        self._latest = (occasion, algorithm, options, hashed)
        return options, hashed

    def _ordered(self, values: Mapping[str, Scalar]) -> list[Scalar]:
        if len(values) != len(self._names) or not all(name in values for name in self._names):
            raise DocumentError("slot_values", f"the template has the slots {', '.join(self._names)[:200]}")
        ordered = [values[name] for name in self._names]
        if not all(isinstance(value, SCALARS) for value in ordered):
            raise DocumentError("slot_values", "the value of a slot is a string, a number or a boolean")
        return ordered

    def _shape(self, algorithm: str) -> Shape:
        """The form for one hash: SHA-384, for P-384 keys, is compiled when first asked for."""
        if algorithm not in self._shapes:
            self._shapes[algorithm] = self._shapes["SHA-256"].with_hash(algorithm)
        return self._shapes[algorithm]


def _with_value(options: dict[str, Any], signature: bytes) -> dict[str, Any]:
    return {**options, "proofValue": encode_base58(signature)}


def _multibase_digest(data: bytes) -> str:
    return encode_base64url(hashlib.sha256(data).digest())


_COMPILED: Final = frozenset({"eddsa-rdfc-2022", "ecdsa-rdfc-2019"})


def _path(document: Mapping[str, Any], pointer: str) -> Path:
    """A JSON Pointer (RFC 6901) as the keys and positions that lead to a scalar of the document."""
    if not pointer.startswith("/"):
        raise DocumentError("slot_missing", f"not a JSON Pointer to a member: {pointer[:200]!r}")
    path: list[str | int] = []
    place: Any = document
    for token in pointer[1:].split("/"):
        step: str | int = token.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and _INDEX.fullmatch(token):
            step = int(token)
        path.append(step)
        place = read(place, (step,))
    if not isinstance(place, SCALARS):
        raise DocumentError("slot_unsupported", f"there is no scalar at {pointer[:200]!r}")
    return tuple(path)
