"""Requests to the API: the token, safe repetition, and errors as exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self

import httpx

from laurel import clock
from laurel.answers import AGAIN, pause_asked, retry_after, unanswered
from laurel.errors import Problem, Unavailable, UnexpectedAnswer, problem
from laurel.ids import jitter
from laurel.tokens import Authentication

_SOON: Final = 5.0

Json = dict[str, Any]


class Transport:
    """One connection pool and one login. Threads may share it.

    A request is repeated after a lost connection or a 503 only where that cannot do a thing twice: reading, and posting
    under an Idempotency-Key. So is one that came too soon: a 409 whose Retry-After asks for seconds. What was answered
    429 was not done, and is repeated whatever it is.
    """

    def __init__(self, http: httpx.Client, authentication: Authentication, *, attempts: int = 4) -> None:
        self._http = http
        self._authentication = authentication
        self._attempts = attempts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def token(self) -> str:
        """An access token that is valid now."""
        return self._authentication.token(self._http)

    def get(self, path: str, *, params: Mapping[str, str] | None = None, accept: str = "application/json") -> Json:
        """The JSON object at a path."""
        return _object(self.send("GET", path, params=params, headers={"Accept": accept}))

    def post(self, path: str, body: Any, *, key: str | None = None) -> Json:
        """Post JSON; `key` is the Idempotency-Key, without one the request is sent once."""
        return _object(self.send("POST", path, json=body, headers={"Idempotency-Key": key} if key else None))

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Json]:
        """The items of a list, page after page, fetched as they are needed."""
        given = dict(params or {})
        while True:
            page = self.get(path, params=given)
            yield from page["items"]
            if not page.get("next"):
                return
            given["cursor"] = page["next"]

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Any request; a Problem unless it succeeded."""
        repeatable = method in ("GET", "HEAD") or "Idempotency-Key" in (request.get("headers") or {})
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                answer = self._authorized(method, path, **request)
            except httpx.RequestError as error:
                if last or not repeatable:
                    raise Unavailable(f"{method} {path}: {unanswered(self._http, error)}") from error
                clock.pause(jitter(2.0**attempt / 4))
                continue
            if last or not _may_do_later(answer, repeatable=repeatable):
                return _checked(answer)
            clock.pause(pause_asked(answer) or jitter(2.0**attempt / 4))
        raise AssertionError("the last attempt returns or raises")

    def _authorized(self, method: str, path: str, **request: Any) -> httpx.Response:
        token = self.token()
        answer = self._sent(method, path, token, **request)
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._authentication.forget(token):
            answer = self._sent(method, path, self.token(), **request)
        return answer

    def _sent(self, method: str, path: str, token: str, **request: Any) -> httpx.Response:
        headers = {**(request.pop("headers", None) or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return self._http.request(method, path, headers=headers, **request)


def _may_do_later(answer: httpx.Response, *, repeatable: bool) -> bool:
    if not repeatable:  # what is one request too many, or did not come, has not been done
        return answer.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT)
    if answer.status_code == httpx.codes.CONFLICT:  # as for what was published a moment ago, and is not known yet
        asked = retry_after(answer)
        return asked is not None and asked <= _SOON
    return answer.status_code in AGAIN


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        where = f"{answer.request.method} {answer.request.url.path}"
        if answer.status_code in AGAIN:
            raise Unavailable(f"{where} answered {answer.status_code}")
        raise UnexpectedAnswer(f"{where} answered {answer.status_code} without saying why")
    found: Problem = problem(answer.status_code, body, retry_after(answer))
    raise found


def _object(answer: httpx.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise UnexpectedAnswer(f"{answer.request.method} {answer.request.url.path} answered no JSON object")
    return body
