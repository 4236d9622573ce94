"""What the achievement of a stack is related to: what its author wrote, and the achievements that count. Pure.

Source: Open Badges 3.0 §B.1 (Achievement.related, Related).
"""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from issuer.core.model import Credential, Json
from issuer.core.stacks.pieces import Piece
from stacking.badges import unversioned


def related_to(published: Json, counting: Iterable[Piece], before: Sequence[Json] = ()) -> list[Json]:
    """After what the published version says come those that count, in their order, each once.

    They are named as their credentials name them. Of one that is out of sight by now that is taken from `before`, what
    the document of until now says, or else it is named in all its versions.
    """
    written: list[Json] = published.get("related", [])
    known = {one["id"] for one in written}
    earlier = {unversioned(one["id"]): one["id"] for one in before if one["id"] not in known}
    names = dict.fromkeys(_achievement_of(piece, earlier) for piece in counting)
    return [*written, *({"id": name, "type": ["Related"]} for name in names if name not in known)]


def related_in(credential: Credential) -> Sequence[Json]:
    """What the achievement in its document says it is related to."""
    found: Sequence[Json] = _achievement_in(credential).get("related", ())
    return found


def _achievement_of(piece: Piece, earlier: Mapping[str, str]) -> str:
    if piece.own is not None:
        return str(_achievement_in(piece.own)["id"])
    return piece.achievement or earlier.get(piece.held.achievement, piece.held.achievement)


def _achievement_in(credential: Credential) -> Json:
    found: Json = orjson.loads(credential.document)["credentialSubject"]["achievement"]
    return found
