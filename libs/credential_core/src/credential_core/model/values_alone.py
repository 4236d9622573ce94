"""What the data model says of single values, for documents of which only some values are new."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from credential_core.errors import DocumentError
from credential_core.model.credential_shapes import ALL_SHAPES
from credential_core.model.validation import rule_of

Rule: TypeAlias = Callable[[Any], bool]


def rules_alone(pointers: Iterable[str]) -> tuple[tuple[str, Rule], ...]:
    """For places in an Open Badges 3.0 AchievementCredential, what a value there must be, whatever stands beside it.

    Places that the model does not know have no rule. Rules that look at more than one member are not here: see
    `cross_rules`. DocumentError `place_unsupported` for a place whose rule depends on what stands there.
    """
    found = ((pointer, _rule(pointer)) for pointer in pointers)
    return tuple((pointer, rule) for pointer, rule in found if rule is not None)


def _rule(pointer: str) -> Rule | None:
    kind = "AchievementCredential"
    for token in pointer.split("/")[1:]:
        if token.isdigit():
            continue
        if kind not in ALL_SHAPES:
            raise DocumentError("place_unsupported", f"there is no rule for {pointer[:200]!r} alone")
        member = ALL_SHAPES[kind].members.get(token.replace("~1", "/").replace("~0", "~"))
        if member is None:
            return None
        kind = member.kind
    rule = rule_of(kind)
    if rule is None:
        raise DocumentError("place_unsupported", f"there is no rule for {pointer[:200]!r} alone")
    return rule
