"""Shaping what was found into the answers of the API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from registry.core.exports import address
from registry.core.model import Endorsement, Issuer, PublicRecord
from registry.http.schemas import (
    EndorsementAnswer,
    IssuerAnswer,
    IssuerLinks,
    RecordAchievement,
    RecordAnswer,
    RecordIssuer,
    RecordLinks,
    RecordStatusList,
)


def record_answer(record: PublicRecord, now: datetime, base_url: str) -> RecordAnswer:
    """The public record's JSON."""
    issued = record.issuance
    return RecordAnswer(
        id=issued.credential_id,
        issuer=RecordIssuer(id=issued.issuer_id, name=record.issuer_name, slug=issued.issuer_slug),
        achievement=RecordAchievement(
            id=issued.achievement_id,
            version=issued.achievement_version,
            name=record.achievement_name,
            achievement_type=record.achievement_type,
        ),
        state=record.state.value,
        expired=record.expired(now),
        issued_at=issued.issued_at,
        valid_from=issued.valid_from,
        valid_until=issued.valid_until,
        changed_at=record.changed_at,
        digest=issued.digest,
        status_list=RecordStatusList(url=issued.status_list, index=issued.status_index),
        links=RecordLinks(
            self=record_url(issued.credential_id, base_url), issuer=issuer_url(issued.issuer_slug, base_url)
        ),
    )


def issuer_answer(issuer: Issuer, said: Sequence[Endorsement], base_url: str) -> IssuerAnswer:
    """The issuer's JSON: its own profile first, our facts over it."""
    facts = {
        "id": issuer.issuer_id,
        "type": _types(orjson.loads(issuer.profile).get("type")),
        "name": issuer.name,
        "slug": issuer.slug,
        "active": issuer.active,
        "keys": signing_keys(orjson.loads(issuer.did_document)),
        "endorsements": [_endorsement(one) for one in said],
        "changed_at": issuer.changed_at,
        "links": IssuerLinks(
            self=issuer_url(issuer.slug, base_url), did=f"{issuer_url(issuer.slug, base_url)}/did.json"
        ),
    }
    return IssuerAnswer.model_validate({**orjson.loads(issuer.profile), **facts})


def _endorsement(one: Endorsement) -> EndorsementAnswer:
    text = one.credential or ""
    return EndorsementAnswer.model_validate(
        {
            "id": one.endorsement_id,
            "issuer": {"id": one.issuer_id, "name": one.issuer_name},
            "comment": one.comment,
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
            "credential": text if one.is_token else orjson.loads(text),
        }
    )


def _types(declared: Any) -> list[str]:
    types = [declared] if isinstance(declared, str) else declared
    return [str(name) for name in types] if isinstance(types, list) and types else ["Profile"]


def signing_keys(did_document: dict[str, Any]) -> list[str]:
    """Ids of the verification methods listed for assertions (Controlled Identifiers 1.0 §2.3.2)."""
    methods = did_document.get("assertionMethod")
    if not isinstance(methods, list):
        return []
    ids = [method.get("id") if isinstance(method, dict) else method for method in methods]
    return [name for name in ids if isinstance(name, str)]


def record_url(credential_id: str, base_url: str) -> str:
    """A record's address: short for our own credentials, the whole id percent-encoded for others."""
    short = credential_id.removeprefix(f"{base_url}/credentials/")
    return f"{base_url}/records/{quote(short, safe='')}"


def issuer_url(slug: str, base_url: str) -> str:
    """An issuer's address."""
    return address(base_url, slug)
