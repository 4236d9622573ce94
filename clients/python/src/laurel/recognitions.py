"""Recognition: agreements with other institutions, and what is recognised by them or by people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from laurel.addresses import last_segment
from laurel.ids import new_key
from laurel.models import Agreement, Recognition
from laurel.transport import Transport

PATH: Final = "/recognitions"
AGREEMENTS: Final = f"{PATH}/agreements"
PUBLIC: Final = "/recognition-agreements"


class Recognitions:
    """What your organization agreed with others, and what it decides."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def propose(self, agreement: Mapping[str, Any], *, key: str | None = None) -> Agreement:
        """Propose an agreement; the other institution signs it. Needs `issuers:manage`. `key` as in `issue`."""
        return Agreement.from_json(self._transport.post(AGREEMENTS, dict(agreement), key=key or new_key()))

    def agreements(self, *, status: str | None = None) -> Iterator[Agreement]:
        """Yours, on either side, newest first."""
        given = {} if status is None else {"status": status}
        return map(Agreement.from_json, self._transport.pages(AGREEMENTS, given))

    def agreement(self, named: str) -> Agreement:
        """One of them, by its address or UUID; `json` has the document and the history."""
        return Agreement.from_json(self._transport.get(f"{AGREEMENTS}/{last_segment(named)}"))

    def sign(self, named: str, digest: str, signature: str | None = None) -> Agreement:
        """Sign a proposal of the other institution's: what you read has this digest.

        `signature` is of a partner that is not on this fleet, brought by who proposed: its compact JWS.
        """
        return self._act(named, "sign", {"digest": digest} | ({"signature": signature} if signature else {}))

    def decline(self, named: str, reason: str) -> Agreement:
        """Do not sign it."""
        return self._act(named, "decline", {"reason": reason})

    def withdraw(self, named: str, reason: str) -> Agreement:
        """Take a proposal of yours back."""
        return self._act(named, "withdraw", {"reason": reason})

    def end(self, named: str, reason: str) -> Agreement:
        """End one that is signed. What it granted stays."""
        return self._act(named, "end", {"reason": reason})

    def bring(self, named: str, statement: str) -> Agreement:
        """Bring what a partner that is not on this fleet signed: its signature, or what it declines or ends by.

        Whoever brings it adds nothing to it: no login is needed (`Nobody`).
        """
        path = f"{PUBLIC}/{last_segment(named)}/statements"
        return Agreement.from_json(self._transport.post(path, {"statement": statement}))

    def request(
        self,
        programme: str,
        credential: Mapping[str, Any] | str,
        recipient: Mapping[str, Any],
        *,
        vouched: str | None = None,
        key: str | None = None,
    ) -> Recognition:
        """Have a learner's credential recognised. Needs `credentials:issue`. The rest as in the API."""
        body: dict[str, Any] = {"programme": programme, "recipient": dict(recipient)}
        body["credential"] = credential if isinstance(credential, str) else dict(credential)
        if vouched is not None:
            body["vouched"] = vouched
        return Recognition.from_json(self._transport.post(PATH, body, key=key or new_key()))

    def list(
        self, *, status: str | None = None, programme: str | None = None, source: str | None = None
    ) -> Iterator[Recognition]:
        """What you decide, newest first. Needs `credentials:read`.

        `source`: only awards for credentials from elsewhere that are to be looked at (`review`), or that nobody can
        follow (`status-not-kept`, `status-not-published`).
        """
        params = {"status": status, "programme": programme, "source": source}
        given = {name: value for name, value in params.items() if value is not None}
        return map(Recognition.from_json, self._transport.pages(PATH, given))

    def get(self, named: str) -> Recognition:
        """One, by its address or UUID; `json` has the document, the evidence and the history."""
        return Recognition.from_json(self._transport.get(f"{PATH}/{last_segment(named)}"))

    def grant(
        self, named: str, reason: str, *, achievement: str | None = None, credits_granted: float | None = None
    ) -> Recognition:
        """Award it. Without an achievement the programme is awarded. Repeating it does nothing and succeeds."""
        body = {"reason": reason, "achievement": achievement, "credits": credits_granted}
        given = {name: value for name, value in body.items() if value is not None}
        return Recognition.from_json(self._transport.post(f"{PATH}/{last_segment(named)}/grant", given))

    def refuse(self, named: str, reason: str) -> Recognition:
        """Award nothing; the learner reads the reason, and may appeal once."""
        return Recognition.from_json(self._transport.post(f"{PATH}/{last_segment(named)}/refuse", {"reason": reason}))

    def keep(self, named: str, reason: str) -> Recognition:
        """Keep an award after a review, in spite of what `sourceStatus.review` says of its source."""
        return Recognition.from_json(self._transport.post(f"{PATH}/{last_segment(named)}/keep", {"reason": reason}))

    def show_again(self, named: str, credential: Mapping[str, Any] | str) -> Recognition:
        """Show again what was recognised and nobody could follow: from then on its status and key are looked at."""
        shown = credential if isinstance(credential, str) else dict(credential)
        path = f"{PATH}/{last_segment(named)}/source"
        return Recognition.from_json(self._transport.post(path, {"credential": shown}))

    def decision(self, named: str) -> Any:
        """A refusal as a signed credential of type `RecognitionDecision`: no award. Conflict where none stands."""
        return self._transport.post(f"{PATH}/{last_segment(named)}/decision", {})["credential"]

    def _act(self, named: str, act: str, body: dict[str, Any]) -> Agreement:
        return Agreement.from_json(self._transport.post(f"{AGREEMENTS}/{last_segment(named)}/{act}", body))
