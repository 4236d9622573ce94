"""An issuer's keys in the course of time: published, waited for, activated, retired, and revoked when compromised."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from issuer.core.issuers.issuers import discard, locked, published
from issuer.core.model import (
    PURPOSES,
    Algorithm,
    Issuer,
    IssuerKey,
    KeyId,
    KeyPurpose,
    KeyState,
    fragment_of,
)
from issuer.core.ports import Audit, KeyStore, Reading, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound, TooSoon
from service_kit.ids import NewId
from service_kit.inputs import Expectation, IdempotencyKey, whatever

MOST_KEYS = 50  # verifiers read so many methods of a controller document, and hardly more


class KeyAction(StrEnum):
    """What can be done to a key."""

    ACTIVATE = "activate"
    RETIRE = "retire"
    REVOKE = "revoke"


TARGET = {
    KeyAction.ACTIVATE: KeyState.ACTIVE,
    KeyAction.RETIRE: KeyState.RETIRED,
    KeyAction.REVOKE: KeyState.REVOKED,
}
FROM = {
    KeyAction.ACTIVATE: {KeyState.PUBLISHED, KeyState.RETIRING},
    KeyAction.RETIRE: {KeyState.PUBLISHED, KeyState.ACTIVE, KeyState.RETIRING},
    KeyAction.REVOKE: set(KeyState) - {KeyState.REVOKED},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a further key of an issuer is to be."""

    org_id: str
    actor: str
    slug: str
    algorithm: Algorithm
    purpose: KeyPurpose
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCommand:
    """Who does what to which key."""

    org_id: str
    actor: str
    slug: str
    key_id: KeyId
    action: KeyAction
    expect: Expectation[tuple[Issuer, IssuerKey]] = whatever


class AddKey:
    """Makes a further key and publishes it. It signs nothing before it is activated."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        keys: KeyStore,
        audit: Audit,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._keys = keys
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, new: NewKey) -> tuple[Issuer, IssuerKey]:
        """The issuer, and its new key. Raises NotFound, or Conflict for an issuer that cannot have another."""
        issuer = await self._issuer(new)
        if new.key is not None:
            earlier = await self._reading.answered(new.org_id, new.key)
            if earlier is not None:
                return issuer, key_of(issuer, earlier)
        _may_have_another(issuer)
        made = await self._make(issuer, new)
        async with self._unit_of_work() as work:
            earlier = None
            if new.key is not None:
                earlier = await work.idempotency.claim(new.org_id, new.key, made.id)
            issuer = await locked(work, new.org_id, new.slug)
            if earlier is None:
                _may_have_another(issuer)
                ordinal = len(issuer.keys)
                issuer = replace(issuer, keys=(*issuer.keys, made))
                await publish(work, issuer, made.since)
                await work.issuers.add_key(ordinal, made)
                await work.commit()
        if earlier is not None:
            await discard(self._keys, [made])
            return issuer, key_of(issuer, earlier)
        self._audit("key_published", issuer=issuer.did, key_id=made.id, actor=new.actor)
        return issuer, made

    async def _issuer(self, new: NewKey) -> Issuer:
        for issuer in await self._reading.issuers_of(new.org_id):
            if issuer.slug == new.slug:
                return issuer
        raise NotFound("there is no such issuer")

    async def _make(self, issuer: Issuer, new: NewKey) -> IssuerKey:
        key_id, now = KeyId(self._new_id()), self._clock()
        public, sealed = await self._keys.create(issuer.id, key_id, new.algorithm)
        return IssuerKey(
            id=key_id,
            issuer_id=issuer.id,
            verification_method=f"{issuer.did}#{fragment_of(public)}",
            public=public,
            sealed=sealed,
            created_at=now,
            since=now,
            state=KeyState.PUBLISHED,
            purpose=new.purpose,
        )


class ChangeKey:
    """Activates, retires or revokes a key. Repeating it does nothing and succeeds."""

    def __init__(
        self, *, unit_of_work: UnitsOfWork, keys: KeyStore, audit: Audit, clock: Clock, wait: timedelta
    ) -> None:
        self._unit_of_work = unit_of_work
        self._keys = keys
        self._audit = audit
        self._clock = clock
        self._wait = wait

    async def __call__(self, command: KeyCommand) -> tuple[Issuer, IssuerKey]:
        """The issuer and the key after the change.

        Raises NotFound, Stale, Conflict, TooSoon before the wait is over, or Unavailable when the key has ended and its
        private part could not be destroyed: repeating it destroys it.
        """
        trail = {"action": command.action.value, "key_id": command.key_id, "actor": command.actor}
        async with self._unit_of_work() as work:
            changed = issuer = await locked(work, command.org_id, command.slug)
            key = key_of(issuer, command.key_id)
            command.expect((issuer, key))
            if key.state is not TARGET[command.action]:
                now = self._clock()
                if command.action is KeyAction.ACTIVATE:
                    await self._is_known(work, issuer, key, now)
                changed = _changed(issuer, key, command.action, now)
                await work.issuers.take_keys(issuer.id)  # what a key is signing now is stored before, or never
                self._audit("changing_key", **trail, issuer=issuer.did, from_state=key.state.value)
                await _store(work, issuer, changed, now)
                await work.commit()
        if command.action is not KeyAction.ACTIVATE:
            await self._keys.destroy(key)  # again where it was out of reach the last time
        self._audit("key_changed", **trail, outcome="ok" if changed is not issuer else "repeated")
        return changed, key_of(changed, key.id)

    async def _is_known(self, work: UnitOfWork, issuer: Issuer, key: IssuerKey, now: datetime) -> None:
        """Verifiers keep controller documents for a while. Where nothing else can sign, waiting would help nobody.

        The wait begins when the fleet is told: while the bus is away, nobody comes to know the key.
        """
        if not self._wait or key.state is not KeyState.PUBLISHED or not _others_sign(issuer, key):
            return
        left = (await work.issuers.told_at(key) or now) + self._wait - now
        if left > timedelta(0):
            raise TooSoon(
                "verifiers may still hold the controller document of before this key was published",
                code="key-not-known-yet",
                retry_after=left,
            )


def _changed(issuer: Issuer, key: IssuerKey, action: KeyAction, now: datetime) -> Issuer:
    if issuer.method == "key":
        raise ONE_KEY
    if key.state not in FROM[action]:
        raise Conflict(f"a key that is {key.state} cannot be changed so", code="key-transition-not-allowed")
    if action is KeyAction.ACTIVATE:
        return _activated(issuer, key, now)
    changed = _with(issuer, _ended(key, TARGET[action], now))
    if action is KeyAction.RETIRE:
        _still_signs(issuer, changed)
    return changed


ONE_KEY = Conflict("a did:key is one key for good: open another issuer for another key", code="did-key-is-one-key")


def key_of(issuer: Issuer, key_id: str) -> IssuerKey:
    """One of the issuer's keys. Raises NotFound."""
    for key in issuer.keys:
        if key.id == key_id:
            return key
    raise NotFound("there is no such key")


async def publish(work: UnitOfWork, issuer: Issuer, now: datetime) -> Issuer:
    """Store the issuer's next revision, and tell the fleet."""
    issuer = replace(issuer, revision=issuer.revision + 1, changed_at=now)
    await work.issuers.save(issuer)
    await work.outbox.append(published(issuer))
    return issuer


def _may_have_another(issuer: Issuer) -> None:
    if issuer.method == "key":
        raise ONE_KEY
    if len(issuer.keys) >= MOST_KEYS:
        raise Conflict(f"an issuer has {MOST_KEYS} keys in all, those of the past included", code="too-many-keys")


def _others_sign(issuer: Issuer, key: IssuerKey) -> bool:
    """Whether there are active keys for all that this one is for."""
    return all(issuer.proves(purpose) for purpose in _purposes(key))


def _purposes(key: IssuerKey) -> tuple[KeyPurpose, ...]:
    return PURPOSES if key.purpose is KeyPurpose.ANY else (key.purpose,)


def _activated(issuer: Issuer, key: IssuerKey, now: datetime) -> Issuer:
    """With the key active, in place of the one of its algorithm and purpose."""
    for other in issuer.keys:
        same = (other.algorithm, other.purpose) == (key.algorithm, key.purpose)
        if same and other.state is KeyState.ACTIVE:
            issuer = _with(issuer, replace(other, state=KeyState.RETIRING, since=now))
    return _with(issuer, replace(key, state=KeyState.ACTIVE, since=now))


def _ended(key: IssuerKey, state: KeyState, now: datetime) -> IssuerKey:
    return replace(key, state=state, since=now, sealed=b"")


def _with(issuer: Issuer, changed: IssuerKey) -> Issuer:
    return replace(issuer, keys=tuple(changed if key.id == changed.id else key for key in issuer.keys))


def _still_signs(before: Issuer, after: Issuer) -> None:
    for purpose in PURPOSES:
        if before.proves(purpose) and not after.proves(purpose):
            raise Conflict(f"no other key is active for {purpose}: activate one first", code="key-is-needed")


async def _store(work: UnitOfWork, before: Issuer, after: Issuer, now: datetime) -> None:
    changed = [new for old, new in zip(before.keys, after.keys, strict=True) if old != new]
    for key in changed:
        await work.issuers.save_key(key)
    if published(before).did_document != published(after).did_document:
        await publish(work, after, now)
        # Lists that a revoked key signed must be signed anew, by whatever key is active or comes to be.
        await work.status_lists.note_changes(after.id)
