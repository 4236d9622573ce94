"""Ask a local address over HTTP for its status, and nothing else."""

from __future__ import annotations

import http.client

from tools.ports import LOOPBACK


def status(port: int, path: str, timeout_s: float = 2.0) -> int | None:
    """The HTTP status of a GET, None if nothing sensible answered."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def ok(port: int, path: str) -> bool:
    return status(port, path) == http.client.OK
