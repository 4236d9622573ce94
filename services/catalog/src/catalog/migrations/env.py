"""Alembic's entry for the catalog's tables."""

from catalog.adapters.tables import METADATA
from service_kit.migrations import run

run(METADATA)
