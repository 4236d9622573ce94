"""`python -m issuer serve|relay|consume|run|migrate|openapi|republish`."""

import sys

from issuer.main import SERVICE
from service_kit.runtime import main

if __name__ == "__main__":
    sys.exit(main(SERVICE))
