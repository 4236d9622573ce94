"""Reading what was sent: JSON, a compact JWS, or JSON that only carries one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from credential_core import json_input
from credential_core.errors import DocumentError
from credential_core.jose import Enveloped, read
from credential_core.jose.w3c import enveloped_token

_COMPACT_JWS = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")
_SD_JWT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*~")


def parse(body: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """The document in `body`, within the budgets of `json_input`, nothing of it verified.

    A compact JWS (Open Badges 3.0 VC-JWT, `vc+jwt`, `vp+jwt`), or an EnvelopedVerifiableCredential that holds one,
    gives an `Enveloped`: the document in it, with its envelope. CredentialError if it is not acceptable.
    """
    if isinstance(body, Enveloped):
        json_input.check_tree(dict(body))
        return body
    if isinstance(body, bytes | str):
        start = _as_bytes(body)
        if _COMPACT_JWS.match(start):
            return read(start.decode("ascii"))
        if _SD_JWT.match(start):
            raise DocumentError("format_unsupported", "an SD-JWT holds claims, and no credential of the W3C data model")
    document = json_input.parse(body)
    token = enveloped_token(document)
    return document if token is None else read(token)


def is_sd_jwt(body: object) -> bool:
    """Whether a text is an SD-JWT, to judge by its form: for `verify_sd_jwt`, not for `parse`."""
    return isinstance(body, str) and _SD_JWT.match(_as_bytes(body)) is not None


def _as_bytes(body: bytes | str) -> bytes:
    """Stripped, for looking at; what cannot be encoded is for the JSON reader to refuse."""
    return (body.encode(errors="replace") if isinstance(body, str) else body).strip()
