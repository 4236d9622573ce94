"""Entity tags (RFC 9110 §8.8.3): which state a reader saw, and whether that is still the present one (ADR 68)."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Header, Request

from service_kit.errors import FieldError, Malformed, Stale
from service_kit.inputs import Expectation

T = TypeVar("T")

OPAQUE = r'"[^\x00-\x20"\x7f]*"'
ENTITY_TAG = re.compile(rf"(W/)?({OPAQUE})")
TAGS = rf"[ \t,]*(?:W/)?{OPAQUE}(?:[ \t]*,[ \t,]*(?:W/)?{OPAQUE})*[ \t,]*"
PATTERN = rf"^(\*|{TAGS})$"
IS_LIST = re.compile(TAGS)
STATE_END = "."
ANY = "*"


def tag_of(state: Any, shown: Any = None) -> str:
    """A strong entity tag: 128 bits of SHA-256 over canonical JSON.

    `shown` is what readers get where that is more than the state that can be changed, such as counts beside it. The tag
    then changes with any byte of both, and If-Match looks at the state alone.
    """
    digest = _digest(_canonical(state))
    return f'"{digest}"' if shown is None else f'"{digest}{STATE_END}{_digest(_canonical(shown))}"'


def tag_of_bytes(media_type: str, body: bytes, state: Any = None) -> str:
    """The same for a representation that is bytes of some type already."""
    digest = _digest(media_type.encode() + b"\n" + body)
    return f'"{digest}"' if state is None else f'"{_digest(_canonical(state))}{STATE_END}{digest}"'


def has_current(if_none_match: Sequence[str], tag: str) -> bool:
    """Whether If-None-Match, all of its lines, names this tag (weak comparison, RFC 9110 §13.1.2)."""
    if not if_none_match:
        return False
    named = ", ".join(if_none_match)
    return named.strip() == ANY or tag in {opaque for _, opaque in ENTITY_TAG.findall(named)}


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The states that a caller is content to find. None: any."""

    states: frozenset[str] | None = None

    def expect(self, tag: Callable[[T], str]) -> Expectation[T]:
        """What a use case calls with what it holds locked, before it changes anything."""

        def check(found: T) -> None:
            if self.states is None:
                return
            present = tag(found)
            if _state(present) not in self.states:
                raise Stale("If-Match names no present state of this; read it again", tag=present)

        return check


def parse(if_match: str) -> IfMatch:
    """Read the header's value (RFC 9110 §13.1.1). A weak tag never matches. Raises Malformed."""
    if if_match.strip() == ANY:
        return IfMatch()
    if not IS_LIST.fullmatch(if_match):
        wrong = 'must be "*" or a list of entity tags, each in double quotes'
        raise Malformed(f"If-Match {wrong}", errors=(FieldError("If-Match", wrong),))
    return IfMatch(frozenset(_state(opaque) for weak, opaque in ENTITY_TAG.findall(if_match) if not weak))


async def if_match(
    request: Request,
    value: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="the ETag you read: refuse if it was changed since (412)",
            json_schema_extra={"pattern": PATTERN},
        ),
    ] = None,
) -> IfMatch:
    """FastAPI dependency. Without the header the last write wins."""
    return IfMatch() if value is None else parse(", ".join(request.headers.getlist("if-match")))


def _state(opaque: str) -> str:
    return opaque.strip('"').partition(STATE_END)[0]


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:16]).decode().rstrip("=")


Seen = Annotated[IfMatch, Depends(if_match)]
