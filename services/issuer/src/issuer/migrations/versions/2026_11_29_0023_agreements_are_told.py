"""Agreements that were signed before anybody was told of them are told of now."""

import json
import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

from service_kit.clock import utc_now

revision = "0023"
down_revision = "0022"

SIGNED = """
SELECT id, state, version, revision, recognising_org, source_org, recognising_issuer, source_issuer, programme, digest,
  document, signed_at, changed_at
FROM recognition_agreements WHERE state IN ('signed', 'ended') ORDER BY changed_at, id
"""
TELL = """
INSERT INTO outbox (id, topic, key, headers, value)
VALUES (:id, 'agreement-published', :key, CAST(:headers AS jsonb), :value)
"""


def upgrade() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.text(SIGNED)).mappings().all():
        connection.execute(sa.text(TELL), _event(dict(row)))


def _event(row: dict[str, Any]) -> dict[str, Any]:
    key, document = str(row["id"]), row["document"]
    found = {
        "agreement_id": document["id"],
        "version": row["version"],
        "revision": row["revision"],
        "state": row["state"],
        "org_id": row["recognising_org"],
        "source_org_id": row["source_org"],
        "recognising_issuer": row["recognising_issuer"],
        "source_issuer": row["source_issuer"],
        "programme": row["programme"],
        "replaces": document.get("replaces"),
        "digest": row["digest"],
        "document": document,
        "signed_at": row["signed_at"].isoformat(),
        "changed_at": row["changed_at"].isoformat(),
    }
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{document['id']}#{row['revision']}"))
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": "/issuer",
        "ce_type": f"recognition-agreement.{row['state']}.v1",
        "ce_subject": key,
        "ce_time": utc_now().isoformat(),
        "content-type": "application/json",
    }
    value = json.dumps(found).encode()
    return {"id": event_id, "key": key, "headers": json.dumps(list(headers.items())), "value": value}
