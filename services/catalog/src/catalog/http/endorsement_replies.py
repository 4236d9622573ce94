"""How endorsements are shown."""

from collections.abc import Sequence

import orjson
from pydantic import JsonValue

from catalog.core.model import Endorsement


def endorsement_replies(endorsements: Sequence[Endorsement]) -> list[JsonValue]:
    """Oldest first."""
    return [
        {
            "id": one.id,
            "issuer": {"id": one.issuer_id, "name": one.issuer_name},
            "comment": one.comment,
            "validFrom": one.valid_from.isoformat(),
            "validUntil": one.valid_until.isoformat() if one.valid_until else None,
            "credential": one.credential if one.is_token else orjson.loads(one.credential),
        }
        for one in endorsements
    ]
