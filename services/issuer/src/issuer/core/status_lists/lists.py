"""Status lists as documents: opening a new one, and publishing one whose bits have changed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.events import StatusListPublished
from credential_core.bitstring import MINIMUM_LENGTH, StatusBits, status_list_credential
from credential_core.jcs import digest
from issuer.core.addresses import Addresses
from issuer.core.issuers.held_keys import hold
from issuer.core.issuers.signing import Sign
from issuer.core.model import PURPOSE, Issuer, IssuerKey, KeyPurpose, ListId, StatusList
from issuer.core.ports import Reading, UnitOfWork, UnitsOfWork
from issuer.core.status_lists.permutation import KEY_BYTES
from service_kit.clock import Clock
from service_kit.errors import Unavailable
from service_kit.ids import NewId

VALIDITY = timedelta(hours=24)
SIGN_AGAIN_AFTER = timedelta(hours=6)
AT_MOST_EVERY = timedelta(milliseconds=500)


class SignStatusList:
    """Makes the event that carries a whole signed list."""

    def __init__(self, *, sign: Sign, addresses: Addresses) -> None:
        self._sign = sign
        self._addresses = addresses

    async def __call__(
        self, status_list: StatusList, set_indexes: Iterable[int], *, issuer: Issuer, revision: int, now: datetime
    ) -> StatusListPublished:
        """Sign the list with these bits set, good for a day from `now`."""
        bits = StatusBits.empty(status_list.length)
        for index in set_indexes:
            bits.set(index, True)
        url = self._addresses.status_list(status_list.id)
        moment = now.replace(microsecond=0)
        unsigned = status_list_credential(
            list_url=url,
            issuer=issuer.did,
            purpose=PURPOSE,
            bits=bits,
            valid_from=moment,
            valid_until=moment + VALIDITY,
        )
        signed = await self._sign(unsigned, issuer.list_key)
        return StatusListPublished(
            list_id=status_list.id,
            url=url,
            org_id=status_list.org_id,
            issuer_id=issuer.did,
            purpose=PURPOSE,
            revision=revision,
            credential=signed.document,
            changed_at=now,
        )


@dataclass(frozen=True, slots=True)
class PreparedList:
    """A new list that is not stored yet, its first publication, and the key that signed that."""

    status_list: StatusList
    event: StatusListPublished
    key: IssuerKey


class OpenStatusList:
    """Opens an issuer's next list. Its first publication leaves together with it."""

    def __init__(
        self, *, sign_list: SignStatusList, clock: Clock, new_id: NewId, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._sign_list = sign_list
        self._clock = clock
        self._new_id = new_id
        self._random_bytes = random_bytes

    async def prepare(self, issuer: Issuer) -> PreparedList:
        """A new, empty list and its first event. Neither is stored yet: no transaction waits for a signature."""
        now = self._clock()
        status_list = StatusList(
            id=ListId(self._new_id()),
            issuer_id=issuer.id,
            org_id=issuer.org_id,
            length=MINIMUM_LENGTH,
            permutation_key=self._random_bytes(KEY_BYTES),
            changes=0,
            published_changes=0,
            revision=1,
            published_at=now,
        )
        event = await self._sign_list(status_list, (), issuer=issuer, revision=1, now=now)
        return PreparedList(status_list, event, issuer.list_key)

    async def store(self, work: UnitOfWork, prepared: PreparedList) -> None:
        """Store a new list in this unit of work, unless the issuer has an open one already. Raises KeyChanged."""
        await hold(work, prepared.key)
        if await work.status_lists.add(prepared.status_list, digest(prepared.event.credential)):
            await work.outbox.append(prepared.event)


class PublishStatusLists:
    """Signs and publishes the lists that changed, or whose signature grows old."""

    def __init__(self, *, reading: Reading, unit_of_work: UnitsOfWork, sign_list: SignStatusList, clock: Clock) -> None:
        self._reading = reading
        self._unit_of_work = unit_of_work
        self._sign_list = sign_list
        self._clock = clock

    async def __call__(self) -> int:
        """Publish what is due now. Returns how many lists that were. Raises Unavailable if some could not be signed."""
        now = self._clock()
        due = await self._reading.lists_due(
            changed_before=now - AT_MOST_EVERY, signed_before=now - SIGN_AGAIN_AFTER, now=now
        )
        refused: Unavailable | None = None
        for list_id in due:
            try:
                await self._publish(list_id)
            except Unavailable as error:  # one issuer's key is out of reach; another's may not be
                refused = error
        if refused is not None:
            raise refused
        return len(due)

    async def _publish(self, list_id: ListId) -> None:
        # The snapshot holds the count of changes and the bits of one moment. No lock is held while signing: a change
        # that comes meanwhile leaves the count ahead of what was published, and the list is due again.
        status_list, indexes = await self._reading.list_snapshot(list_id)
        issuer = await self._reading.issuer(status_list.issuer_id)
        if not issuer.proves(KeyPurpose.STATUS_LISTS):  # its last key was revoked just now
            return
        now = self._clock()
        event = await self._sign_list(status_list, indexes, issuer=issuer, revision=status_list.revision + 1, now=now)
        async with self._unit_of_work() as work:
            if not await work.issuers.hold_keys([issuer.list_key]):  # the list stays due, and another key signs it
                return
            if await work.status_lists.advance(status_list, now, digest(event.credential)):
                await work.outbox.append(event)
                await work.commit()
