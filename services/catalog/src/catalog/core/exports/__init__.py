"""A published achievement in the words of other catalogues. Pure: a version in, a JSON document out."""

from collections.abc import Callable, Mapping

from catalog.core.exports import ctdl, elm, open_badges, schema_org
from catalog.core.exports.source import Export
from catalog.core.model import Json

FORMATS: Mapping[str, Callable[[Export], Json]] = {
    "open-badges": open_badges.export,
    "elm": elm.export,
    "ctdl": ctdl.export,
    "schema-org": schema_org.export,
}

__all__ = ["FORMATS", "Export"]
