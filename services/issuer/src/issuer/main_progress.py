"""The part of the composition root that is about learners' progress."""

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter

from issuer.adapters.audit import audit
from issuer.adapters.keys.key_store import recipient_keys
from issuer.adapters.progress.consents import ConsentRows, ConsentUnitOfWork, DigestSealing, learner_pseudonyms
from issuer.adapters.progress.progress import LookUnitOfWork, ProgressRows
from issuer.adapters.stacks.reading import ReadingStacks
from issuer.core.backpack.arrival import Examine
from issuer.core.progress.consents import EndConsent, GrantConsent, ReadConsents
from issuer.core.progress.progress import MeasureProgress, OwnProgress
from issuer.core.progress.shared import SeeProgress
from issuer.core.stacks.kept_evidence import KeptEvidence
from issuer.core.stacks.situations import Situations
from issuer.http.progress.consents import ConsentUses, consent_routes, shared_progress_routes
from issuer.http.progress.progress import own_progress_routes
from issuer.settings import IssuerSettings
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.offload import offload


def progress_routers(
    settings: IssuerSettings, database: Database, examine: Examine, clock: Clock
) -> Sequence[APIRouter]:
    """What learners see of their progress, and what others see by their consent."""
    reading, base = ProgressRows(database), settings.public_base_url
    addresses = settings.addresses
    works = partial(LookUnitOfWork, database)
    recipient_key = recipient_keys(settings.key_encryption_key_bytes)
    kept = KeptEvidence(reading=reading, works=works, examine=examine, offload=offload, clock=clock)
    measure = MeasureProgress(
        reading=reading,
        stacks=ReadingStacks(database),
        situations=Situations(addresses, recipient_key),
        kept=kept,
        recipient_key=recipient_key,
        offload=offload,
        clock=clock,
    )
    own = OwnProgress(reading=reading, measure_progress=measure, kept=kept, addresses=addresses)
    consents = _consents(settings, database, reading, measure, clock)
    return (
        own_progress_routes(own, base),
        consent_routes(consents, base, clock),
        shared_progress_routes(consents, base),
    )


def _consents(
    settings: IssuerSettings, database: Database, reading: ProgressRows, measure: MeasureProgress, clock: Clock
) -> ConsentUses:
    key, addresses = settings.key_encryption_key_bytes, settings.addresses
    sealing = DigestSealing(key)
    works, rows = partial(ConsentUnitOfWork, database, sealing), ConsentRows(database, sealing)
    return ConsentUses(
        grant=GrantConsent(
            works=works,
            reading=reading,
            addresses=addresses,
            recipient_key=recipient_keys(key),
            audit=audit,
            clock=clock,
            new_id=new_id,
        ),
        end=EndConsent(works=works, audit=audit, clock=clock),
        read=ReadConsents(reading=rows),
        see=SeeProgress(
            consents=rows,
            works=works,
            reading=reading,
            measure_progress=measure,
            pseudonym=learner_pseudonyms(key),
            addresses=addresses,
            audit=audit,
            clock=clock,
        ),
    )
