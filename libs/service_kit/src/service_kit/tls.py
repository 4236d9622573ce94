"""Whom we trust when we call others over TLS."""

import ssl
from functools import cache
from pathlib import Path


def trusting(ca_file: Path | str | None) -> ssl.SSLContext:
    """The authorities of a file, or those of this machine. Not to be changed: the machine's is shared."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else _machine()


@cache
def _machine() -> ssl.SSLContext:
    """Reading all those certificates takes tens of milliseconds."""
    return ssl.create_default_context()
