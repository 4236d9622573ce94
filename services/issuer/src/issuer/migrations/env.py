"""Alembic's entry: everything is in the kit."""

from issuer.adapters.tables import METADATA
from service_kit.migrations import run

run(METADATA)
