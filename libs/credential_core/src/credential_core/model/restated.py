"""What a credential says of its learner and achievement must stand where it is read.

To RDF all objects of one id are one node, and a signature over RDF does not say which of them said what. So whoever
holds a credential could move a grade's scale, say, into an endorsement that speaks of the same achievement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from credential_core.model.shapes import SHAPES
from credential_core.model.violation import Violation, listed

_BELOW: Final = {"achievement": "Achievement", "resultDescription": "ResultDescription"}
_LEVELS: Final = {"rubricCriterionLevel": "RubricCriterionLevel"}
# Credentials in a record have proofs of their own that decide, and are documents of their own.
_ELSEWHERE: Final = frozenset({"proof", "verifiableCredential"})
_NAMED: Final = frozenset({"id", "type"})
# Who issues to themselves has a picture as an issuer, and decides nothing by it.
_PROFILES: Final = frozenset({"image"})


def restated_rules(document: Mapping[str, Any], subject_class: str) -> Iterator[Violation]:
    """No other object with the id of one that is read says more of it, or otherwise."""
    read: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
    for path, kind, value in _read(document.get("credentialSubject"), subject_class, "credentialSubject"):
        identifier = value.get("id")
        if isinstance(identifier, str):
            read.setdefault(identifier, (path, kind, value))
    for value in _objects(document) if read else ():
        path, kind, known = read.get(str(value.get("id")), ("", "", value))
        if known is value:
            continue
        beside = _PROFILES if kind == "AchievementSubject" else frozenset()
        for name in value.keys() & SHAPES[kind].members.keys() - _NAMED - beside:
            if name not in known or value[name] != known[name]:
                yield Violation(f"{path}.{name}", "said_elsewhere", "is said by another object of the same id")


def _read(value: Any, kind: str, path: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The objects that are read: the subject, its achievements, how their results are described."""
    for each in listed(value):
        if isinstance(each, Mapping):
            yield path, kind, each
            for name, below in (_LEVELS if kind == "ResultDescription" else _BELOW).items():
                yield from _read(each.get(name), below, f"{path}.{name}")


def _objects(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            yield value
            pending += [member for name, member in value.items() if name not in _ELSEWHERE]
        elif isinstance(value, list):
            pending += value
