"""Asks the operations of the tables as a stranger, many at once, and judges the answers."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.e2e.strangers.asks import Judged, Try

AT_ONCE = 12
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOBODYS = "00000000-0000-4000-8000-00000000000f"
SAID = ("type", "status", "detail", "error", "error_description", "imsx_description", "imsx_codeMinor")
Things = Mapping[str, Any]
Headers = Mapping[str, str]


def nobodys(things: Things) -> dict[str, Any]:
    """Names of the same form for what does not exist."""
    return {name: _nobodys(value) if isinstance(value, str) else value for name, value in things.items()}


def _nobodys(value: str) -> str:
    return UUID.sub(NOBODYS, value).replace("alder", "nobody")


@dataclass(frozen=True)
class Asked:
    """A request to an operation, and how it was answered."""

    operation: str
    variant: str
    answer: httpx.Response

    def __str__(self) -> str:
        request = self.answer.request
        return f"{self.operation} ({self.variant}): {request.url} {self.answer.status_code} {self.answer.text[:300]}"


class Walker:
    """Sends requests as somebody. A request that the edge counts out is sent again."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._room = asyncio.Semaphore(AT_ONCE)

    async def ask(
        self, operation: str, one: Try, things: Things, headers: Headers, variant: str = "plain", key: str = ""
    ) -> Asked:
        """One request, filled in with these things, under an Idempotency-Key of its own unless one is given."""
        method, _, template = operation.partition(" ")
        names = {**things, **{name: things[thing] for name, thing in one.names.items()}}
        quoted = {name: quote(value, safe="") for name, value in names.items() if isinstance(value, str)}
        sent: dict[str, Any] = {"headers": dict(headers)}
        if method == "POST":
            sent["headers"]["Idempotency-Key"] = key or uuid.uuid4().hex
        if one.body:
            sent["json"] = one.body(things)
        if one.form:
            sent["data"] = one.form(things)
        path = template.format_map(quoted) + one.query.format_map(quoted)
        return await self.send(operation, method, path, variant, **sent)

    async def send(self, operation: str, method: str, path: str, variant: str, **sent: Any) -> Asked:
        async with self._room:
            for _ in range(20):
                answer = await self._http.request(method, path, **sent)
                if answer.status_code != 429 or "retry-after" not in answer.headers:
                    break
                await asyncio.sleep(0.3)
        return Asked(operation, variant, answer)


def said(answer: httpx.Response) -> list[Any]:
    """What a refusal says, without what differs from one request to the next."""
    if "json" not in answer.headers.get("content-type", ""):
        return [answer.status_code]
    body = answer.json()
    return [answer.status_code, *(body.get(name) for name in SAID)]


def code(answer: httpx.Response) -> str:
    """Of a problem, of an error of OAuth, or of Open Badges."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    if "imsx_codeMinor" in body:
        return str(body["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"])
    return str(body.get("type") or body.get("error") or "").rpartition("/")[2]


def shows(answer: httpx.Response, marks: Iterable[str], but: str = "") -> list[str]:
    """Which of these words are in an answer, except those that the request itself had."""
    text = answer.text + json.dumps(dict(answer.headers))
    return [mark for mark in marks if mark in text and mark not in but]


def needs_comparison(one: Try) -> bool:
    """Whether the answer must be the one for what nobody has."""
    return one.judged is Judged.HIDDEN or (one.judged is Judged.REFUSED and one.as_nobodys)
