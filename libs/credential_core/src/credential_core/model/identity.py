"""IdentityObject: naming a learner by e-mail address or number, in the clear or as a salted hash (OB 3.0 §B.1.13)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

_HASHES = {"sha256": hashlib.sha256, "md5": hashlib.md5}


def hashed_identity(identifier: str, identity_type: str, salt: str) -> dict[str, Any]:
    """An IdentityObject holding `sha256$` of identifier and salt; the salt (from the caller) stands beside it."""
    digest = hashlib.sha256((identifier + salt).encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": identity_type,
        "salt": salt,
    }


def plain_identity(identifier: str, identity_type: str) -> dict[str, Any]:
    """An IdentityObject that shows the identifier."""
    return {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": identifier,
        "identityType": identity_type,
    }


def identity_matches(identity: Mapping[str, Any], identifier: str, identity_type: str) -> bool:
    """Whether an IdentityObject names this identifier. Anything malformed does not match."""
    claimed = identity.get("identityHash")
    if identity.get("identityType") != identity_type or not isinstance(claimed, str):
        return False
    if identity.get("hashed") is not True:
        return hmac.compare_digest(claimed.encode(), identifier.encode())
    algorithm, _, digest = claimed.partition("$")
    salt = identity.get("salt", "")
    if algorithm not in _HASHES or not isinstance(salt, str):
        return False
    expected = _HASHES[algorithm]((identifier + salt).encode()).hexdigest()
    return hmac.compare_digest(digest.lower().encode(), expected.encode())
