"""Request and response bodies about an issuer's keys. Members of a verification method are the standard's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from credential_core.jwk import to_jwk
from credential_core.keys import PublicKey
from issuer.core.model import Algorithm, Issuer, IssuerKey, KeyPurpose, KeyState
from issuer.http.inputs import Body


class KeyCreation(Body):
    """A further key."""

    algorithm: Algorithm = "Ed25519"
    purpose: Literal["any", "credentials", "status-lists"] = Field(
        default="any", description="a key for one purpose alone goes before one for any, once it is active"
    )

    @model_validator(mode="after")
    def _can_do_it(self) -> Self:
        if (self.algorithm, self.purpose) == ("RS256", "status-lists"):
            raise ValueError("an RS256 key signs credentials as JWT only")
        return self


class _Key(BaseModel):
    """What there is to say of any key."""

    id: str = Field(description="the verification method")
    controller: str
    algorithm: str = Field(examples=["Ed25519", "P-256", "P-384", "RS256"])
    keyId: str = Field(description="what the key is called in addresses below /issuers/{slug}/keys")  # noqa: N815
    state: KeyState
    purpose: KeyPurpose
    createdAt: datetime  # noqa: N815 - JSON members are camelCase
    since: datetime = Field(description="when the key came into its state")


class MultikeyReply(_Key):
    """The public part of a key, and where it stands."""

    type: Literal["Multikey"]
    publicKeyMultibase: str  # noqa: N815 - the member's name in the standard


class JsonWebKeyReply(_Key):
    """The same for an RSA key."""

    type: Literal["JsonWebKey"]
    publicKeyJwk: dict[str, str]  # noqa: N815 - as above


KeyReply = Annotated[MultikeyReply | JsonWebKeyReply, Field(discriminator="type", title="KeyReply")]


class KeysReply(BaseModel):
    """One page of an issuer's keys, those of the past included, the oldest first."""

    items: list[KeyReply]
    next: str | None = Field(description="cursor of the next page")


def key_reply(issuer: Issuer, key: IssuerKey) -> KeyReply:
    """A key as its owner sees it."""
    members: dict[str, Any] = {
        "id": key.verification_method,
        "controller": issuer.did,
        "algorithm": key.algorithm,
        "keyId": key.id,
        "state": key.state,
        "purpose": key.purpose,
        "createdAt": key.created_at,
        "since": key.since,
    }
    if isinstance(key.public, PublicKey):
        return MultikeyReply(**members, type="Multikey", publicKeyMultibase=key.public.multibase)
    return JsonWebKeyReply(**members, type="JsonWebKey", publicKeyJwk=to_jwk(key.public))


def keys_reply(issuer: Issuer, keys: Sequence[IssuerKey], following: str | None) -> KeysReply:
    """Some of an issuer's keys."""
    return KeysReply(items=[key_reply(issuer, key) for key in keys], next=following)
