"""`python -m gateway.edge`: the same command as `python -m gateway edge`."""

import sys

from gateway.edge.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
