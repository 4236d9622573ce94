"""The part of the composition root that is about verifying what others signed, which several parts share."""

from issuer.adapters.backpack.evidence import GuardedWeb, OwnDocuments
from issuer.adapters.reading import Reading
from issuer.core.backpack.arrival import Examine
from issuer.core.status_lists.lists import SignStatusList
from issuer.settings import IssuerSettings
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from service_kit.offload import offload


def examination(
    settings: IssuerSettings, database: Database, sign_list: SignStatusList, fetcher: Fetcher, clock: Clock
) -> Examine:
    """How what arrives is verified."""
    own = OwnDocuments(database, Reading(database), sign_list, settings.addresses, clock)
    return Examine(web=GuardedWeb(fetcher, offload), own=own, offload=offload, clock=clock)
