"""What a learner holds as evaluations see it: issued by the organization itself, or brought along by the learner."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from issuer.core.backpack.model import KeptId
from issuer.core.model import Credential, Json, State
from issuer.core.progress.consents_model import ConsentId
from stacking import Held
from stacking.statuses import Listed

FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Brought:
    """One of the learner's own keeping, which may count by a consent.

    `changed_at` tells its text from one that replaces it; `looked_at` is when it was last verified, None where what was
    found is not enough to count it. `identity` is what in it names the learner. `credential` is our own row of one that
    was issued here, by another organization.
    """

    kept_id: KeptId
    changed_at: datetime
    looked_at: datetime | None
    consent_id: ConsentId
    identity: Json | None
    credential: Credential | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One credential. `state` is None where it could not be confirmed, which is not known against it either.

    `fits`: it may come to count, for all that its document says. `since` says which is the newest. With neither `own`
    nor `brought` it is one that counts already, and is out of sight now. `achievement` is as the document of what was
    brought names it, in its version; of the organization's own, whose document is at hand, it is empty.
    """

    held: Held
    digest: str
    state: State | None
    since: datetime
    begins: datetime
    ends: datetime | None
    name: str
    became: str
    listed: tuple[Listed, ...] = ()
    has_no_status: bool = False
    fits: bool = True
    achievement: str = ""
    own: Credential | None = None
    brought: Brought | None = None

    @property
    def credential(self) -> Credential | None:
        """Our row of it, whichever organization issued it."""
        if self.own is not None or self.brought is None:
            return self.own
        return self.brought.credential

    def stands(self, now: datetime) -> bool:
        """Whether it may begin to count."""
        has_begun = self.begins <= now and (self.ends is None or self.ends > now)
        return self.fits and has_begun and self.state is State.ISSUED

    def is_stale(self, now: datetime) -> bool:
        """Whether it must be looked at again before it counts. Of what was issued here our own rows tell."""
        if self.brought is None or self.brought.credential is not None:
            return False
        return self.brought.looked_at is None or self.brought.looked_at <= now - FRESH
