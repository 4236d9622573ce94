"""Settings blocks, read once from the environment (prefix LAUREL_, nested with __) and passed down, never global."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Block(BaseModel):
    """A group of settings. A name that does not exist is an error, not a silent no-op."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpSettings(Block):
    """Where the service listens, and how much it reads."""

    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 1024 * 1024
    shutdown_s: float = 10.0


class DatabaseSettings(Block):
    """PostgreSQL. `url` is the service's own role; `migrate_url` the owner of the tables, for `migrate` only."""

    url: SecretStr
    migrate_url: SecretStr | None = None
    pool_size: int = Field(default=10, ge=1)
    pool_timeout_s: float = 5.0
    statement_timeout_s: float = 15.0


class KafkaSettings(Block):
    """The event bus. `idempotent` is off only for the development fallback, which cannot do it."""

    bootstrap_servers: str = "127.0.0.1:19092"
    idempotent: bool = True
    request_timeout_s: float = 10.0


class AuthSettings(Block):
    """Whose access tokens are accepted (RFC 9068): their issuer, its key set, and our own audience names."""

    issuer: str
    jwks_url: str
    audiences: tuple[str, ...] = Field(min_length=1)
    leeway_s: int = 30


class FetcherSettings(Block):
    """Limits for reading the public web. `allow_private` lets it reach this machine, in development only."""

    allow_private: bool = False
    ca_file: str | None = None
    connect_s: float = 2.0
    total_s: float = 5.0
    max_bytes: int = 1024 * 1024


class LogSettings(Block):
    """Log level, and whether lines are JSON (production) or for eyes."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    pretty: bool = False


class Settings(BaseSettings):
    """What every service is told. A service adds its own fields in a subclass."""

    model_config = SettingsConfigDict(env_prefix="LAUREL_", env_nested_delimiter="__", extra="forbid", frozen=True)

    environment: Literal["development", "production"] = "production"
    public_base_url: str = Field(description="origin of every public address, without a trailing slash")
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _public_base_url_is_an_origin(self) -> Self:
        parts = urlsplit(self.public_base_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query or parts.fragment:
            raise ValueError("public_base_url must be an origin such as https://laurel.example")
        if self.environment == "production" and parts.scheme != "https":
            raise ValueError("public_base_url must be https in production")
        return self


class StoreSettings(Settings):
    """What a process with a database is told."""

    database: DatabaseSettings


class ServiceSettings(StoreSettings):
    """What a service with a database, a bus and protected routes is told."""

    kafka: KafkaSettings = KafkaSettings()
    auth: AuthSettings
