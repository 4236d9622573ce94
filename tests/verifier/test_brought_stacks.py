"""Stacks that count what others issued: the decision is made again from what the record says and their own lists."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest

from contracts.catalog_events import PathwayPublished
from credential_core.bitstring import MINIMUM_LENGTH, StatusBits, entry, status_list_credential
from credential_core.jcs import digest
from credential_core.revocation_list import revocation_list
from service_kit.testing import BASE_URL
from stacking import Setting, compile_rules
from stacking.award import completion
from stacking.badges import held_from
from stacking.documents import digest as pathway_digest
from stacking.documents import read
from stacking.evidence import Agreed
from stacking.record import HEAD, Input, as_evidence, record_of
from stacking.statuses import Listed, statuses_of
from stacking.trust import trusting
from tests.verifier.conftest import Deliver, Verify, Web
from tests.verifier.test_stacks import achievement, check_of, unversioned
from tests.verifier.world import DAY, NOW, Issuer, list_url

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
Json = dict[str, Any]
THEIR_LIST = "https://academy.example/lists/1"
PATHWAY = f"{BASE_URL}/pathways/{uuid.uuid4()}"
AGREEMENT = f"{BASE_URL}/recognition-agreements/{uuid.uuid4()}"
DOCUMENT: Json = {
    "name": "Series",
    "hasDestinationComponent": "certificate",
    "hasPart": [
        {
            "id": "certificate",
            "proxyFor": [unversioned("certificate")],
            "hasCondition": {"targetComponent": ["capstone", "python"]},
        },
        {"id": "capstone", "proxyFor": [unversioned("capstone")]},
        {"id": "python", "proxyFor": [unversioned("python")], "hasConstraint": [{"type": "RecognisedIssuer"}]},
    ],
}


@pytest.fixture
def academy(web: Web) -> Issuer:
    """Nobody of the fleet, with a list of its own."""
    made = Issuer("academy", "did:web:academy.example")
    web.documents["https://academy.example/.well-known/did.json"] = made.did_document
    web.documents[THEIR_LIST] = made.status_list(THEIR_LIST)
    return made


def composed(
    university: Issuer,
    academy: Issuer,
    *,
    status: Json | list[Json] | None,
    agreed: bool = True,
    address: str,
    pathway: str = PATHWAY,
) -> tuple[Json, list[Json]]:
    """A stack of one component of each, and the components. `address` is the university's status list."""
    components = [
        university.credential(status=dict(entry(address, 1, "revocation")), achievement=achievement("capstone")),
        academy.credential(status=status, achievement=achievement("python"), credential_id=f"urn:uuid:{uuid.uuid4()}"),
    ]
    day = Setting(
        NOW.date(),
        frozenset({university.identifier, academy.identifier}),
        frozenset({Agreed(academy.identifier, AGREEMENT, 1, "uSigned")}),
        own=frozenset({university.identifier}),
    )
    rules = read(DOCUMENT, identifier=pathway, version=1)
    found = completion(trusting(compile_rules(rules), day), [held_from(one) for one in components], day)
    assert found is not None
    by_id = {one["id"]: one for one in components}
    statuses = {name: statuses_of(one) or () for name, one in by_id.items()}
    inputs = [
        Input(
            held,
            digest(by_id[held.id]),
            tuple(Listed(one, "uList") for one in statuses[held.id]),
            has_no_status=not statuses[held.id],
        )
        for held in found.counting
    ]
    record = record_of(rules, pathway_digest(DOCUMENT), found.evaluation, inputs, day)
    if not agreed:
        record["recognisedIssuers"] = [university.identifier]
        del record["recognisedBy"]
    stack = university.credential(
        status=dict(entry(address, 3, "revocation")),
        achievement=achievement("certificate"),
        evidence=[as_evidence(record, "Series")],
    )
    return stack, components


async def stacked(
    university: Issuer, academy: Issuer, deliver: Deliver, *, status: Json | list[Json] | None, agreed: bool = True
) -> tuple[Json, list[Json]]:
    """The same, as the fleet tells of it."""
    address = list_url()
    stack, components = composed(university, academy, status=status, agreed=agreed, address=address)
    published = PathwayPublished(
        pathway_id=PATHWAY,
        version=1,
        revision=1,
        org_id=university.org,
        name="Series",
        digest=pathway_digest(DOCUMENT),
        document=DOCUMENT,
        changed_at=NOW,
    )
    await deliver(university.published(), published, university.list_published(university.status_list(address)))
    await deliver(university.issued(components[0]), university.issued(stack))
    return stack, components


THEIRS = dict(entry(THEIR_LIST, 7, "revocation"))


async def test_anothers_component_is_looked_up_in_its_own_list(
    university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify, web: Web
) -> None:
    stack, components = await stacked(university, academy, deliver, status=THEIRS)
    answer = await verify(stack)
    assert (answer["verdict"], check_of(answer)) == ("valid", ("passed", "stack_holds_as_stated"))
    assert check_of(await verify(stack, components=components)) == ("passed", "stack_holds")
    web.documents[THEIR_LIST] = academy.status_list(THEIR_LIST, 7)
    assert check_of(await verify(stack)) == ("failed", "stack_does_not_hold")


async def test_while_its_list_cannot_be_had_it_is_open(
    university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify, web: Web
) -> None:
    stack, _ = await stacked(university, academy, deliver, status=THEIRS)
    del web.documents[THEIR_LIST]
    answer = await verify(stack)
    assert (answer["verdict"], check_of(answer)) == ("indeterminate", ("unknown", "stack_undecided"))


async def test_a_list_of_somebody_elses_says_nothing_about_it(
    university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify, web: Web
) -> None:
    stack, _ = await stacked(university, academy, deliver, status=THEIRS)
    stranger = Issuer("stranger")
    web.documents[THEIR_LIST] = stranger.status_list(THEIR_LIST)
    assert check_of(await verify(stack)) == ("unknown", "stack_undecided")


async def test_what_has_no_status_cannot_have_been_revoked(
    university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify
) -> None:
    stack, components = await stacked(university, academy, deliver, status=None)
    assert check_of(await verify(stack)) == ("passed", "stack_holds_as_stated")
    assert check_of(await verify(stack, components=components)) == ("passed", "stack_holds")


async def test_without_the_agreement_in_its_record_it_does_not_hold(
    university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify
) -> None:
    stack, _ = await stacked(university, academy, deliver, status=THEIRS, agreed=False)
    assert check_of(await verify(stack)) == ("failed", "stack_does_not_hold")


REVOKED_IDS = "https://academy.example/revoked.json"
MEANINGS = ["valid", "under appeal", "withdrawn", "fraudulent"]
WIDE = entry(THEIR_LIST, 7, "revocation") | {
    "statusSize": 2,
    "statusMessage": [{"status": hex(value), "message": meaning} for value, meaning in enumerate(MEANINGS)],
}
SUSPENSIONS = "https://academy.example/lists/2"


def wide_list(academy: Issuer, value: int) -> Json:
    """A list of two bits each, with this value at the seventh place."""
    bits = StatusBits.empty(2 * MINIMUM_LENGTH)
    for place in (0, 1):
        bits.set(14 + place, bool(value >> (1 - place) & 1))
    return academy.sign(
        status_list_credential(
            list_url=THEIR_LIST,
            issuer=academy.identifier,
            purpose="revocation",
            bits=bits,
            valid_from=NOW - DAY,
            ttl_ms=300_000,
        )
    )


class TestOtherStatuses:
    """Whatever the record names is looked up; the worst counts."""

    async def test_revocation_and_suspension_are_both_looked_up(
        self, university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify, web: Web
    ) -> None:
        both: list[Json] = [THEIRS, dict(entry(SUSPENSIONS, 9, "suspension"))]
        web.documents[SUSPENSIONS] = academy.status_list(SUSPENSIONS, purpose="suspension")
        stack, components = await stacked(university, academy, deliver, status=both)
        assert check_of(await verify(stack, components=components)) == ("passed", "stack_holds")
        web.documents[SUSPENSIONS] = academy.status_list(SUSPENSIONS, 9, purpose="suspension")
        assert check_of(await verify(stack)) == ("failed", "stack_does_not_hold")
        del web.documents[SUSPENSIONS]
        assert check_of(await verify(stack)) == ("unknown", "stack_undecided")
        web.documents[THEIR_LIST] = academy.status_list(THEIR_LIST, 7)
        assert check_of(await verify(stack)) == ("failed", "stack_does_not_hold")

    async def test_a_list_of_revoked_ids_is_read(
        self, university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify, web: Web
    ) -> None:
        status: Json = {"id": REVOKED_IDS, "type": "1EdTechRevocationList"}
        web.documents[REVOKED_IDS] = revocation_list(REVOKED_IDS, academy.identifier, {"urn:uuid:another": None})
        stack, components = await stacked(university, academy, deliver, status=status)
        assert check_of(await verify(stack, components=components)) == ("passed", "stack_holds")
        named = {components[1]["id"]: "a mistake"}
        web.documents[REVOKED_IDS] = revocation_list(REVOKED_IDS, academy.identifier, named)
        assert check_of(await verify(stack)) == ("failed", "stack_does_not_hold")

    @pytest.mark.parametrize("value", range(4))
    async def test_of_a_wide_value_any_but_nought_counts_against_it(
        self, university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify, web: Web, value: int
    ) -> None:
        web.documents[THEIR_LIST] = wide_list(academy, value)
        stack, _ = await stacked(university, academy, deliver, status=WIDE)
        holds = ("failed", "stack_does_not_hold") if value else ("passed", "stack_holds_as_stated")
        assert check_of(await verify(stack)) == holds

    async def test_a_kind_that_is_not_known_here_leaves_it_open(
        self, university: Issuer, academy: Issuer, deliver: Deliver, verify: Verify
    ) -> None:
        stack, _ = await stacked(university, academy, deliver, status=THEIRS)
        [*others, evidence] = stack["evidence"]
        record = json.loads(base64.b64decode(evidence["id"].removeprefix(HEAD)))
        theirs = next(one for one in record["inputs"] if one["issuer"] == academy.identifier)
        theirs["credentialStatus"] = [{"type": "LaterStatus", "id": THEIR_LIST, "statusListDigest": "uList"}]
        later = {name: value for name, value in stack.items() if name != "proof"}
        later["evidence"] = [*others, as_evidence(record, "Series")]
        assert check_of(await verify(university.sign(later))) == ("unknown", "stack_undecided")
