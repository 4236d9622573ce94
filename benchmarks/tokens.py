"""`python -m benchmarks.tokens`: access tokens for client assertions (private_key_jwt), through the edge.

Every request brings an assertion of its own, signed with ES256 beforehand; each is good once. Client, edge, database,
bus and the other services share the machine with the gateway, whose CPU time for each token says what one core of it
could answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import httpx
import uvloop
from joserfc import jws
from joserfc.jwk import ECKey

from benchmarks import raw
from benchmarks.load import Run, load, table
from benchmarks.stand import quiet_cores
from tools.actor import Actor
from tools.fleet import Fleet

PROMISED = 300  # a second
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def signer(fleet: Fleet) -> tuple[str, ECKey]:
    """A new client that signs with this key."""
    key = ECKey.generate_key("P-256", {"kid": "benchmark"})
    body = {
        "name": "benchmark",
        "scopes": ["credentials:issue"],
        "tokenEndpointAuthMethod": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        return str(Actor(http, fleet.demo["organizations"][0]).post("/clients", body)["clientId"]), key


def bodies(issuer: str, client_id: str, key: ECKey, count: int) -> Iterator[bytes]:
    """Forms with an assertion each, made before the clock runs."""
    now = int(time.time())
    made = []
    for _ in range(count):
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "iat": now,
            "exp": now + 240,
            "jti": uuid.uuid4().hex,
        }
        assertion = jws.serialize_compact({"alg": "ES256", "kid": "benchmark"}, json.dumps(claims), key)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        made.append(urlencode(form).encode())
    return iter(made)


async def measure(fleet: Fleet, count: int, workers: int) -> Run:
    """As fast as they are answered."""
    client_id, key = signer(fleet)

    async def ask(number: int) -> Run:
        forms = bodies(fleet.base_url, client_id, key, number)
        return await load(fleet, lambda: ("/oauth/token", FORM, next(forms)), count=number, workers=workers)

    await ask(100)  # warm
    return await ask(count)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tokens", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=16)
    arguments = parser.parse_args(argv)
    with Fleet(limited=False) as fleet:
        run = uvloop.run(measure(fleet, arguments.count, arguments.workers))
    core = 1e6 / run.cpu("gateway")
    print(f"raw: {raw.signatures():,.0f} Ed25519 signatures/s of one core; {quiet_cores()}")
    print(table([("private_key_jwt", run)]))
    print(f"one core of gateway answers {core:,.0f}/s ({core / raw.signatures():.4f} of raw signatures)")
    print(f"promise ({PROMISED}/s): {'kept' if max(core, run.rate) >= PROMISED else 'BROKEN'}")
    return 0 if max(core, run.rate) >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
