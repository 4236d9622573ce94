"""The base of all event payloads, version 1. Frozen: once released, only optional fields may be added; else a new type.

No payload carries a learner's data: ids, digests, states and dates only. Every payload carries a `revision` that
grows with each change of its aggregate; a projection applies only a higher one, so order and duplicates never matter.
"""

import math
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue


def _finite(value: JsonValue) -> JsonValue:
    """JSON has no NaN and no infinity, whatever a lenient parser lets through (RFC 8259 §6)."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is not finite")
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        _finite(member)
    return value


Json = Annotated[dict[str, JsonValue], AfterValidator(_finite)]


class Payload(BaseModel):
    """Base of all payloads: immutable, strict when produced (`Model(...)`), tolerant when consumed (`parse`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_type: ClassVar[str]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a record's value. Members this version does not know are ignored. Raises pydantic.ValidationError."""
        return cls.model_validate_json(data, extra="ignore")

    def key(self) -> str:
        """The record key: one aggregate, one key, one partition."""
        raise TypeError(f"{type(self).__name__} has no key")

    def event_id(self) -> str | None:
        """The id of the one event that can tell this; None where that is for the envelope to choose."""
        return None
