"""Whether a newer document has replaced a credential's, by the public record beside its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from credential_core.errors import CredentialError
from credential_core.jcs import digest
from credential_core.report import Check, Outcome
from credential_core.timestamps import parse_timestamp
from credential_core.verify import Failure
from laurel.alone.public import Public

CHECK: Final = "correction"
ADDRESS: Final = re.compile(r"(https?://[^?#]+)/credentials/([0-9a-f-]{36})")


def newest_check(document: Mapping[str, Any], public: Public) -> Check:
    """As the verifier says it; skipped, and said so, where nothing tells.

    Status lists say nothing of corrections. A Laurel's registry does, at `/records/{id}` beside `/credentials/{id}`:
    the digest of the document of now, and from when it is valid. Unsigned, it counts against a document alone.
    """
    address = ADDRESS.fullmatch(str(document.get("id")))
    if address is None:
        return _unseen("its address names no public record")
    url = f"{address[1]}/records/{address[2]}"
    record = public.get(url, "application/json")
    if isinstance(record, Failure):
        return _unseen(f"its public record cannot be read: {record.detail}")
    issuer = record.get("issuer")
    if record.get("id") != document["id"] or not isinstance(issuer, Mapping) or issuer.get("id") != _issuer(document):
        return _unseen(f"{url} is not its public record")
    try:
        is_same, is_older = digest(document) == record.get("digest"), _from(document) < _from(record)
    except (CredentialError, KeyError, TypeError, ValueError):
        return _unseen(f"{url} cannot be compared with it")
    if not is_same and is_older:
        return Check(CHECK, Outcome.FAILED, "superseded", "the issuer has replaced the document by a newer one", url)
    return Check(CHECK, Outcome.PASSED, "current", "no newer document of it is on record", url)


def _unseen(why: str) -> Check:
    return Check(
        CHECK, Outcome.SKIPPED, "correction_not_seen", f"whether a newer document has replaced it was not seen: {why}"
    )


def _issuer(document: Mapping[str, Any]) -> object:
    issuer = document.get("issuer")
    return issuer.get("id") if isinstance(issuer, Mapping) else issuer


def _from(document: Mapping[str, Any]) -> Any:
    return parse_timestamp(document["validFrom"])
