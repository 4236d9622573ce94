"""The `laurel` command."""

from __future__ import annotations

import sys

from laurel.cli import agreements, batch, changes, credentials, keys, login, recognition, sandbox, stacks, verify
from laurel.cli.app import app
from laurel.cli.screen import complain, note
from laurel.errors import LaurelError, LoginFailed

FAILED = 4

__all__ = [
    "app",
    "main",
    "agreements",
    "batch",
    "changes",
    "credentials",
    "keys",
    "login",
    "recognition",
    "sandbox",
    "stacks",
    "verify",
]


def main() -> None:
    """Run the command; what goes wrong with Laurel is one line on stderr and exit code 4."""
    try:
        app()
    except LaurelError as error:
        complain(str(error))
        if isinstance(error, LoginFailed) and error.code == "invalid_client":
            note("The client id or the secret is not right (any more): `laurel login` keeps new ones.")
        sys.exit(FAILED)
