"""Choosing a media type, as RFC 9110 has it."""

from __future__ import annotations

import pytest
from fastapi import Request

from service_kit.representation import HTML, JSON, negotiate

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def request(*accept: str) -> Request:
    headers = [(b"accept", value.encode("latin-1")) for value in accept]
    return Request({"type": "http", "method": "GET", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ((), JSON),
        (("",), JSON),
        (("*/*",), JSON),
        ((BROWSER,), HTML),
        (("text/html",), HTML),
        (("TEXT/HTML ; Q=1",), HTML),
        (("text/*",), HTML),
        (("text/html;q=0.5, application/json",), JSON),
        (("text/html;q=0, */*",), JSON),
        (("application/json;q=0.2", "text/html;q=0.3"), HTML),
        (("image/png",), JSON),
        ((",,;;q=x,/,*",), JSON),
        (("text/html;q=7",), JSON),
        (("text/html;q=0",), JSON),
        (("text/html," * 5000,), JSON),
        (("tëxt/html",), JSON),
    ],
)
def test_the_best_offer_wins_and_json_wins_ties(accept: tuple[str, ...], chosen: str) -> None:
    assert negotiate(request(*accept), JSON, HTML) == chosen


def test_a_more_specific_range_outweighs_a_wider_one() -> None:
    accept = "*/*;q=0.9, text/*;q=0.1, text/html;q=1.0"

    assert negotiate(request(accept), JSON, HTML) == HTML
