"""Alembic's entry: everything is in the kit."""

from registry.adapters.tables import METADATA
from service_kit.migrations import run

run(METADATA)
