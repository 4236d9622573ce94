"""DPoP proofs for tests, also ones that no library would make."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from joserfc.jwk import ECKey, Key
from joserfc.jws import JWSRegistry

from service_kit.ids import new_id

KEY = ECKey.generate_key("P-256")
OTHER = ECKey.generate_key("P-256")


def proof(
    method: str,
    url: str,
    now: float,
    *,
    key: Key = KEY,
    token: str | None = None,
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A proof for a request. `header` and `changes` replace members; None removes one."""
    claims: dict[str, Any] = {"htm": method, "htu": url, "iat": int(now), "jti": new_id()}
    if token is not None:
        claims["ath"] = _b64(hashlib.sha256(token.encode()).digest())
    shown = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)} | (header or {})
    signed = ".".join(_part(_without_none(members)) for members in (shown, claims | changes))
    signature = JWSRegistry.algorithms[shown["alg"]].sign(signed.encode(), key)
    return f"{signed}.{_b64(signature)}"


def _part(members: dict[str, Any]) -> str:
    return _b64(json.dumps(members).encode())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
