"""Naming an achievement and its versions in a path."""

import re
from typing import Annotated

from fastapi import Depends, Path, Request

from catalog.core.achievements.drafts import NO_ACHIEVEMENT
from catalog.core.model import AchievementId
from service_kit.errors import NotFound
from service_kit.ids import is_id

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


PathId = Annotated[AchievementId, Depends(path_id)]
PathVersion = Annotated[int, Depends(path_version)]
