"""What can go wrong, as one tree: everything the client raises is a LaurelError."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


class LaurelError(Exception):
    """Something between you and Laurel went wrong."""


class LoginFailed(LaurelError):
    """The authorization server refused (RFC 6749 §5.2): `code` is its error code."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code


class Unavailable(LaurelError):
    """No answer, or an answer that asks to come again later; retries are spent. Nothing is known of the request."""


class UnusableAddress(LaurelError):
    """What was given as Laurel's address is none, or its `ca` file holds no certificates."""


class UnexpectedAnswer(LaurelError):
    """An answer that is not what this API gives: another server, or a newer one than this client understands."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member of a request: where (`/recipient/email`), and what."""

    field: str
    detail: str


class Problem(LaurelError):
    """The server refused a request, and says why (RFC 9457).

    `retry_after` is in seconds, None where it does not say.
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        self.type = str(body.get("type", "about:blank"))
        self.title = str(body.get("title", f"HTTP {status}"))
        self.detail = str(body.get("detail", ""))
        self.request_id = str(body.get("requestId", ""))
        self.body = dict(body)
        self.errors = tuple(_field_errors(body.get("errors")))
        super().__init__(self._message())

    def _message(self) -> str:
        """The detail, unless the fields say it; without the title where it is the detail in other words."""
        if self.errors:
            return "\n".join([self.title, *(f"  {error.field}: {error.detail}" for error in self.errors)])
        if not self.detail or self.title.casefold() == self.detail.casefold():
            return self.title
        return self.detail if isinstance(self, NotFound) else f"{self.title}: {self.detail}"


class Invalid(Problem):
    """400, 413, 415, 422: the request itself is wrong; `errors` names the fields."""


class Forbidden(Problem):
    """401, 403: the token does not allow this."""


class NotFound(Problem):
    """404, 410: there is no such thing, or it is not yours."""


class Conflict(Problem):
    """409, 412: it does not fit the present state."""


class RateLimited(Problem):
    """429, after the retries."""


def _field_errors(errors: object) -> list[FieldError]:
    found = errors if isinstance(errors, list) else []
    return [
        FieldError(str(error.get("field", error.get("pointer", ""))), str(error.get("detail", "")))
        for error in found
        if isinstance(error, Mapping)
    ]


_KINDS: Final[Mapping[int, type[Problem]]] = {
    400: Invalid,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    410: NotFound,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
}


def problem(status: int, body: Mapping[str, Any], retry_after: float | None = None) -> Problem:
    """The error of an answer."""
    return _KINDS.get(status, Problem)(status, body, retry_after)
