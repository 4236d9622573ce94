"""What commands of a service have in common."""

import argparse
from collections.abc import Sequence


def takes_nothing(command: str, arguments: Sequence[str]) -> None:
    """Leave unless there are no arguments: with help where that is asked for, else with what is wrong."""
    argparse.ArgumentParser(prog=command, description="Takes no arguments.").parse_args(arguments)
