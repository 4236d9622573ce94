"""Pathways as the catalog publishes them, and learners on them."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from contracts.catalog_events import PathwayPublished, PathwayRetired, PathwayState
from issuer.main import Core
from service_kit.clock import utc_now
from service_kit.inbox import Outcome
from service_kit.testing import BASE_URL
from stacking.documents import digest
from tests.issuer.world import ORG, World

Json = dict[str, Any]
# Those for which a new pathway is looked at a second time, a minute later, are not waited for.
DUE = "SELECT count(*) FROM evaluations_due WHERE due_at < now() + interval '4 s'"


class Series:
    """A certificate for a capstone and one of two courses, at an organization with an issuer."""

    def __init__(self, world: World, core: Core) -> None:
        self.world = world
        self.core = core
        self.achievements: dict[str, str] = {}
        self.id = f"{BASE_URL}/pathways/{uuid.uuid4()}"

    async def open(self, **members: Any) -> Series:
        await self.world.issuer()
        for name in ("capstone", "python", "statistics", "certificate"):
            self.achievements[name] = await self.world.achievement(name=name.capitalize())
        assert await self.publish(**members) == Outcome.APPLIED
        return self

    def document(self, **members: Any) -> Json:
        return {
            "name": "Data series",
            "hasDestinationComponent": "certificate",
            "hasPart": [
                {
                    "id": "certificate",
                    "proxyFor": [self.achievements["certificate"]],
                    "hasCondition": {
                        "targetComponent": ["capstone"],
                        "hasCondition": [{"requiredNumber": 1, "targetComponent": ["python", "statistics"]}],
                    },
                },
                *({"id": name, "proxyFor": [self.achievements[name]]} for name in ("capstone", "python", "statistics")),
            ],
        } | members

    async def publish(
        self, *, version: int = 1, revision: int = 1, retired: bool = False, org: str = ORG, **members: Any
    ) -> Outcome:
        payload = published(
            self.document(**members), identifier=self.id, version=version, revision=revision, retired=retired, org=org
        )
        return (await self.world.deliver(payload))[0]

    async def earn(self, *names: str, email: str = "ana@students.example", **members: Any) -> list[str]:
        """Issue components. Returns their ids."""
        return [
            (await self.world.issue(self.achievements[name], recipient={"email": email}, **members))["id"]
            for name in names
        ]

    async def settle(self) -> None:
        """Let the workers do all that is due: lists are published meanwhile, as they would be."""
        async with asyncio.timeout(30):
            while True:
                await self.core.publish_lists()
                if not await self.core.settle_stacks():
                    [(due,)] = await self.world.rows(DUE)
                    if not due:
                        return
                    await asyncio.sleep(0.02)

    async def stacks(self, org: str = ORG, **query: str) -> list[Json]:
        answer = await self.world.client.get("/stacks", params=query, headers=self.world.headers(org))
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def stack(self) -> Json:
        """The only one."""
        [found] = await self.stacks()
        answer = await self.world.send("GET", found["id"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def change(self, credential: str, action: str) -> None:
        answer = await self.world.send("POST", f"{credential}/{action}", {"reason": "a test"})
        assert answer.status_code == 200, answer.text

    async def credential(self, address: str) -> Json:
        answer = await self.world.send("GET", address)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def published(
    document: Json,
    *,
    identifier: str,
    version: int = 1,
    revision: int = 1,
    retired: bool = False,
    org: str = ORG,
) -> PathwayState:
    kind = PathwayRetired if retired else PathwayPublished
    return kind(
        pathway_id=identifier,
        version=version,
        revision=revision,
        org_id=org,
        name=document["name"],
        digest=digest(document),
        document=document,
        changed_at=utc_now(),
    )


def related(achievement: str, version: int = 1) -> Json:
    """An entry of Open Badges' `related`."""
    return {"id": f"{achievement}/versions/{version}", "type": ["Related"]}


def issued_by(*issuers: str) -> Json:
    """A constraint."""
    return {"type": "IssuedBy", "issuers": list(issuers)}
