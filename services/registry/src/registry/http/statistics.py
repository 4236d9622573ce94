"""The public numbers: how many credentials were issued, by month, achievement and issuer."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from registry.core.statistics import LEAST, Month, StatisticsReadings, asked_for, part_after, protected
from registry.http.schemas import StatisticsPage
from service_kit.app import router
from service_kit.described import UNCHANGED, problems
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, next_page, page_request
from service_kit.representation import reply

KEPT_A_MINUTE = "public, max-age=60"
Named = Annotated[str | None, Query(max_length=500)]


def statistics_routes(readings: StatisticsReadings, base_url: str) -> APIRouter:
    """`/statistics`."""
    routes = router(tags=["public record"])

    @routes.get(
        "/statistics",
        responses={200: {"model": StatisticsPage, **LINK[200]}, **UNCHANGED, **problems(422)},
        response_class=Response,
    )
    async def list_statistics(
        request: Request,
        page: Annotated[PageRequest, Depends(page_request)],
        achievement: Annotated[str | None, Query(max_length=500, description="address or UUID")] = None,
        issuer: Annotated[str | None, Query(max_length=500, description="the issuer's short name")] = None,
        organization: Named = None,
    ) -> Response:
        """Credentials by the month in which they were issued, the newest first; nothing about who earned them.

        One of achievement, issuer and organization must be given. Numbers from 1 to 4 are null, and more where those
        would follow from a total.
        """
        query = asked_for(base_url, achievement, issuer, organization)
        found = part_after(protected(await readings.months(query)), page)
        following = next_page(request, base_url, found.next)
        document = {
            "items": [_answer(one, base_url) for one in found.items],
            "next": following.cursor,
            "leastShown": LEAST,
        }
        return reply(request, orjson.dumps(document), cache_control=KEPT_A_MINUTE, headers=following.headers)

    return routes


def _answer(one: Month, base_url: str) -> dict[str, Any]:
    return {
        "month": f"{one.month:%Y-%m}",
        "achievement": one.achievement_id,
        "issuer": f"{base_url}/issuers/{one.issuer_slug}",
        "issued": one.issued,
        "revoked": one.revoked,
        "suspended": one.suspended,
    }
