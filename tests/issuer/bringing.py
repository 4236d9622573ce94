"""Learners who bring credentials along, and let a university count them in its stacks."""

from __future__ import annotations

import asyncio
from typing import Any

from credential_core.model import plain_identity
from issuer.core.stacks.look_again import LookAgain
from tests.issuer.abroad import Academy
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import DUE, Series
from tests.issuer.world import Json

ANA = "ana@students.example"
ABROAD = "https://academy.example/achievements/statistics"
CONSENTS = "/learners/me/consents"
STALE = "UPDATE backpack_credentials SET checked_at = now() - interval '1 hour' RETURNING 1"


def abroad(academy: Academy, email: str = ANA, **changes: Any) -> Json:
    """For an achievement of the academy's."""
    return academy.credential(**(of_statistics(email) | changes))


def of_statistics(email: str = ANA) -> Json:
    """What such a credential says."""
    return {
        "achievement": {
            "id": ABROAD,
            "name": "Statistics",
            "description": "Reads and makes statistics.",
            "criteria": {"narrative": "Passed the examination."},
        },
        "identifiers": [plain_identity(email, "emailAddress")],
    }


class Bringing:
    """A series one of whose places takes what is brought, and the worker that looks at what is kept."""

    def __init__(self, series: Series, look_again: LookAgain) -> None:
        self.series = series
        self.look_again = look_again
        self.version = 1

    async def takes(
        self, achievement: str = ABROAD, *constraints: Json, place: Json | None = None, **members: Any
    ) -> None:
        """The place for statistics takes this achievement, under these constraints, and is otherwise as given."""
        document = self.series.document()
        found = next(part for part in document["hasPart"] if part["id"] == "statistics")
        found |= {"proxyFor": [achievement], "hasConstraint": list(constraints)} | (place or {})
        self.version += 1
        await self.series.publish(
            version=self.version, revision=self.version, **({"hasPart": document["hasPart"]} | members)
        )

    async def keep(self, learner: Keeper, document: Json | str) -> str:
        """Its id in the backpack."""
        answer = await learner.push(document)
        assert answer.status_code in (200, 201), answer.text
        return str((await learner.items())[0]["id"])

    async def allow(self, learner: Keeper, **members: Any) -> Json:
        body = {"pathway": self.series.id, "purpose": "my certificate", "allows": ["award"]} | members
        answer = await learner.call("POST", CONSENTS, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def withdraw(self, learner: Keeper, consent: Json) -> None:
        answer = await learner.call("POST", f"{CONSENTS}/{consent['id']}/withdraw")
        assert answer.status_code == 204, answer.text

    async def settle(self) -> None:
        """Let all workers do what is due: those that evaluate, and the one that reads the web."""
        async with asyncio.timeout(30):
            while True:
                await self.series.core.publish_lists()
                looked, settled = await self.look_again(), await self.series.core.settle_stacks()
                if looked or settled:
                    continue
                [(due,)] = await self.series.world.rows(DUE)
                if not due:
                    return
                await asyncio.sleep(0.02)

    async def statuses(self) -> list[str]:
        """Of all stacks, newest first."""
        await self.settle()
        return [one["status"] for one in await self.series.stacks()]

    async def awarded(self) -> Json:
        """The signed credential of the only stack."""
        return dict((await self.series.credential((await self.series.stack())["credential"]))["credential"])
