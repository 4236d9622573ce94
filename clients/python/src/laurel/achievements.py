"""What can be earned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from laurel.addresses import last_segment
from laurel.ids import new_key
from laurel.models import Achievement
from laurel.transport import Transport

PATH: Final = "/achievements"


class Achievements:
    """The catalog's achievements."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, search: str | None = None, mine: bool = False) -> Iterator[Achievement]:
        """Those that are published; with `mine`, those of your organization, drafts too."""
        params = {"q": search} if search else {}
        if mine:
            params["mine"] = "true"
        return map(Achievement.from_json, self._transport.pages(PATH, params))

    def get(self, achievement: str) -> Achievement:
        """One, by its address or UUID."""
        return Achievement.from_json(self._transport.get(f"{PATH}/{last_segment(achievement)}"))

    def create(self, members: Mapping[str, Any], *, key: str | None = None) -> Achievement:
        """A draft. `members` are an Open Badges 3.0 Achievement's; needs `catalog:write`."""
        return Achievement.from_json(self._transport.post(PATH, dict(members), key=key or new_key()))

    def publish(self, achievement: str) -> Achievement:
        """Publish the draft as an immutable version; from then on it can be issued."""
        answer = self._transport.post(f"{PATH}/{last_segment(achievement)}/publish", {}, key=new_key())
        return Achievement.from_json(answer)
