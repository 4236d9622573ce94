"""A person's backpack: credentials of any issuer that were verified when they came, and a profile.

It is the person's own. No organization reads it, nothing in it is published, and what is deleted is gone.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from credential_core.errors import CredentialError
from credential_core.json_input import check_tree
from credential_core.model import validate_profile
from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.model import Kept, KeptId, Notation, Outcome, PersonId, Slice, Texts
from issuer.core.backpack.ports import BackpackReading, Backpacks
from service_kit.clock import Clock
from service_kit.errors import FieldError, Forbidden, Invalid, NotFound
from service_kit.ids import NewId, is_id
from service_kit.inputs import Page, PageRequest

MOST_CREDENTIALS = 1000
MOST_BYTES = 64 * 1024 * 1024


class KeepCredential:
    """Verifies a credential and keeps it. Sending it again changes nothing but the moment."""

    def __init__(self, *, examine: Examine, backpacks: Backpacks, clock: Clock, new_id: NewId) -> None:
        self._examine = examine
        self._backpacks = backpacks
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, person: PersonId, text: str, notation: Notation) -> Outcome:
        """Raises Invalid for one that does not hold, Forbidden when the backpack is full."""
        arrived = await self._examine(text, notation)
        now = self._clock()
        async with self._backpacks() as work:
            await work.open(person, now)
            outcome = await work.put(person, KeptId(self._new_id()), arrived, now)
            count, size = await work.load(person)
            if count > MOST_CREDENTIALS or size > MOST_BYTES:
                raise Forbidden(
                    f"a backpack holds {MOST_CREDENTIALS} credentials and {MOST_BYTES} bytes", code="backpack-full"
                )
            await work.commit()
        return outcome


class PutProfile:
    """Sets the profile as a whole. What it says is the person's own word."""

    def __init__(self, *, backpacks: Backpacks, clock: Clock) -> None:
        self._backpacks = backpacks
        self._clock = clock

    async def __call__(self, person: PersonId, profile: Mapping[str, Any]) -> str:
        """The text as it is kept. Raises Invalid."""
        text = _checked(profile)
        now = self._clock()
        async with self._backpacks() as work:
            await work.open(person, now)
            await work.set_profile(person, text, now)
            await work.commit()
        return text


class RemoveKept:
    """Deletes one credential that a person keeps."""

    def __init__(self, *, backpacks: Backpacks) -> None:
        self._backpacks = backpacks

    async def __call__(self, person: PersonId, kept_id: str) -> None:
        """Raises NotFound."""
        async with self._backpacks() as work:
            if not is_id(kept_id) or not await work.remove(person, KeptId(kept_id)):
                raise NotFound("there is no such credential in the backpack")
            await work.commit()


class ReadBackpack:
    """Reads for one person at a time."""

    def __init__(self, *, reading: BackpackReading) -> None:
        self._reading = reading

    async def texts(self, person: PersonId, wanted: Slice) -> Texts:
        """Credentials as they came."""
        return await self._reading.texts(person, wanted)

    async def kept(self, person: PersonId, page: PageRequest) -> Page[Kept]:
        """What is there, newest first, without the texts."""
        return await self._reading.kept(person, page)

    async def profile(self, person: PersonId) -> str:
        """Raises NotFound before the first is set."""
        found = await self._reading.profile(person)
        if found is None:
            raise NotFound("no profile was set yet")
        return found


def _checked(profile: Mapping[str, Any]) -> str:
    try:
        check_tree(dict(profile))
    except CredentialError as error:
        raise Invalid(f"the profile cannot be kept: {error.detail}") from error
    if violations := validate_profile(profile):
        errors = [FieldError(violation.path, violation.detail) for violation in violations]
        raise Invalid("the profile does not follow Open Badges 3.0", errors=errors)
    return orjson.dumps(profile).decode()
