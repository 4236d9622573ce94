"""The part of the composition root that is about recognition: main calls it, and nothing else does."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fastapi import APIRouter

from issuer.adapters.audit import audit
from issuer.adapters.keys.key_store import recipient_keys
from issuer.adapters.reading import Reading
from issuer.adapters.recognition.reading import ReadingRecognitions
from issuer.adapters.recognition.recipient_box import RecipientBox
from issuer.adapters.recognition.sources import SourceUnitOfWork
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.backpack.arrival import Examine
from issuer.core.credentials.any_credentials import IssueAny
from issuer.core.credentials.issue import Issue
from issuer.core.recognition.acting import ActOnAgreement
from issuer.core.recognition.agreement_queries import AgreementQueries
from issuer.core.recognition.agreements import ProposeAgreement
from issuer.core.recognition.cases import Cases
from issuer.core.recognition.look import LookAtSources
from issuer.core.recognition.outside import CheckSignature, PartnerKeys
from issuer.core.recognition.partner_acts import ActElsewhere
from issuer.core.recognition.queries import RecognitionQueries
from issuer.core.recognition.requests import RequestRecognition
from issuer.core.recognition.review import ReviewSources
from issuer.core.recognition.statement import StateRefusal
from issuer.core.recognition.vetting import Vet
from issuer.core.status_lists.lists import SignStatusList
from issuer.http.recognition.agreements import agreement_routes, public_agreement_routes
from issuer.http.recognition.decisions import decision_routes
from issuer.http.recognition.recognitions import RecognitionUses, own_recognition_routes, recognition_routes
from issuer.http.recognition.sources import source_routes
from issuer.main_examination import examination
from issuer.settings import IssuerSettings
from service_kit.clock import Clock, utc_now
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from service_kit.ids import new_id, random_bytes
from service_kit.offload import offload


def wire_look_at_sources(
    settings: IssuerSettings, database: Database, sign_list: SignStatusList, fetcher: Fetcher, clock: Clock = utc_now
) -> LookAtSources:
    """The worker that looks again at what was recognised and was issued elsewhere."""
    return LookAtSources(
        works=partial(SourceUnitOfWork, database),
        examine=examination(settings, database, sign_list, fetcher, clock),
        every=timedelta(seconds=settings.recognised_look_every_s),
        audit=audit,
        clock=clock,
        spread=lambda: random_bytes(1)[0] / 255,
    )


def recognition_routers(
    settings: IssuerSettings,
    database: Database,
    *,
    issue: Issue,
    issue_any: IssueAny,
    sign_list: SignStatusList,
    fetcher: Fetcher,
    clock: Clock = utc_now,
) -> Sequence[APIRouter]:
    """Agreements, and what learners ask for."""
    unit_of_work, addresses = (
        partial(IssuerUnitOfWork, database),
        settings.addresses,
    )
    reading, found = Reading(database), ReadingRecognitions(database)
    examine = examination(settings, database, sign_list, fetcher, clock)
    recipient_key = recipient_keys(settings.key_encryption_key_bytes)
    box = RecipientBox(settings.key_encryption_key_bytes)
    vet = Vet(examine=examine, recognitions=found, addresses=addresses, recipient_key=recipient_key, clock=clock)
    request = RequestRecognition(
        unit_of_work=unit_of_work,
        reading=reading,
        recognitions=found,
        vet=vet,
        issue=issue,
        box=box,
        addresses=addresses,
        audit=audit,
        clock=clock,
        new_id=new_id,
    )
    cases = Cases(
        unit_of_work=unit_of_work,
        recognitions=found,
        examine=examine,
        issue=issue,
        box=box,
        addresses=addresses,
        audit=audit,
        clock=clock,
    )
    queries = RecognitionQueries(reading=found, box=box, recipient_key=recipient_key, clock=clock)
    state = StateRefusal(recognitions=found, reading=reading, issue_any=issue_any, addresses=addresses)
    review = ReviewSources(unit_of_work=unit_of_work, recognitions=found, examine=examine, audit=audit, clock=clock)
    uses = RecognitionUses(request, cases, queries, addresses)
    return (
        *_agreements(settings, database, examine, clock),  # before those that take any name below /recognitions
        recognition_routes(uses),
        own_recognition_routes(uses),
        decision_routes(state, queries),
        source_routes(review, queries, addresses),
    )


def _agreements(
    settings: IssuerSettings, database: Database, examine: Examine, clock: Clock
) -> tuple[APIRouter, APIRouter]:
    """What the two parties do, and what everybody reads."""
    unit_of_work, addresses = (
        partial(IssuerUnitOfWork, database),
        settings.addresses,
    )
    reading, found = Reading(database), ReadingRecognitions(database)
    propose = ProposeAgreement(
        unit_of_work=unit_of_work,
        reading=reading,
        recognitions=found,
        addresses=addresses,
        audit=audit,
        clock=clock,
        new_id=new_id,
        own_origin=settings.did_web_origin,
    )
    agreements = AgreementQueries(reading=found, addresses=addresses, clock=clock)
    keys = PartnerKeys(examine=examine, offload=offload, clock=clock)
    check = CheckSignature(keys=keys, addresses=addresses)
    act = ActOnAgreement(
        unit_of_work=unit_of_work,
        queries=agreements,
        check_signature=check,
        addresses=addresses,
        audit=audit,
        clock=clock,
    )
    elsewhere = ActElsewhere(reading=found, act=act, check_signature=check, keys=keys, addresses=addresses, clock=clock)
    public = public_agreement_routes(agreements, elsewhere, addresses)
    return agreement_routes(propose, act, agreements, addresses), public
