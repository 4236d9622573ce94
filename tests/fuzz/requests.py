"""Requests to an operation that its description does not foresee: bodies, addresses and headers gone wrong.

The same ones in every run. What a body holds begins from the smallest that the description allows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fuzz.wire import Headers, Sent

JSON = b"application/json"
DEEP = 20_000
NO_ID = "00000000-0000-4000-8000-000000000000"
HOSTILE: list[Any] = [None, True, -1, 2**53, 2**63, 10**19, -(10**19), 1e308, 0.1, "", "\x7f\u202e", "🎓" * 50, [], {}]
HOSTILE += ["x" * 70_000, [[[[]]]], [None], {"": {}}, ["x"] * 3000, {"$ref": "#"}, "2026-13-45T99:99:99Z", "did:web:%"]
BODIES: Mapping[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a word": b"nul",
    "a string": b'"x"',
    "null": b"null",
    "a number": b"7",
    "a list": b"[]",
    "a list of lists": b"[[]]",
    "a name twice": b'{"a": 1, "a": 2}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a huge float": b'{"a": 1e999}',
    "a tiny float": b'{"a": 1e-99999}',
    "a huge integer": b'{"a": ' + b"9" * 6000 + b"}",
    "deep lists": b"[" * DEEP,
    "deep lists, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "an escaped NUL": b'{"a": "\\u0000"}',
    "a bare NUL": b'{"a": "\x00"}',
    "a NUL for a name": b'{"\\u0000": 1}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "two values": b"{}{}",
    "a comment": b"{} // x",
    "many members": json.dumps({str(number): number for number in range(5000)}).encode(),
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a form": b"a=b&a=c&%=%&=&%00=%ff",
    "a CSV": b'a,"b\r\n=1+1,\x00',
    "bytes": bytes(range(256)),
}
TYPES = [b"", b"text/plain", b"application/xml", b"application/json; charset=utf-16", b"\xff", b"a" * 3000, b";;"]
TYPES += [b"multipart/form-data", b"multipart/form-data; boundary=x", b"multipart/form-data; boundary=\xff", b"*/*"]
TYPES += [b"application/x-www-form-urlencoded", b"application/x-ndjson", b"text/csv; header=x", b"application/JSON"]
SEGMENTS = ["%00", "%ff", "%", "%zz", "%C0%80", "%2e%2e%2f", "..", "a" * 5000, "%F0%9F%8E%93", "'%20OR%201=1--"]
SEGMENTS += ["%0d%0aA:b", "%2F", ";a=b", "-1", "1e999", "9" * 40, NO_ID.upper(), f"{{{NO_ID}}}", "%7B%7D", "~"]
SEGMENTS += ["%25%30%30", "did:web:x"]
QUERIES = ["%", "%=%", "=&=", "a" * 20_000, "limit=%ff", "limit=" + "9" * 400, "limit=-1", "limit=1&limit=2"]
QUERIES += ["limit=1e2", "cursor=%00", "cursor=W10", "cursor=WyJ4Il0", "cursor=" + "A" * 9000, "q=%C0%80"]
QUERIES += ["&".join(["x=1"] * 1500), "limit=%D9%A1", "offset=99999999999999999999", "since=yesterday"]
QUERIES += ["verdict=%F0%9F", "sort=;", "status=%22"]
TOKENS = [b"{", b"]", b'"', b"\\u0000", b"\xff", b"1e400", b",", b"null", b"\x00"]
HEADERS: Mapping[str, Headers] = {
    "two tokens": [(b"Authorization", b"Bearer x"), (b"Authorization", b"Bearer y")],
    "a token that is none": [(b"Authorization", b"Bearer \xff\xfe")],
    "a token of three empty parts": [(b"Authorization", b"Bearer ..")],
    "a token that is large": [(b"Authorization", b"Bearer " + b"a" * 30_000)],
    "another scheme": [(b"Authorization", b"DPoP \xff"), (b"DPoP", b"..")],
    "two media types": [(b"Content-Type", b"text/plain"), (b"Content-Type", JSON)],
    "two keys": [(b"Idempotency-Key", b"a"), (b"Idempotency-Key", b"b")],
    "a key that is no text": [(b"Idempotency-Key", b"\xff\x80")],
    "an empty key": [(b"Idempotency-Key", b"")],
    "a long key": [(b"Idempotency-Key", b"k" * 5000)],
    "an odd If-Match": [(b"If-Match", b'"\xff'), (b"If-Match", b"*, W/")],
    "an odd If-None-Match": [(b"If-None-Match", b'W/"\xff", ,')],
    "an odd date": [(b"If-Modified-Since", b"\xff"), (b"Range", b"bytes=-,9-1")],
    "an odd Accept": [(b"Accept", b"\xff/*;q=x, ,;"), (b"Accept-Language", b"*" * 900)],
    "a page": [(b"Accept", b"text/html")],
    "an odd request id": [(b"X-Request-Id", b"\xff\x80 "), (b"traceparent", b"00-0-0-zz")],
    "odd cookies": [(b"Cookie", b"=;;a=\xff; laurel=" + b"x" * 3000)],
    "a form by another name": [(b"X-HTTP-Method-Override", b"DELETE"), (b"Forwarded", b"for=\xff")],
    "very many": [(b"X-%d" % number, b"x" * 50) for number in range(400)],
    "a body that is awaited": [(b"Expect", b"100-continue")],
}


def requests(
    method: str, template: str, operation: Mapping[str, Any], schemas: Mapping[str, Any], known: Mapping[str, str]
) -> Iterator[Sent]:
    """All of them. A DELETE is never of what is there: the others would find nothing any more."""
    given = {} if method == "DELETE" else known
    names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
    good = template.format(**{name: given.get(name, NO_ID) for name in names}).encode()
    for name in names:
        for segment in SEGMENTS:
            path = template.format(**{one: segment if one == name else given.get(one, NO_ID) for one in names})
            yield Sent(f"{name}={segment[:30]}", method, path.encode(), _typed(method))
    yield Sent("bytes in the path", method, good + b"\xff\x80", _typed(method))
    for query in QUERIES if method == "GET" else QUERIES[:4]:
        yield Sent(f"?{query[:30]}", method, good + b"?" + query.encode(), _typed(method), _minimal(method))
    for title, headers in HEADERS.items():
        yield Sent(title, method, good, headers, _minimal(method))
    if method in {"POST", "PUT", "PATCH"}:
        yield from _bodies(method, good, operation, schemas)


def _typed(method: str) -> Headers:
    return [(b"Content-Type", JSON)] if method in {"POST", "PUT", "PATCH"} else ()


def _minimal(method: str) -> bytes | None:
    return b"{}" if method in {"POST", "PUT", "PATCH"} else None


def _bodies(method: str, path: bytes, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Sent]:
    content = operation.get("requestBody", {}).get("content", {})
    taken = next(iter(content), "application/json").encode()
    for title, body in BODIES.items():
        yield Sent(title, method, path, [(b"Content-Type", JSON)], body)
        if taken != JSON and len(body) < DEEP:
            yield Sent(f"{title} as {taken.decode()}", method, path, [(b"Content-Type", taken)], body)
    for media_type in TYPES:
        yield Sent(f"as {media_type!r}"[:40], method, path, [(b"Content-Type", media_type)], b'{"a": 1}')
    minimal = example(content.get("application/json", {}).get("schema", {}), schemas)
    for index, wrong in enumerate(_changed(minimal)):
        yield Sent(f"hostile value {index}", method, path, _typed(method), wrong)
    text = json.dumps(minimal).encode()
    rng = random.Random(f"{method} {path!r}")  # noqa: S311 - the same in every run
    for index in range(12):
        yield Sent(f"mutation {index}", method, path, _typed(method), _mutated(text, rng))
    yield Sent("chunks that are none", method, path, _typed(method), chunks=b"zz\r\n{}\r\n0\r\n\r\n")
    chunk = b"%x\r\n%b\r\n" % (65_536, b" " * 65_536)
    yield Sent("chunks over the limit", method, path, _typed(method), chunks=chunk * 40 + b"0\r\n\r\n")


def _changed(minimal: Any) -> Iterator[bytes]:
    """A hostile value in the place of one member, each in its turn; and a few in the place of all."""
    if not isinstance(minimal, dict) or not minimal:
        return
    names = list(minimal)
    for turn, value in enumerate(HOSTILE):
        yield json.dumps(minimal | {names[turn % len(names)]: value}).encode()
    for value in HOSTILE[::4]:
        yield json.dumps(dict.fromkeys(minimal, value)).encode()


def _mutated(text: bytes, rng: random.Random) -> bytes:
    data = bytearray(text)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data[place:place] = rng.choice(
                    [b"{", b"]", b'"', b"\\u0000", b"\xff", b"1e400", b",", b"null", b"\x00"]
                )
            case 1:
                del data[place : place + rng.randint(1, 8)]
            case 2:
                data[place:place] = data[max(0, place - 20) : place]
            case _ if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
    return bytes(data)


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that a schema may well allow, with all members it names."""
    schema = _resolved(schema, schemas)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    if kind == "object":
        members = schema.get("properties", {}) if depth < 4 else {}
        return {name: example(member, schemas, depth + 1) for name, member in members.items()}
    if kind == "array":
        return [example(schema.get("items", {}), schemas, depth + 1)] if depth < 4 else []
    return {"integer": 1, "number": 1.5, "boolean": True, "null": None}.get(kind, "x")


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(8):
        if "$ref" in schema:
            schema = schemas.get(str(schema["$ref"]).rpartition("/")[2], {})
        elif alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = alternatives[0]
        else:
            break
    return schema
