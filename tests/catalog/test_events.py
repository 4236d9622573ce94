"""What other services say: issuers beside achievements, and counts that are exact whatever the bus does."""

import itertools
import random
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select, update

from catalog.adapters.tables import CREDENTIALS
from catalog.events.handlers import TOPICS, subscriptions
from catalog.main import inbox
from contracts.envelope import envelope
from contracts.events import (
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialSuspended,
    IssuerPublished,
)
from contracts.payload import Payload
from contracts.topics import TOPIC_OF
from service_kit.bus import Record
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.inbox import MalformedRecord, Outcome
from tests.catalog.samples import OTHER, UNIVERSITY, Json, path, published

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = "did:web:university.example:issuers:main"


def record(payload: Payload, event_id: str | None = None) -> Record:
    event = envelope(payload, event_id=event_id or new_id(), source="/issuer", time=NOW)
    return Record(TOPIC_OF[type(payload)].name, payload.key().encode(), event.data, event.headers())


def issued(achievement: str, credential: str, revision: int = 1) -> CredentialIssued:
    return CredentialIssued(
        credential_id=credential,
        org_id=UNIVERSITY,
        issuer_id=ISSUER,
        issuer_slug="main",
        achievement_id=achievement,
        achievement_version=1,
        revision=revision,
        issued_at=NOW,
        valid_from=NOW,
        digest="u0",
        status_list="https://laurel.example/status-lists/1",
        status_index=0,
    )


def corrected(achievement: str, credential: str, revision: int, state: str = "issued") -> CredentialCorrected:
    told = issued(achievement, credential, revision).model_dump()
    return CredentialCorrected(**told | {"state": state, "corrected_at": NOW, "replaces": "u0", "digest": "u1"})


def changed(
    kind: type[CredentialRevoked | CredentialSuspended | CredentialReinstated], credential: str, revision: int
) -> Payload:
    return kind(credential_id=credential, org_id=UNIVERSITY, issuer_id=ISSUER, revision=revision, changed_at=NOW)


def issuer(revision: int = 1, *, org: str = UNIVERSITY, slug: str = "main", active: bool = True) -> IssuerPublished:
    return IssuerPublished(
        issuer_id=f"did:web:university.example:issuers:{slug}",
        slug=slug,
        org_id=org,
        revision=revision,
        active=active,
        name=f"University, revision {revision}",
        profile={},
        did_document={},
        changed_at=NOW,
    )


async def shown(client: httpx.AsyncClient, achievement: str) -> Json:
    found: Json = (await client.get(path(achievement))).json()
    return found


async def deliver(database: Database, records: list[Record]) -> None:
    for one in records:
        await inbox(database).process(one)


async def test_counts_are_exact_in_every_order_and_with_every_repetition(
    university: httpx.AsyncClient, database: Database
) -> None:
    achievement = (await published(university))["id"]
    random.seed(7)
    story = [issued(achievement, "c")], [changed(CredentialSuspended, "c", 2)], [changed(CredentialRevoked, "c", 3)]
    one_life: list[Payload] = [payload for part in story for payload in part]
    for number, order in enumerate(itertools.permutations(range(3))):
        records = [record(_renamed(one_life[index], f"c{number}")) for index in order]
        await deliver(database, records + random.sample(records, 2))
        # The same again as a new event, as after a republication of everything.
        await deliver(database, [record(_renamed(one_life[index], f"c{number}")) for index in order])

    assert (await shown(university, achievement))["statistics"] == {"issued": 6, "revoked": 6, "suspended": 0}


async def test_what_others_issue_by_a_policy_of_their_own_counts_for_nothing(
    university: httpx.AsyncClient, database: Database
) -> None:
    """They could make an achievement look much awarded, or much revoked."""
    achievement = (await published(university))["id"]
    theirs: list[Payload] = [issued(achievement, "theirs"), changed(CredentialRevoked, "theirs", 2)]
    foreign = [record(payload.model_copy(update={"org_id": OTHER})) for payload in theirs]
    for order in (foreign, foreign[::-1]):
        await deliver(database, [record(_renamed(issued(achievement, "c"), "ours")), *order])
        assert (await shown(university, achievement))["statistics"] == {"issued": 1, "revoked": 0, "suspended": 0}

    async with database.session() as session:  # as the release before had it
        await session.execute(update(CREDENTIALS).values(achievement_id=achievement))
        await session.commit()
    assert (await shown(university, achievement))["statistics"]["issued"] == 2
    await deliver(database, [record(one.model_copy(update={"org_id": OTHER})) for one in theirs])
    assert (await shown(university, achievement))["statistics"] == {"issued": 1, "revoked": 0, "suspended": 0}


async def test_a_chunk_in_any_order_leaves_what_its_events_leave_one_by_one(
    university: httpx.AsyncClient, database: Database
) -> None:
    achievement = (await published(university))["id"]
    life: list[Payload] = [
        issued(achievement, "c"),
        changed(CredentialSuspended, "c", 2),
        corrected(achievement, "c", 3, "suspended"),
        changed(CredentialReinstated, "c", 4),
        changed(CredentialRevoked, "c", 5),
    ]
    orders = list(itertools.permutations(range(5)))
    for number, order in enumerate(orders):
        await deliver(database, [record(_renamed(life[step], f"one-{number:03}")) for step in order])
    # Lives of several credentials are mixed in each chunk, and half of the events come twice, as new ones.
    for first in range(0, len(orders), 20):
        chunk = [
            record(_renamed(life[order[step]], f"all-{number:03}"))
            for step in (0, 1, 2, 3, 4, 1, 3)
            for number, order in enumerate(orders[first : first + 20], first)
        ]
        assert await inbox(database).process_together(chunk) == [Outcome.APPLIED] * len(chunk)

    async with database.snapshot() as session:
        rows = (await session.execute(select(CREDENTIALS).order_by(CREDENTIALS.c.credential_id))).all()
    left = [tuple(row)[1:] for row in rows if row.credential_id.startswith("one-")]
    assert len(left) == len(orders)
    assert [tuple(row)[1:] for row in rows if row.credential_id.startswith("all-")] == left


def _renamed(payload: Payload, credential: str) -> Payload:
    return payload.model_copy(update={"credential_id": credential})


async def test_a_suspension_is_counted_while_it_lasts(university: httpx.AsyncClient, database: Database) -> None:
    achievement = (await published(university))["id"]
    await deliver(database, [record(issued(achievement, name)) for name in ("a", "b", "c")])
    await deliver(database, [record(changed(CredentialSuspended, name, 2)) for name in ("a", "b")])
    assert (await shown(university, achievement))["statistics"] == {"issued": 3, "revoked": 0, "suspended": 2}

    await deliver(database, [record(changed(CredentialReinstated, "a", 3))])
    assert (await shown(university, achievement))["statistics"] == {"issued": 3, "revoked": 0, "suspended": 1}


async def test_a_correction_is_no_second_credential_and_ends_no_suspension(
    university: httpx.AsyncClient, database: Database
) -> None:
    achievement = (await published(university))["id"]
    for number, order in enumerate(itertools.permutations(range(4))):
        name = f"c{number}"
        life: list[Payload] = [
            issued(achievement, name),
            corrected(achievement, name, 2),
            changed(CredentialSuspended, name, 3),
            corrected(achievement, name, 4, "suspended"),
        ]
        await deliver(database, [record(life[step]) for step in order])
    assert (await shown(university, achievement))["statistics"] == {"issued": 24, "revoked": 0, "suspended": 24}


async def test_a_change_before_its_issuance_waits_to_be_counted(
    university: httpx.AsyncClient, database: Database
) -> None:
    achievement = (await published(university))["id"]
    await deliver(database, [record(changed(CredentialRevoked, "c", 2))])
    assert (await shown(university, achievement))["statistics"]["issued"] == 0

    await deliver(database, [record(issued(achievement, "c"))])
    assert (await shown(university, achievement))["statistics"] == {"issued": 1, "revoked": 1, "suspended": 0}


async def test_one_achievements_credentials_are_not_anothers(university: httpx.AsyncClient, database: Database) -> None:
    first, second = (await published(university))["id"], (await published(university))["id"]
    await deliver(database, [record(issued(first, "a")), record(issued("https://elsewhere.example/a/1", "b"))])

    assert (await shown(university, first))["statistics"]["issued"] == 1
    assert (await shown(university, second))["statistics"]["issued"] == 0


async def test_the_same_event_is_applied_once(database: Database) -> None:
    again = record(issued("https://laurel.example/achievements/1", "c"), event_id="one")

    outcomes = [await inbox(database).process(again) for _ in range(2)]

    assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE]


async def test_an_achievement_shows_its_organizations_active_issuers(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    achievement = (await published(university))["id"]
    await deliver(
        database,
        [
            record(issuer(2)),
            record(issuer(1)),
            record(issuer(slug="closed", active=False)),
            record(issuer(slug="foreign", org=OTHER)),
        ],
    )

    assert (await shown(client, achievement))["issuers"] == [
        {"id": ISSUER, "name": "University, revision 2", "url": "http://laurel.test/issuers/main"}
    ]


async def test_an_issuers_country_is_known_to_other_catalogues(
    university: httpx.AsyncClient, client: httpx.AsyncClient, database: Database
) -> None:
    """Also of an issuer that an older release kept nothing of: the same revision again tells it."""
    where = f"{path((await published(university))['id'])}/export?format=elm"
    await deliver(database, [record(issuer())])
    assert "Awarded by University, revision 1" in (await client.get(where)).text

    told = issuer().model_copy(update={"profile": {"address": {"addressCountryCode": "IE"}}})
    await deliver(database, [record(told)])

    body = (await client.get(where)).json()["awardingOpportunity"]["awardingBody"]
    assert body["location"]["address"]["countryCode"]["id"].endswith("/country/IRL")


async def test_no_learner_is_stored(database: Database) -> None:
    await deliver(database, [record(issued("https://laurel.example/achievements/1", "c"))])

    async with database.session() as session:
        (row,) = (await session.execute(select(CREDENTIALS))).mappings().all()
    assert dict(row) == {
        "credential_id": "c",
        "achievement_id": "https://laurel.example/achievements/1",
        "state": "issued",
        "revision": 1,
    }


async def test_a_malformed_record_is_told_apart(database: Database) -> None:
    whole = record(issued("https://laurel.example/achievements/1", "c"))

    with pytest.raises(MalformedRecord):
        await inbox(database).process(Record(whole.topic, whole.key, b'{"credential_id": 1}', whole.headers))


async def test_every_subscription_has_its_topic() -> None:
    assert {TOPIC_OF[subscription.payload] for subscription in subscriptions()} == set(TOPICS)
