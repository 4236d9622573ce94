"""Recognition from the learner's side: what a person asks for, by a token that the person allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from laurel.addresses import last_segment
from laurel.ids import new_key
from laurel.models import Recognition
from laurel.transport import Transport

PATH: Final = "/learners/me/recognitions"


class OwnRecognitions:
    """A person's own. Needs a person's token with `backpack:manage` and `email`: `Laurel(url, AccessToken(token))`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def request(
        self, programme: str, credential: Mapping[str, Any] | str, email: str, *, key: str | None = None
    ) -> Recognition:
        """Have my credential recognised; `email` is the address that I confirmed, and the credential names."""
        body = {"programme": programme, "email": email}
        said = credential if isinstance(credential, str) else dict(credential)
        return Recognition.from_json(self._transport.post(PATH, body | {"credential": said}, key=key or new_key()))

    def list(self, *, status: str | None = None, programme: str | None = None) -> Iterator[Recognition]:
        """What I asked for, newest first."""
        params = {"status": status, "programme": programme}
        given = {name: value for name, value in params.items() if value is not None}
        return map(Recognition.from_json, self._transport.pages(PATH, given))

    def get(self, named: str) -> Recognition:
        """One, by its address or UUID; `json` has the evidence and the history."""
        return Recognition.from_json(self._transport.get(f"{PATH}/{last_segment(named)}"))

    def appeal(self, named: str, reason: str) -> Recognition:
        """Have a refusal decided again, once and in time, by somebody else. Conflict when that is not possible."""
        return self._act(named, "appeal", reason)

    def withdraw(self, named: str, reason: str) -> Recognition:
        """Ask no longer, while it is open."""
        return self._act(named, "withdraw", reason)

    def decision(self, named: str) -> Any:
        """A refusal as a signed credential of type `RecognitionDecision`: no award. Conflict where none stands."""
        return self._transport.post(f"{PATH}/{last_segment(named)}/decision", {})["credential"]

    def _act(self, named: str, act: str, reason: str) -> Recognition:
        return Recognition.from_json(self._transport.post(f"{PATH}/{last_segment(named)}/{act}", {"reason": reason}))
