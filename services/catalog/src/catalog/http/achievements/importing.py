"""The route that imports achievements of other catalogues."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query
from pydantic.alias_generators import to_camel

from catalog.core.achievements.importing import ImportAchievements
from catalog.core.model import Json
from catalog.http.answers import ForeignReportAnswer, documented
from catalog.http.callers import Writer, organization
from catalog.http.other_catalogues.foreign import read_foreign
from service_kit.app import router
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey
from service_kit.offload import offload

PATH = "/achievements/import"


def routes(import_achievements: ImportAchievements) -> APIRouter:
    """One route."""
    imports = router(tags=["achievements"])

    @imports.post(PATH, responses=documented(ForeignReportAnswer, 400, 401, 403, 409, 413))
    async def import_foreign_achievements(
        caller: Writer,
        body: Annotated[
            Json | list[Json],
            Body(description="one document, a list of them, or a graph: at most 200 achievements in 4 MiB"),
        ],
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
        dry_run: Annotated[bool, Query(alias="dryRun", description="check and count, and keep nothing")] = False,
    ) -> dict[str, Any]:
        """Make drafts of Open Badges 3.0 Achievements, Open Badges 2.0 BadgeClasses and CTDL credentials.

        Envelopes of the Credential Registry and answers of Badgr's API are taken as they are.

        The same one again changes the draft that it became. What is wrong with one is reported and stops no other.
        Nothing is fetched: what is only an address is not read.
        """
        given = await offload(lambda: read_foreign(body))
        report = await import_achievements(organization(caller), given, dry_run=dry_run, key=key)
        return {to_camel(name): value for name, value in asdict(report).items()}

    return imports
