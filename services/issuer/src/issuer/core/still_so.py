"""Whether all that a stack was decided by is still so: asked in the transaction that stores what follows."""

from collections.abc import Collection, Sequence
from datetime import datetime

from issuer.core.model import Credential
from issuer.core.pieces import Piece
from issuer.core.ports import UnitOfWork
from issuer.core.stack import OpenPathway, Situation


async def still_so(
    work: UnitOfWork,
    situation: Situation,
    pieces: Sequence[Piece],
    counting: OpenPathway,
    mine: Credential | None = None,
    *,
    now: datetime,
) -> bool:
    """Whether what counts is what it was, and what the learner was awarded by pathways that limit this.

    `mine` is the stack's own credential. All stays so until the end of the transaction.
    """
    limiting = {limit.pathway for limit in counting.rules.pathway.sharing}
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
