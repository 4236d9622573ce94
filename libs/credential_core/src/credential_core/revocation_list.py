"""1EdTechRevocationList (Verifiable Credential Revocation List 1.0): the issuer publishes the ids it revoked.

The list bears no signature. It is believed for standing at the address that the signed credential names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core.errors import StatusError

ENTRY_TYPE: Final = "1EdTechRevocationList"


@dataclass(frozen=True, slots=True)
class Revocation:
    """Whether a credential is revoked, and why if the issuer says so."""

    revoked: bool
    reason: str | None = None


def list_url(status: Mapping[str, Any]) -> str:
    """The address of the list: the id of the status."""
    url = status.get("id")
    if not isinstance(url, str) or not url:
        raise StatusError("status_malformed", "a 1EdTechRevocationList status needs an id")
    return url


def revocation_list(list_url: str, issuer: str, revoked: Mapping[str, str | None]) -> dict[str, Any]:
    """The document to publish at `list_url`: `revoked` maps credential ids to reasons."""
    rows = [{"id": name, "revoked": True} | ({"revocationReason": why} if why else {}) for name, why in revoked.items()]
    return {"id": list_url, "issuer": issuer, "revokedCredential": rows}


def read_revocation(document: Mapping[str, Any], status: Mapping[str, Any], credential_id: object) -> Revocation:
    """What the list says of one credential: revoked if its id is listed and `revoked` is not false.

    Of several rows for one id, one that revokes counts. StatusError if the list is another's or malformed.
    """
    if not isinstance(credential_id, str):
        raise StatusError("status_malformed", "a credential without an id cannot be looked up in a revocation list")
    if document.get("id") != list_url(status):
        raise StatusError("status_list_mismatch", "the list is not the one that the status names")
    rows = document.get("revokedCredential", [])
    if not isinstance(rows, list):
        raise StatusError("status_list_malformed", "revokedCredential is a list")
    reasons = [_reason(row) for row in rows if _row_id(row) == credential_id and row.get("revoked", True) is not False]
    if not reasons:
        return Revocation(False)
    return Revocation(True, next((reason for reason in reasons if reason), None))


def _row_id(row: Any) -> str:
    identifier = row.get("id") if isinstance(row, Mapping) else None
    if not isinstance(identifier, str):
        raise StatusError("status_list_malformed", "a revoked credential is listed by its id")
    return identifier


def _reason(row: Mapping[str, Any]) -> str | None:
    reason = row.get("revocationReason")
    return reason if isinstance(reason, str) else None
