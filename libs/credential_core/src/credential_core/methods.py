"""Verification methods as JWK, for JOSE, and when methods end (Controlled Identifiers 1.0 §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credential_core.jwk import RsaPublicKey, to_jwk
from credential_core.keys import PublicKey
from credential_core.timestamps import format_timestamp


@dataclass(frozen=True, slots=True)
class JwkMethod:
    """A public key under an id, with its controller, and when it ends or ended. An RSA key has no other form."""

    id: str
    controller: str
    public: PublicKey | RsaPublicKey
    expires: datetime | None = None
    revoked: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a JsonWebKey verification method."""
        plain = {
            "id": self.id,
            "type": "JsonWebKey",
            "controller": self.controller,
            "publicKeyJwk": to_jwk(self.public),
        }
        return plain | ends(self.expires, self.revoked)


def ends(expires: datetime | None, revoked: datetime | None) -> dict[str, str]:
    """The members that say when a method ends or ended."""
    moments = {"expires": expires, "revoked": revoked}
    return {name: format_timestamp(moment) for name, moment in moments.items() if moment is not None}
