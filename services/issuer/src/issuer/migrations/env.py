"""Alembic's entry: everything is in the kit."""

from issuer.adapters import backpack_tables, endorsement_tables, recognition_tables, stack_tables
from issuer.adapters.tables import METADATA
from service_kit.migrations import run

# They are to be described before they are migrated.
assert backpack_tables.BACKPACKS.metadata is METADATA  # noqa: S101
assert endorsement_tables.ENDORSEMENTS.metadata is METADATA  # noqa: S101
assert recognition_tables.RECOGNITIONS.metadata is METADATA  # noqa: S101
assert stack_tables.STACKS.metadata is METADATA  # noqa: S101
run(METADATA)
