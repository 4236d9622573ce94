"""`python -m verifier serve|consume|run|migrate|openapi`."""

import sys

from service_kit.runtime import main
from verifier.main import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE))
