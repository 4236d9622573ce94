"""Alembic's entry: see service_kit.migrations."""

from gateway.adapters import people_tables
from gateway.adapters.tables import METADATA
from service_kit.migrations import run

assert people_tables.USERS.metadata is METADATA  # noqa: S101 - they are to be described before they are migrated
run(METADATA)
