"""The part of the composition root that is about stacks: main calls it, and nothing else does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from issuer.adapters.audit import audit
from issuer.adapters.failed_work import stacks_failed
from issuer.adapters.progress.consents import DigestSealing
from issuer.adapters.reading import Reading
from issuer.adapters.stacks.reading import ReadingStacks
from issuer.adapters.stacks.reading_brought import BroughtReading
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.addresses import Addresses
from issuer.core.credentials.amend import Amend
from issuer.core.credentials.any_credentials import IssueAny
from issuer.core.credentials.compose import Compose
from issuer.core.issuers.signing import Sign
from issuer.core.stacks.apply import ApplyStacks
from issuer.core.stacks.credential import ComposeStack
from issuer.core.stacks.record import RecordStack
from issuer.core.stacks.settle import SettleStacks
from issuer.core.stacks.situations import Situations
from issuer.core.stacks.stacks import JudgeStack, StackQueries
from issuer.core.status_lists.slots import Slots
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.ids import new_id, random_bytes
from service_kit.offload import offload


@dataclass(frozen=True, slots=True)
class StackParts:
    """What stacks are awarded and changed with."""

    reading: Reading
    slots: Slots
    sign: Sign
    compose: Compose
    amend: Amend
    issue_any: IssueAny
    key_encryption_key: bytes


class Stacks(TypedDict):
    """What people do with stacks."""

    stacks: StackQueries
    judge_stack: JudgeStack
    record_stack: RecordStack


def wire_stacks(
    database: Database,
    parts: StackParts,
    recipient_key: Callable[[str, str], bytes],
    addresses: Addresses,
    clock: Clock,
) -> tuple[Stacks, SettleStacks]:
    """What people see of completed pathways, and the worker that evaluates them."""
    unit_of_work = partial(IssuerUnitOfWork, database)
    reading = ReadingStacks(database, BroughtReading(DigestSealing(parts.key_encryption_key), addresses))
    situations = Situations(addresses, recipient_key)
    apply = ApplyStacks(
        unit_of_work=unit_of_work,
        reading=parts.reading,
        slots=parts.slots,
        compose=ComposeStack(sign=parts.sign, addresses=addresses, random_bytes=random_bytes),
        event=parts.compose,
        amend=parts.amend,
        addresses=addresses,
        audit=audit,
        clock=clock,
        new_id=new_id,
    )
    settle = SettleStacks(
        unit_of_work=unit_of_work,
        reading=reading,
        situations=situations,
        apply=apply,
        offload=offload,
        audit=audit,
        failed=stacks_failed,
        clock=clock,
    )
    return {
        "stacks": StackQueries(reading=reading, addresses=addresses, recipient_key=recipient_key),
        "judge_stack": JudgeStack(
            unit_of_work=unit_of_work, reading=reading, situations=situations, apply=apply, offload=offload, clock=clock
        ),
        "record_stack": RecordStack(
            stacks=reading,
            reading=parts.reading,
            issue_any=parts.issue_any,
            addresses=addresses,
            offload=offload,
            clock=clock,
            new_id=new_id,
        ),
    }, settle
