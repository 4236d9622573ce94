"""What the issuer is told beside the common settings."""

import base64
import binascii

from pydantic import Field, SecretStr, field_validator

from credential_core.did import did_web
from credential_core.errors import CredentialError
from service_kit.settings import ServiceSettings

KEY_BYTES = 32


class IssuerSettings(ServiceSettings):
    """Settings of the issuer."""

    did_web_origin: str = Field(description="https origin that did:web identifiers of issuers are made from")
    key_encryption_key: SecretStr = Field(description="base64 of 32 bytes: what private keys are encrypted under")

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
