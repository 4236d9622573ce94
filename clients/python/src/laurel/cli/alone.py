"""`laurel stack verify --alone`: no login, and no Laurel that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from laurel.errors import LaurelError

WANTED = ("credential_core", "stacking")


class NotInstalled(LaurelError):
    """The part of the client that knows credentials is not here."""


def decide_alone(
    text: str, components: Sequence[str], *, ca: Path | None, private: bool, keep: Path | None, kept: Path | None
) -> dict[str, Any]:
    """The decision as the verifier's answers have it, with `asOf`. A LaurelError if there is nothing to decide by."""
    if any(find_spec(name) is None for name in WANTED):
        raise NotInstalled("deciding alone takes more than the client: pip install 'laurel-client[alone]'")
    from laurel.alone import Copy, Web, decide  # noqa: PLC0415 - most commands do without

    if kept is not None:
        return decide(text, components, Copy(kept)).to_dict()
    with ExitStack() as stack:
        web = stack.enter_context(Web(ca=ca, private=private))
        found = decide(text, components, web).to_dict()
        if keep is not None:
            web.keep(keep)
    return found
