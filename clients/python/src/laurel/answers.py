"""What an answer, or none, says about asking again."""

from __future__ import annotations

from typing import Final

import httpx

AGAIN: Final = frozenset({408, 429, 502, 503, 504})
_LONGEST_PAUSE: Final = 30.0


def retry_after(answer: httpx.Response) -> float | None:
    """Its Retry-After in seconds; None where it does not say."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def pause_asked(answer: httpx.Response) -> float | None:
    """The same, half a minute at most."""
    asked = retry_after(answer)
    return None if asked is None else min(asked, _LONGEST_PAUSE)


def unanswered(http: httpx.Client, error: httpx.RequestError) -> str:
    """For people: which server did not answer, and why."""
    return f"{http.base_url} does not answer: {error or type(error).__name__}"
