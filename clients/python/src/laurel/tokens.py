"""How a client says who it is: access tokens, fetched when needed and used until shortly before they end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx

from laurel import clock
from laurel.answers import AGAIN, pause_asked, unanswered
from laurel.errors import LoginFailed, Unavailable, UnexpectedAnswer
from laurel.ids import jitter

_ATTEMPTS: Final = 4
_ENDPOINT: Final = "/oauth/token"
_EARLY: Final = 30  # seconds before its end that a token is replaced


class Authentication(Protocol):
    """Whatever gives access tokens."""

    def token(self, http: httpx.Client) -> str:
        """A token that is valid now; empty for none. LoginFailed or Unavailable."""

    def forget(self, token: str) -> bool:
        """The server refused this token. True if it makes sense to ask for another one."""


@dataclass(slots=True)
class AccessToken:
    """A token that came from elsewhere, used as it is."""

    value: str = field(repr=False)

    def token(self, http: httpx.Client) -> str:
        """See Authentication."""
        del http
        return self.value

    def forget(self, token: str) -> bool:
        """See Authentication."""
        del token
        return False


class Nobody:
    """No login: for what everybody may read, and for what is signed."""

    def token(self, http: httpx.Client) -> str:
        """See Authentication. Empty: none is sent."""
        del http
        return ""

    def forget(self, token: str) -> bool:
        """See Authentication."""
        del token
        return False


@dataclass(slots=True)
class ClientSecret:
    """OAuth2 client credentials (RFC 6749 §4.4), for a program that acts for its organization. Threads may share it.

    `scope` narrows the token, space-separated; None asks for all that the client may do.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    _held: tuple[str, float] | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def token(self, http: httpx.Client) -> str:
        """See Authentication."""
        with self._lock:
            if self._held is None or clock.monotonic() >= self._held[1]:
                self._held = self._fetch(http)
            return self._held[0]

    def forget(self, token: str) -> bool:
        """See Authentication."""
        with self._lock:
            if self._held is not None and self._held[0] == token:
                self._held = None
        return True

    def _fetch(self, http: httpx.Client) -> tuple[str, float]:
        began, answer = self._asked(http)
        body = _body(answer)
        if answer.is_success and isinstance(body.get("access_token"), str):
            lifetime = body.get("expires_in")
            return body["access_token"], began + (lifetime if isinstance(lifetime, int) else 60) - _EARLY
        if "error" in body:
            raise LoginFailed(str(body["error"]), str(body.get("error_description", "")))
        if answer.status_code in AGAIN:
            raise Unavailable(f"{answer.url} answered {answer.status_code}")
        raise UnexpectedAnswer(
            f"{answer.url} answered {answer.status_code} without a token: is {http.base_url} the address of a Laurel?"
        )

    def _asked(self, http: httpx.Client) -> tuple[float, httpx.Response]:
        """When the last attempt began, and its answer. Asking again does no harm: another token is another token."""
        form = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        for attempt in range(1, _ATTEMPTS + 1):
            began = clock.monotonic()
            try:
                answer = http.post(_ENDPOINT, data=form, auth=(self.client_id, self.client_secret))
            except httpx.RequestError as error:
                if attempt == _ATTEMPTS or not _may_pass(error):
                    raise Unavailable(f"{unanswered(http, error)}{_advice(error)}") from error
                clock.pause(jitter(2.0**attempt / 4))
                continue
            if attempt == _ATTEMPTS or answer.status_code not in AGAIN:
                return began, answer
            clock.pause(pause_asked(answer) or jitter(2.0**attempt / 4))
        raise AssertionError("the last attempt returns or raises")


def _may_pass(error: httpx.RequestError) -> bool:
    """Whether a moment may mend it. Who waited out a timeout is not made to wait for more of them."""
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) and not _untrusted(error)


def _untrusted(error: httpx.RequestError) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _advice(error: httpx.RequestError) -> str:
    named = "; a private authority's certificate must be named (`ca` here, --ca on the command line)"
    return named if _untrusted(error) else ""


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
