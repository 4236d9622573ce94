"""Rows of the tables to the core's own types, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import orjson
from sqlalchemy import RowMapping, Select, select

from credential_core.jwk import from_jwk, to_jwk
from credential_core.keys import PublicKey
from issuer.adapters.tables import CREDENTIALS, ISSUER_KEYS, ISSUERS
from issuer.core.model import (
    Achievement,
    AnyPublicKey,
    Credential,
    CredentialId,
    Issuer,
    IssuerId,
    IssuerKey,
    IssuingPolicy,
    KeyId,
    KeyPurpose,
    KeyState,
    ListId,
    Slot,
    State,
    StatusChange,
    StatusList,
)

Row: TypeAlias = RowMapping | Mapping[str, Any]

# A row for each key, by slug, the first key first.
ISSUERS_WITH_KEYS: Select[Any] = (
    select(
        ISSUERS,
        ISSUER_KEYS.c.id.label("key_id"),
        ISSUER_KEYS.c.verification_method,
        ISSUER_KEYS.c.public_key,
        ISSUER_KEYS.c.sealed,
        ISSUER_KEYS.c.created_at.label("key_created_at"),
        ISSUER_KEYS.c.state.label("key_state"),
        ISSUER_KEYS.c.since.label("key_since"),
        ISSUER_KEYS.c.purpose.label("key_purpose"),
    )
    .join(ISSUER_KEYS, ISSUER_KEYS.c.issuer_id == ISSUERS.c.id)
    .order_by(ISSUERS.c.slug, ISSUER_KEYS.c.ordinal)
)

CORRECTED = frozenset(
    {"revision", "digest", "document", "recipient_key", "changed_at", "valid_from", "valid_until", "once"}
)
WITHOUT_DOCUMENT = [column for column in CREDENTIALS.c if column.name != "document"]


def issuers(found: Iterable[Row]) -> list[Issuer]:
    """Rows of ISSUERS_WITH_KEYS, those of one issuer together."""
    return [_issuer(list(rows)) for _, rows in groupby(found, key=itemgetter("id"))]


@lru_cache(maxsize=1024)
def _public(text: str) -> AnyPublicKey:
    return from_jwk(orjson.loads(text)) if text.startswith("{") else PublicKey.from_multibase(text)


def _public_text(public: AnyPublicKey) -> str:
    return public.multibase if isinstance(public, PublicKey) else orjson.dumps(to_jwk(public)).decode()


def _key(row: Row) -> IssuerKey:
    return IssuerKey(
        id=KeyId(row["key_id"]),
        issuer_id=IssuerId(row["id"]),
        verification_method=row["verification_method"],
        public=_public(row["public_key"]),
        sealed=bytes(row["sealed"]),
        created_at=row["key_created_at"],
        since=row["key_since"],
        state=KeyState(row["key_state"]),
        purpose=KeyPurpose(row["key_purpose"]),
    )


def _issuer(rows: Sequence[Row]) -> Issuer:
    row = rows[0]
    return Issuer(
        id=IssuerId(row["id"]),
        org_id=row["org_id"],
        slug=row["slug"],
        did=row["did"],
        method=row["method"],
        profile=row["profile"],
        policy=IssuingPolicy(**row["policy"]),
        active=row["active"],
        revision=row["revision"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        keys=tuple(map(_key, rows)),
    )


def of_issuer(value: Issuer) -> dict[str, Any]:
    """Values for ISSUERS."""
    return {
        "id": value.id,
        "org_id": value.org_id,
        "slug": value.slug,
        "did": value.did,
        "method": value.method,
        "profile": value.profile,
        "policy": asdict(value.policy),
        "active": value.active,
        "revision": value.revision,
        "created_at": value.created_at,
        "changed_at": value.changed_at,
    }


def of_key(ordinal: int, value: IssuerKey) -> dict[str, Any]:
    """Values for ISSUER_KEYS."""
    return {
        "id": value.id,
        "issuer_id": value.issuer_id,
        "ordinal": ordinal,
        "verification_method": value.verification_method,
        "public_key": _public_text(value.public),
        "sealed": value.sealed,
        "created_at": value.created_at,
        "state": value.state.value,
        "since": value.since,
        "purpose": value.purpose.value,
    }


def credential(row: RowMapping) -> Credential:
    """A row of CREDENTIALS, with or without its document."""
    return Credential(
        id=CredentialId(row["id"]),
        org_id=row["org_id"],
        issuer_id=IssuerId(row["issuer_id"]),
        achievement_id=row["achievement_id"],
        achievement_version=row["achievement_version"],
        state=State(row["state"]),
        revision=row["revision"],
        slot=Slot(ListId(row["status_list_id"]), row["status_index"]),
        digest=row["digest"],
        document=row.get("document", ""),
        recipient_key=bytes(row["recipient_key"]),
        issued_by=row["issued_by"],
        issued_at=row["issued_at"],
        changed_at=row["changed_at"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        once=row["once"],
    )


def of_credential(value: Credential) -> dict[str, Any]:
    """Values for CREDENTIALS."""
    return {
        "id": value.id,
        "org_id": value.org_id,
        "issuer_id": value.issuer_id,
        "achievement_id": value.achievement_id,
        "achievement_version": value.achievement_version,
        "state": value.state.value,
        "revision": value.revision,
        "status_list_id": value.slot.list_id,
        "status_index": value.slot.index,
        "digest": value.digest,
        "document": value.document,
        "recipient_key": value.recipient_key,
        "issued_by": value.issued_by,
        "issued_at": value.issued_at,
        "changed_at": value.changed_at,
        "valid_from": value.valid_from,
        "valid_until": value.valid_until,
        "once": value.once,
    }


def status_change(row: RowMapping) -> StatusChange:
    """A row of STATUS_CHANGES."""
    return StatusChange(
        credential_id=CredentialId(row["credential_id"]),
        revision=row["revision"],
        state=State(row["state"]),
        reason=row["reason"],
        actor=row["actor"],
        at=row["at"],
        digest=row["digest"],
    )


def of_status_change(value: StatusChange) -> dict[str, Any]:
    """Values for STATUS_CHANGES."""
    return asdict(value) | {"state": value.state.value}


def of_correction(value: Credential) -> dict[str, Any]:
    """What a correction changes in CREDENTIALS."""
    return {name: column for name, column in of_credential(value).items() if name in CORRECTED}


def status_list(row: RowMapping) -> StatusList:
    """A row of STATUS_LISTS."""
    return StatusList(
        id=ListId(row["id"]),
        issuer_id=IssuerId(row["issuer_id"]),
        org_id=row["org_id"],
        length=row["length"],
        permutation_key=bytes(row["permutation_key"]),
        changes=row["changes"],
        published_changes=row["published_changes"],
        revision=row["revision"],
        published_at=row["published_at"],
    )


def achievement(row: Row, document: dict[str, Any]) -> Achievement:
    """A row of ACHIEVEMENTS, whose document may come from elsewhere."""
    return Achievement(
        id=row["id"],
        version=row["version"],
        revision=row["revision"],
        org_id=row["org_id"],
        retired=row["retired"],
        document=document,
        feeds=row["fed"],
    )
