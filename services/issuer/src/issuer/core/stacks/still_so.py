"""Whether all that a stack was decided by is still so: asked in the transaction that stores what follows."""

from collections.abc import Collection
from datetime import datetime

from issuer.core.model import Credential
from issuer.core.ports import UnitOfWork
from issuer.core.recognition.agreement import AgreementId
from issuer.core.stacks.decide import Award, Replace
from issuer.core.stacks.stack import Situation
from stacking.record import read_record


async def still_so(
    work: UnitOfWork, situation: Situation, step: Award | Replace, mine: Credential | None = None, *, now: datetime
) -> bool:
    """Whether what counts is what it was, and what the learner was awarded by pathways that limit this.

    `mine` is the stack's own credential. All stays so until the end of the transaction.
    """
    agreements, pieces = _relied_on(step), step.pieces
    if agreements and not await work.recognitions.hold_signed(agreements):
        return False
    limiting = {limit.pathway for limit in step.open.rules.pathway.sharing}
    if await work.stacks.on(situation.group, limiting) != situation.sharing(limiting):
        return False
    brought = [piece.brought for piece in pieces if piece.brought is not None]
    if brought and not await work.stacks.hold_brought(brought, now):
        return False
    issued = [situation.issued.get(piece.held.id) for piece in pieces if piece.own is None]
    credentials = [*(piece.own for piece in pieces), *issued, mine]
    return await unchanged(work, situation.group.org_id, [one for one in credentials if one is not None])


async def unchanged(work: UnitOfWork, org_id: str, before: Collection[Credential]) -> bool:
    """Locked in one order, whoever issued them: two who hold several do not wait for each other in a circle."""
    ids = {one.id for one in before}
    if all(one.org_id == org_id for one in before):
        current = await work.changes.lock(org_id, ids)
    else:
        current = await work.recognitions.lock_credentials(ids)
    return all(one.id in current and current[one.id].revision == one.revision for one in before)


def _relied_on(step: Award | Replace) -> set[AgreementId]:
    """Agreements by which something comes to count only now. What counted before outlives its agreement."""
    before = read_record(step.stack.record).setting.agreed if isinstance(step, Replace) else frozenset()
    issuers = {piece.held.issuer for piece in step.pieces}
    found = (one.agreement for one in step.day.agreed - before if one.issuer in issuers)
    return {AgreementId(address.rsplit("/", 1)[-1]) for address in found}
