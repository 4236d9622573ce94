"""What the authorization server is told. Names are the fleet's: LAUREL_..., nested with __."""

import base64
import binascii
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, model_validator

from gateway.adapters.mail import Security, SmtpServer
from gateway.core.signing_key import RotationPolicy
from gateway.http.schemas import Email
from gateway.oauth.policy import Policy
from service_kit.settings import AuthSettings, Block, KafkaSettings, StoreSettings, WebSettings

KEPT_AFTER_USE_MARGIN_S = 120  # another process may sign with a retired key for 30 s; clocks differ


def _origin(text: str) -> str:
    if not text.startswith(("http://", "https://")) or text.count("/") != 2:
        raise ValueError("must be an origin such as https://laurel.example, without a trailing slash")
    return text


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _is_below(origin: str, domain: str) -> bool:
    return f".{_host(origin)}".endswith(f".{domain}")


Origin = Annotated[str, AfterValidator(_origin)]


class TokenSettings(Block):
    """How long access tokens live, and how long a signing key is published before it signs."""

    lifetime_s: int = Field(default=600, ge=300, le=900, description="how long an access token is good")
    publish_key_before_use_s: int = Field(
        default=900, ge=0, description="how long a new signing key is published before it signs"
    )


class PasswordSettings(Block):
    """What a guess at a stolen hash costs (Argon2id, RFC 9106 §4): memory, and passes over it."""

    memory_kib: int = Field(default=65536, ge=19456, description="the memory that hashing a password takes")
    passes: int = Field(default=3, ge=2, description="the passes over that memory")


SMTP = {"smtp": (Security.STARTTLS, 587), "smtps": (Security.TLS, 465), "smtp+plain": (Security.NONE, 25)}


class MailSettings(Block):
    """Where mail goes: to an SMTP server, or, in development, into files of a directory. Without either none is sent.

    `smtp://` demands STARTTLS, `smtps://` is TLS from the first byte, `smtp+plain://` neither, in development only.
    """

    url: SecretStr | None = Field(default=None, description="smtps://user:password@mail.example:465, in URL encoding")
    sender: str | None = Field(default=None, description="the address that mail comes from")
    directory: Path | None = Field(default=None, description="development only: files, instead of a server")
    ca_file: Path | None = Field(default=None, description="authorities of the server's certificate, if private")
    timeout_s: float = Field(default=20.0, ge=1, le=60, description="how long the mail server may take to answer")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.url and self.directory:
            raise ValueError("mail goes to a server or into a directory")
        if self.url and not self.sender:
            raise ValueError("mail needs a sender")
        if self.sender is not None:
            TypeAdapter(Email).validate_python(self.sender)
        if self.url:
            self.server()
        return self

    @property
    def is_sent(self) -> bool:
        """Whether there is a way for it."""
        return bool(self.url or self.directory)

    def server(self) -> SmtpServer:
        """The parts of `url`. Raises ValueError without quoting it."""
        parts = urlsplit(self.url.get_secret_value() if self.url else "")
        if parts.scheme not in SMTP or not parts.hostname or parts.path or parts.query or parts.fragment:
            raise ValueError("the mail server's url must be such as smtps://user:password@mail.example:465")
        security, port = SMTP[parts.scheme]
        username, password = (unquote(one) if one else None for one in (parts.username, parts.password))
        return SmtpServer(parts.hostname, parts.port or port, security, username, password)


class GatewaySettings(StoreSettings, WebSettings):
    """The authorization server. It sends events and reads none."""

    key_encryption_key: SecretStr = Field(description="base64 of 32 bytes; encrypts the signing keys at rest")
    did_web_origin: Origin | None = Field(default=None, description="a second public origin, where did:web lives")
    origins: tuple[Origin, ...] = Field(default=(), description="further public origins that tokens may be asked for")
    token: TokenSettings = TokenSettings()
    password: PasswordSettings = PasswordSettings()
    passkey_domain: str | None = Field(
        default=None, description="the domain that passkeys are bound to; the public address's host unless told"
    )
    kafka: KafkaSettings = KafkaSettings()
    mail: MailSettings = MailSettings()
    learners_organization: str | None = Field(
        default=None,
        description="the slug of the organization that takes in learners who sign up on their own; none without it",
    )
    require_proof_key: bool = Field(
        default=True,
        description="whether web programs that authenticate themselves must use PKCE unless they register otherwise; "
        "all other programs must in any case",
    )
    token_endpoint_audience: bool = Field(
        default=False,
        description="whether programs that sign assertions may name the token endpoint as their audience, instead of "
        "the issuer, unless they register otherwise; those of FAPI 2.0 may not in any case",
    )
    open_registration: bool = Field(default=True, description="whether programs may register without a token")
    sandbox_file: Path | None = Field(default=None, description="the credentials that /sandbox shows; none without it")
    trusted_hops: int = Field(default=1, ge=0, description="proxies before us that append to X-Forwarded-For")

    @model_validator(mode="after")
    def _key_has_the_right_size(self) -> Self:
        if len(self.encryption_key()) != 32:
            raise ValueError("key_encryption_key must be the base64 of 32 bytes")
        return self

    @model_validator(mode="after")
    def _mail_is_not_read_by_others(self) -> Self:
        if self.environment == "production" and self.mail.directory:
            raise ValueError("mail.directory is for development: whoever reads it signs in as anybody")
        if self.environment == "production" and self.mail.url and self.mail.server().security is Security.NONE:
            raise ValueError("mail.url must use TLS in production")
        return self

    @model_validator(mode="after")
    def _passkeys_are_ours(self) -> Self:
        if not _is_below(self.public_base_url, self.rp_id()):
            raise ValueError("passkey_domain must be the host of public_base_url, or a domain above it")
        return self

    def rp_id(self) -> str:
        """The relying party's identifier (WebAuthn Level 3 §4)."""
        return self.passkey_domain or _host(self.public_base_url)

    def passkey_origins(self) -> tuple[str, ...]:
        """The origins of our pages that browsers let use passkeys of that domain."""
        return tuple(origin for origin in self.policy().origins if _is_below(origin, self.rp_id()))

    def encryption_key(self) -> bytes:
        """The bytes of `key_encryption_key`."""
        try:
            return base64.b64decode(self.key_encryption_key.get_secret_value(), validate=True)
        except binascii.Error:
            return b""

    def secret_for(self, purpose: str) -> bytes:
        """A key of its own for a purpose, the same in every process of this installation."""
        return hmac.digest(self.encryption_key(), purpose.encode(), "sha256")

    def policy(self) -> Policy:
        """What tokens promise."""
        given = (self.public_base_url, self.did_web_origin, *self.origins)
        return Policy(
            issuer=self.public_base_url,
            origins=tuple(dict.fromkeys(origin for origin in given if origin)),
            token_lifetime=timedelta(seconds=self.token.lifetime_s),
        )

    def rotation(self) -> RotationPolicy:
        """When keys move on."""
        return RotationPolicy(
            publish_before_use=timedelta(seconds=self.token.publish_key_before_use_s),
            keep_after_use=timedelta(seconds=self.token.lifetime_s + KEPT_AFTER_USE_MARGIN_S),
        )

    def own_tokens(self) -> AuthSettings:
        """How our own protected routes check tokens: like every service, with the keys at hand."""
        base = self.public_base_url
        return AuthSettings(issuer=base, jwks_url=f"{base}/oauth/jwks", audiences=self.policy().origins)
