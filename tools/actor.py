"""One organization's client at the edge, for the story and for tests."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from tools.seed import access_token

T = TypeVar("T")
Json = dict[str, Any]
DEADLINE_S = 15.0


class StoryError(Exception):
    """Something did not go as it should; the message says where."""


class Actor:
    """Calls the API with one organization's token. Anything but success is a StoryError."""

    def __init__(self, http: httpx.Client, organization: Json) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {access_token(http, organization)}"}
        self.name = organization["name"]
        self.login = organization["client_id"], organization["client_secret"]

    def get(self, path: str) -> Any:
        """GET, JSON."""
        return self.answer(self.http.get(path, headers=self.headers))

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """POST JSON, with an Idempotency-Key when given."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.answer(self.http.post(path, json=body, headers=headers))

    def answer(self, response: httpx.Response) -> Any:
        """What the response says, JSON."""
        if response.is_success:
            return response.json()
        request = response.request
        raise StoryError(f"{request.method} {request.url} answered {response.status_code}: {response.text}")


def until(ask: Callable[[], T], done: Callable[[T], bool], seconds: float = DEADLINE_S) -> T:
    """Ask again until the answer is as wanted. Raises StoryError with the last answer when time is up."""
    deadline = time.monotonic() + seconds
    answer = ask()
    while not done(answer):
        if time.monotonic() > deadline:
            raise StoryError(f"still not as it should be after {seconds:.0f} s: {answer}")
        time.sleep(0.02)
        answer = ask()
    return answer


def last(url: str) -> str:
    """The last path segment of an address."""
    return url.rsplit("/", 1)[-1]
