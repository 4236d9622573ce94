"""Client metadata of RFC 7591 §2: how a program describes itself, and how we describe it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.core.model import ApplicationType, AuthMethod, Client, Flow, GrantType
from gateway.core.roles import IDENTITY
from gateway.core.scopes import OPEN_BADGES
from gateway.core.signing_key import Algorithm
from gateway.http.schemas import GrantTypes, MaxAge, Name, Redirects, Url
from gateway.oauth.client import NOT_KEPT
from gateway.oauth.client_keys import SIGNING

UNNAMED = "A program without a name"
Text = Annotated[str, Field(min_length=1, max_length=200)]
ABOUT = (
    *("client_uri", "logo_uri", "tos_uri", "policy_uri", "contacts", "software_id", "software_version"),
    *("initiate_login_uri", "require_auth_time", "backchannel_logout_session_required"),
)
# What a program that asks for an Open Badges scope must say of itself (Open Badges 3.0).
OPEN_BADGES_NEED = (*ABOUT[:4], "client_name", "redirect_uris", "software_id", "software_version")
# Whoever asks for one of these counts on it. `request_object_signing_alg` is not among them: it bounds what the client
# may send, and no request object is taken at all.
NOT_DONE = (
    "authorization_signed_response_alg",
    "id_token_encrypted_response_alg",
    "request_object_encryption_alg",
    "require_signed_request_object",
    "tls_client_certificate_bound_access_tokens",
    "userinfo_encrypted_response_alg",
)
SHOWN = ("client_uri", "logo_uri", "tos_uri", "policy_uri")


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds for programs that say nothing: whether PKCE is a must, whether `aud` may be the token endpoint."""

    proof_key: bool = True
    token_endpoint_audience: bool = False


class MetadataIn(BaseModel):
    """What we do not understand is ignored (RFC 7591 §2); what we understand and do not do is refused."""

    model_config = ConfigDict(extra="ignore", strict=True)

    client_name: Name = UNNAMED
    redirect_uris: Redirects = Field(default_factory=list)
    grant_types: GrantTypes = Field(default_factory=lambda: [GrantType.AUTHORIZATION_CODE])
    response_types: list[Literal["code"]] | None = None
    token_endpoint_auth_method: Annotated[AuthMethod, Field(strict=False)] = AuthMethod.SECRET_BASIC
    application_type: Annotated[ApplicationType, Field(strict=False)] = ApplicationType.WEB
    token_endpoint_auth_signing_alg: Annotated[str, Field(max_length=32)] | None = None
    scope: Annotated[str, Field(max_length=1000)] = ""
    jwks: dict[str, Any] | None = None
    jwks_uri: Url | None = None
    id_token_signed_response_alg: Annotated[Algorithm, Field(strict=False)] = Algorithm.RS256
    post_logout_redirect_uris: Redirects = Field(default_factory=list)
    subject_type: Literal["public"] | None = None
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    userinfo_signed_response_alg: Annotated[Algorithm, Field(strict=False)] | None = None
    require_proof_key: bool | None = None
    default_max_age: MaxAge | None = None
    require_auth_time: bool | None = None
    backchannel_logout_uri: Url | None = None
    token_endpoint_audience: bool | None = None
    backchannel_logout_session_required: bool | None = None
    initiate_login_uri: Url | None = None
    client_uri: Url | None = None
    logo_uri: Url | None = None
    tos_uri: Url | None = None
    policy_uri: Url | None = None
    contacts: Annotated[list[Text], Field(max_length=10)] | None = None
    software_id: Text | None = None
    software_version: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _asks_for_what_is_done(cls, given: Any) -> Any:
        if isinstance(given, dict) and (refused := sorted(name for name in NOT_DONE if given.get(name))):
            raise ValueError(f"not supported: {', '.join(refused)}")
        return given

    @model_validator(mode="after")
    def _addresses_are_safe(self) -> Self:
        """Nobody shows the logo or the terms of another (OpenID Connect Registration §9.1)."""
        shown = [address for name in SHOWN if (address := getattr(self, name))]
        if any(urlsplit(address).scheme != "https" for address in (*shown, *self._called)):
            raise ValueError("addresses must be https")
        if shown and len(_hosts([*shown, *self._web_redirects()])) > 1:
            raise ValueError("addresses that people are shown must be of the host of all redirect_uris")
        return self

    @model_validator(mode="after")
    def _keys_fit_the_method(self) -> Self:
        """Keys of a client that does not sign are for what this server does not do, and passed over."""
        given = (self.jwks is not None) + (self.jwks_uri is not None)
        if given > 1 or (self.signs and not given):
            raise ValueError("jwks or jwks_uri is needed for private_key_jwt, and never both")
        if self.signs and self.token_endpoint_auth_signing_alg not in (None, *SIGNING):
            raise ValueError(f"token_endpoint_auth_signing_alg must be one of {', '.join(SIGNING)}")
        return self

    @model_validator(mode="after")
    def _open_badges_programs_are_described(self) -> Self:
        if set(OPEN_BADGES).isdisjoint(self.scope.split()):
            return self
        if missing := [name for name in OPEN_BADGES_NEED if name not in self.model_fields_set]:
            raise ValueError(f"Open Badges scopes need {', '.join(missing)}")
        if self.token_endpoint_auth_method is AuthMethod.NONE:
            raise ValueError("Open Badges scopes need a client that authenticates itself")
        if self._web_redirects() != self.redirect_uris:
            raise ValueError("Open Badges scopes need redirect_uris that are https")
        if len(_hosts([*self.redirect_uris, *([self.jwks_uri] if self.jwks_uri else [])])) > 1:
            raise ValueError("Open Badges scopes need all addresses to be of one host")
        return self

    def _web_redirects(self) -> list[str]:
        return [uri for uri in self.redirect_uris if uri.startswith("https:")]

    @property
    def _called(self) -> list[str]:
        """Addresses that a program calls, or a browser is sent to without being shown them."""
        return [address for address in (self.jwks_uri, self.initiate_login_uri) if address]

    @property
    def signs(self) -> bool:
        """Whether it authenticates itself with a key of its own."""
        return self.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT

    @property
    def scopes(self) -> tuple[str, ...]:
        """Without those about the person, which every client may ask for."""
        return tuple(scope for scope in dict.fromkeys(self.scope.split()) if scope not in NOT_KEPT.union(IDENTITY))

    def flow(self, usual: Usual) -> Flow:
        """How the client comes by its tokens. `usual` holds where it may choose and says nothing."""
        is_left = self.token_endpoint_auth_method is not AuthMethod.NONE and self._is_plain_web
        may_name = usual.token_endpoint_audience and self.signs and not self._is_bound
        proof_key, names_endpoint = self.require_proof_key, self.token_endpoint_audience
        return Flow(
            grant_types=tuple(dict.fromkeys(self.grant_types)),
            redirect_uris=tuple(dict.fromkeys(self.redirect_uris)),
            application_type=self.application_type,
            pushed_only=self.require_pushed_authorization_requests,
            dpop_bound=self.dpop_bound_access_tokens,
            id_token_algorithm=self.id_token_signed_response_alg,
            post_logout_redirect_uris=tuple(dict.fromkeys(self.post_logout_redirect_uris)),
            assertion_algorithm=self.token_endpoint_auth_signing_alg if self.signs else None,
            userinfo_algorithm=self.userinfo_signed_response_alg,
            requires_proof_key=(usual.proof_key or not is_left) if proof_key is None else proof_key,
            default_max_age=self.default_max_age,
            backchannel_logout_uri=self.backchannel_logout_uri,
            token_endpoint_audience=may_name if names_endpoint is None else names_endpoint,
        )

    @property
    def _is_plain_web(self) -> bool:
        return self.application_type is ApplicationType.WEB and not self._is_bound

    @property
    def _is_bound(self) -> bool:
        return self.require_pushed_authorization_requests or self.dpop_bound_access_tokens

    def about(self) -> dict[str, Any]:
        """What is only shown."""
        return {name: value for name in ABOUT if (value := getattr(self, name)) is not None}


def _hosts(addresses: Iterable[str]) -> set[str | None]:
    return {urlsplit(address).hostname for address in addresses}


def described(client: Client) -> dict[str, Any]:
    """A registered client in the words of RFC 7591."""
    with_people = GrantType.AUTHORIZATION_CODE in client.flow.grant_types
    found = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.flow.redirect_uris),
        "grant_types": list(client.flow.grant_types),
        "response_types": ["code"] if with_people else [],
        "token_endpoint_auth_method": client.auth_method,
        "application_type": client.flow.application_type,
        "scope": " ".join([*(IDENTITY if with_people else ()), *client.scopes]),
        "require_pushed_authorization_requests": client.flow.pushed_only,
        "dpop_bound_access_tokens": client.flow.dpop_bound,
        "id_token_signed_response_alg": client.flow.id_token_algorithm,
        "require_proof_key": client.flow.requires_proof_key,
        "post_logout_redirect_uris": list(client.flow.post_logout_redirect_uris),
        **client.about,
    }
    if client.flow.userinfo_algorithm:
        found["userinfo_signed_response_alg"] = client.flow.userinfo_algorithm
    if client.flow.backchannel_logout_uri:
        found["backchannel_logout_uri"] = client.flow.backchannel_logout_uri
    if client.flow.default_max_age is not None:
        found["default_max_age"] = client.flow.default_max_age
    if client.flow.token_endpoint_audience:
        found["token_endpoint_audience"] = True
    if client.flow.assertion_algorithm:
        found["token_endpoint_auth_signing_alg"] = client.flow.assertion_algorithm
    if client.jwks_uri:
        return found | {"jwks_uri": client.jwks_uri}
    return found | ({"jwks": {"keys": [dict(key) for key in client.public_keys]}} if client.public_keys else {})
