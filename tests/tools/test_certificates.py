"""The certificate for https://localhost."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from pathlib import Path

from tools.certificates import VALIDITY, localhost

NOW = datetime.datetime.now(datetime.UTC)


def test_a_client_that_trusts_the_authority_connects_by_name_and_by_address(tmp_path: Path) -> None:
    files = localhost(tmp_path / "tls")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(files.chain, files.private_key)
    client_side = ssl.create_default_context(cafile=str(files.authority))

    for name in ("localhost", "127.0.0.1"):
        ours, theirs = socket.socketpair()
        server = threading.Thread(
            target=lambda end: server_side.wrap_socket(end, server_side=True).close(), args=[theirs]
        )
        server.start()
        with client_side.wrap_socket(ours, server_hostname=name) as connection:
            assert connection.version() == "TLSv1.3"
        server.join()
        theirs.close()


def test_it_is_kept_while_it_lasts_and_renewed_before_it_ends(tmp_path: Path) -> None:
    first = localhost(tmp_path, NOW).chain.read_bytes()
    assert localhost(tmp_path, NOW).chain.read_bytes() == first
    assert localhost(tmp_path, NOW + VALIDITY - datetime.timedelta(days=10)).chain.read_bytes() != first


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    assert localhost(tmp_path).private_key.stat().st_mode & 0o777 == 0o600
