"""Reading what was sent: JSON, a compact JWS, or JSON that only carries one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from credential_core import json_input
from credential_core.errors import DocumentError
from credential_core.jose import Enveloped, read
from credential_core.jose.w3c import enveloped_token
from credential_core.sdjwt.credentials import holds_credential, read_credential

_COMPACT_JWS = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")
_SD_JWT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*~")


def parse(body: bytes | str | Mapping[str, Any], *, selective: bool = False) -> dict[str, Any]:
    """The document in `body`, within the budgets of `json_input`, nothing of it verified.

    A compact JWS (Open Badges 3.0 VC-JWT, `vc+jwt`, `vp+jwt`), or an EnvelopedVerifiableCredential that holds one,
    gives an `Enveloped`: the document in it, with its envelope. So does, if `selective`, an SD-JWT whose claims are a
    credential (`vc+sd-jwt`). CredentialError if it is not acceptable.
    """
    if isinstance(body, Enveloped):
        json_input.check_tree(dict(body))
        return body
    if isinstance(body, bytes | str):
        start = _as_bytes(body)
        if _COMPACT_JWS.match(start):
            return read(start.decode("ascii"))
        if _SD_JWT.match(start):
            return _selective(start.decode("ascii", errors="replace"), taken=selective)
    document = json_input.parse(body)
    token = enveloped_token(document)
    if token is None:
        return document
    return _selective(token, taken=selective) if "~" in token else read(token)


def _selective(token: str, *, taken: bool) -> dict[str, Any]:
    if not taken:
        raise DocumentError("format_unsupported", "an SD-JWT is not taken here")
    return read_credential(token)


def is_sd_jwt(body: object) -> bool:
    """Whether a text is an SD-JWT for `verify_sd_jwt`: not one for `parse`, whose claims are a credential."""
    return isinstance(body, str) and _SD_JWT.match(_as_bytes(body)) is not None and not holds_credential(body.strip())


def _as_bytes(body: bytes | str) -> bytes:
    """Stripped, for looking at; what cannot be encoded is for the JSON reader to refuse."""
    return (body.encode(errors="replace") if isinstance(body, str) else body).strip()
