"""Organizations, their OAuth clients, and entries of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from gateway.core.scopes import Kind
from gateway.core.signing_key import Algorithm

OrganizationId = NewType("OrganizationId", str)
ClientId = NewType("ClientId", str)


class AuthMethod(StrEnum):
    """How a client proves itself (RFC 7591 §2). A client with a secret may send it in either way."""

    SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"

    @property
    def uses_secret(self) -> bool:
        """Whether the client is given a secret."""
        return self in {AuthMethod.SECRET_BASIC, AuthMethod.SECRET_POST}


class GrantType(StrEnum):
    """What a client may exchange for a token (RFC 7591 §2)."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - the name of a grant


class ApplicationType(StrEnum):
    """Where a client runs (OpenID Connect Registration §2): on a server, or on a person's own device."""

    WEB = "web"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant of the fleet."""

    id: OrganizationId
    name: str
    slug: str
    kind: Kind
    url: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Flow:
    """How a client comes by its tokens. `pushed_only`: it pushes every authorization request (RFC 9126 §6).

    `dpop_bound`: it takes no bearer tokens (RFC 9449 §5.2). Its ID tokens are signed by `id_token_algorithm`, of which
    RS256 is the default (OpenID Connect Registration §2), its own assertions by `assertion_algorithm`, if it says so.
    `userinfo_algorithm` signs what userinfo answers; None leaves it plain JSON. `requires_proof_key`: PKCE is a must.
    `default_max_age` holds for requests that say no `max_age`. `backchannel_logout_uri` is told of sessions that end.
    `token_endpoint_audience`: its assertions may name the token endpoint instead of the issuer (ADR 0118).
    """

    grant_types: tuple[GrantType, ...] = (GrantType.CLIENT_CREDENTIALS,)
    redirect_uris: tuple[str, ...] = ()
    application_type: ApplicationType = ApplicationType.WEB
    pushed_only: bool = False
    dpop_bound: bool = False
    id_token_algorithm: Algorithm = Algorithm.RS256
    post_logout_redirect_uris: tuple[str, ...] = ()
    assertion_algorithm: str | None = None
    userinfo_algorithm: Algorithm | None = None
    requires_proof_key: bool = True
    default_max_age: int | None = None
    backchannel_logout_uri: str | None = None
    token_endpoint_audience: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A registered program: an organization's, or nobody's (ADR 0036).

    `audiences` are the resources that it answers for: it may introspect every token that names one of them.
    """

    id: ClientId
    organization: OrganizationId | None
    name: str
    scopes: tuple[str, ...]
    auth_method: AuthMethod
    public_keys: tuple[Mapping[str, Any], ...]
    created_at: datetime
    flow: Flow = Flow()
    jwks_uri: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownClient:
    """What the OAuth endpoints need of a client, in one read: its tenant, its rights, its present credentials."""

    id: ClientId
    organization: OrganizationId | None
    kind: Kind | None
    name: str
    scopes: tuple[str, ...]
    auth_method: AuthMethod
    secret_digests: tuple[bytes, ...]
    public_keys: tuple[Mapping[str, Any], ...]
    flow: Flow
    jwks_uri: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()

    @property
    def is_recognisable(self) -> bool:
        """Whether nothing else can pretend to be it: a public program on a device cannot be told from another."""
        return self.auth_method is not AuthMethod.NONE or self.flow.application_type is ApplicationType.WEB


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a change: a client, for its organization."""

    client: ClientId
    organization: OrganizationId
    is_operator: bool
    name: str

    @property
    def reach(self) -> OrganizationId | None:
        """The one organization whose things are visible. None means all of them."""
        return None if self.is_operator else self.organization

    @property
    def keys_owner(self) -> str:
        """Whose Idempotency-Keys it sends. A program that acts for people may act for those of many organizations."""
        acts_for_itself = self.name == f"client:{self.client}"
        return self.client if acts_for_itself else f"{self.client} {self.organization}"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail: who did what, to whose client. Never a secret or a token."""

    at: datetime
    action: str
    actor: str
    organization: str | None = None
    client: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
