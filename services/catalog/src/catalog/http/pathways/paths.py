"""Naming a pathway in a path."""

from typing import Annotated

from fastapi import Depends, Path, Request

from catalog.core.model import PathwayId
from catalog.core.pathways.pathways import NO_PATHWAY
from service_kit.errors import NotFound
from service_kit.ids import is_id


def path_id(
    request: Request,
    pathway_id: Annotated[str, Path(description="the last segment of the pathway's URL, or all of it")],
) -> PathwayId:
    """The pathway's id from the path. Raises NotFound for what can be none."""
    base: str = request.app.state.public_base_url
    identifier = pathway_id.removeprefix(f"{base}/pathways/")
    if not is_id(identifier):
        raise NotFound(NO_PATHWAY)
    return PathwayId(identifier)


PathId = Annotated[PathwayId, Depends(path_id)]
