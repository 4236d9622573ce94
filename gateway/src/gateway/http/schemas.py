"""Requests and responses of /organizations and /clients."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from gateway.core.model import ApplicationType, AuthMethod, Client, Flow, GrantType, Organization
from gateway.core.scopes import Kind
from gateway.core.signing_key import Algorithm
from service_kit.entity_tags import tag_of
from service_kit.internet_names import ascii_address, ascii_url


def trimmed(text: str) -> str:
    """Raises ValueError for what cannot be shown as it is."""
    if text != text.strip() or not text.isprintable():
        raise ValueError("must be printable text without space around it")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("must be a web address")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(trimmed)]
# One form for one mailbox, as mails to it are counted: no comments, no quotes (RFC 5322 §3.4.1), no encoded words
# (RFC 2047). Domains of other scripts are taken as people write them, and kept as xn--.
_LOCAL, _LABEL = r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+", r"[A-Za-z0-9_-]+"
Email = Annotated[
    str,
    Field(max_length=254, pattern=rf"^{_LOCAL}(\.{_LOCAL})*@{_LABEL}(\.{_LABEL})*$"),
    BeforeValidator(lambda text: ascii_address(text) if isinstance(text, str) else text),
]
Password = Annotated[str, Field(min_length=12, max_length=256, pattern=r"^[^\x00]+$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", description="never changes")]
Url = Annotated[
    str,
    Field(max_length=500, pattern=r"^[!-~]+$"),
    BeforeValidator(lambda text: ascii_url(text) if isinstance(text, str) else text),
    AfterValidator(_web_address),
]
Redirects = list[Annotated[str, Field(min_length=1, max_length=500)]]
MaxAge = Annotated[int, Field(ge=0, le=999_999_999)]
GrantTypes = Annotated[list[Annotated[GrantType, Field(strict=False)]], Field(min_length=1, max_length=8)]
Audiences = Annotated[
    list[Url],
    Field(
        max_length=16,
        description="the resources that it answers for, whose tokens it may introspect; only an operator names them",
    ),
]
Scopes = Annotated[list[Annotated[str, Field(max_length=128)]], Field(min_length=1, max_length=32)]


class Body(BaseModel):
    """A request body. A member that does not exist is an error; names are camelCase in JSON."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Answer(BaseModel):
    """Base of what is answered. `omits_none`: members without a value are left out."""

    omits_none: ClassVar[bool] = False

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        """As it is sent, where it is sent with an entity tag."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=self.omits_none)

    @property
    def tag(self) -> str:
        """The entity tag of what this shows."""
        return tag_of(self.document())


class OrganizationIn(Body):
    """A new organization."""

    name: Name
    slug: Slug
    kind: Annotated[Kind, Field(strict=False)]
    url: Url | None = None


class Change(Body):
    """A change of the members that are given."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing to change")
        return self

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class OrganizationChange(Change):
    """`url` may be set to null."""

    name: Name = Field(default_factory=str)
    url: Url | None = None


class OrganizationOut(Answer):
    """An organization."""

    id: str
    name: str
    slug: str
    kind: Kind
    url: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, organization: Organization) -> Self:
        """As the API shows it."""
        return cls.model_validate(organization, from_attributes=True)


class OrganizationPage(Answer):
    """Organizations by slug. `next` is the cursor of the following page."""

    items: list[OrganizationOut]
    next: str | None


class ClientIn(Body):
    """A new client. `jwks` holds public keys, for private_key_jwt; every other client is given a secret."""

    name: Name
    scopes: Scopes
    organization: Annotated[
        str | None, Field(max_length=64, description="whose client; the caller's own if absent")
    ] = None
    token_endpoint_auth_method: Annotated[AuthMethod, Field(strict=False)] = AuthMethod.SECRET_BASIC
    jwks: dict[str, Any] | None = None
    grant_types: GrantTypes = Field(default_factory=lambda: [GrantType.CLIENT_CREDENTIALS])
    redirect_uris: Redirects = Field(default_factory=list)
    application_type: Annotated[ApplicationType, Field(strict=False)] = ApplicationType.WEB
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    id_token_signed_response_alg: Annotated[Algorithm, Field(strict=False)] = Algorithm.RS256
    userinfo_signed_response_alg: Annotated[Algorithm, Field(strict=False)] | None = None
    require_proof_key: bool = True
    default_max_age: MaxAge | None = None
    backchannel_logout_uri: Url | None = None
    token_endpoint_audience: bool = False
    post_logout_redirect_uris: Redirects = Field(default_factory=list)
    audiences: Audiences = Field(default_factory=list)

    @model_validator(mode="after")
    def _keys_fit_the_method(self) -> Self:
        if (self.jwks is not None) != (self.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT):
            raise ValueError("jwks is needed for private_key_jwt, and only there")
        return self

    def flow(self) -> Flow:
        """How the client comes by its tokens."""
        return Flow(
            grant_types=tuple(dict.fromkeys(self.grant_types)),
            redirect_uris=tuple(dict.fromkeys(self.redirect_uris)),
            application_type=self.application_type,
            pushed_only=self.require_pushed_authorization_requests,
            dpop_bound=self.dpop_bound_access_tokens,
            id_token_algorithm=self.id_token_signed_response_alg,
            userinfo_algorithm=self.userinfo_signed_response_alg,
            requires_proof_key=self.require_proof_key,
            default_max_age=self.default_max_age,
            backchannel_logout_uri=self.backchannel_logout_uri,
            token_endpoint_audience=self.token_endpoint_audience,
            post_logout_redirect_uris=tuple(dict.fromkeys(self.post_logout_redirect_uris)),
        )


class ClientChange(Change):
    """New scopes hold for tokens asked for from now on."""

    name: Name = Field(default_factory=str)
    scopes: Scopes = Field(default_factory=list)
    jwks: dict[str, Any] = Field(default_factory=dict)
    grant_types: GrantTypes = Field(default_factory=list)
    redirect_uris: Redirects = Field(default_factory=list)
    application_type: Annotated[ApplicationType, Field(strict=False)] = ApplicationType.WEB
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    id_token_signed_response_alg: Annotated[Algorithm, Field(strict=False)] = Algorithm.RS256
    userinfo_signed_response_alg: Annotated[Algorithm, Field(strict=False)] | None = None
    require_proof_key: bool = True
    default_max_age: MaxAge | None = None
    backchannel_logout_uri: Url | None = None
    token_endpoint_audience: bool = False
    post_logout_redirect_uris: Redirects = Field(default_factory=list)
    audiences: Audiences = Field(default_factory=list)


class ClientOut(Answer):
    """A client, without its secret."""

    omits_none = True

    client_id: str
    name: str
    organization: str | None
    scopes: list[str]
    token_endpoint_auth_method: AuthMethod
    jwks: dict[str, Any] | None = None
    grant_types: list[GrantType]
    redirect_uris: list[str]
    application_type: ApplicationType
    require_pushed_authorization_requests: bool
    dpop_bound_access_tokens: bool
    id_token_signed_response_alg: Algorithm
    userinfo_signed_response_alg: Algorithm | None = None
    require_proof_key: bool
    default_max_age: int | None = None
    backchannel_logout_uri: str | None = None
    token_endpoint_audience: bool
    post_logout_redirect_uris: list[str]
    audiences: list[str]
    created_at: datetime

    @classmethod
    def of(cls, client: Client) -> Self:
        """As the API shows it."""
        return cls(
            client_id=client.id,
            name=client.name,
            organization=client.organization,
            scopes=list(client.scopes),
            token_endpoint_auth_method=client.auth_method,
            jwks={"keys": [dict(key) for key in client.public_keys]} if client.public_keys else None,
            grant_types=list(client.flow.grant_types),
            redirect_uris=list(client.flow.redirect_uris),
            application_type=client.flow.application_type,
            require_pushed_authorization_requests=client.flow.pushed_only,
            dpop_bound_access_tokens=client.flow.dpop_bound,
            id_token_signed_response_alg=client.flow.id_token_algorithm,
            userinfo_signed_response_alg=client.flow.userinfo_algorithm,
            require_proof_key=client.flow.requires_proof_key,
            default_max_age=client.flow.default_max_age,
            backchannel_logout_uri=client.flow.backchannel_logout_uri,
            token_endpoint_audience=client.flow.token_endpoint_audience,
            post_logout_redirect_uris=list(client.flow.post_logout_redirect_uris),
            audiences=list(client.audiences),
            created_at=client.created_at,
        )


class RegisteredOut(ClientOut):
    """A client with its secret: it is shown this once, and kept nowhere."""

    client_secret: str | None = None


class ClientPage(Answer):
    """Clients, oldest first. `next` is the cursor of the following page."""

    items: list[ClientOut]
    next: str | None


class SecretRotation(Body):
    """For how long the present secret stays good beside the new one."""

    grace_seconds: Annotated[int, Field(ge=0, le=24 * 3600)] = 0


class SecretOut(Answer):
    """The new secret: it is shown this once, and kept nowhere."""

    client_id: str
    client_secret: str | None
    previous_secret_expires_at: datetime
