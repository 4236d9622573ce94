"""Request and response bodies about an issuer's keys. Members of a verification method are the standard's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from issuer.core.model import Algorithm, Issuer, IssuerKey, KeyPurpose, KeyState
from issuer.http.inputs import Body


class KeyCreation(Body):
    """A further key."""

    algorithm: Algorithm = "Ed25519"
    purpose: Literal["any", "credentials", "status-lists"] = Field(
        default="any", description="a key for one purpose alone goes before one for any, once it is active"
    )


class KeyReply(BaseModel):
    """The public part of a key, and where it stands."""

    id: str = Field(description="the verification method")
    type: Literal["Multikey"] = "Multikey"
    controller: str
    publicKeyMultibase: str  # noqa: N815 - the member's name in the standard
    algorithm: str = Field(examples=["Ed25519", "P-256", "P-384"])
    keyId: str = Field(description="what the key is called in addresses below /issuers/{slug}/keys")  # noqa: N815
    state: KeyState
    purpose: KeyPurpose
    createdAt: datetime  # noqa: N815 - as its neighbours
    since: datetime = Field(description="when the key came into its state")


class KeysReply(BaseModel):
    """One page of an issuer's keys, those of the past included, the oldest first."""

    items: list[KeyReply]
    next: str | None = Field(description="cursor of the next page")


def key_reply(issuer: Issuer, key: IssuerKey) -> KeyReply:
    """A key as its owner sees it."""
    return KeyReply(
        id=key.verification_method,
        controller=issuer.did,
        publicKeyMultibase=key.public.multibase,
        algorithm=key.public.algorithm,
        keyId=key.id,
        state=key.state,
        purpose=key.purpose,
        createdAt=key.created_at,
        since=key.since,
    )


def keys_reply(issuer: Issuer, keys: Sequence[IssuerKey], following: str | None) -> KeysReply:
    """Some of an issuer's keys."""
    return KeysReply(items=[key_reply(issuer, key) for key in keys], next=following)
