"""Naming an achievement in a path, and the state of its draft in If-Match."""

import re
from typing import Annotated

from fastapi import Depends, Header, Path, Request

from catalog.core.drafts import NO_ACHIEVEMENT
from catalog.core.model import AchievementId, Draft
from service_kit.errors import NotFound, Stale
from service_kit.ids import is_id

REVISION = re.compile(r'"draft-(\d{1,18})"')
LARGEST_VERSION = 2**31 - 1


def path_id(
    request: Request,
    achievement_id: Annotated[str, Path(description="the last segment of the achievement's URL, or all of it")],
) -> AchievementId:
    """The achievement's id from the path. Raises NotFound for what can be none."""
    base: str = request.app.state.public_base_url
    identifier = achievement_id.removeprefix(f"{base}/achievements/")
    if not is_id(identifier):
        raise NotFound(NO_ACHIEVEMENT)
    return AchievementId(identifier)


def path_version(version: Annotated[str, Path(description="1, 2, 3 ...")]) -> int:
    """The version's number from the path. Raises NotFound for what can be none."""
    number = int(version) if re.fullmatch(r"[1-9]\d{0,9}", version, re.ASCII) else 0
    if not 1 <= number <= LARGEST_VERSION:
        raise NotFound("there is no such version")
    return number


def seen_revision(
    if_match: Annotated[
        str | None, Header(description="the draft's ETag: refuse if it was changed since (412)")
    ] = None,
) -> int | None:
    """The draft's revision that the caller saw; None when any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = REVISION.fullmatch(if_match.strip())
    if found is None:
        raise Stale("If-Match names no state of this draft")
    return int(found[1])


def draft_tag(draft: Draft) -> str:
    """The draft's entity tag."""
    return f'"draft-{draft.revision}"'


PathId = Annotated[AchievementId, Depends(path_id)]
PathVersion = Annotated[int, Depends(path_version)]
SeenRevision = Annotated[int | None, Depends(seen_revision)]
