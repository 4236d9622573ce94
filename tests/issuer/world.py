"""What tests of the issuer start from: an organization with an issuer, achievements from the catalog, credentials."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
from sqlalchemy import text

from contracts.catalog_events import AchievementPublished, AchievementRetired, AchievementState
from contracts.envelope import envelope
from contracts.payload import Payload
from contracts.topics import TOPIC_OF, TOPICS
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.events.handlers import SUBSCRIPTIONS
from service_kit.bus import Record
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.inbox import Inbox, Outcome
from service_kit.testing import BASE_URL, TokenMint

Json = dict[str, Any]
ALL_SCOPES = (
    "catalog:write",
    "issuers:manage",
    "credentials:issue",
    "credentials:issue-any",
    "credentials:revoke",
    "credentials:read",
    *(
        f"https://purl.imsglobal.org/spec/ob/v3p0/scope/{name}"
        for name in ("credential.readonly", "credential.upsert", "profile.readonly", "profile.update")
    ),
    "backpack:manage",
    "backpack:connect",
    "consents:manage",
)
ORG, OTHER_ORG = "6f0c1ad0-0000-4000-8000-000000000001", "6f0c1ad0-0000-4000-8000-000000000002"
LEARNER = "Ana.Silva@Students.example"
PAYLOADS: dict[str, type[Payload]] = {
    payload.event_type: payload for topic in TOPICS if topic.producer == "issuer" for payload in topic.payloads
}


class Clock:
    """The time, which goes on when told."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


class World:
    """One issuer service, seen by its clients, by the catalog and by the bus."""

    def __init__(self, database: Database, client: httpx.AsyncClient, mint: TokenMint) -> None:
        self.database = database
        self.client = client
        self.mint = mint
        self.inbox = Inbox(partial(IssuerUnitOfWork, database), SUBSCRIPTIONS)

    def headers(self, org: str = ORG) -> dict[str, str]:
        return self.mint.headers(org, *ALL_SCOPES)

    async def send(self, method: str, path: str, body: Any = None, *, org: str = ORG, **headers: str) -> httpx.Response:
        sent = self.headers(org) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path.removeprefix(BASE_URL), json=body, headers=sent)

    async def issuer(self, org: str = ORG, **members: Any) -> Json:
        body = {"name": "Lakeside University", "slug": f"u-{new_id()[:8]}", "method": "web"} | members
        answer = await self.send("POST", "/issuers", body, org=org)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def achievement(self, org: str = ORG, *, version: int = 1, uid: str = "", **members: Any) -> str:
        """Publish an achievement version, as the catalog would. Returns its URL."""
        payload = achievement_published(org, version=version, uid=uid, **members)
        assert await self.deliver(payload) == [Outcome.APPLIED]
        return payload.achievement_id

    async def ready(self) -> str:
        """An issuer, and an achievement that it may issue."""
        await self.issuer()
        return await self.achievement()

    async def issue(self, achievement: str, *, org: str = ORG, **members: Any) -> Json:
        body = {"achievement": achievement, "recipient": {"email": LEARNER}} | members
        answer = await self.send("POST", "/credentials", body, org=org)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def deliver(self, *payloads: Payload, event_id: str | None = None) -> list[Outcome]:
        return [await self.inbox.process(record_of(payload, event_id)) for payload in payloads]

    async def relayed(self, late: timedelta = timedelta(0)) -> None:
        """Every event so far has reached the bus, now or so much later."""
        told = "UPDATE outbox SET published_at = now() + :late WHERE published_at IS NULL RETURNING 1"
        await self.rows(told, late=late)

    async def rows(self, query: str, **values: Any) -> Sequence[Any]:
        async with self.database.connection() as connection:
            return (await connection.execute(text(query), values)).all()

    async def count(self, table: str) -> int:
        return int((await self.rows(f'SELECT count(*) FROM "{table}"'))[0][0])  # noqa: S608 - a name from the test

    async def events(self, event_type: str | None = None) -> list[Any]:
        """The payloads in the outbox, oldest first, each parsed strictly by its contract."""
        found = []
        for headers, value in await self.rows("SELECT headers, value FROM outbox ORDER BY sequence"):
            named = dict(headers)["ce_type"]
            payload = PAYLOADS[named].model_validate_json(bytes(value))
            if event_type in (None, named):
                found.append(payload)
        return found


def achievement_published(
    org: str = ORG, *, version: int = 1, revision: int = 1, uid: str = "", retired: bool = False, **members: Any
) -> AchievementState:
    address = f"{BASE_URL}/achievements/{uid or uuid.uuid4()}"
    document = {
        "id": f"{address}/versions/{version}",
        "type": ["Achievement"],
        "name": "Network Defence",
        "description": "Segmentation, monitoring and response.",
        "criteria": {"narrative": "A practical exercise with a written report."},
        "achievementType": "MicroCredential",
    } | members
    kind = AchievementRetired if retired else AchievementPublished
    return kind(
        achievement_id=address,
        version=version,
        revision=revision,
        org_id=org,
        name=document["name"],
        achievement_type="MicroCredential",
        document=document,
        changed_at=utc_now(),
    )


def record_of(payload: Payload, event_id: str | None = None) -> Record:
    """A payload as its producer's relay puts it on the bus."""
    topic = TOPIC_OF[type(payload)]
    event = envelope(payload, event_id=event_id or new_id(), source=f"/{topic.producer}", time=utc_now())
    return Record(topic.name, payload.key().encode(), event.data, event.headers())


def problem_code(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rsplit("/", 1)[-1]


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json().get("errors", [])]
