"""TCP ports on the loopback address: free ones, taken ones and who has them."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"
LOWEST = 10_000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """So many different free ports. They are free now; nobody reserves them.

    They lie below those that the system gives to outgoing connections, where it can be known: else a server that is
    killed and started again may find that a client of another server has its port.
    """
    below = _lowest_ephemeral()
    if below - LOWEST < 1000:
        return _any_free_ports(count)
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(LOWEST, below)
        if port not in found and is_free(port):
            found.append(port)
    return found


def _lowest_ephemeral() -> int:
    """The first port that the system may give to a client; 0 where that is not told."""
    return int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 0


def _any_free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def is_open(port: int, timeout_s: float = 0.5) -> bool:
    """Whether something answers there."""
    with socket.socket() as one:
        one.settimeout(timeout_s)
        return one.connect_ex((LOOPBACK, port)) == 0


def is_free(port: int) -> bool:
    """Whether we could listen there."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def owner(port: int) -> str:
    """Who listens there, as far as this user may know."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        connections = []
    for one in connections:
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
            try:
                return f"process {one.pid} ({psutil.Process(one.pid).name()})"
            except psutil.NoSuchProcess:
                break
    return "another process"
