"""What issuers and the authorization server tell: credentials, status lists, agreements. See contracts.payload."""

import hashlib
import uuid
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.payload import Json, Payload

# A UUID of version 5 in the namespace of URLs (RFC 9562 §5.5), in a third of the time that the module needs.
_URLS = uuid.NAMESPACE_URL.bytes
_RESERVED = 0xF000 << 64 | 0xC000 << 48
_OF_NAMES = 0x5000 << 64 | 0x8000 << 48


def credential_event_id(credential_id: str, revision: int) -> str:
    """The id of the event that told a credential's revision: what `caused_by` of another event names."""
    named = hashlib.sha1(_URLS + f"{credential_id}#{revision}".encode(), usedforsecurity=False)
    number = int.from_bytes(named.digest()[:16]) & ~_RESERVED | _OF_NAMES
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class AgreementState(Payload):
    """A recognition agreement between two institutions that was signed, whole. Only the newest revision counts."""

    agreement_id: str = Field(description="URL of the agreement, where everybody reads it")
    version: int = Field(ge=1)
    revision: int = Field(ge=1)
    state: Literal["signed", "ended"]
    org_id: str = Field(description="organization that recognises")
    source_org_id: str = Field(
        description="organization whose achievements are recognised; of a partner that is not on this fleet its DID"
    )
    recognising_issuer: str = Field(description="DID of who grants credit")
    source_issuer: str = Field(description="DID of whose credentials are recognised")
    programme: str = Field(description="URL of the pathway or achievement that credit is counted in")
    replaces: str | None = Field(default=None, description="URL of the agreement that ended when this was signed")
    digest: str = Field(description="'u' + base64url of SHA-256 over the canonical (RFC 8785) document: what is signed")
    document: Json = Field(description="what was agreed: rules, credits, limits, dates. Nobody acts in it by name")
    signature: str | None = Field(
        default=None, description="of a partner that is not on this fleet: a compact JWS over the agreement and digest"
    )
    signed_at: AwareDatetime
    changed_at: AwareDatetime

    def key(self) -> str:
        return self.agreement_id.rsplit("/", 1)[-1]


class AgreementSigned(AgreementState):
    """Two institutions agreed: requests are decided by it, within its dates."""

    event_type: ClassVar[str] = "recognition-agreement.signed.v1"
    state: Literal["signed"] = "signed"


class AgreementEnded(AgreementState):
    """It is over: one of them ended it, or its date did. What it granted stays."""

    event_type: ClassVar[str] = "recognition-agreement.ended.v1"
    state: Literal["ended"] = "ended"
    expired: bool = Field(
        default=False, description="its `validUntil` has passed, at `changed_at`; one of them may still end it"
    )
    statement_digest: str | None = Field(
        default=None,
        description="of a partner that is not on this fleet and ended it: 'u' + base64url of SHA-256 over the compact "
        "JWS by which it did. Its words are for the two parties",
    )
    statement_key: str | None = Field(default=None, description="the key that signed it: its `kid`, or the DID")


class IssuerPublished(Payload):
    """An issuer's public profile and its keys, whole."""

    event_type: ClassVar[str] = "issuer.published.v1"

    issuer_id: str = Field(description="the DID that signs")
    slug: str
    org_id: str
    revision: int = Field(ge=1)
    active: bool = True
    name: str
    profile: Json = Field(description="the Open Badges 3.0 Profile")
    did_document: Json = Field(description="the controller document with every verification method")
    changed_at: AwareDatetime

    def key(self) -> str:
        return self.slug


class StatusListPublished(Payload):
    """A signed status list, whole. The newest revision replaces all earlier ones."""

    event_type: ClassVar[str] = "status-list.published.v1"

    list_id: str = Field(description="last path segment of the list's URL")
    url: str
    org_id: str
    issuer_id: str
    purpose: str
    revision: int = Field(ge=1)
    credential: Json = Field(description="the signed BitstringStatusListCredential")
    changed_at: AwareDatetime

    def key(self) -> str:
        return self.list_id


class AccessRevoked(Payload):
    """Access ended before its time: one token, all tokens of a person's grant, or all tokens of a client."""

    event_type: ClassVar[str] = "access.revoked.v1"

    kind: Literal["token", "grant", "client"]
    id: str = Field(description="`jti` of the token, `grant_id` of the grant's tokens, or `client_id` of the client's")
    revision: Literal[1] = Field(default=1, description="nothing follows: what ended stays so")
    revoked_at: AwareDatetime
    until: AwareDatetime = Field(description="after this every token that it ends has expired anyway")

    def key(self) -> str:
        return f"{self.kind}/{self.id}"


class SignedCredential(Payload):
    """The document that a credential consists of. The learner's copy is not here: only its digest is."""

    credential_id: str
    org_id: str
    issuer_id: str
    issuer_slug: str
    achievement_id: str
    achievement_version: int = Field(ge=1)
    revision: int = Field(ge=1)
    state: Literal["issued", "suspended"]
    issued_at: AwareDatetime
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None = None
    digest: str = Field(description="'u' + base64url of SHA-256 over the canonical (RFC 8785) signed document")
    status_list: str = Field(description="URL of the status list")
    status_index: int = Field(ge=0)
    caused_by: str | None = Field(
        default=None, description="id of the event that this one follows from, by the rules of a pathway"
    )

    def key(self) -> str:
        return self.credential_id

    def event_id(self) -> str | None:
        return credential_event_id(self.credential_id, self.revision)


class CredentialIssued(SignedCredential):
    """A credential was signed and stored. The learner's copy is not here: only its digest is."""

    event_type: ClassVar[str] = "credential.issued.v1"
    state: Literal["issued"] = "issued"


class CredentialCorrected(SignedCredential):
    """A credential was signed again, under its id and in its state. The document of before no longer stands for it."""

    event_type: ClassVar[str] = "credential.corrected.v1"
    revision: int = Field(ge=2)
    state: Literal["issued", "suspended"] = Field(description="as it was: a correction changes no state")
    valid_from: AwareDatetime = Field(description="later than that of the document of before")
    corrected_at: AwareDatetime
    replaces: str = Field(description="digest of the document of before")


class CredentialStatusChanged(Payload):
    """A credential's state after a change. Reasons and actors stay with the issuer: they may name people."""

    credential_id: str
    org_id: str
    issuer_id: str
    revision: int = Field(ge=2)
    state: Literal["revoked", "suspended", "issued"]
    changed_at: AwareDatetime
    caused_by: str | None = Field(
        default=None, description="id of the event that this one follows from, by the rules of a pathway"
    )

    def key(self) -> str:
        return self.credential_id

    def event_id(self) -> str | None:
        return credential_event_id(self.credential_id, self.revision)


class CredentialRevoked(CredentialStatusChanged):
    """Final: a revoked credential never becomes valid again."""

    event_type: ClassVar[str] = "credential.revoked.v1"
    state: Literal["revoked"] = "revoked"


class CredentialSuspended(CredentialStatusChanged):
    """Not valid for now."""

    event_type: ClassVar[str] = "credential.suspended.v1"
    state: Literal["suspended"] = "suspended"


class CredentialReinstated(CredentialStatusChanged):
    """Valid again after a suspension."""

    event_type: ClassVar[str] = "credential.reinstated.v1"
    state: Literal["issued"] = "issued"
