"""What all that is done with endorsements shares: who sees them, how many there may be, what they are of.

None is shown before whom it is about agreed: a page is its owner's, and praise can be spam. Whatever is accepted was
verified just before, and is verified again for as long as it is shown.
"""

import asyncio

from issuer.core.endorsements.model import Endorsement, EndorsementId, EndorsementStatus, Finding, Subject
from issuer.core.endorsements.ports import EndorsementReading, WantedEndorsements
from issuer.core.ports import UnitOfWork
from service_kit.errors import Conflict, Invalid, NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

MOST_WAITING = 200  # for one organization
MOST_OFFERED = 20  # of them by one other: alone it could shut out everybody else
MOST_ACCEPTED = 50  # of one subject
WAIT_S = 2.0
POLL_S = 0.05
NO_ENDORSEMENT = "there is no such endorsement"


class EndorsementQueries:
    """Reads for one organization: what it received, gave or handed in."""

    def __init__(self, *, endorsements: EndorsementReading) -> None:
        self._endorsements = endorsements

    async def one(self, org_id: str, endorsement_id: str) -> Endorsement:
        """Raises NotFound."""
        return await found_for(self._endorsements, org_id, endorsement_id)

    async def page(self, org_id: str, wanted: WantedEndorsements, page: PageRequest) -> Page[Endorsement]:
        """Newest first."""
        return await self._endorsements.page(org_id, wanted, page)


async def found_for(endorsements: EndorsementReading, org_id: str, endorsement_id: str) -> Endorsement:
    """One that this organization has to do with. Raises NotFound."""
    found = await endorsements.by_id(org_id, EndorsementId(endorsement_id)) if is_id(endorsement_id) else None
    if found is None:
        raise NotFound(NO_ENDORSEMENT)
    return found


def refuse_unless_sound(finding: Finding) -> None:
    """Raises Invalid with what speaks against it."""
    if finding.problems:
        raise Invalid(f"it does not verify: {', '.join(finding.problems)}", code="endorsement-not-valid")


async def known(endorsements: EndorsementReading, named: str, field: str = "subject") -> Subject:
    """What is endorsed. A publication may be on its way here. Raises Invalid."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + WAIT_S
    while (found := await endorsements.subject(named)) is None:
        if clock() >= deadline:
            raise invalid_field(field, "names no published achievement, pathway or issuer of this fleet")
        await asyncio.sleep(POLL_S)
    return found


def refuse_own(org_id: str, subject: Subject, field: str) -> None:
    """Raises Invalid for an endorsement of one's own."""
    if org_id == subject.org_id:
        raise invalid_field(field, "belongs to the endorser: an endorsement is somebody else's word")


async def refuse_when_full(work: UnitOfWork, org_id: str, by: str, made: Endorsement | None = None) -> None:
    """When this one would be one too many. `by` is who offers it. Raises Conflict."""
    if made is not None and made.status is EndorsementStatus.ACCEPTED:
        if await work.endorsements.accepted(made.subject) > MOST_ACCEPTED:
            raise Conflict(f"there are {MOST_ACCEPTED} already: decline one", code="endorsements-full")
        return
    is_kept = int(made is not None)  # and counted
    if await work.endorsements.waiting(org_id, by) >= MOST_OFFERED + is_kept:
        raise Conflict(f"{MOST_OFFERED} endorsements of yours wait there already", code="endorsements-full")
    if await work.endorsements.waiting(org_id) >= MOST_WAITING + is_kept:
        raise Conflict(f"{MOST_WAITING} endorsements wait there already", code="endorsements-full")
