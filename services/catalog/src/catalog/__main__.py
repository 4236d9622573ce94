"""The command line: serve, relay, consume, run, migrate, openapi."""

import sys

from catalog.main import SERVICE
from service_kit.runtime import main

sys.exit(main(SERVICE))
