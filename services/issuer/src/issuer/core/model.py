"""The issuer's own things: issuers and their keys, achievements as we know them, credentials, status lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType

from credential_core.errors import KeyMaterialError
from credential_core.jwk import RsaPublicKey, thumbprint
from credential_core.keys import PublicKey
from service_kit.errors import Conflict

Json = dict[str, Any]
IssuerId = NewType("IssuerId", str)
KeyId = NewType("KeyId", str)
CredentialId = NewType("CredentialId", str)
ListId = NewType("ListId", str)

Method = Literal["web", "key"]
Algorithm = Literal["Ed25519", "P-256", "P-384", "RS256"]
AnyPublicKey = PublicKey | RsaPublicKey
PURPOSE = "revocation"


class State(StrEnum):
    """Where a credential stands. `revoked` is final."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"

    @property
    def bit(self) -> bool:
        """What outside verifiers read in the status list: suspended looks like revoked, so that they fail closed."""
        return self is not State.ISSUED


APPEAL_DAYS = 30
"""To appeal against a refusal to recognise something, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class IssuingPolicy:
    """What an issuer lets itself issue."""

    achievements: Literal["own", "any"] = "own"
    plaintext_recipient: bool = True
    max_validity_days: int | None = None
    require_evidence: bool = False
    adds_status: bool = False
    appeal_days: int = APPEAL_DAYS


class KeyState(StrEnum):
    """Where a key stands. What it signed verifies in every state but `revoked`."""

    PUBLISHED = "published"
    """In the controller document, so that verifiers come to know it. It signs nothing yet."""
    ACTIVE = "active"
    RETIRING = "retiring"
    """Another took its place. It signs nothing, and can be activated again."""
    RETIRED = "retired"
    """Its private part is destroyed."""
    REVOKED = "revoked"
    """Given up as compromised: whatever it signed no longer verifies. Its private part is destroyed."""


class KeyPurpose(StrEnum):
    """What a key is for. One made for a single purpose goes before one for any."""

    ANY = "any"
    CREDENTIALS = "credentials"
    STATUS_LISTS = "status-lists"


PURPOSES = (KeyPurpose.CREDENTIALS, KeyPurpose.STATUS_LISTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """A signing key. `sealed` is the private part, encrypted; `verification_method` is the key's public address.

    `since` is when it came into its state. One key is active at most for each issuer, algorithm and purpose.
    """

    id: KeyId
    issuer_id: IssuerId
    verification_method: str
    public: AnyPublicKey
    sealed: bytes
    created_at: datetime
    since: datetime
    state: KeyState = KeyState.ACTIVE
    purpose: KeyPurpose = KeyPurpose.ANY

    @property
    def algorithm(self) -> str:
        """The kind of key, as issuers ask for it."""
        return self.public.algorithm if isinstance(self.public, PublicKey) else "RS256"

    @property
    def makes_proofs(self) -> bool:
        """Whether it signs Open Badges and status lists, by a proof inside. RSA signs JWTs only."""
        return isinstance(self.public, PublicKey)

    @property
    def of_proofs(self) -> PublicKey:
        """Its public part, as that of a key that makes proofs. Raises KeyMaterialError for one that does not."""
        if not isinstance(self.public, PublicKey):
            raise KeyMaterialError("key_mismatch", "an RSA key makes no proofs")
        return self.public


def fragment_of(public: AnyPublicKey) -> str:
    """What a verification method is called in its controller document: its Multikey text, or its JWK's thumbprint."""
    return public.multibase if isinstance(public, PublicKey) else thumbprint(public)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs. `profile` is the Open Badges 3.0 Profile that stands in its credentials; `keys` are by age."""

    id: IssuerId
    org_id: str
    slug: str
    did: str
    method: Method
    profile: Json
    policy: IssuingPolicy
    active: bool
    revision: int
    created_at: datetime
    changed_at: datetime
    keys: tuple[IssuerKey, ...]

    @property
    def key(self) -> IssuerKey:
        """The one that signs Open Badges credentials. Raises Conflict when none is active."""
        return self._first(KeyPurpose.CREDENTIALS)

    @property
    def list_key(self) -> IssuerKey:
        """The one that signs status lists. Raises Conflict when none is active."""
        return self._first(KeyPurpose.STATUS_LISTS)

    def key_for(self, algorithms: Iterable[str]) -> IssuerKey | None:
        """The key for credentials of the first of these algorithms that there is an active one of."""
        signing = self.signing(KeyPurpose.CREDENTIALS)
        return next((key for name in algorithms for key in signing if key.algorithm == name), None)

    def signing(self, purpose: KeyPurpose) -> tuple[IssuerKey, ...]:
        """What signs for a purpose: one key of an algorithm, in the order in which the algorithms came."""
        chosen: dict[str, IssuerKey | None] = {key.algorithm: None for key in self.keys}
        for wanted in (KeyPurpose.ANY, purpose):
            for key in self.keys:
                if key.state is KeyState.ACTIVE and key.purpose is wanted:
                    chosen[key.algorithm] = key
        return tuple(key for key in chosen.values() if key is not None)

    def _first(self, purpose: KeyPurpose) -> IssuerKey:
        found = next((key for key in self.signing(purpose) if key.makes_proofs), None)
        if found is None:
            raise Conflict(f"no key of the issuer is active for {purpose}", code="no-active-key")
        return found

    def proves(self, purpose: KeyPurpose) -> bool:
        """Whether there is a key for what is published, by a proof inside."""
        return any(key.makes_proofs for key in self.signing(purpose))


@dataclass(frozen=True, slots=True)
class Achievement:
    """One version of an achievement, as the catalog published it. `feeds`: it may matter to a pathway."""

    id: str
    version: int
    revision: int
    org_id: str
    retired: bool
    document: Json
    feeds: bool = False

    @property
    def name(self) -> str:
        """Its name, for lists and as the credential's."""
        return str(self.document.get("name", ""))


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a status list. It is used for one credential or for none, never for two."""

    list_id: ListId
    index: int


@dataclass(frozen=True, slots=True)
class Credential:
    """What we keep of a credential. `document` is the signed text, byte for byte as it was handed out."""

    id: CredentialId
    org_id: str
    issuer_id: IssuerId
    achievement_id: str
    achievement_version: int
    state: State
    revision: int
    slot: Slot
    digest: str
    document: str
    recipient_key: bytes
    issued_by: str
    issued_at: datetime
    changed_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    once: bytes | None = None
    """What at most one credential that is not revoked may have: the same achievement, once for one person."""
    feeds: bool = False
    """Of a new one: its achievement may matter to a pathway."""

    def status(self, now: datetime) -> str:
        """The state as people see it: an issued credential past its end is expired."""
        if self.state is State.ISSUED and self.valid_until is not None and self.valid_until <= now:
            return "expired"
        return self.state.value


@dataclass(frozen=True, slots=True)
class AnyCredential:
    """What we keep of a credential that was issued as it was handed in. `name` is what its caller knows it by."""

    id: CredentialId
    org_id: str
    issuer_id: IssuerId
    name: str | None
    state: State
    slot: Slot | None
    document: str
    issued_by: str
    issued_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step in a credential's life: what it became, why, by whom. `digest` is a corrected document's."""

    credential_id: CredentialId
    revision: int
    state: State
    reason: str
    actor: str
    at: datetime
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class StatusList:
    """A status list. `changes` counts status changes, `published_changes` how many of them the world was told.

    `revision` counts publications. `permutation_key` is secret: it decides in which order indexes are given out.
    """

    id: ListId
    issuer_id: IssuerId
    org_id: str
    length: int
    permutation_key: bytes
    changes: int
    published_changes: int
    revision: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Counters [first, last) of a list, for one process alone."""

    list_id: ListId
    length: int
    permutation_key: bytes
    first: int
    last: int
