"""The record that an organization gives of a stack: with the documents that are its own to give."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import orjson

from issuer.core.addresses import Addresses
from issuer.core.credentials.any_credentials import AnyOrder, IssueAny
from issuer.core.model import Credential, CredentialId, Json, State
from issuer.core.ports import Reading
from issuer.core.stacks.learner_record import Part, achievement_in, learner_record
from issuer.core.stacks.ports import StackReading
from issuer.core.stacks.stack import StackId, StackState
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound
from service_kit.ids import NewId, is_id
from service_kit.inputs import IdempotencyKey

Offload = Callable[..., Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder:
    """Who asks for the record of which stack."""

    org_id: str
    actor: str
    stack_id: str
    key: IdempotencyKey | None = None


class RecordStack:
    """Signs a ClrCredential of a stack that is awarded. What it holds are the documents as they are now.

    What the learner brought along is not in it, for it is the learner's to show: the record says that it is partial.
    """

    def __init__(
        self,
        *,
        stacks: StackReading,
        reading: Reading,
        issue_any: IssueAny,
        addresses: Addresses,
        offload: Offload,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._stacks = stacks
        self._reading = reading
        self._issue_any = issue_any
        self._addresses = addresses
        self._offload = offload
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, order: RecordOrder) -> str:
        """The signed text. Raises NotFound, or Conflict for a stack that is not awarded or too large for one record."""
        stack = await self._stacks.stack(order.org_id, StackId(order.stack_id)) if is_id(order.stack_id) else None
        if stack is None:
            raise NotFound("there is no such stack")
        if stack.state is not StackState.AWARDED or stack.credential_id is None:
            raise Conflict(f"a stack that is {stack.state.value} has no record", code="stack-not-awarded")
        awarded = await self._credential(order.org_id, stack.credential_id)
        names = [one["id"] for one in stack.record["inputs"] if one["id"] not in stack.brought]
        components = [await self._credential(order.org_id, self._addresses.credential_in(name)) for name in names]
        components.sort(key=lambda one: (one.issued_at, one.id))
        issuer = await self._reading.issuer(awarded.issuer_id)
        document: Json = await self._offload(
            learner_record,
            orjson.loads(awarded.document),
            [self._part(one) for one in components],
            identifier=f"urn:uuid:{self._new_id()}",
            issuer=issuer.profile,
            at=self._clock(),
            is_partial=bool(stack.brought),
        )
        return await self._issue_any(AnyOrder(org_id=order.org_id, actor=order.actor, document=document, key=order.key))

    def _part(self, component: Credential) -> Part:
        document: Json = orjson.loads(component.document)
        return Part(self._addresses.credential(component.id), document, achievement_in(document))

    async def _credential(self, org_id: str, credential_id: CredentialId | None) -> Credential:
        found = None if credential_id is None else await self._reading.credential(org_id, credential_id)
        if found is None or found.state is not State.ISSUED:
            raise Conflict("one of its credentials does not stand at present", code="stack-not-awarded")
        return found
