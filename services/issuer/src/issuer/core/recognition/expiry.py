"""The worker's part of agreements: everybody is told when one expires.

That it has expired is a matter of its date: whoever decides looks at that, and not at what was told.
"""

from issuer.core.addresses import Addresses
from issuer.core.ports import Audit, UnitsOfWork
from issuer.core.recognition.agreement import NOBODY, Agreement, AgreementChange, AgreementState, expired, told
from service_kit.clock import Clock

AT_ONCE = 50
ACTOR = "deadline"
REASON = "its validUntil has passed"


class TellExpired:
    """Tells of the next whose `validUntil` has passed, each once: several processes share them by row locks."""

    def __init__(self, *, unit_of_work: UnitsOfWork, addresses: Addresses, audit: Audit, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self) -> int:
        """Do one piece. Returns how many were told; 0 when there are none, or others have them."""
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await work.recognitions.claim_expired(AT_ONCE, now=now)
            over = [one for agreement in found if (one := expired(agreement, now)) is not None]
            for one in over:
                await work.recognitions.save_agreement(one, _step(one))
                if (event := told(one, self._addresses)) is not None:
                    await work.outbox.append(event)
            await work.commit()
        for one in over:
            self._audit("agreement_expired", agreement=one.id, digest=one.digest)
        return len(over)


def _step(one: Agreement) -> AgreementChange:
    return AgreementChange(one.id, one.revision, AgreementState.EXPIRED, NOBODY, ACTOR, REASON, one.changed_at)
