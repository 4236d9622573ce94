"""A pytest plugin for the services' tests: real databases, tokens of a test authorization server, an ASGI client.

Load it with `pytest_plugins = ["service_kit.testing"]`. It expects a fixture `postgres_server` with
`create_database(name) -> (app_url, migrate_url)`, which the repository's own conftest provides.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import pytest
import structlog
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import SecretStr
from sqlalchemy import text

from service_kit.auth import IsRevoked, TokenVerifier
from service_kit.bus import BusUnavailable, Record
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.migrations import migrate
from service_kit.promises import Promises
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.token_keys import TokenKeys

BASE_URL = "http://laurel.test"


def pytest_configure() -> None:
    """Plain log lines: structlog's own default draws every traceback with its variables, which takes seconds."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(),
        ]
    )


@dataclass
class TokenMint:
    """An authorization server for tests: it signs real tokens, and knows the matching verifier."""

    issuer: str = BASE_URL
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "test-key", "use": "sig"}))

    def token(self, org: str, *scopes: str, **overrides: Any) -> str:
        """A signed access token. `overrides` replaces claims; None removes one."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": [self.issuer],
            "sub": f"client-of-{org}",
            "client_id": f"client-of-{org}",
            "org": org,
            "org_kind": "university",
            "scope": " ".join(scopes),
            "iat": now,
            "exp": now + 600,
            "jti": new_id(),
        } | overrides
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": "test-key", "typ": "at+jwt"}, kept, self.key)

    def headers(self, org: str, *scopes: str) -> dict[str, str]:
        """Authorization headers with such a token."""
        return {"Authorization": f"Bearer {self.token(org, *scopes)}"}

    def verifier(self, is_revoked: IsRevoked | None = None) -> TokenVerifier:
        """The verifier that a service under test uses."""

        async def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        settings = AuthSettings(issuer=self.issuer, jwks_url=f"{self.issuer}/oauth/jwks", audiences=(self.issuer,))
        return TokenVerifier(settings, TokenKeys(keys), is_revoked=is_revoked)


class MemoryPublisher:
    """A Publisher that keeps its records, and can be told that the bus is away. Passes the same suite as Kafka's."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.away = False

    async def publish(self, records: Sequence[Record]) -> None:
        """See service_kit.bus.Publisher."""
        if self.away:
            raise BusUnavailable("told to be away")
        self.records.extend(records)


@asynccontextmanager
async def asgi_client(
    app: FastAPI, base_url: str = BASE_URL, *, described: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that talks to the application in process. Server errors come back as responses.

    Every answer must be one that the application's description promises, unless it is not `described`.
    """
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [Promises(app)] if described else []}
    async with httpx.AsyncClient(transport=transport, base_url=base_url, event_hooks=hooks) as client:
        yield client


@pytest.fixture(scope="session")
def mint() -> TokenMint:
    """One test authorization server for the whole run."""
    return TokenMint()


class MakeDatabase(Protocol):
    """Makes databases: see `make_database`."""

    def __call__(self, package: str, *, migrated: bool = True) -> DatabaseSettings: ...


@pytest.fixture(scope="session")
def make_database(postgres_server: Any) -> MakeDatabase:
    """Creates and migrates a fresh database for a package: `make_database("catalog") -> DatabaseSettings`."""

    def make(package: str, *, migrated: bool = True) -> DatabaseSettings:
        app_url, migrate_url = postgres_server.create_database(f"{package}_{new_id().replace('-', '')[:12]}")
        settings = DatabaseSettings(
            url=SecretStr(app_url),
            migrate_url=SecretStr(migrate_url),
            pool_size=10,
            pool_timeout_s=60,  # a busy machine is no lost database
            statement_timeout_s=120,
        )
        if migrated:
            migrate(package, settings)
        return settings

    return make


# A table that holds or held rows, or whose numbers were drawn: whatever nobody wrote to since is empty as it is.
WRITTEN = """
SELECT quote_ident(relname) FROM pg_class AS held JOIN pg_namespace AS space ON space.oid = relnamespace
WHERE nspname = 'public' AND relkind = 'r' AND relname <> 'alembic_version'
AND (pg_relation_size(held.oid) > 0 OR EXISTS (
    SELECT FROM pg_depend JOIN pg_sequence ON seqrelid = objid
    WHERE refobjid = held.oid AND pg_sequence_last_value(seqrelid) IS NOT NULL
))
"""

Empty = Callable[[], Awaitable[None]]


@asynccontextmanager
async def emptying(settings: DatabaseSettings) -> AsyncIterator[Empty]:
    """What removes every row of every table but Alembic's, as the tables' owner, on a connection that it keeps."""
    assert settings.migrate_url is not None  # noqa: S101 - test support
    database = Database(settings.model_copy(update={"url": settings.migrate_url}), "tests")

    async def empty() -> None:
        async with database.engine.begin() as connection:
            if tables := ", ".join(await connection.scalars(text(WRITTEN))):
                await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))

    try:
        yield empty
    finally:
        await database.close()


async def empty(settings: DatabaseSettings) -> None:
    """The same, once."""
    async with emptying(settings) as now:
        await now()
