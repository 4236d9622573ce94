"""Alembic's entry: see service_kit.migrations."""

from gateway.adapters.tables import METADATA
from service_kit.migrations import run

run(METADATA)
