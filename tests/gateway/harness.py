"""The authorization server under test, its members, and a clock that stands still."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from gateway.adapters.unit_of_work import SqlUnitOfWork
from gateway.core.rotate_keys import RotateKeys
from gateway.core.scopes import USUAL, Kind
from gateway.core.secret import new_secret
from gateway.core.seed import Seed, Seedling
from gateway.main import Parts
from gateway.settings import GatewaySettings
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from service_kit.ids import new_id

BASE = "http://localhost:8080"
TLS = "https://localhost:8443"


@dataclass
class HeldClock:
    """A clock that stands until it is moved. It starts at the real time."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass(frozen=True)
class Member:
    """A seeded organization and its client."""

    organization: str
    client_id: str
    secret: str

    @property
    def auth(self) -> tuple[str, str]:
        return (self.client_id, self.secret)


@dataclass
class Gateway:
    """The server under test, and short ways to talk to it."""

    http: httpx.AsyncClient
    parts: Parts
    settings: GatewaySettings
    database: Database
    clock: HeldClock
    rotate: RotateKeys
    fetcher: Fetcher

    def browser(self) -> httpx.AsyncClient:
        """A browser of its own: cookies are kept, redirections are not followed."""
        return httpx.AsyncClient(transport=self.http._transport, base_url=BASE)

    def unit_of_work(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.database)

    async def member(self, slug: str, kind: Kind = Kind.UNIVERSITY, scopes: tuple[str, ...] | None = None) -> Member:
        """An organization with one client that holds the kind's usual scopes and may manage itself."""
        secret = new_secret()
        held = scopes or tuple(dict.fromkeys((*USUAL[kind], "clients:manage", "organizations:manage")))
        seed = Seed(unit_of_work=self.unit_of_work, clock=self.clock, ids=new_id)
        (client,) = await seed([Seedling(f"The {slug}", slug, kind, f"client-{slug}", secret, held)])
        return Member(str(client.organization), client.id, secret)

    async def ask(self, form: dict[str, Any], **options: Any) -> httpx.Response:
        """POST /oauth/token for client credentials."""
        return await self.http.post("/oauth/token", data={"grant_type": "client_credentials"} | form, **options)

    async def token(self, member: Member, **form: str) -> str:
        answer = await self.ask(form, auth=member.auth)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def headers(self, member: Member, **form: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.token(member, **form)}"}
