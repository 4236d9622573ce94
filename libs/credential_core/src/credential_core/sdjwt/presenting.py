"""Presenting an SD-JWT: the holder shows some disclosures, and signs for one verifier (RFC 9901 §4.3, §7.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Final

from credential_core.errors import KeyMaterialError, ProofError
from credential_core.jose.algorithms import Signer
from credential_core.jose.claims import seconds
from credential_core.jose.jws import sign
from credential_core.sdjwt.compact import SdJwt
from credential_core.sdjwt.paths import Path, child, path_of
from credential_core.sdjwt.processing import process
from credential_core.sdjwt.verifying import holder_key

KEY_BINDING_TYPE: Final = "kb+jwt"


@dataclass(frozen=True, slots=True)
class Binding:
    """What the holder signs with a presentation: its key, and for whom, in answer to what, and when."""

    key: Signer
    audience: str
    nonce: str
    issued: datetime


def present(text: str, disclose: Collection[str], binding: Binding | None = None) -> str:
    """`text`, as the issuer gave it, with only the disclosures on the way to what `disclose` points at, and below it.

    `disclose` are JSON pointers into the claims with everything disclosed. DocumentError `pointer_unmatched` if one
    names nothing; KeyMaterialError `key_mismatch` if the credential is bound to another key.
    """
    sd_jwt = SdJwt.parse(text)
    if sd_jwt.key_binding is not None:
        raise ProofError("sd_jwt_malformed", "the SD-JWT is a presentation already")
    processed = process(sd_jwt)
    wanted = [path_of(pointer) for pointer in disclose]
    shown = [each.text for each in sd_jwt.disclosures if _is_wanted(processed.places[each.text], wanted)]
    for path in wanted:
        reduce(child, path, processed.claims)  # raises if there is nothing
    presented = "~".join([sd_jwt.jws.text, *shown, ""])
    return presented if binding is None else presented + _bind(sd_jwt, presented, binding)


def _is_wanted(place: Path, wanted: list[Path]) -> bool:
    return any(place[: len(path)] == path[: len(place)] for path in wanted)


def _bind(sd_jwt: SdJwt, presented: str, binding: Binding) -> str:
    if holder_key(sd_jwt) != binding.key.public:
        raise KeyMaterialError("key_mismatch", "the credential is bound to another key than the holder's")
    claims = {
        "iat": seconds(binding.issued),
        "aud": binding.audience,
        "nonce": binding.nonce,
        "sd_hash": sd_jwt.digest(presented),
    }
    return sign({"typ": KEY_BINDING_TYPE}, claims, binding.key)
