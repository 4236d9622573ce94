"""Entity tags: what changes them, how conditions are read, and what is described of both."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from service_kit.app import create_app, router
from service_kit.described import UNCHANGED, problems
from service_kit.entity_tags import IfMatch, Seen, has_current, parse, tag_of, tag_of_bytes
from service_kit.errors import Malformed, Stale
from service_kit.representation import HTML, JSON, document_reply
from service_kit.settings import Settings
from service_kit.testing import asgi_client

STATE = {"name": "a", "parts": [1, 2]}


def test_a_tag_is_of_what_is_said_and_not_of_the_order_of_members() -> None:
    assert tag_of(STATE) == tag_of({"parts": [1, 2], "name": "a"})
    assert len({tag_of(STATE), tag_of({**STATE, "name": "b"}), tag_of({**STATE, "parts": [2, 1]}), tag_of({})}) == 4


def test_a_tag_with_more_shown_changes_with_both_and_is_matched_by_the_state() -> None:
    first, counted = tag_of(STATE, {"count": 1}), tag_of(STATE, {"count": 2})

    assert len({tag_of(STATE), first, counted}) == 3
    parse(counted).expect(lambda _: first)(STATE)
    parse(counted).expect(lambda _: tag_of(STATE))(STATE)
    assert not has_current([counted], first)


def test_a_tag_of_bytes_changes_with_a_byte_and_with_the_type() -> None:
    assert len({tag_of_bytes(JSON, b"a"), tag_of_bytes(JSON, b"b"), tag_of_bytes(HTML, b"a")}) == 3
    parse(tag_of_bytes(JSON, b"a", STATE)).expect(lambda _: tag_of(STATE))(STATE)


@pytest.mark.parametrize("header", ["*", '"t"', 'W/"t"', '"a", "t"', '"a",W/"t" , "b"'])
def test_if_none_match_names_the_tag(header: str) -> None:
    assert has_current([header], '"t"')
    assert has_current(['"first"', header], '"t"') is (header != "*")


@pytest.mark.parametrize("header", ["", "t", '"T"', '"tt"', '"a"', "W/t", '"t'])
def test_if_none_match_names_another(header: str) -> None:
    assert not has_current([header], '"t"')
    assert not has_current([], '"t"')


@pytest.mark.parametrize("header", ["*", " * ", '"t"', '"a", "t"', ',, "a" ,"b,c",\t"t",', 'W/"a", "t"', '"t.shown"'])
def test_if_match_is_content_with_the_state(header: str) -> None:
    parse(header).expect(str)('"t"')


@pytest.mark.parametrize("header", ['"a"', 'W/"t"', '"T"', '"a,t"', '""'])
def test_if_match_tells_the_present_tag_when_it_is_another(header: str) -> None:
    with pytest.raises(Stale) as refused:
        parse(header).expect(str)('"t"')
    assert refused.value.tag == '"t"'


@pytest.mark.parametrize("header", ["", ",", "t", '"t', 't"', '"t" "u"', 'w/"t"', '"t", *', "*, *", '"a b"', '"a"x'])
def test_an_if_match_that_is_none_is_malformed(header: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(header)
    assert [error.field for error in refused.value.errors] == ["If-Match"]


def test_without_the_header_anything_will_do() -> None:
    IfMatch().expect(str)('"t"')


def a_thing() -> APIRouter:
    kept: dict[str, Any] = {"name": "a"}
    things = router()

    @things.get("/thing", responses=UNCHANGED, response_model=dict[str, Any])
    async def read(request: Request) -> Response:
        return document_reply(request, kept)

    @things.patch("/thing", responses=problems(404))
    async def change(seen: Seen, response: Response) -> dict[str, Any]:
        seen.expect(tag_of)(kept)
        kept["name"] += "a"
        response.headers["ETag"] = tag_of(kept)
        return kept

    return things


def application() -> FastAPI:
    settings = Settings(environment="development", public_base_url="http://kit.test")
    return create_app("kit", settings, routers=[a_thing()])


@pytest.mark.asyncio
async def test_a_change_gives_the_tag_that_the_next_reader_gets() -> None:
    async with asgi_client(application()) as client:
        first = (await client.get("/thing")).headers["etag"]
        changed = await client.patch("/thing", headers={"If-Match": first})
        again = await client.get("/thing", headers={"If-None-Match": changed.headers["etag"]})
        late = await client.patch("/thing", headers={"If-Match": first})
        several = await client.patch("/thing", headers=[("If-Match", first), ("If-Match", changed.headers["etag"])])

    assert (changed.status_code, again.status_code, again.content) == (200, 304, b"")
    assert (late.status_code, late.headers["etag"]) == (412, changed.headers["etag"])
    assert late.json()["type"] == "http://kit.test/problems/precondition-failed"
    assert several.status_code == 200


@pytest.mark.asyncio
async def test_a_condition_that_cannot_be_read_is_named() -> None:
    async with asgi_client(application()) as client:
        answer: httpx.Response = await client.patch("/thing", headers={"If-Match": "nonsense"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "If-Match")
