"""Somebody who endorses, unknown here: a did:key, or the academy on the web."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credential_core.bitstring import entry
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.did import did_key
from credential_core.keys import SigningKey
from credential_core.proof import sign
from credential_core.timestamps import format_timestamp
from service_kit.clock import utc_now
from service_kit.ids import new_id
from tests.issuer.abroad import Academy

Json = dict[str, Any]


def now() -> datetime:
    return utc_now().replace(microsecond=0)


def unsigned(subject: str, issuer: str, **changes: Any) -> Json:
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
        "id": f"urn:uuid:{new_id()}",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsement",
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Chamber of Industry"},
        "validFrom": format_timestamp(now()),
        "credentialSubject": {
            "id": subject,
            "type": ["EndorsementSubject"],
            "endorsementComment": "Our members hire from here.",
        },
    } | changes


def by_key(subject: str, seed: int = 3, **changes: Any) -> Json:
    key = SigningKey.from_seed(bytes([seed]) * 32)
    did = did_key(key.public)
    method = f"{did}#{did.removeprefix('did:key:')}"
    document = unsigned(subject, did, **changes)
    return sign(document, key, verification_method=method, created=now())


def by_academy(academy: Academy, subject: str, index: int = 7, **changes: Any) -> Json:
    status = entry(academy.list_url, index, "revocation")
    return academy.signed(unsigned(subject, academy.did, credentialStatus=dict(status), **changes))
