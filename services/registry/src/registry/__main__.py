"""The command line: serve, relay, consume, run, migrate, openapi, rebuild, state-hash."""

import sys

from registry.main import SERVICE
from service_kit.runtime import main

sys.exit(main(SERVICE))
