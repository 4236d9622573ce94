"""What was brought is what the stack's achievement is related to, as its own document names it."""

from __future__ import annotations

import pytest

from tests.issuer.abroad import Academy
from tests.issuer.bringing import ABROAD, Bringing, abroad
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import issued_by, related
from tests.issuer.world import World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_what_was_brought_is_named_as_its_document_names_it_also_when_it_is_kept_no_more(
    bringing: Bringing, academy: Academy, ana: Keeper, world: World
) -> None:
    series = bringing.series
    document = abroad(academy)
    document["credentialSubject"]["achievement"]["id"] = f"{ABROAD}/versions/3"
    await bringing.takes(ABROAD, issued_by(academy.did))
    [capstone] = await series.earn("capstone")
    await bringing.keep(ana, academy.signed({name: value for name, value in document.items() if name != "proof"}))
    await bringing.allow(ana)
    assert await bringing.statuses() == ["awarded"]
    named = [related(series.achievements["capstone"]), related(ABROAD, 3)]
    assert sorted((await bringing.awarded())["credentialSubject"]["achievement"]["related"], key=str) == sorted(
        named, key=str
    )

    assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
    answer = await world.send("POST", f"{capstone}/correct", {"reason": "spelling", "narrative": "Well done."})
    assert answer.status_code == 200, answer.text
    assert await bringing.statuses() == ["awarded"]
    assert sorted((await bringing.awarded())["credentialSubject"]["achievement"]["related"], key=str) == sorted(
        named, key=str
    )
