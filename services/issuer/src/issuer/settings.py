"""What the issuer is told beside the common settings."""

import base64
import binascii
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from credential_core.did import did_web
from credential_core.errors import CredentialError
from issuer.core.addresses import Addresses
from service_kit.settings import Block, ServiceSettings, WebSettings

KEY_BYTES = 32
PATH = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
LEAST_WAIT_S = 120


class OpenBaoSettings(Block):
    """An OpenBao server with a transit engine.

    It lets us in by a token in a file, by an AppRole in two, or by a signed token, such as a pod's own, for a role.
    """

    address: str = Field(pattern=r"^https?://[^/?#]+/?$", description="origin; https, but on this machine")
    mount: str = Field(default="transit", pattern=PATH, description="where the transit engine is")
    namespace: str | None = Field(default=None, description="of the server, if it has several")
    token_file: Path | None = Field(default=None, description="a token, read again when it is refused")
    token_file_s: float = Field(default=60.0, gt=0, description="how often it is read again in any case")
    auth_mount: str | None = Field(default=None, pattern=PATH, description="approle, or kubernetes with jwt_file")
    role_id_file: Path | None = Field(default=None, description="an AppRole, with secret_id_file")
    secret_id_file: Path | None = Field(default=None, description="an AppRole, with role_id_file")
    role: str | None = Field(default=None, min_length=1, description="of the kubernetes or jwt auth method")
    jwt_file: Path | None = Field(default=None, description="a pod's service account token, or another JWT")
    ca_file: str | None = Field(default=None, description="authorities to trust in place of the system's")
    timeout_s: float = Field(default=2.0, gt=0, le=10, description="how long one call may take")
    connections: int = Field(default=16, ge=1, le=256, description="calls at once, of one process")

    @model_validator(mode="after")
    def _is_let_in_by_one_way(self) -> Self:
        ways = ((self.token_file,), (self.role_id_file, self.secret_id_file), (self.role, self.jwt_file))
        begun = [way for way in ways if any(way)]
        if len(begun) != 1 or None in begun[0]:
            raise ValueError("one of token_file, role_id_file with secret_id_file, and role with jwt_file")
        return self

    @model_validator(mode="after")
    def _is_not_overheard(self) -> Self:
        parts = urlsplit(self.address)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("address is https unless the server is on this machine")
        return self


class IssuerSettings(ServiceSettings, WebSettings):
    """Settings of the issuer."""

    did_web_origin: str = Field(description="https origin that did:web identifiers of issuers are made from")
    status_list_origin: str | None = Field(
        default=None,
        description="https origin that the addresses of status lists begin with, if it is not public_base_url; like "
        "that, for good: it stands in what was issued",
    )
    key_encryption_key: SecretStr = Field(description="base64 of 32 bytes: what private keys are encrypted under")
    contexts_file: Path | None = Field(
        default=None, description="manifest of JSON-LD contexts that are known beside those that come with the service"
    )
    terms_url: str | None = Field(default=None, description="terms of service that Open Badges hosts must name")
    privacy_url: str | None = Field(default=None, description="privacy policy that Open Badges hosts must name")
    backpack_pull_every_s: int = Field(
        default=3600,
        ge=0,
        description="how often what connected hosts have comes by itself; 0: only when it is asked for",
    )

    recognised_look_every_s: int = Field(
        default=3600,
        ge=0,
        description="how often the status and key of recognised credentials from elsewhere are looked at; 0: never",
    )

    issuer_kms: Literal["database", "openbao"] = Field(
        default="database",
        description="where new keys are kept: encrypted in the database, or in an OpenBao server; keys that "
        "are in the other go on signing there",
    )
    openbao: OpenBaoSettings | None = None
    key_wait_s: int = Field(
        default=300,
        ge=0,
        description="how long a new key is published before it may sign; in production at least 120: did.json may be "
        "kept for a minute on its way, and by a verifier for another",
    )

    @model_validator(mode="after")
    def _knows_its_kms(self) -> Self:
        if self.issuer_kms == "openbao" and self.openbao is None:
            raise ValueError("issuer_kms openbao needs openbao.address and a way in")
        return self

    @model_validator(mode="after")
    def _waits_in_production(self) -> Self:
        if self.environment == "production" and self.key_wait_s < LEAST_WAIT_S:
            raise ValueError(f"key_wait_s is at least {LEAST_WAIT_S} in production")
        return self

    @field_validator("did_web_origin", "status_list_origin")
    @classmethod
    def _is_https_origin(cls, value: str | None) -> str | None:
        try:
            did_web(value) if value is not None else None
        except CredentialError as error:
            raise ValueError(error.detail) from error
        return value

    @field_validator("key_encryption_key")
    @classmethod
    def _is_32_bytes(cls, value: SecretStr) -> SecretStr:
        if len(_decoded(value)) != KEY_BYTES:
            raise ValueError("must be the base64 form of 32 bytes")
        return value

    @property
    def addresses(self) -> Addresses:
        """The public addresses of what is issued here."""
        return Addresses(self.public_base_url, self.status_list_origin)

    @property
    def key_encryption_key_bytes(self) -> bytes:
        """The key itself."""
        return _decoded(self.key_encryption_key)


def _decoded(value: SecretStr) -> bytes:
    try:
        return base64.b64decode(value.get_secret_value(), validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
