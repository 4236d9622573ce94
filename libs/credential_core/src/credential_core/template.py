"""Issuing many credentials of one achievement: the document is compiled once, each credential fills its slots.

    template = Template.compile(document, {"id": "/id", "grade": "/credentialSubject/result/0/value"})
    credential = template.sign(
        {"id": "https://u.example/credentials/2", "grade": "B"}, key, verification_method=method, created=now
    )

The result is exactly that of `proof.sign` over the filled document, several times sooner. `filled` is for whoever wants
the text, its digests, and the signature checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from credential_core import proof
from credential_core.errors import DocumentError
from credential_core.filled import Compiled, Filled, Scalar, Sealed, text_of
from credential_core.gapped_text import Path
from credential_core.json_input import check_tree
from credential_core.keys import SigningKey
from credential_core.multibase import encode_base58
from credential_core.proof.configuration import attach
from credential_core.proof_form import COMPILED, Occasion
from credential_core.shape import SCALARS, read

__all__ = ["Filled", "Scalar", "Sealed", "Template"]

MAX_SLOTS: Final = 128
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")


class Template:
    """A compiled document with named slots: it never changes what it makes, and threads may share it."""

    __slots__ = ("_compiled", "_names")

    def __init__(self, document: Mapping[str, Any], slots: Mapping[str, str]) -> None:
        if len(slots) > MAX_SLOTS:
            raise DocumentError("slot_unsupported", f"a template may have {MAX_SLOTS} slots")
        if "proof" in document:
            raise DocumentError("slot_unsupported", "a template is compiled from a document without proofs")
        check_tree(dict(document))
        self._names = tuple(slots)
        paths = tuple(_path(document, pointer) for pointer in slots.values())
        if len(set(paths)) != len(paths):
            raise DocumentError("slot_unsupported", "two slots are in one place")
        self._compiled = Compiled(document, paths)

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
        return self._compiled.shape.fill(self._ordered(values))

    def filled(self, values: Sequence[Scalar]) -> Filled:
        """The same to be signed: for each slot, in their order, a value."""
        return Filled(self._compiled, self._checked(values))

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
        document = self._compiled.shape.fill(ordered)
        if cryptosuite not in COMPILED:
            return proof.sign(
                document,
                key,
                verification_method=verification_method,
                created=created,
                cryptosuite=cryptosuite,
                purpose=purpose,
            )
        form = self._compiled.form(Occasion(verification_method, created, cryptosuite, purpose, key.public))
        return attach(document, form.members(encode_base58(key.sign(self._compiled.data(ordered, form)))))

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
        form = self._compiled.form(Occasion(verification_method, created, cryptosuite, purpose, key.public))
        ordered = self._ordered(values)
        value = encode_base58(key.sign(self._compiled.data(ordered, form)))
        return text_of(self._compiled, [orjson.dumps(one) for one in ordered], form.texts(value)[0])

    def _ordered(self, values: Mapping[str, Scalar]) -> list[Scalar]:
        if len(values) != len(self._names) or not all(name in values for name in self._names):
            raise DocumentError("slot_values", f"the template has the slots {', '.join(self._names)[:200]}")
        return self._checked([values[name] for name in self._names])

    def _checked(self, values: Sequence[Scalar]) -> list[Scalar]:
        if len(values) != len(self._names):
            raise DocumentError("slot_values", f"the template has {len(self._names)} slots")
        if not all(isinstance(value, SCALARS) for value in values):
            raise DocumentError("slot_values", "the value of a slot is a string, a number or a boolean")
        return list(values)


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
