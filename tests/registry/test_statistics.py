"""Public numbers: counted from the events in whatever order, small ones hidden, nobody's data in them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import CredentialIssued
from contracts.payload import Payload
from registry.adapters.statistics import KEPT_S, SqlStatistics
from registry.core.statistics import LEAST, MEASURES, Month, StatisticsQuery, part_after, protected
from registry.http.schemas import StatisticsPage
from service_kit.database import Database
from service_kit.inputs import PageRequest
from service_kit.pagination import encode_cursor
from service_kit.testing import BASE_URL
from tests.registry import events
from tests.registry.conftest import Deliver

ANOTHER = f"{BASE_URL}/achievements/00000000-0000-0000-0000-000000000006"
JANUARY, FEBRUARY = datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def issued(number: int, at: datetime = JANUARY, **changes: Any) -> CredentialIssued:
    return events.issued(number, issued_at=at, valid_from=at, **changes)


async def asked(client: httpx.AsyncClient, query: str) -> Any:
    answer = await client.get(f"/statistics?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(found: Any) -> list[tuple[str, int | None, int | None, int | None]]:
    return [(one["month"], one["issued"], one["revoked"], one["suspended"]) for one in found["items"]]


@pytest.mark.db
@pytest.mark.asyncio
class TestCounting:
    async def test_by_month_and_state_whatever_the_order(self, client: httpx.AsyncClient, deliver: Deliver) -> None:
        told: list[Payload] = [issued(number) for number in range(1, 13)]
        told += [issued(number, FEBRUARY) for number in range(13, 20)]
        told += [events.revoked(number) for number in range(1, 7)]
        told += [events.suspended(number) for number in range(13, 18)]
        random.Random(3).shuffle(told)  # noqa: S311 - the same each time
        await deliver(*told)
        await deliver(*told)
        found = await asked(client, f"achievement={events.ACHIEVEMENT}")
        assert numbers(found) == [("2026-02", 7, 0, 5), ("2026-01", 12, 6, 0)]
        assert found["items"][0]["issuer"] == f"{BASE_URL}/issuers/north"
        assert found["items"][0]["achievement"] == events.ACHIEVEMENT
        StatisticsPage.model_validate(found)
        assert found["items"][0].keys() == {"month", "achievement", "issuer", *MEASURES}

    async def test_a_correction_is_no_other_credential(self, client: httpx.AsyncClient, deliver: Deliver) -> None:
        await deliver(*(issued(number) for number in range(1, 8)))
        await deliver(events.corrected(1, revision=2, issued_at=JANUARY))
        assert numbers(await asked(client, "issuer=north")) == [("2026-01", 7, 0, 0)]

    async def test_of_one_achievement_issuer_or_organization(self, client: httpx.AsyncClient, deliver: Deliver) -> None:
        await deliver(*(issued(number) for number in range(1, 7)))
        await deliver(*(issued(number, achievement_id=ANOTHER, issuer_slug="south") for number in range(7, 15)))
        await deliver(*(issued(number, org_id="another") for number in range(15, 22)))
        uuid = ANOTHER.rpartition("/")[2]
        assert numbers(await asked(client, f"achievement={uuid}")) == [("2026-01", 8, 0, 0)]
        assert numbers(await asked(client, "issuer=south")) == [("2026-01", 8, 0, 0)]
        assert numbers(await asked(client, "organization=another")) == [("2026-01", 7, 0, 0)]
        assert numbers(await asked(client, f"issuer=south&achievement={events.ACHIEVEMENT}")) == []

    async def test_small_numbers_are_not_told(self, client: httpx.AsyncClient, deliver: Deliver) -> None:
        await deliver(*(issued(number) for number in range(1, 7)), events.revoked(1))
        found = await asked(client, "issuer=north")
        assert (numbers(found), found["leastShown"]) == ([("2026-01", 6, None, 0)], LEAST)

    async def test_it_is_paged(self, client: httpx.AsyncClient, deliver: Deliver) -> None:
        months = [datetime(2026, month, 3, tzinfo=UTC) for month in (1, 2, 3)]
        await deliver(*(issued(1 + 5 * place + each, at) for place, at in enumerate(months) for each in range(5)))
        first = await asked(client, "issuer=north&limit=2")
        second = await asked(client, f"issuer=north&limit=2&cursor={first['next']}")
        assert [one["month"] for one in (*first["items"], *second["items"])] == ["2026-03", "2026-02", "2026-01"]
        assert second["next"] is None

    async def test_what_is_kept_and_what_is_asked_for(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/statistics?issuer=north")
        assert answer.headers["cache-control"] == "public, max-age=60"
        same = await client.get("/statistics?issuer=north", headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304
        foreign = [encode_cursor(after) for after in (["2026-01-01"], ["2026-1", "a", "b"], ["x", "a", "b"])]
        for query in ("", "?issuer=", *(f"?issuer=north&cursor={cursor}" for cursor in ("x", *foreign))):
            assert (await client.get(f"/statistics{query}")).status_code == 422, query

    async def test_a_count_is_kept_for_a_minute(self, database: Database, deliver: Deliver) -> None:
        now = 0.0
        statistics, query = SqlStatistics(database, lambda: now), StatisticsQuery(issuer_slug="north")
        assert await statistics.months(query) == []
        await deliver(issued(1))
        assert await statistics.months(query) == []
        now = KEPT_S
        [month] = await statistics.months(query)
        assert (month.issued, month.month) == (1, date(2026, 1, 1))


COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=12)


def told_of(counts: Sequence[int]) -> tuple[int | None, ...]:
    """What is told of a row of months with so many revoked."""
    months = [
        Month(date(2026, 1, 1) + timedelta(days=31 * place), "a", "i", 40, count, 0)
        for place, count in enumerate(counts)
    ]
    return tuple(one.revoked for one in reversed(protected(months)))


@given(COUNTS)
def test_no_small_number_is_told_nor_too_many_or_too_few_are_hidden(counts: list[int]) -> None:
    shown = told_of(counts)
    for count, said in zip(counts, shown, strict=True):
        assert said in (count, None)
        assert said is None or said == 0 or said >= LEAST
    hidden = [count for count, said in zip(counts, shown, strict=True) if said is None]
    if not any(0 < count < LEAST for count in counts):
        assert not hidden
    elif len(hidden) < len(counts):
        assert sum(hidden) >= LEAST * len(hidden)
        assert all(
            count == 0 or count > max(hidden) for count, said in zip(counts, shown, strict=True) if said is not None
        )


@pytest.mark.parametrize("length", [2, 3, 4])
def test_no_hidden_number_follows_from_what_is_told_and_the_total(length: int) -> None:
    """Of all rows that there could be, by somebody who knows how it is done."""
    rows: defaultdict[tuple[Any, int], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(16), repeat=length):
        if sum(counts) < 16:
            rows[told_of(counts), sum(counts)].append(counts)
    for (shown, _), possible in rows.items():
        for place, said in enumerate(shown):
            if said is None:
                assert len({counts[place] for counts in possible}) > 1, (shown, possible)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((20, 1, 1), (None, None, None)),
        ((1, 9, 20), (None, None, 20)),
        ((6, 6, 4, 30), (None, None, None, 30)),
        ((0, 4, 7), (0, None, None)),
        ((0, 1, 1), (None, None, None)),
        ((0, 5, 6), (0, 5, 6)),
        ((3,), (None,)),
    ],
)
def test_examples(counts: tuple[int, ...], shown: tuple[int | None, ...]) -> None:
    assert told_of(counts) == shown


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True), st.integers(1, 5), st.data())
def test_pages_go_on_though_the_last_month_is_gone(numbers: list[int], limit: int, data: st.DataObject) -> None:
    months = [Month(date(2026, 1, 1) + timedelta(days=31 * one), "a", "i", 40, 0, 0) for one in numbers]
    everything, after = protected(months), None
    seen: list[Month] = []
    while True:
        page = part_after(everything, PageRequest(limit, after))
        seen += page.items
        if page.next is None:
            break
        after = page.next
        if data.draw(st.booleans()):
            everything = [one for one in everything if one is not page.items[-1]]
    assert seen == protected(months)
