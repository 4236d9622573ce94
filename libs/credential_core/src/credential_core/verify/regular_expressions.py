"""How much work a regular expression from a stranger may make, told before it is run.

Python's engine backtracks: a repeated choice is exponential, k repetitions in a row are a polynomial of degree k.
"""

from __future__ import annotations

import re
from typing import Final

MAX_STEPS: Final = 2_000_000
_MAX_PATTERN: Final = 1000  # characters
_MAX_COUNT: Final = 64  # of an exact repetition {n}, which leaves no choice
_TOKEN: Final = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<exact>\{\d{1,4}\})|(?P<counted>\{\d*,\d*\})"
    r"|(?P<repeat>[*+?])|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<choice>\|)|(?P<other>.)",
    re.DOTALL,
)


_REPETITIONS: Final = frozenset({"repeat", "counted", "exact"})


def is_affordable(pattern: str, length: int) -> bool:
    """Whether searching `pattern` in a text of `length` stays below MAX_STEPS. What cannot be told is not."""
    if len(pattern) > _MAX_PATTERN:
        return False
    work = _Work(degree=0 if pattern.startswith("^") else 1)
    for token in _TOKEN.finditer(pattern):
        kind, text = str(token.lastgroup), token.group()
        if _is_refused(kind, text, pattern, token.end()) or not work.follows(kind, text):
            return False
    return work.degree + work.choices <= 64 and max(length, 2) ** work.degree * 2**work.choices <= MAX_STEPS


class _Work:
    """The repetitions in a row and the choices of a pattern, counted token by token."""

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.choices = 0
        self._open = [False]  # per open group: does it hold a repetition or a choice
        self._closed = False  # the group closed just now did
        self._previous = ""

    def follows(self, kind: str, text: str) -> bool:
        """Take one token; False if the work can no longer be told."""
        closed, self._closed = self._closed, False
        previous, self._previous = self._previous, kind
        if kind in _REPETITIONS:
            modifies = text in "?+" and previous in _REPETITIONS  # lazy or possessive
            return modifies or self._repeats(kind, text, closed=closed)
        if kind == "open":
            self._open.append(False)
        elif kind == "close":
            return self._closes()
        elif kind == "choice":
            self.choices += 1
            self._open[-1] = True
        return True

    def _repeats(self, kind: str, text: str, *, closed: bool) -> bool:
        if kind == "exact":
            return not closed and int(text[1:-1]) <= _MAX_COUNT
        self._open[-1] = True
        if text == "?":
            self.choices += 1
            return True
        self.degree += 1
        return not closed

    def _closes(self) -> bool:
        if len(self._open) == 1:
            return False
        self._closed = self._open.pop()
        self._open[-1] = self._open[-1] or self._closed
        return True


def _is_refused(kind: str, text: str, pattern: str, end: int) -> bool:
    """Back references, look-around, flags and the like."""
    if kind == "escape":
        return (text[1].isdigit() and text[1] != "0") or text[1] in "gkpP"
    return kind == "open" and text == "(" and pattern[end : end + 1] == "?"
