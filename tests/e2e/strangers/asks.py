"""What a stranger asks of an operation, and what must come of it.

A try names the first university's things by the names they have in `First.things`: `{credential_id}` in a path, a query
or a body is the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

Json = dict[str, Any]
Things = Mapping[str, Any]
Body = Callable[[Things], Any]


class Judged(Enum):
    """How an answer to a stranger is judged."""

    HIDDEN = auto()
    """404, in the words that are said of what nobody has; also by HEAD, for a browser and with its entity tag."""
    LIST = auto()
    """A page without anything of the first university's; with the owner's cursor too."""
    OWN = auto()
    """Makes or shows something of the stranger's own: nothing of the first university's is in the answer."""
    REFUSED = auto()
    """The refusal that this try names, the same for what nobody has."""
    PUBLIC = auto()
    """Answered to everybody alike, without what is not published."""


class Whose(Enum):
    """Who has the things."""

    ORGANIZATION = auto()
    PERSON = auto()
    """A learner: a classmate is a stranger as well."""


@dataclass(frozen=True)
class Try:
    """One request. `refusal` is a status and the code of a problem, or an OAuth error."""

    judged: Judged
    query: str = ""
    body: Body | None = None
    form: Body | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    refusal: tuple[int, str] = (404, "not-found")
    whose: Whose = Whose.ORGANIZATION
    as_nobodys: bool = True
    """Whether it is compared with the same request for what nobody has."""
    is_read: bool = True
    """Whether its owner finds it there; otherwise nobody does."""
    may_show: tuple[str, ...] = ()
    """Things that are public, and belong into the answer."""


def hidden(body: Body | None = None, query: str = "", **names: str) -> Try:
    return Try(Judged.HIDDEN, query, body=body, names=names)


def nobodys(query: str = "", **names: str) -> Try:
    """Hidden from its owner too, who reads it elsewhere or not yet."""
    return Try(Judged.HIDDEN, query, names=names, is_read=False)


def listed(query: str = "", *may_show: str) -> Try:
    return Try(Judged.LIST, query, may_show=may_show)


def own(body: Body | None = None, query: str = "", may_show: tuple[str, ...] = (), **names: str) -> Try:
    return Try(Judged.OWN, query, body=body, names=names, may_show=may_show)


def public(query: str = "", body: Body | None = None, **names: str) -> Try:
    return Try(Judged.PUBLIC, query, body=body, names=names)


def refused(status: int, code: str, body: Body | None = None, query: str = "", **more: Any) -> Try:
    return Try(Judged.REFUSED, query, body=body, refusal=(status, code), **more)


def mine(one: Try) -> Try:
    """Of a person's own things."""
    return Try(**{**one.__dict__, "whose": Whose.PERSON})


def always(body: Any) -> Body:
    return lambda _: body


NEW_ID = "8d1b6a52-6f0e-4c0a-9a53-7f3c1d7f0c55"
ELM = "?format=elm"
REASON = always({"reason": "a stranger says so"})
PLAIN = {"name": "Of the stranger", "description": "Theirs.", "criteria": {"narrative": "Work."}}
NEW_PROFILE = {"id": "https://people.example/boris", "type": ["Profile"], "name": "Boris"}
Table = Mapping[str, tuple[Try, ...]]
