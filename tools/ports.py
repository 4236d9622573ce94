"""TCP ports on the loopback address: free ones, taken ones and who has them."""

from __future__ import annotations

import socket

import psutil

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """So many different free ports. They are free now; nobody reserves them."""
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
