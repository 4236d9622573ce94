"""What the proofs of many documents have in common, compiled once: all but the value of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from credential_core.errors import ProofError
from credential_core.gapped_text import GappedText, json_around
from credential_core.jcs import canonicalize
from credential_core.keys import PublicKey
from credential_core.proof.configuration import configuration
from credential_core.proof.hashing import options_digest
from credential_core.proof.suites import suite_to_sign

COMPILED: Final = frozenset({"eddsa-rdfc-2022", "ecdsa-rdfc-2019"})
_VALUE: Final = ("proofValue",)


class Occasion(NamedTuple):
    """What a proof says beside its value, and the kind of key."""

    verification_method: str
    created: datetime
    cryptosuite: str
    purpose: str
    public: PublicKey


class ProofForm:
    """The proofs that one key makes within one second over documents of one context."""

    __slots__ = ("_canonical", "_members", "_text", "algorithm", "digest", "occasion")

    def __init__(self, context: Mapping[str, Any], occasion: Occasion) -> None:
        """ProofError `cryptosuite_unsupported` for a suite that has no compiled form."""
        if occasion.cryptosuite not in COMPILED:
            raise ProofError("cryptosuite_unsupported", "there is no compiled form for this suite")
        suite = suite_to_sign(occasion.cryptosuite)
        self.occasion = occasion
        self.algorithm = suite.hash_for(occasion.public)
        self._members = configuration(
            context,
            suite,
            verification_method=occasion.verification_method,
            created=occasion.created,
            purpose=occasion.purpose,
            options=None,
        )
        self.digest = options_digest(context, self._members, self.algorithm)
        whole, slots = self.members(""), frozenset([_VALUE])
        self._text = GappedText(json_around(whole, slots)[0], [0])
        self._canonical = GappedText(json_around(dict(sorted(whole.items())), slots, canonicalize)[0], [0])

    def members(self, value: str) -> dict[str, Any]:
        """The proof with its value."""
        return {**self._members, "proofValue": value}

    def texts(self, value: str) -> tuple[bytes, bytes]:
        """The proof with its value as JSON: as it is written, and in canonical form."""
        written = [orjson.dumps(value)]
        return self._text.filled(written), self._canonical.filled(written)
