"""`python -m benchmarks.issue`: single credentials through the edge, on a fleet of its own.

Each request is another learner with two results and a piece of evidence, and an Idempotency-Key; the answer comes after
the commit. First as fast as they are answered, then at half that pace, once the others have caught up. The issuer's
requests are answered by one process, which relays and consumes nothing. Client, edge, database, bus and the other
services share the machine with it: its CPU time for each credential says what one core of issuer could answer, and is
held against the promise.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import uuid
from collections.abc import Sequence

import httpx
import uvloop

from benchmarks import raw
from benchmarks.credential import credential
from benchmarks.load import Make, Run, json_headers, load, table
from benchmarks.stand import quiet_cores
from tools.actor import Actor, last
from tools.fleet import Fleet
from tools.seed import access_token

PROMISED = 1200  # a second on one core of issuer
PROMISED_P99_MS = 50.0  # at half the load


def requests(fleet: Fleet) -> Make:
    """Requests for credentials of one new achievement."""
    university = fleet.demo["organizations"][0]
    model = credential()
    described = model["credentialSubject"]["achievement"]
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        actor = Actor(http, university)
        names = ("name", "description", "criteria", "achievementType", "resultDescription", "tag", "inLanguage")
        draft = actor.post("/achievements", {name: described[name] for name in names})
        achievement = actor.post(f"/achievements/{last(draft['id'])}/publish", {})["id"]
        token = access_token(http, university)
        results = [
            {"resultDescription": item["id"], "value": value}
            for item, value in zip(draft["resultDescription"], "A5", strict=True)
        ]
    numbers = itertools.count()

    def make() -> tuple[str, dict[str, str], bytes]:
        recipient = {"email": f"{uuid.uuid4().hex}@students.example", "name": f"Learner {next(numbers)}"}
        body = {"achievement": achievement, "recipient": recipient, "results": results, "evidence": model["evidence"]}
        headers = json_headers(token, **{"Idempotency-Key": uuid.uuid4().hex})
        return "/credentials", headers, json.dumps(body).encode()

    return make


async def measure(fleet: Fleet, count: int, workers: int) -> tuple[Run, Run]:
    """At full speed, then at half of it."""
    make = requests(fleet)
    await load(fleet, make, count=200, workers=workers)  # warm
    full = await load(fleet, make, count=count, workers=workers)
    pace = full.rate / 2
    await load(fleet, make, count=count // 4, workers=workers, per_second=pace)  # others work off what they were told
    return full, await load(fleet, make, count=count // 2, workers=workers, per_second=pace)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.issue", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=32)
    arguments = parser.parse_args(argv)
    with Fleet(split={"issuer"}, limited=False) as fleet:
        full, half = uvloop.run(measure(fleet, arguments.count, arguments.workers))
    core = 1e6 / full.cpu("issuer")
    print(f"raw: {raw.signatures():,.0f} Ed25519 signatures/s of one core; {quiet_cores()}")
    print(table([("as fast as they are answered", full), ("at half that pace", half)]))
    print(f"one core of issuer answers {core:,.0f}/s ({core / raw.signatures():.4f} of raw signatures)")
    kept = core >= PROMISED and half.percentile(99) < PROMISED_P99_MS
    print(f"promise ({PROMISED:,}/s a core, p99 {PROMISED_P99_MS:.0f} ms at half): {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
