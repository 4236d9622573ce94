"""The one tree of errors that use cases raise. A category maps to HTTP, and to retry or dead letter, in one place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar


class Category(StrEnum):
    """What kind of "no" this is. The category, not the class, decides the status code."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    GONE = "gone"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member of the input. `field` is a dotted path, e.g. "recipient.email"."""

    field: str
    detail: str


class ServiceError(Exception):
    """Base of every expected error. `code` is stable and names the problem type."""

    category: ClassVar[Category]
    code: str

    def __init__(self, detail: str, *, code: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """It comes home from another process as it was, whatever its class takes to be made."""
        return _as_it_was, (type(self), *self.args), self.__dict__


def _as_it_was(kind: type[ServiceError], *args: object) -> ServiceError:
    return kind.__new__(kind, *args)


class Malformed(ServiceError):
    """The request cannot be read at all."""

    category = Category.MALFORMED
    code = "malformed-request"


class Invalid(ServiceError):
    """The request is readable, and wrong."""

    category = Category.INVALID
    code = "invalid-request"


class Unauthorized(ServiceError):
    """No usable access token. `error` is RFC 6750's, absent when no token was sent at all (§3).

    `scheme` is the one that the caller tried: Bearer, or DPoP (RFC 9449 §7.1).
    """

    category = Category.UNAUTHORIZED
    code = "unauthorized"

    def __init__(self, detail: str, *, error: str | None = None, scheme: str = "Bearer") -> None:
        super().__init__(detail)
        self.error = error
        self.scheme = scheme


class Forbidden(ServiceError):
    """The token is good and does not allow this. `scope` is what would be needed."""

    category = Category.FORBIDDEN
    code = "insufficient-scope"

    def __init__(self, detail: str, *, scope: str = "", code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.scope = scope


class NotFound(ServiceError):
    """There is no such thing, or it is somebody else's: the answer is the same."""

    category = Category.NOT_FOUND
    code = "not-found"


class Conflict(ServiceError):
    """The request contradicts the present state."""

    category = Category.CONFLICT
    code = "conflict"


class TooSoon(Conflict):
    """The request contradicts the present state, and will no longer after a while."""

    def __init__(self, detail: str, *, retry_after: timedelta, code: str) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Stale(ServiceError):
    """The caller's precondition (If-Match) no longer holds: somebody changed the thing in between.

    `tag` is the entity tag of the present state.
    """

    category = Category.STALE
    code = "precondition-failed"

    def __init__(self, detail: str, *, tag: str = "") -> None:
        super().__init__(detail)
        self.tag = tag


class Gone(ServiceError):
    """It existed and was removed for good."""

    category = Category.GONE
    code = "gone"


class Limited(ServiceError):
    """Too many, too large or too often."""

    category = Category.LIMITED
    code = "limit-exceeded"


class Unavailable(ServiceError):
    """Something this needs is away for now; trying again may help."""

    category = Category.UNAVAILABLE
    code = "unavailable"


def sent_twice(header: str) -> Malformed:
    """A header with one value came more than once; which of them counts must not depend on who reads it."""
    detail = "may be sent once"
    return Malformed(f"{header} {detail}", errors=(FieldError(header, detail),))


def invalid_field(field: str, detail: str, *, code: str | None = None) -> Invalid:
    """An Invalid about one member of the input."""
    return Invalid(f"{field}: {detail}", code=code, errors=(FieldError(field, detail),))
