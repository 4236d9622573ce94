"""Stacks that count what others issued: the decision is made again from what the record says and their own lists."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from contracts.catalog_events import PathwayPublished
from credential_core.bitstring import entry
from credential_core.jcs import digest
from service_kit.testing import BASE_URL
from stacking import Setting, compile_rules
from stacking.award import completion
from stacking.badges import held_from
from stacking.documents import digest as pathway_digest
from stacking.documents import read
from stacking.evidence import Agreed
from stacking.record import Input, Listed, as_evidence, record_of
from stacking.trust import trusting
from tests.verifier.conftest import Deliver, Verify, Web
from tests.verifier.test_stacks import achievement, check_of, unversioned
from tests.verifier.world import NOW, Issuer, list_url

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


async def stacked(
    university: Issuer, academy: Issuer, deliver: Deliver, *, status: Json | None, agreed: bool = True
) -> tuple[Json, list[Json]]:
    """A stack of one component of each, and the components."""
    address = list_url()
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
    rules = read(DOCUMENT, identifier=PATHWAY, version=1)
    found = completion(trusting(compile_rules(rules), day), [held_from(one) for one in components], day)
    assert found is not None
    listed = {components[0]["id"]: Listed(address, 1, "uList"), components[1]["id"]: Listed(THEIR_LIST, 7, "uTheirs")}
    if status is None:
        del listed[components[1]["id"]]
    by_id = {one["id"]: one for one in components}
    inputs = [
        Input(held, digest(by_id[held.id]), listed.get(held.id), has_no_status=held.id not in listed)
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
