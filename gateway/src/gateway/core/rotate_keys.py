"""Move signing keys along their life. One process at a time; safe to repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from gateway.core.model import AuditEntry
from gateway.core.ports import NewSigningKey, NewUnitOfWork, UnitOfWork
from gateway.core.signing_key import Algorithm, KeyId, KeyState, RotationPolicy, SigningKey, Step, steps, usable_from
from service_kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Rotation:
    """The keys after a rotation, what changed, and when every next one may begin to sign."""

    keys: tuple[SigningKey, ...]
    changed: tuple[tuple[KeyId, KeyState], ...]
    next_usable_from: datetime | None


class RotateKeys:
    """Activates each next key if it was published long enough, and prepares another. Makes the first keys."""

    def __init__(
        self, *, unit_of_work: NewUnitOfWork, new_key: NewSigningKey, policy: RotationPolicy, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._new_key = new_key
        self._policy = policy
        self._clock = clock

    async def __call__(self, *, compromised: bool = False) -> Rotation:
        """`compromised` removes the active keys at once: their tokens end before their time."""
        now = self._clock()
        async with self._unit_of_work() as work:
            await work.signing_keys.lock()
            planned = self._plan(await work.signing_keys.present(), now, compromised=compromised)
            for step in planned:
                await work.signing_keys.move(step.key, step.before, step.after, now)
            made = await self._fill(work, now)
            changed = tuple((step.key, step.after) for step in planned) + made
            if changed:
                detail = {str(key): str(state) for key, state in changed} | {"compromised": compromised}
                await work.audit.record(AuditEntry(now, "signing_keys.rotated", "operator:command", detail=detail))
            keys = tuple(await work.signing_keys.present())
            await work.commit()
        heirs = [usable_from(key, self._policy) for key in keys if key.state is KeyState.NEXT]
        return Rotation(keys, changed, max(heirs, default=None))

    async def ensure(self) -> tuple[SigningKey, ...]:
        """The present keys; the very first ones are made here. Starting processes take turns."""
        async with self._unit_of_work() as work:
            keys = tuple(await work.signing_keys.present())
            if {key.algorithm for key in keys if key.state is KeyState.ACTIVE} == set(Algorithm):
                return keys
            await work.signing_keys.lock()
            await self._fill(work, self._clock())
            keys = tuple(await work.signing_keys.present())
            await work.commit()
            return keys

    def _plan(self, keys: Sequence[SigningKey], now: datetime, *, compromised: bool) -> list[Step]:
        each = [[key for key in keys if key.algorithm is algorithm] for algorithm in Algorithm]
        return [step for own in each for step in steps(own, now, self._policy, compromised=compromised)]

    async def _fill(self, work: UnitOfWork, now: datetime) -> tuple[tuple[KeyId, KeyState], ...]:
        """Of each algorithm there is always one active key and one that waits."""
        there = {(key.algorithm, key.state) for key in await work.signing_keys.present()}
        wanted = product(Algorithm, (KeyState.ACTIVE, KeyState.NEXT))
        made = [await self._new_key(*one, now) for one in wanted if one not in there]
        for key in made:
            await work.signing_keys.add(key)
        return tuple((key.id, key.state) for key in made)
