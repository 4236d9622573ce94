"""Revoking, suspending and reinstating: the state, its history, the list's bit and the event, in one transaction."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.events import CredentialReinstated, CredentialRevoked, CredentialStatusChanged, CredentialSuspended
from issuer.core.addresses import Addresses
from issuer.core.model import Credential, CredentialId, State, StatusChange
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound
from service_kit.inputs import Expectation, IdempotencyKey, whatever


class Action(StrEnum):
    """What can be done to an issued credential."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


TARGET = {Action.REVOKE: State.REVOKED, Action.SUSPEND: State.SUSPENDED, Action.REINSTATE: State.ISSUED}
ALLOWED = {
    (State.ISSUED, Action.REVOKE),
    (State.SUSPENDED, Action.REVOKE),
    (State.ISSUED, Action.SUSPEND),
    (State.SUSPENDED, Action.REINSTATE),
}
EVENTS: dict[State, type[CredentialStatusChanged]] = {
    State.REVOKED: CredentialRevoked,
    State.SUSPENDED: CredentialSuspended,
    State.ISSUED: CredentialReinstated,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCommand:
    """Who does what to which credential, and why."""

    org_id: str
    actor: str
    credential_id: CredentialId
    action: Action
    reason: str
    key: IdempotencyKey | None = None
    expect: Expectation[Credential] = whatever


@dataclass(frozen=True, slots=True)
class Changed:
    """The state after a change, and the credential's revision. A repetition knows the state alone."""

    state: State
    revision: int | None = None


def next_state(state: State, revision: int, action: Action) -> State | None:
    """The state after an action; None when it was the last one already. Raises Conflict when it is not allowed.

    A credential that was never changed has revision 1: reinstating it repeats nothing, and is refused.
    """
    if (state, action) in ALLOWED:
        return TARGET[action]
    if TARGET[action] is state and revision > 1:
        return None
    raise Conflict(f"a credential that is {state.value} cannot be changed so", code="status-transition-not-allowed")


class ChangeStatus:
    """Changes a credential's state. Repeating the last change does nothing and succeeds."""

    def __init__(self, *, unit_of_work: UnitsOfWork, addresses: Addresses, audit: Audit, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self, command: StatusCommand) -> Changed:
        """Raises NotFound or Conflict, and what the command's `expect` raises."""
        async with self._unit_of_work() as work:
            if command.key is not None:
                earlier = await work.idempotency.claim(command.org_id, command.key, TARGET[command.action].value)
                if earlier is not None:
                    return Changed(State(earlier))
            credential = await work.credentials.lock(command.org_id, command.credential_id)
            if credential is None:
                raise NotFound("there is no such credential")
            command.expect(credential)
            target = next_state(credential.state, credential.revision, command.action)
            if target is not None:
                await self._apply(work, credential, command, target)
            await work.commit()
        self._audit("status_changed", **_trail(command), outcome="ok" if target else "repeated")
        return Changed(target or credential.state, credential.revision + (target is not None))

    async def _apply(self, work: UnitOfWork, credential: Credential, command: StatusCommand, target: State) -> None:
        self._audit("changing_status", **_trail(command), from_state=credential.state.value)
        now = self._clock()
        change = StatusChange(credential.id, credential.revision + 1, target, command.reason, command.actor, now)
        await restate(work, self._addresses, credential, change)


async def restate(
    work: UnitOfWork,
    addresses: Addresses,
    credential: Credential,
    change: StatusChange,
    *,
    caused_by: str | None = None,
) -> None:
    """The credential's new state, its history, the list's bit and the event. The credential is locked."""
    await work.credentials.change(change)
    if change.state.bit is not credential.state.bit:
        await work.status_lists.note_change(credential.slot.list_id)
    event = status_event(addresses, credential, await work.issuers.did(credential.issuer_id), change)
    await work.outbox.append(event.model_copy(update={"caused_by": caused_by}) if caused_by else event)


def status_event(
    addresses: Addresses, credential: Credential, issuer_did: str, change: StatusChange
) -> CredentialStatusChanged:
    """What the fleet is told of a change."""
    return EVENTS[change.state](
        credential_id=addresses.credential(credential.id),
        org_id=credential.org_id,
        issuer_id=issuer_did,
        revision=change.revision,
        state=change.state.value,
        changed_at=change.at,
    )


def _trail(command: StatusCommand) -> dict[str, str]:
    return {"action": command.action.value, "credential": command.credential_id, "actor": command.actor}
