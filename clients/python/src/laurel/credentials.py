"""Issuing credentials, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel.addresses import last_segment
from laurel.errors import UnexpectedAnswer
from laurel.ids import new_key
from laurel.models import Credential, CredentialSummary, IssuedCredential, Recipient
from laurel.transport import Transport

PATH: Final = "/credentials"


@dataclass(frozen=True, slots=True)
class Badge:
    """An image with a credential in it: `image/svg+xml` or `image/png`."""

    content: bytes
    media_type: str


class Credentials:
    """The credentials of your organization."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def issue(
        self,
        achievement: str,
        recipient: Recipient,
        *,
        issuer: str | None = None,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        awarded: datetime | None = None,
        results: Sequence[Mapping[str, Any]] = (),
        evidence: Sequence[Mapping[str, Any]] = (),
        narrative: str | None = None,
        credits_earned: float | None = None,
        allow_duplicates: bool = True,
        key: str | None = None,
    ) -> IssuedCredential:
        """Sign one credential. `results` and `evidence` are Open Badges 3.0's; datetimes need an offset.

        `key` is an Idempotency-Key: the same key and request give the same credential, never a second one. Without,
        one is made up, which covers this call's own repetitions. Needs `credentials:issue`.
        """
        members = {
            "achievement": achievement,
            "recipient": recipient.to_json(),
            "issuer": issuer,
            "validFrom": _text(valid_from),
            "validUntil": _text(valid_until),
            "awardedDate": _text(awarded),
            "results": [dict(result) for result in results] or None,
            "evidence": [dict(item) for item in evidence] or None,
            "narrative": narrative,
            "creditsEarned": credits_earned,
            "allowDuplicates": None if allow_duplicates else False,
        }
        body = {name: value for name, value in members.items() if value is not None}
        return IssuedCredential.from_json(self._transport.post(PATH, body, key=key or new_key()))

    def list(
        self, *, status: str | None = None, achievement: str | None = None, recipient_hash: str | None = None
    ) -> Iterator[CredentialSummary]:
        """Newest first. `recipient_hash` is `sha256$` and the hash of the identifier; needs `credentials:read`."""
        params = {"status": status, "achievement": achievement, "recipient": recipient_hash}
        given = {name: value for name, value in params.items() if value is not None}
        return map(CredentialSummary.from_json, self._transport.pages(PATH, given))

    def get(self, credential: str) -> Credential:
        """One, by its address or UUID."""
        return Credential.from_json(self._transport.get(f"{PATH}/{last_segment(credential)}"))

    def badge(self, credential: str, media_type: str = "image/svg+xml") -> Badge:
        """The image that shows one, with the signed document in it. Needs `credentials:read`.

        Asked for as `image/png` it is a PNG where the achievement's image is one, and else an SVG all the same.
        """
        path = f"{PATH}/{last_segment(credential)}"
        answer = self._transport.send("GET", path, headers={"Accept": media_type})
        given = answer.headers.get("Content-Type", "").partition(";")[0]
        if not given.startswith("image/"):
            raise UnexpectedAnswer("the answer is no image: this Laurel is older than that")
        return Badge(answer.content, given)

    def correct(
        self, credential: str, reason: str, changes: Mapping[str, Any], *, key: str | None = None
    ) -> IssuedCredential:
        """Sign one anew, corrected; its id stays, and the document of before is superseded. Needs `credentials:issue`.

        `changes` has the members of the API: recipient, validUntil, narrative, results ... What is not named stays;
        None takes a member away.
        """
        path = f"{PATH}/{last_segment(credential)}/correct"
        body = {"reason": reason, **changes}
        return IssuedCredential.from_json(self._transport.post(path, body, key=key or new_key()))

    def revoke(self, credential: str, reason: str) -> str:
        """Revoke for good; the new status. Needs `credentials:revoke`. Repeating it does nothing and succeeds."""
        return self._change(credential, "revoke", reason)

    def suspend(self, credential: str, reason: str) -> str:
        """Suspend until it is reinstated; the new status."""
        return self._change(credential, "suspend", reason)

    def reinstate(self, credential: str, reason: str) -> str:
        """End a suspension; the new status."""
        return self._change(credential, "reinstate", reason)

    def _change(self, credential: str, action: str, reason: str) -> str:
        path = f"{PATH}/{last_segment(credential)}/{action}"
        return str(self._transport.post(path, {"reason": reason}, key=new_key())["status"])


def _text(moment: datetime | None) -> str | None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a datetime needs an offset")
    return None if moment is None else moment.isoformat()
