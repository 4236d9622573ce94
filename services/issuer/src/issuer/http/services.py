"""The use cases that routes call."""

from dataclasses import dataclass

from issuer.core.addresses import Addresses
from issuer.core.batches.opening import BatchQueries, ChangeBatch
from issuer.core.credentials.any_credentials import IssueAny
from issuer.core.credentials.any_status import SetAnyStatus
from issuer.core.credentials.change_status import ChangeStatus
from issuer.core.credentials.correct import Correct
from issuer.core.credentials.derive import Derive
from issuer.core.credentials.issue import Issue
from issuer.core.credentials.queries import Queries
from issuer.core.issuers.issuers import AmendIssuer, OpenIssuer, SetPolicy
from issuer.core.issuers.keys import AddKey, ChangeKey
from issuer.core.stacks.record import RecordStack
from issuer.core.stacks.stacks import JudgeStack, StackQueries
from issuer.http.batches.sent import TakeBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the HTTP interface offers."""

    addresses: Addresses
    open_issuer: OpenIssuer
    amend_issuer: AmendIssuer
    set_policy: SetPolicy
    add_key: AddKey
    change_key: ChangeKey
    issue: Issue
    issue_any: IssueAny
    set_any_status: SetAnyStatus
    derive: Derive
    take_batch: TakeBatch
    change_batch: ChangeBatch
    batches: BatchQueries
    change_status: ChangeStatus
    correct: Correct
    queries: Queries
    stacks: StackQueries
    judge_stack: JudgeStack
    record_stack: RecordStack
