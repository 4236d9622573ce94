"""Alembic's entry: everything is in the kit."""

from issuer.adapters.backpack import tables as backpack_tables
from issuer.adapters.endorsements import tables as endorsement_tables
from issuer.adapters.recognition import tables as recognition_tables
from issuer.adapters.stacks import tables as stack_tables
from issuer.adapters.tables import METADATA
from service_kit.migrations import run

# They are to be described before they are migrated.
assert backpack_tables.BACKPACKS.metadata is METADATA  # noqa: S101
assert endorsement_tables.ENDORSEMENTS.metadata is METADATA  # noqa: S101
assert recognition_tables.RECOGNITIONS.metadata is METADATA  # noqa: S101
assert stack_tables.STACKS.metadata is METADATA  # noqa: S101
run(METADATA)
