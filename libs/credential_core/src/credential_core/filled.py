"""Compiled documents with values in their slots: what is signed, the text, and its digests before and after."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import orjson

from credential_core.canonical_text import CanonicalText, scalar_texts, with_proof
from credential_core.errors import ProofError
from credential_core.gapped_text import Path
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import encode_base58, encode_base64url
from credential_core.proof.hashing import digest
from credential_core.proof_form import Occasion, ProofForm
from credential_core.shape import Shape
from credential_core.unsigned import Unsigned

Scalar: TypeAlias = str | int | float | bool


class Sealed(NamedTuple):
    """A signed document as JSON text, and the digest of its canonical form (`jcs.digest`)."""

    text: bytes
    digest: str


class Compiled:
    """All that documents have in common that differ only in the values at `paths`."""

    __slots__ = ("_context", "_latest", "_shapes", "canonical", "shape")

    def __init__(self, document: Mapping[str, Any], paths: Sequence[Path]) -> None:
        self.shape = Shape(document, paths)
        self.canonical = CanonicalText(document, paths)
        self._context = {"@context": copy.deepcopy(document.get("@context"))}
        self._shapes = {"SHA-256": self.shape}
        self._latest: ProofForm | None = None

    def form(self, occasion: Occasion) -> ProofForm:
        """A proof without its value: the same for all that one key signs within one second."""
        latest = self._latest
        if latest is None or latest.occasion != occasion:
            latest = self._latest = ProofForm(self._context, occasion)
        return latest

    def shape_for(self, algorithm: str) -> Shape:
        """The form for one hash: SHA-384, for P-384 keys, is compiled when first asked for."""
        if algorithm not in self._shapes:
            self._shapes[algorithm] = self.shape.with_hash(algorithm)
        return self._shapes[algorithm]

    def data(self, values: Sequence[Scalar], form: ProofForm) -> bytes:
        """What is to be signed."""
        return form.digest + digest(self.shape_for(form.algorithm).nquads(values).encode(), form.algorithm)


class Filled:
    """A compiled document with its values."""

    __slots__ = ("_begun", "_compiled", "_texts", "_values")

    def __init__(self, compiled: Compiled, values: Sequence[Scalar]) -> None:
        self._compiled = compiled
        self._values = values
        self._texts: Sequence[bytes] = ()
        self._begun: tuple[Any, bytes] | None = None

    def digest(self) -> str:
        """What `jcs.digest` says of the unsigned document, with the same errors."""
        hashed, after = self._canonical()
        return _finished(hashed, after)

    def seal(
        self, key: SigningKey, *, verification_method: str, created: datetime, cryptosuite: str = "eddsa-rdfc-2022"
    ) -> Sealed:
        """What `Template.sign_json` gives, its signature checked, with its digest.

        A signature that was made wrong may give away the key (a fault in memory or processor): none leaves.
        ProofError `signature_invalid` then, `cryptosuite_unsupported` for a suite that has no compiled form.
        """
        return self.prepare(
            key.public, verification_method=verification_method, created=created, cryptosuite=cryptosuite
        ).by(key)

    def prepare(
        self, public: PublicKey, *, verification_method: str, created: datetime, cryptosuite: str = "eddsa-rdfc-2022"
    ) -> Unsigned[Sealed]:
        """`seal` in two steps, for a key that is elsewhere. The second raises ProofError for a wrong signature."""
        form = self._compiled.form(Occasion(verification_method, created, cryptosuite, "assertionMethod", public))
        data = self._compiled.data(self._values, form)

        def sealed(signature: bytes) -> Sealed:
            if not public.verify(signature, data):
                raise ProofError("signature_invalid", "the signature that was made does not match the key")
            return self._sealed(*form.texts(encode_base58(signature)))

        return Unsigned(data, sealed)

    def _sealed(self, made: bytes, canonical: bytes) -> Sealed:
        hashed, after = self._canonical()
        pairs = zip(self._values, self._texts, strict=True)
        texts = [text if type(value) is str else orjson.dumps(value) for value, text in pairs]
        return Sealed(text_of(self._compiled, texts, made), _finished(hashed, with_proof(canonical, after)))

    def _canonical(self) -> tuple[Any, bytes]:
        """The canonical text around a proof: the hash of what comes before, and what comes after."""
        if self._begun is None:
            self._texts = scalar_texts(self._values)
            before, after = self._compiled.canonical.halves(self._texts)
            self._begun = hashlib.sha256(before), after
        return self._begun


def text_of(compiled: Compiled, texts: Sequence[bytes], proof: bytes) -> bytes:
    """The JSON text of a signed document, of the texts of its values and its proof."""
    return compiled.shape.json(texts)[:-1] + b',"proof":' + proof + b"}"


def _finished(begun: Any, rest: bytes) -> str:
    """`jcs.digest` of a text whose beginning was hashed already."""
    whole = begun.copy()
    whole.update(rest)
    return encode_base64url(whole.digest())
