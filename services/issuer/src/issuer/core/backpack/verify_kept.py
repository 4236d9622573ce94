"""What a person keeps is verified again as it stands today: it may have been revoked since it came."""

from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.looks import doubt_of
from issuer.core.backpack.model import Doubt, Kept, KeptId, Notation, PersonId
from issuer.core.backpack.ports import BackpackReading, Backpacks
from service_kit.clock import Clock
from service_kit.errors import Invalid, NotFound
from service_kit.ids import is_id


class VerifyKept:
    """Notes what speaks against one credential, or nothing. It stays in either case."""

    def __init__(self, *, examine: Examine, reading: BackpackReading, backpacks: Backpacks, clock: Clock) -> None:
        self._examine = examine
        self._reading = reading
        self._backpacks = backpacks
        self._clock = clock

    async def __call__(self, person: PersonId, kept_id: str) -> Kept:
        """Raises NotFound."""
        found = await self._reading.text(person, KeptId(kept_id)) if is_id(kept_id) else None
        if found is None:
            raise NotFound("there is no such credential in the backpack")
        notation, text = found
        doubt = await self._doubt(notation, text)
        async with self._backpacks() as work:
            kept = await work.mark(person, KeptId(kept_id), text, doubt, self._clock())
            await work.commit()
        if kept is None:
            raise NotFound("there is no such credential in the backpack")
        return kept

    async def _doubt(self, notation: Notation, text: str) -> Doubt | None:
        try:
            _, report = await self._examine.report(text, notation)
        except Invalid as error:  # it was read when it came, by a version that read more
            return Doubt("does-not-hold", error.detail)
        return doubt_of(report)
