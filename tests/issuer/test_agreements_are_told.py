"""The migration that tells of agreements from before: of each that is public, as the service would tell it."""

from __future__ import annotations

import importlib

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from tests.issuer.recognising import Partners
from tests.issuer.world import World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

MIGRATION = importlib.import_module("issuer.migrations.versions.2026_11_29_0023_agreements_are_told")


def _upgrade(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        MIGRATION.upgrade()


async def test_agreements_from_before_are_told_as_they_are(world: World) -> None:
    partners = await Partners(world).open()
    first = await partners.agree()
    second = await partners.propose(replaces=first["id"])
    assert (await partners.act(second, "sign")).status_code == 200
    await partners.propose(programme=partners.ours)
    kinds = ("recognition-agreement.signed.v1", "recognition-agreement.ended.v1")
    before = {kind: {one.agreement_id: one for one in await world.events(kind)} for kind in kinds}

    async with world.database.engine.begin() as connection:
        await connection.run_sync(_upgrade)

    signed, ended = [(await world.events(kind))[-1] for kind in kinds]
    assert signed == before[kinds[0]][second["id"]]
    assert ended == before[kinds[1]][first["id"]]
    told = [len(await world.events(kind)) for kind in kinds]
    assert told == [3, 2]  # the proposal is not among them
