"""Issuing an SD-JWT VC (RFC 9901 §6, SD-JWT VC §3): what is disclosable is chosen by JSON pointers, salts are given."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import orjson

from credential_core.errors import DocumentError, KeyMaterialError
from credential_core.jose.algorithms import Signer, VerifyingKey
from credential_core.jose.jws import encode, sign
from credential_core.json_input import check_tree
from credential_core.jwk import to_jwk
from credential_core.sdjwt.compact import ALGORITHM, DIGESTS, ELEMENT, MAX_DISCLOSURES, SdJwt
from credential_core.sdjwt.paths import Path, child, path_of
from credential_core.sdjwt.processing import ALWAYS_DISCLOSED, process

TYPE: Final = "dc+sd-jwt"
_SALT_BYTES: Final = 16  # RFC 9901 §9.3: 128 bits


def issue(
    claims: Mapping[str, Any],
    key: Signer,
    *,
    disclosable: Collection[str],
    salts: Iterator[bytes],
    kid: str | None = None,
    holder: VerifyingKey | None = None,
    decoys: int = 0,
) -> str:
    """An SD-JWT VC of `claims` (with their `vct`), ending in `~`, with all its disclosures.

    `disclosable` are JSON pointers to members and array elements; one below another is allowed, and hides both. `salts`
    yields a fresh secret random value of 16 bytes or more for each of them and each of the `decoys` (digests of
    nothing, beside the top-level ones). `holder` is the key that presentations must be bound to (`cnf`).
    DocumentError, KeyMaterialError for what cannot be issued.
    """
    tree = _checked(claims, holder)
    fresh = _Salts(salts)
    # The deepest first: a value is hashed with the digests already in it.
    paths = sorted(map(path_of, set(disclosable)), key=lambda path: (-len(path), path))
    disclosures = [_hide(tree, path, fresh) for path in paths]
    _hide_nothing(tree, decoys, fresh)
    header = {"typ": TYPE, **({} if kid is None else {"kid": kid})}
    text = "~".join([sign(header, {**tree, ALGORITHM: "sha-256"}, key), *disclosures, ""])
    process(SdJwt.parse(text))  # what no verifier would read is not issued
    return text


def _checked(claims: Mapping[str, Any], holder: VerifyingKey | None) -> dict[str, Any]:
    check_tree(dict(claims))
    tree: dict[str, Any] = copy.deepcopy(dict(claims))
    if not isinstance(tree.get("vct"), str) or not tree["vct"]:
        raise DocumentError("sd_jwt_claim_missing", "an SD-JWT VC names its type in vct")
    if _names(tree) & {DIGESTS, ELEMENT, ALGORITHM}:
        raise DocumentError("sd_jwt_claim_reserved", "a claim has a name that SD-JWT keeps for itself")
    if holder is not None:
        if "cnf" in tree:
            raise DocumentError("sd_jwt_claim_repeated", "the claims have a cnf, and a holder is given too")
        tree["cnf"] = {"jwk": to_jwk(holder)}
    return tree


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _hide(tree: dict[str, Any], path: Path, salts: _Salts) -> str:
    """Replace what is at `path` by its digest; the disclosure."""
    if path[0] in ALWAYS_DISCLOSED:
        raise DocumentError("sd_jwt_claim_not_disclosable", f"the claim {path[0]} is always disclosed")
    place: Any = tree
    for step in path[:-1]:
        place = child(place, step)
    value = child(place, path[-1])
    disclosure = encode(orjson.dumps([salts.next(), *([path[-1]] if isinstance(place, dict) else []), value]))
    digest = _digest(disclosure)
    if isinstance(place, dict):
        del place[path[-1]]
        place[DIGESTS] = sorted([*place.get(DIGESTS, []), digest])  # an order that does not tell the claims'
    else:
        place[int(path[-1])] = {ELEMENT: digest}
    return disclosure


def _hide_nothing(tree: dict[str, Any], count: int, salts: _Salts) -> None:
    if not 0 <= count <= MAX_DISCLOSURES:
        raise DocumentError("sd_jwt_too_many_disclosures", f"an SD-JWT may have {MAX_DISCLOSURES} decoys")
    if count:
        tree[DIGESTS] = sorted([*tree.get(DIGESTS, []), *(_digest(salts.next()) for _ in range(count))])


def _digest(text: str) -> str:
    return encode(hashlib.sha256(text.encode("ascii")).digest())


class _Salts:
    """The caller's salts, each used once."""

    def __init__(self, salts: Iterator[bytes]) -> None:
        self._salts = salts
        self._used: set[bytes] = set()

    def next(self) -> str:
        salt = next(self._salts, None)
        if not isinstance(salt, bytes) or len(salt) < _SALT_BYTES or salt in self._used:
            raise KeyMaterialError("sd_jwt_salt_unusable", f"a salt is {_SALT_BYTES} bytes or more, each used once")
        self._used.add(salt)
        return encode(salt)
