"""Settings blocks, read once from the environment (prefix LAUREL_, nested with __) and passed down, never global."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Block(BaseModel):
    """A group of settings. A name that does not exist is an error, not a silent no-op."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HttpSettings(Block):
    """Where the service listens, and how much it reads."""

    host: str = Field(default="127.0.0.1", description="the address to listen at")
    port: int = Field(default=8000, description="the port to listen at")
    max_body_bytes: int = Field(default=1024 * 1024, description="what a request's body may have")
    bodies_bytes: int = Field(
        default=64 * 1024 * 1024,
        description="what the bodies of requests under way may have together, and one organization's half of it; "
        "at least twice the largest",
    )
    body_patience_s: float = Field(
        default=10.0, ge=0, description="how long nothing of a body may come, or it be behind its pace"
    )
    body_pace: int = Field(default=4 * 1024, ge=1, description="bytes a second that a body over 64 KiB must bring")
    body_linger_s: float = Field(
        default=0.25,
        ge=0,
        description="how long nothing may come of one that is refused, or it is one of 128 of an organization that are "
        "waited for",
    )
    drain_s: float = Field(
        default=2.0, description="how long it goes on answering when it stops, each answer the last of its connection"
    )
    shutdown_s: float = Field(default=10.0, description="how long requests under way may take to end when it stops")


class DatabaseSettings(Block):
    """PostgreSQL."""

    url: SecretStr = Field(description="by the room's own role: postgresql+asyncpg://user:password@host/database")
    migrate_url: SecretStr | None = Field(default=None, description="by the owner of the tables; for `migrate` only")
    pool_size: int = Field(default=10, ge=1, description="connections of one process")
    pool_timeout_s: float = Field(default=5.0, description="how long a request waits for one of them")
    statement_timeout_s: float = Field(default=15.0, description="how long one statement may take")


class KafkaSettings(Block):
    """The event bus."""

    bootstrap_servers: str = Field(default="127.0.0.1:19092", description="host:port, several with commas")
    idempotent: bool = Field(default=True, description="off only for the development fallback, which cannot do it")
    request_timeout_s: float = Field(default=10.0, description="how long the bus may take to answer")


class AuthSettings(Block):
    """Whose access tokens are accepted (RFC 9068)."""

    issuer: str = Field(description="the authorization server's origin, as tokens name it")
    jwks_url: str = Field(description="where its public keys are")
    audiences: tuple[str, ...] = Field(min_length=1, description="the origins that tokens may be for")
    leeway_s: int = Field(default=30, description="how far clocks may be apart")


class FetcherSettings(Block):
    """Limits for reading the public web."""

    allow_private: bool = Field(default=False, description="development only: also this machine and its networks")
    ca_file: str | None = Field(default=None, description="authorities to trust in place of the system's")
    connect_s: float = Field(default=2.0, description="how long connecting may take")
    total_s: float = Field(default=5.0, description="how long one document may take")
    max_bytes: int = Field(default=1024 * 1024, description="what one document may have")


class LogSettings(Block):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="the least that is logged")
    pretty: bool = Field(default=False, description="for eyes; else one JSON object a line")


class Settings(BaseSettings):
    """What every service is told. A service adds its own fields in a subclass."""

    # A refusal is logged: pydantic would quote what was given, secrets and all.
    model_config = SettingsConfigDict(
        env_prefix="LAUREL_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = Field(
        default="production", description="development relaxes what production refuses"
    )
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


class WebSettings(Settings):
    """What a process that reads the public web is told."""

    fetcher: FetcherSettings = FetcherSettings()

    @model_validator(mode="after")
    def _is_guarded_in_production(self) -> Self:
        if self.environment == "production" and self.fetcher.allow_private:
            raise ValueError("fetcher.allow_private is for development only")
        return self
