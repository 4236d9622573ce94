"""The part of the composition root that is about learners' progress."""

from functools import partial

from issuer.adapters.key_store import recipient_keys
from issuer.adapters.progress import LookUnitOfWork, ProgressRows
from issuer.adapters.reading_stacks import ReadingStacks
from issuer.core.addresses import Addresses
from issuer.core.backpack_arrival import Examine
from issuer.core.kept_evidence import KeptEvidence
from issuer.core.progress import MeasureProgress, OwnProgress
from issuer.core.situations import Situations
from issuer.settings import IssuerSettings
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.offload import offload


def wire_progress(settings: IssuerSettings, database: Database, examine: Examine, clock: Clock) -> OwnProgress:
    """What learners see of their progress."""
    reading, addresses = ProgressRows(database), Addresses(settings.public_base_url)
    works = partial(LookUnitOfWork, database)
    kept = KeptEvidence(reading=reading, works=works, examine=examine, offload=offload, clock=clock)
    measure = MeasureProgress(
        reading=reading,
        stacks=ReadingStacks(database),
        situations=Situations(addresses),
        kept=kept,
        recipient_key=recipient_keys(settings.key_encryption_key_bytes),
        offload=offload,
        clock=clock,
    )
    return OwnProgress(reading=reading, measure_progress=measure, kept=kept, addresses=addresses)
