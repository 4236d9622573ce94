"""Open Badges 3.0: the Achievement as a JSON-LD document of its own."""

from catalog.core.exports.source import Export
from catalog.core.model import Json
from credential_core.contexts import OPEN_BADGES_V3


def export(source: Export) -> Json:
    """As credentials carry it, with its contexts."""
    return {"@context": [OPEN_BADGES_V3], **source.document}
