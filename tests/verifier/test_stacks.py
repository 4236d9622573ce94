"""Stacked credentials: the verifier makes the issuer's decision again, from what is public and what it was given."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from contracts.catalog_events import PathwayPublished
from credential_core.bitstring import entry
from credential_core.jcs import digest
from service_kit.testing import BASE_URL
from stacking import Setting, compile_rules
from stacking.award import completion
from stacking.badges import held_from
from stacking.documents import digest as pathway_digest
from stacking.documents import read
from stacking.record import Input, as_evidence, record_of
from stacking.statuses import Listed, Status
from tests.verifier.conftest import Deliver, Verify, Web
from tests.verifier.test_vc_api import presentation, show
from tests.verifier.world import NOW, Issuer, list_url
from verifier.core.stacks import MOST

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
Json = dict[str, Any]


@dataclass
class Series:
    """Two components and the certificate that they are worth."""

    issuer: Issuer
    pathway: Json
    components: list[Json]
    stack: Json
    status_list: str
    id: str

    def published(self) -> PathwayPublished:
        return PathwayPublished(
            pathway_id=self.id,
            version=1,
            revision=1,
            org_id=self.issuer.org,
            name=self.pathway["name"],
            digest=pathway_digest(self.pathway),
            document=self.pathway,
            changed_at=NOW,
        )


def achievement(name: str) -> Json:
    return {
        "id": f"{BASE_URL}/achievements/{uuid.uuid5(uuid.NAMESPACE_URL, name)}/versions/1",
        "type": ["Achievement"],
        "name": name,
        "description": name,
        "criteria": {"narrative": name},
        "creditsAvailable": 5,
    }


def unversioned(name: str) -> str:
    return str(achievement(name)["id"]).removesuffix("/versions/1")


def series_of(issuer: Issuer, *, catalog: str = BASE_URL, lists: str = BASE_URL) -> Series:
    address, identifier = list_url(lists), f"{catalog}/pathways/{uuid.uuid4()}"
    pathway: Json = {
        "name": "Series",
        "hasDestinationComponent": "certificate",
        "hasPart": [
            {
                "id": "certificate",
                "proxyFor": [unversioned("certificate")],
                "hasCondition": {"targetComponent": ["capstone", "python"]},
            },
            {"id": "capstone", "proxyFor": [unversioned("capstone")]},
            {"id": "python", "proxyFor": [unversioned("python")]},
        ],
    }
    components = [
        issuer.credential(status=dict(entry(address, place, "revocation")), achievement=achievement(name))
        for place, name in enumerate(("capstone", "python"), 1)
    ]
    day = Setting(NOW.date())
    found = completion(
        compile_rules(read(pathway, identifier=identifier, version=1)), [held_from(one) for one in components], day
    )
    assert found is not None
    inputs = [
        Input(held, digest(one), (Listed(Status(address, place), "uList"),))
        for place, (held, one) in enumerate(zip(found.counting, components, strict=True), 1)
    ]
    rules = read(pathway, identifier=identifier, version=1)
    record = record_of(rules, pathway_digest(pathway), found.evaluation, inputs, day)
    stack = issuer.credential(
        status=dict(entry(address, 3, "revocation")),
        achievement=achievement("certificate"),
        evidence=[as_evidence(record, "Series")],
    )
    return Series(issuer, pathway, components, stack, address, identifier)


@pytest_asyncio.fixture
async def series(university: Issuer, deliver: Deliver) -> Series:
    made = series_of(university)
    await deliver(university.published(), made.published())
    await deliver(university.list_published(university.status_list(made.status_list)))
    await deliver(*(university.issued(one) for one in (*made.components, made.stack)))
    return made


def check_of(answer: Json) -> tuple[str, str]:
    [found] = [check for check in answer["checks"] if check["check"] == "stack"]
    return found["outcome"], found["code"]


async def test_a_stack_alone_holds_as_stated(series: Series, verify: Verify) -> None:
    answer = await verify(series.stack)
    assert (answer["verdict"], check_of(answer)) == ("valid", ("passed", "stack_holds_as_stated"))


async def test_with_its_components_it_holds(series: Series, verify: Verify) -> None:
    answer = await verify(series.stack, components=series.components)
    assert (answer["verdict"], check_of(answer)) == ("valid", ("passed", "stack_holds"))
    partly = await verify(series.stack, components=series.components[:1])
    assert check_of(partly) == ("passed", "stack_holds_as_stated")


async def test_a_component_that_fell_fails_it_before_its_issuer_has_followed(
    series: Series, verify: Verify, deliver: Deliver
) -> None:
    await deliver(series.issuer.revoked(series.components[0]["id"]))
    answer = await verify(series.stack)
    assert (answer["verdict"], check_of(answer)) == ("invalid", ("failed", "stack_does_not_hold"))


async def test_the_components_lists_are_looked_at(series: Series, verify: Verify, deliver: Deliver) -> None:
    shown = series.issuer.status_list(series.status_list, 2)
    await deliver(series.issuer.list_published(shown, revision=2))
    assert check_of(await verify(series.stack)) == ("failed", "stack_does_not_hold")


async def test_another_document_for_a_component_fails_it(series: Series, verify: Verify) -> None:
    other = series.issuer.sign({**_unsigned(series.components[0]), "name": "Something else"})
    answer = await verify(series.stack, components=[other])
    assert check_of(answer) == ("failed", "stack_does_not_hold")


async def test_what_is_no_component_plays_no_part(series: Series, verify: Verify) -> None:
    answer = await verify(series.stack, components=[*series.components, {"x": 1}, "text", series.issuer.credential()])
    assert check_of(answer) == ("passed", "stack_holds")


async def test_without_the_pathway_it_is_open(university: Issuer, verify: Verify, deliver: Deliver) -> None:
    made = series_of(university)
    await deliver(university.published(), university.list_published(university.status_list(made.status_list)))
    answer = await verify(made.stack)
    assert (answer["verdict"], check_of(answer)) == ("indeterminate", ("unknown", "stack_undecided"))


async def test_anothers_pathway_is_read_from_its_catalog(
    university: Issuer, verify: Verify, deliver: Deliver, web: Web
) -> None:
    made = series_of(university, catalog="https://catalog.example")
    await deliver(university.published(), university.list_published(university.status_list(made.status_list)))
    web.documents[f"{made.id}/versions/1"] = {**made.pathway, "id": made.id, "status": "published", "version": "1"}
    assert check_of(await verify(made.stack)) == ("passed", "stack_holds_as_stated")
    web.documents[f"{made.id}/versions/1"] = {**made.pathway, "name": "Another"}
    assert check_of(await verify(made.stack)) == ("failed", "stack_does_not_hold")


async def test_in_one_presentation_components_speak_for_the_stack(series: Series, client: httpx.AsyncClient) -> None:
    shown = presentation(Issuer("holder"), series.stack, *series.components)
    answer = await show(client, shown)
    assert check_of(answer.json()) == ("passed", "stack_holds"), answer.text
    forged = series.stack | {"name": "Another"}
    answer = await show(client, presentation(Issuer("holder"), forged, *series.components))
    assert check_of(answer.json()) == ("skipped", "stack_not_checked")


async def test_more_stacks_than_are_decided_again_leave_it_open(series: Series, client: httpx.AsyncClient) -> None:
    """Their holder chooses which come first, and could hide behind them one that does not hold."""
    few = await show(client, presentation(Issuer("holder"), *[series.stack] * MOST))
    assert few.json()["verdict"] == "valid", few.text
    answer = await show(client, presentation(Issuer("holder"), *[series.stack] * (MOST + 1)))
    assert (answer.json()["verdict"], check_of(answer.json())) == ("indeterminate", ("unknown", "stack_undecided"))


async def test_what_is_not_genuine_is_not_evaluated(series: Series, verify: Verify) -> None:
    answer = await verify(series.stack | {"name": "Another"})
    assert (answer["verdict"], check_of(answer)) == ("invalid", ("skipped", "stack_not_checked"))


async def test_a_record_that_is_none_fails(series: Series, verify: Verify) -> None:
    evidence = [series.stack["evidence"][0] | {"id": "data:application/json;base64,bnVsbA=="}]
    stack = series.issuer.sign({**_unsigned(series.stack), "evidence": evidence})
    assert check_of(await verify(stack)) == ("failed", "stack_does_not_hold")


async def test_a_credential_without_a_record_has_no_such_check(series: Series, verify: Verify) -> None:
    answer = await verify(series.components[0])
    assert [check for check in answer["checks"] if check["check"] == "stack"] == []


def _unsigned(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "proof"}
