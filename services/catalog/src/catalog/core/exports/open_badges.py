"""Open Badges 3.0: the Achievement as a JSON-LD document of its own, with what others say of it."""

import orjson

from catalog.core.exports.source import Export
from catalog.core.model import Json
from credential_core.contexts import OPEN_BADGES_V3


def export(source: Export) -> Json:
    """As credentials carry it, with its contexts. Endorsements that are JWTs have a member of their own."""
    documents = [orjson.loads(one.credential) for one in source.endorsements if not one.is_token]
    tokens = [one.credential for one in source.endorsements if one.is_token]
    said = {"endorsement": documents, "endorsementJwt": tokens}
    return {"@context": [OPEN_BADGES_V3], **source.document, **{name: each for name, each in said.items() if each}}
