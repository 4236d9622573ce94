"""Alembic's entry: everything is in the kit."""

from issuer.adapters import stack_tables
from issuer.adapters.tables import METADATA
from service_kit.migrations import run

assert stack_tables.STACKS.metadata is METADATA  # noqa: S101 - they are to be described before they are migrated
run(METADATA)
