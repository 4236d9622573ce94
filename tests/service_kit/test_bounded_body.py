"""How fast a body must come, and who goes away in the middle of one."""

from __future__ import annotations

import pytest
from fastapi import Request
from starlette.types import Message, Scope

from service_kit.app import create_app, router
from service_kit.bounded_body import Pace
from service_kit.metrics import HTTP_REQUESTS
from service_kit.settings import Settings
from service_kit.testing import BASE_URL


@pytest.mark.parametrize(
    ("come", "now", "until"),
    [(0, 100.0, 105.0), (999, 150.0, 155.0), (1000, 104.0, 109.0), (1000, 109.0, 114.0), (1000, 111.0, 115.0)],
)
def test_neither_a_pause_nor_the_whole_may_be_long(come: int, now: float, until: float) -> None:
    assert Pace(patience_s=5.0, bytes_per_s=100, free=1000).until(100.0, come, now) == until


def counted(status: int) -> float:
    metric = HTTP_REQUESTS.labels("POST", "/desk", str(status)).collect()
    return sum(sample.value for one in metric for sample in one.samples if sample.name.endswith("_total"))


@pytest.mark.asyncio
async def test_who_goes_away_in_the_middle_of_a_body_is_no_fault_of_ours() -> None:
    routes = router()

    @routes.post("/desk")
    async def read(request: Request) -> int:
        return len(await request.body())

    messages: list[Message] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"x", "more_body": True},
    ]

    async def receive() -> Message:
        return messages.pop()

    async def send(message: Message) -> None:
        raise AssertionError("there is nobody to answer")

    scope: Scope = {"type": "http", "method": "POST", "path": "/desk", "raw_path": b"/desk", "query_string": b""}
    scope["headers"] = [(b"host", b"laurel.test"), (b"content-length", b"1000")]
    app = create_app("test", Settings(environment="development", public_base_url=BASE_URL), routers=[routes])
    gone, faults = counted(499), counted(500)
    await app(scope, receive, send)
    assert (counted(499), counted(500)) == (gone + 1, faults)
