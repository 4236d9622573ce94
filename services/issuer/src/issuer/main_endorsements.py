"""The part of the composition root that is about endorsements: main calls it, and nothing else does."""

from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter

from issuer.adapters.audit import audit
from issuer.adapters.endorsements.endorsements import ReadingEndorsements
from issuer.adapters.reading import Reading
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.credentials.any_credentials import IssueAny
from issuer.core.endorsements.check import CheckEndorsement
from issuer.core.endorsements.decide import DecideEndorsement, RecheckEndorsements
from issuer.core.endorsements.endorse import Endorse
from issuer.core.endorsements.endorsements import EndorsementQueries
from issuer.core.endorsements.present import PresentEndorsement
from issuer.core.status_lists.lists import SignStatusList
from issuer.http.endorsements.endorsements import EndorsementUses, endorsement_routes
from issuer.main_examination import examination
from issuer.settings import IssuerSettings
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from service_kit.ids import new_id


@dataclass(frozen=True, slots=True)
class EndorsementParts:
    """The routes, and the worker that verifies again."""

    routes: APIRouter
    recheck: RecheckEndorsements


def wire_endorsements(
    settings: IssuerSettings,
    database: Database,
    *,
    sign_list: SignStatusList,
    issue_any: IssueAny,
    fetcher: Fetcher,
    clock: Clock,
) -> EndorsementParts:
    """Endorsements on their adapters."""
    unit_of_work, addresses = partial(IssuerUnitOfWork, database), settings.addresses
    check = CheckEndorsement(examination(settings, database, sign_list, fetcher, clock))
    endorsements = ReadingEndorsements(database, addresses)
    uses = EndorsementUses(
        addresses=addresses,
        endorse=Endorse(
            reading=Reading(database),
            endorsements=endorsements,
            issue_any=issue_any,
            addresses=addresses,
            clock=clock,
            new_id=new_id,
        ),
        present=PresentEndorsement(
            check=check,
            endorsements=endorsements,
            unit_of_work=unit_of_work,
            addresses=addresses,
            audit=audit,
            clock=clock,
            new_id=new_id,
        ),
        decide=DecideEndorsement(
            check=check,
            endorsements=endorsements,
            unit_of_work=unit_of_work,
            addresses=addresses,
            audit=audit,
            clock=clock,
        ),
        queries=EndorsementQueries(endorsements=endorsements),
    )
    recheck = RecheckEndorsements(check=check, unit_of_work=unit_of_work, addresses=addresses, audit=audit, clock=clock)
    return EndorsementParts(endorsement_routes(uses), recheck)
