"""Verifying again what people keep: several at once, each document that they need asked for once."""

import asyncio
from collections.abc import Sequence

from credential_core.report import Outcome, Report
from issuer.core.backpack.arrival import Examine, achievement_of, said_of, speaks_against
from issuer.core.backpack.model import Doubt
from issuer.core.progress.ports import KeptText, Look
from service_kit.clock import Clock
from service_kit.errors import Invalid
from service_kit.task_group import task_group

AT_ONCE = 4
NOT_IN_TIME = Doubt("not-confirmed", "there was no time to verify it; try again")
FELL = {"status_revoked": "revoked", "status_suspended": "suspended"}


class Looks:
    """What is found by looking at them."""

    def __init__(self, *, examine: Examine, clock: Clock) -> None:
        self._examine = examine
        self._clock = clock

    async def __call__(self, kept: Sequence[KeptText], deadline: float) -> list[Look]:
        """In their order. `deadline` is the event loop's; what it cuts off is in doubt for that (`NOT_IN_TIME`)."""
        turns, examine = asyncio.Semaphore(AT_ONCE), self._examine.asking_once()
        async with task_group() as group:
            tasks = [group.create_task(self._again(examine, one, deadline, turns)) for one in kept]
        return [task.result() for task in tasks]

    async def _again(self, examine: Examine, kept: KeptText, deadline: float, turns: asyncio.Semaphore) -> Look:
        began = self._clock()  # what is found is so since then: whoever began later knows better
        try:
            async with asyncio.timeout_at(deadline), turns:
                began = self._clock()
                document, report, snapshot = await examine.look(kept.text, kept.notation)
        except TimeoutError:
            return Look(kept, kept.achievement or "", began, NOT_IN_TIME)
        except Invalid as error:  # it was read when it came, by a version that read more
            return Look(kept, "", began, Doubt("does-not-hold", error.detail))
        return Look(kept, achievement_of(document), began, doubt_of(report), snapshot)


def doubt_of(report: Report) -> Doubt | None:
    """What speaks against it: that it fell, before what else failed, before what could not be known."""
    against = [check for check in report.checks if speaks_against(check)]
    failed = [check for check in against if check.outcome is Outcome.FAILED]
    why = "; ".join(map(said_of, failed or against))
    if failed:
        return Doubt(next((FELL[one.code] for one in failed if one.code in FELL), "does-not-hold"), why)
    return Doubt("not-confirmed", why) if against else None
