"""Achievements of other catalogues in a request: Open Badges 3.0 and 2.0, and CTDL. Nothing is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from catalog.core.achievements.importing import MOST, Foreign
from catalog.http.achievements.schemas import AchievementRequest
from catalog.http.other_catalogues.foreign_badges import is_badgr, of_badge_class, of_badgr, of_open_badge
from catalog.http.other_catalogues.foreign_ctdl import credentials_of, is_ctdl, of_ctdl
from catalog.http.other_catalogues.foreign_reading import Read, names
from service_kit.errors import FieldError, invalid_field
from service_kit.problems import reason

LONGEST_SOURCE = 2_048
NOT_ONE = "must be an Achievement (Open Badges 3.0), a BadgeClass (2.0) or a credential of CTDL, written out"


def read_foreign(body: Any) -> list[Foreign]:
    """Every achievement of a document, of a list of documents, or of a graph. Raises Invalid for too many or none."""
    found = list(_documents(body))
    if not found:
        raise invalid_field("body", "holds no achievement")
    if len(found) > MOST:
        raise invalid_field("body", f"holds more than {MOST} achievements")
    return [_foreign(number, *one) for number, one in enumerate(found, 1)]


def _documents(body: Any) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Each document, with what stands beside it in the same graph."""
    for document in _unwrapped(body):
        graph = document.get("@graph") if isinstance(document, Mapping) else None
        if isinstance(graph, list):
            yield from ((one, graph) for one in credentials_of(graph))
        else:
            yield document, [document]


def _unwrapped(body: Any) -> Iterator[Any]:
    """What was wrapped: envelopes of the Credential Registry hold a document, answers of Badgr's API several."""
    for one in body if isinstance(body, list) else [body]:
        inside = one.get("decoded_resource", one.get("result")) if isinstance(one, Mapping) else None
        if isinstance(inside, list):
            yield from (of_badgr(entity) if is_badgr(entity) else entity for entity in inside)
        else:
            yield inside if isinstance(inside, Mapping) else one


def _foreign(number: int, document: Any, graph: Sequence[Any]) -> Foreign:
    read = _read(document, graph)
    if read is None:
        return Foreign(number, "unknown", None, None, [FieldError("type", NOT_ONE)])
    source = read.source if read.source and len(read.source) <= LONGEST_SOURCE else None
    try:
        given = AchievementRequest.model_validate(read.members)
    except ValidationError as error:
        return Foreign(number, read.form, source, None, _errors(error), read.warnings)
    missing = [name for name in ("name", "description", "criteria") if getattr(given, name) is None]
    if missing:
        errors = [FieldError(name, "is required") for name in missing]
        return Foreign(number, read.form, source, None, errors, read.warnings)
    return Foreign(number, read.form, source, given.members(), (), read.warnings)


def _read(document: Any, graph: Sequence[Any]) -> Read | None:
    if not isinstance(document, Mapping):
        return None
    types = names(document.get("type") or document.get("@type"))
    if "AchievementCredential" in types or "OpenBadgeCredential" in types:
        subject = document.get("credentialSubject")  # only what can be earned is read, never whose it is
        inside = subject.get("achievement") if isinstance(subject, Mapping) else None
        return of_open_badge(inside) if isinstance(inside, Mapping) else None
    if "Achievement" in types:
        return of_open_badge(document)
    if "Assertion" in types:  # here too, never whose it is
        inside = document.get("badge")
        return of_badge_class(inside) if isinstance(inside, Mapping) else None
    if "BadgeClass" in types:
        return of_badge_class(document)
    return of_ctdl(document, graph) if is_ctdl(types) else None


def _errors(error: ValidationError) -> list[FieldError]:
    return [
        FieldError(".".join(str(part) for part in found["loc"]) or "achievement", reason(found))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
