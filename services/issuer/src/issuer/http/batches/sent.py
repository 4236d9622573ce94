"""Files of batches as they come, and whoever takes them."""

from dataclasses import dataclass
from typing import Protocol

from issuer.core.batches.batch import Batch, RowAction
from issuer.core.batches.opening import NewBatch
from issuer.core.batches.opening_changes import NewChanges
from issuer.core.credentials.order import Order
from issuer.http.batches.bodies import CheckReply
from issuer.http.batches.change_rows import asked_changes
from issuer.http.batches.rows import asked_rows
from issuer.http.credentials.bodies import AwardBody
from service_kit.inputs import IdempotencyKey
from service_kit.row_files import RowFile


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAwards:
    """A file of awards of one achievement."""

    org_id: str
    actor: str
    achievement: str
    issuer: str | None
    allow_duplicates: bool
    file: RowFile
    key: IdempotencyKey | None

    def read(self) -> NewBatch:
        """With its rows; seconds of work for a large one. Raises Malformed or Invalid for a file that is none."""
        return NewBatch(
            org_id=self.org_id,
            actor=self.actor,
            achievement=self.achievement,
            issuer=self.issuer,
            allow_duplicates=self.allow_duplicates,
            rows=asked_rows(self.file, self._order),
            key=self.key,
        )

    def _order(self, row: AwardBody) -> Order:
        return row.award(self.org_id, self.actor, achievement=self.achievement, issuer=self.issuer)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentChanges:
    """A file of changes. `prefix` is what credentials' ids begin with."""

    org_id: str
    actor: str
    action: RowAction
    prefix: str
    file: RowFile
    key: IdempotencyKey | None

    def read(self) -> NewChanges:
        """With its rows, as SentAwards.read."""
        rows = asked_changes(self.file, self.action, self.prefix)
        return NewChanges(org_id=self.org_id, actor=self.actor, action=self.action, rows=rows, key=self.key)


Sent = SentAwards | SentChanges


class TakeBatch(Protocol):
    """A file in, its batch out. A large one is read, and stored, where it holds nobody up."""

    async def __call__(self, sent: Sent) -> Batch:
        """See core.batches.opening.OpenBatch."""

    async def check(self, sent: Sent) -> CheckReply:
        """What would become of it; nothing is kept."""
