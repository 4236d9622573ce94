"""HTTP/1.1 by hand, over a socket: requests that no client library would send, and what came back."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Sent:
    """One request, byte for byte. `chunks` go out as they are, without a Content-Length."""

    name: str
    method: str
    target: bytes
    headers: Headers = ()
    body: bytes | None = None
    chunks: bytes | None = None

    @property
    def wire(self) -> bytes:
        lines = [self.method.encode() + b" " + self.target + b" HTTP/1.1", b"Host: fuzz"]
        lines += [name + b": " + value for name, value in self.headers]
        if self.chunks is not None:
            return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b""]) + self.chunks
        if self.body is not None:
            return b"\r\n".join([*lines, b"Content-Length: %d" % len(self.body), b"", b""]) + self.body
        return b"\r\n".join([*lines, b"", b""])


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection at a time to one server, opened anew whenever it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._left = b""

    def send(self, request: Sent) -> Answer:
        """The answer. A server that closes without any, as HTTP lets it, gives a 400 without headers."""
        kept = self._socket is not None
        answer = self._exchange(request)
        if answer is None and kept:  # the connection was over before this request
            answer = self._exchange(request)
        return answer or Answer(400)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def _exchange(self, request: Sent) -> Answer | None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        with contextlib.suppress(OSError):  # refused before all of it was sent; the answer may be there
            self._socket.sendall(request.wire)
        try:
            answer = self._read(request)
        except OSError:
            answer = None
        if answer is None or answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def _read(self, request: Sent) -> Answer | None:
        while b"\r\n\r\n" not in self._left:
            if not self._more():
                return None
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if status == 100:
            return self._read(request)
        if request.method == "HEAD" or status in {204, 304}:
            return Answer(status, headers)
        return Answer(status, headers, self._content(headers))

    def _content(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self._take(int(headers["content-length"]))
        content = b""
        if headers.get("transfer-encoding") == "chunked":
            while (size := int(self._line(), 16)) > 0:
                content += self._take(size)
                self._line()
            self._line()
        return content

    def _line(self) -> bytes:
        while b"\r\n" not in self._left and self._more():
            pass
        line, _, self._left = self._left.partition(b"\r\n")
        return line

    def _take(self, size: int) -> bytes:
        while len(self._left) < size and self._more():
            pass
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def _more(self) -> bool:
        assert self._socket is not None
        received = self._socket.recv(65536)
        self._left += received
        return bool(received)
