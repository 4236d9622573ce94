"""What a learner brought along as evidence: verified again, unless that was a moment ago.

Whatever cannot be confirmed within the time there is does not count, and says why. A backpack says what somebody keeps,
not who earned it (ADR 57); what counts must name the learner's confirmed address.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from credential_core.model import identity_matches
from credential_core.model.period import validity_period
from credential_core.report import Outcome
from credential_core.verify.recipient import Recipient, check_recipient
from issuer.core.backpack.arrival import Examine, Offload, read_credential
from issuer.core.backpack.looks import NOT_IN_TIME, Looks
from issuer.core.backpack.model import Doubt
from issuer.core.credentials.recipient import EMAIL, normalized
from issuer.core.model import Json
from issuer.core.progress.model import Evidence, Learner, Origin
from issuer.core.progress.ports import KeptText, Look, LookWorks, ProgressReading
from service_kit.clock import Clock
from service_kit.errors import Invalid
from service_kit.internet_names import readable_address
from stacking.badges import NotEvidence, held_from

MOST = 100
FRESH = timedelta(minutes=5)
DOUBT_LASTS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Brought:
    """Evidence from a backpack. `unseen`: how many more there are than are looked at."""

    evidence: Sequence[Evidence]
    unseen: int


class KeptEvidence:
    """Reads a backpack for pathways."""

    def __init__(
        self, *, reading: ProgressReading, works: LookWorks, examine: Examine, offload: Offload, clock: Clock
    ) -> None:
        self._reading = reading
        self._works = works
        self._looks = Looks(examine=examine, clock=clock)
        self._offload = offload
        self._clock = clock

    async def __call__(self, learner: Learner, achievements: Collection[str], deadline: float) -> Brought:
        """Of these achievements, `*` for any. `deadline` is the event loop's."""
        kept, total = await self._reading.kept(learner.person, achievements, MOST)
        address = address_in(await self._reading.profile(learner.person), learner.digest)
        now = self._clock()
        looks = {one.id: Look(one, one.achievement or "", one.checked_at or now, one.doubt) for one in kept}
        stale = [one for one in kept if not _is_fresh(one, now)]
        looks |= {look.kept.id: look for look in await self._look(stale, deadline)}
        evidence = await self._offload(_evidence, list(looks.values()), learner.digest, address, now)
        return Brought(evidence, total - len(kept))

    async def _look(self, stale: Sequence[KeptText], deadline: float) -> Sequence[Look]:
        looks = await self._looks(stale, deadline)
        if done := [look for look in looks if look.doubt is not NOT_IN_TIME]:
            async with self._works() as work:
                await work.keep(done)
                await work.commit()
        return looks


def address_in(profile: str | None, digest: str) -> str | None:
    """The address in a profile, if it is the confirmed one."""
    found: Any = orjson.loads(profile).get("email") if profile else None
    if not isinstance(found, str) or _digest(found) != digest:
        return None
    return normalized(EMAIL, found)


def names_learner(document: Mapping[str, Any], digest: str, address: str | None) -> bool:
    """Whether it is about who has the address. By the digest alone, a salted hash cannot be told."""
    found = (check_recipient(document, Recipient(identifier=one)) for one in _forms(address))
    if any(one.outcome is Outcome.PASSED for one in found):
        return True
    return identity_in(document, digest, None) is not None


def identity_in(document: Mapping[str, Any], digest: str, address: str | None) -> Json | None:
    """Which of the subject's identifiers names who has the address."""
    forms = _forms(address)
    found = (
        one
        for one in _identities(document)
        if _is_named(one, digest) or any(identity_matches(one, form, EMAIL) for form in forms)
    )
    return next(found, None)


def _forms(address: str | None) -> set[str]:
    """Others hash what people write."""
    return set() if address is None else {address, readable_address(address)}


def hashed_address_in(document: Mapping[str, Any]) -> Json | None:
    """The identifier that is the hash of an address, whosever it is."""
    found = (one for one in _identities(document) if one.get("identityType") == EMAIL and one.get("hashed") is True)
    return next(found, None)


def _identities(document: Mapping[str, Any]) -> list[Json]:
    subject = document.get("credentialSubject")
    identities = subject.get("identifier") if isinstance(subject, Mapping) else None
    found = identities if isinstance(identities, list) else [identities]
    return [one for one in found[:64] if isinstance(one, dict)]


def _is_named(identity: Mapping[str, Any], digest: str) -> bool:
    claimed = identity.get("identityHash")
    if identity.get("identityType") != EMAIL or not isinstance(claimed, str):
        return False
    if identity.get("hashed") is True:
        return not identity.get("salt") and claimed.lower() == f"sha256${digest}"
    return _digest(claimed) == digest


def _digest(address: str) -> str:
    return hashlib.sha256(normalized(EMAIL, address).encode()).hexdigest()


def _is_fresh(kept: KeptText, now: datetime) -> bool:
    if kept.checked_at is None or kept.achievement is None:
        return False
    return kept.checked_at > now - (FRESH if kept.doubt is None else DOUBT_LASTS)


def _evidence(looks: Sequence[Look], digest: str, address: str | None, now: datetime) -> list[Evidence]:
    found = []
    for look in looks:
        try:
            document = read_credential(look.kept.text, look.kept.notation)
            held = held_from(document)
        except (Invalid, NotEvidence):
            continue
        doubt = look.doubt or _of_period(document, now)
        if not names_learner(document, digest, address):
            doubt = Doubt("other-recipient", "it does not name the learner's confirmed address")
        found.append(Evidence(held, Origin.BROUGHT, look.at, doubt))
    return found


def _of_period(document: Json, now: datetime) -> Doubt | None:
    starts, ends = validity_period(document)
    if starts is None or starts > now:
        return Doubt("not-begun", "it is not valid yet")
    return Doubt("expired", f"it was valid until {ends.isoformat()}") if ends is not None and ends <= now else None
