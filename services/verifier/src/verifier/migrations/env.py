"""Alembic's entry: everything is in the kit."""

from service_kit.migrations import run
from verifier.adapters.tables import METADATA

run(METADATA)
