"""What a person lets a client do: the request, the grant, and the code and refresh tokens that come from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.core.model import ClientId, OrganizationId
from gateway.core.people import Membership, User, UserId


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked request that waits: pushed by its client (RFC 9126), or begun in one browser, whose digest it has."""

    client: ClientId
    parameters: Mapping[str, str]
    resources: tuple[str, ...]
    expires_at: datetime
    browser: bytes | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed a client. Every token from it falls with it.

    `renews` is the grant that the person gave, where this one was made without asking again: both end together.
    `methods` is how the person had signed in (RFC 8176), `session` in which session.
    """

    id: str
    client: ClientId
    user: UserId
    organization: OrganizationId
    scopes: tuple[str, ...]
    targets: tuple[str, ...]
    authenticated_at: datetime
    created_at: datetime
    revoked_at: datetime | None = None
    renews: str | None = None
    methods: tuple[str, ...] = ()
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, found by its digest. `key` is the thumbprint (RFC 7638) of the key it is bound to.

    `challenge` None: its client need not use PKCE, and did not.
    """

    grant: Grant
    redirect_uri: str
    challenge: str | None
    nonce: str | None
    expires_at: datetime
    key: str | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One of a grant's refresh tokens, found by its digest. It is used once. `key` as for a code."""

    grant: Grant
    expires_at: datetime
    key: str | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A user in the organization that the user acts for here."""

    user: User
    membership: Membership
