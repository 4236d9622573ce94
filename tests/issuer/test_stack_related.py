"""A stack's achievement is related to those that count: the published version is embedded with that, and as it is."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contracts.events import StatusListPublished
from credential_core import did
from credential_core.contexts import frozen_contexts, load_context
from credential_core.keys import PublicKey
from credential_core.model import validate_achievement_credential
from issuer.main import Core
from tests.issuer.pathways import Series, related
from tests.issuer.world import World
from tests.node import Node

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
Json = dict[str, Any]
ELSEWHERE = {"id": "https://elsewhere.example/achievements/1", "type": ["Related"], "inLanguage": "pt"}


async def embedded(series: Series) -> Json:
    """The achievement in the only stack's credential, which is sound."""
    credential = (await series.credential((await series.stack())["credential"]))["credential"]
    assert validate_achievement_credential(credential) == ()
    return dict(credential["credentialSubject"]["achievement"])


@pytest_asyncio.fixture
async def written(world: World, core: Core) -> Series:
    """A series whose author wrote what its certificate is related to, the capstone among it."""
    series = await Series(world, core).open()
    mine = [ELSEWHERE, related(series.achievements["capstone"]) | {"version": "1"}]
    series.achievements["certificate"] = await world.achievement(name="Certificate", related=mine)
    assert await series.publish(version=2, revision=2) == "applied"
    return series


async def test_what_counts_comes_after_what_the_author_wrote_once_each(written: Series, world: World) -> None:
    await written.earn("python", "capstone", "statistics")
    await world.issue(await world.achievement(), recipient={"email": "ana@students.example"})  # counts for nothing
    await written.settle()
    found = await embedded(written)
    [(published,)] = await world.rows(
        "SELECT document FROM achievements WHERE id = :id", id=written.achievements["certificate"]
    )
    added = [related(written.achievements[name]) for name in ("python", "statistics")]
    assert found == published | {"related": [*published["related"], *added]}


async def test_it_follows_a_correction_of_the_stack(written: Series, world: World) -> None:
    _, python = await written.earn("capstone", "python")
    await written.settle()
    before = await embedded(written)
    await written.earn("statistics")
    await written.change(python, "revoke")
    await written.settle()
    after = await embedded(written)
    assert before["related"][2:] == [related(written.achievements["python"])]
    assert after == before | {"related": [*before["related"][:2], related(written.achievements["statistics"])]}


async def test_what_somebody_else_corrects_leaves_it_as_it_is(written: Series, world: World) -> None:
    await written.earn("capstone", "python")
    await written.settle()
    before = await embedded(written)
    address = (await written.stack())["credential"]
    answer = await world.send("POST", f"{address}/correct", {"reason": "praise", "narrative": "Well done."})
    assert answer.status_code == 200, answer.text
    assert await embedded(written) == before


@pytest.mark.node
async def test_another_implementation_verifies_it_and_sees_what_was_changed(written: Series, world: World) -> None:
    await written.earn("capstone", "python")
    await written.settle()
    credential = (await written.credential((await written.stack())["credential"]))["credential"]
    issuer, method = credential["issuer"]["id"], credential["proof"]["verificationMethod"]
    [(key,)] = await world.rows("SELECT public_key FROM issuer_keys")
    controller = did.did_document(issuer, [did.VerificationMethod(method, issuer, PublicKey.from_multibase(key))])
    lists = [one.credential for one in await world.events(StatusListPublished.event_type)]
    given = {
        "contexts": {url: load_context(url) for url in frozen_contexts()},
        "controllers": {issuer: controller},
        "statusLists": {list_["id"]: list_ for list_ in lists},
    }
    node = await asyncio.to_thread(Node, Path(__file__).parents[1] / "conformance")

    async def verified(document: Json) -> bool:
        return bool((await asyncio.to_thread(node.run, "verify.mjs", given | {"credential": document}))["verified"])

    assert await verified(credential)
    found = credential["credentialSubject"]["achievement"]["related"]
    for names in (found[:-1], [*found, related("https://elsewhere.example/achievements/2")]):
        forged = deepcopy(credential)
        forged["credentialSubject"]["achievement"]["related"] = names
        assert not await verified(forged)
