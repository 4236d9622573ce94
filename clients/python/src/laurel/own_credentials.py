"""What was issued to a person, from the person's side, by a token that the person allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from laurel.addresses import last_segment
from laurel.errors import UnexpectedAnswer
from laurel.transport import Transport

PATH: Final = "/learners/me/credentials"


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """A signed ClrCredential of one's own. `left_out` are the components that are not in it, by their ids."""

    document: dict[str, Any] = field(repr=False)
    left_out: tuple[str, ...]


class OwnCredentials:
    """A person's own. Needs a person's token with `backpack:manage` and `email`: `Laurel(url, AccessToken(token))`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def record(self, credential: str) -> OwnRecord:
        """What I was awarded for a pathway as a learner record (CLR 2.0), also with what I brought and still keep.

        `credential` is the award's address or UUID. Nothing is kept there: each answer is signed anew. Conflict where
        it was not awarded for a pathway, or does not stand.
        """
        answer = self._transport.post(f"{PATH}/{last_segment(credential)}/record", {})
        document, left_out = answer.get("credential"), answer.get("leftOut")
        if not isinstance(document, dict) or not isinstance(left_out, list):
            raise UnexpectedAnswer("the answer holds no learner record")
        return OwnRecord(document, tuple(map(str, left_out)))
