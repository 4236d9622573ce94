"""Alembic's entry for the catalog's tables."""

from catalog.adapters.achievements import listing_tables
from catalog.adapters.skills import tables as skill_tables
from catalog.adapters.tables import METADATA
from service_kit.migrations import run

# They are to be described before they are migrated.
assert listing_tables.LISTINGS.metadata is METADATA  # noqa: S101
assert skill_tables.SKILLS.metadata is METADATA  # noqa: S101
run(METADATA)
