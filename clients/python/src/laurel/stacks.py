"""What was awarded for completed pathways, and what waits for approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from laurel.addresses import last_segment
from laurel.ids import new_key
from laurel.models import Stack
from laurel.transport import Transport

PATH: Final = "/stacks"


class Stacks:
    """The stacks of your organization."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, pathway: str | None = None, status: str | None = None, recipient_hash: str | None = None
    ) -> Iterator[Stack]:
        """Newest first. `recipient_hash` is `sha256$` and the hash of the identifier; needs `credentials:read`."""
        params = {"pathway": pathway, "status": status, "recipient": recipient_hash}
        given = {name: value for name, value in params.items() if value is not None}
        return map(Stack.from_json, self._transport.pages(PATH, given))

    def get(self, stack: str) -> Stack:
        """One, by its address or UUID; `json` has evaluation, explanation and history."""
        return Stack.from_json(self._transport.get(f"{PATH}/{last_segment(stack)}"))

    def approve(self, stack: str, reason: str) -> Stack:
        """Issue its credential. Needs `credentials:issue`. Repeating it does nothing and succeeds."""
        return self._decide(stack, "approve", reason)

    def refuse(self, stack: str, reason: str) -> Stack:
        """Award nothing for these components."""
        return self._decide(stack, "refuse", reason)

    def record(self, stack: str, *, key: str | None = None) -> dict[str, Any]:
        """A signed ClrCredential (CLR 2.0) of the stack's credential with its components. `key` as in `issue`."""
        answer = self._transport.post(f"{PATH}/{last_segment(stack)}/record", {}, key=key or new_key())
        credential: dict[str, Any] = answer["credential"]
        return credential

    def _decide(self, stack: str, action: str, reason: str) -> Stack:
        return Stack.from_json(self._transport.post(f"{PATH}/{last_segment(stack)}/{action}", {"reason": reason}))
