"""What the issuer is told beside the common settings."""

import base64
import binascii
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from credential_core.did import did_web
from credential_core.errors import CredentialError
from service_kit.settings import FetcherSettings, ServiceSettings

KEY_BYTES = 32
LEAST_WAIT_S = 120


class IssuerSettings(ServiceSettings):
    """Settings of the issuer."""

    did_web_origin: str = Field(description="https origin that did:web identifiers of issuers are made from")
    key_encryption_key: SecretStr = Field(description="base64 of 32 bytes: what private keys are encrypted under")
    fetcher: FetcherSettings = FetcherSettings()
    terms_url: str | None = Field(default=None, description="terms of service that Open Badges hosts must name")
    privacy_url: str | None = Field(default=None, description="privacy policy that Open Badges hosts must name")

    @model_validator(mode="after")
    def _guarded_in_production(self) -> Self:
        if self.environment == "production" and self.fetcher.allow_private:
            raise ValueError("fetcher.allow_private is for development only")
        return self

    key_wait_s: int = Field(
        default=300,
        ge=0,
        description="how long a new key is published before it may sign; in production at least 120: did.json may be "
        "kept for a minute on its way, and by a verifier for another",
    )

    @model_validator(mode="after")
    def _waits_in_production(self) -> Self:
        if self.environment == "production" and self.key_wait_s < LEAST_WAIT_S:
            raise ValueError(f"key_wait_s is at least {LEAST_WAIT_S} in production")
        return self

    @field_validator("did_web_origin")
    @classmethod
    def _is_https_origin(cls, value: str) -> str:
        try:
            did_web(value)
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
    def key_encryption_key_bytes(self) -> bytes:
        """The key itself."""
        return _decoded(self.key_encryption_key)


def _decoded(value: SecretStr) -> bytes:
    try:
        return base64.b64decode(value.get_secret_value(), validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
