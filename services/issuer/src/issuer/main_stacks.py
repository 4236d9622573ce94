"""The part of the composition root that is about stacks: main calls it, and nothing else does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from issuer.adapters.audit import audit
from issuer.adapters.consents import DigestSealing
from issuer.adapters.failed_work import stacks_failed
from issuer.adapters.reading import Reading
from issuer.adapters.reading_brought import BroughtReading
from issuer.adapters.reading_stacks import ReadingStacks
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.addresses import Addresses
from issuer.core.amend import Amend
from issuer.core.any_credentials import IssueAny
from issuer.core.apply_stacks import ApplyStacks
from issuer.core.compose import Compose
from issuer.core.settle_stacks import SettleStacks
from issuer.core.signing import Sign
from issuer.core.situations import Situations
from issuer.core.slots import Slots
from issuer.core.stack_credential import ComposeStack
from issuer.core.stack_record import RecordStack
from issuer.core.stacks import JudgeStack, StackQueries
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
