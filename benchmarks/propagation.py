"""How long until the world knows: `python -m benchmarks.propagation` against a running fleet (`make run`).

Measures, through the edge, the time from a 201 to the public record, and from a revocation's 200 to the first
verification that says invalid. Prints percentiles; exits 1 when a p99 is above the promise of two seconds.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

PROMISE_S = 2.0
GIVE_UP_S = 30.0
POLL_S = 0.01

Json = dict[str, Any]


class Client:
    """One organization's client at the edge."""

    def __init__(self, session: aiohttp.ClientSession, organization: Json) -> None:
        self._session = session
        self._organization = organization
        self._headers: dict[str, str] = {}

    async def sign_in(self) -> None:
        """Get an access token."""
        login, password = self._organization["client_id"], self._organization["client_secret"]
        auth = {"Authorization": aiohttp.encode_basic_auth(login, password)}
        form = {"grant_type": "client_credentials"}
        async with self._session.post("/oauth/token", data=form, headers=auth) as answer:
            answer.raise_for_status()
            self._headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

    async def post(self, path: str, body: Any) -> Any:
        """POST JSON; raises for anything but success."""
        async with self._session.post(path, json=body, headers=self._headers) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"POST {path} answered {answer.status}: {await answer.text()}")
            return await answer.json()


async def achievement(university: Client) -> str:
    """A published achievement to issue."""
    body = {
        "name": "Measured achievement",
        "description": "Exists so that a benchmark can issue it.",
        "criteria": {"narrative": "Run the benchmark."},
        "achievementType": "MicroCredential",
    }
    draft = await university.post("/achievements", body)
    published = await university.post(f"/achievements/{_last(draft['id'])}/publish", {})
    found: str = published["id"]
    return found


async def issue(university: Client, achievement_id: str) -> Json:
    """Issue to a learner nobody has seen before."""
    recipient = {"email": f"{uuid.uuid4().hex}@students.example"}
    issued: Json = await university.post("/credentials", {"achievement": achievement_id, "recipient": recipient})
    return issued


async def until(done: Callable[[], Awaitable[bool]]) -> float:
    """Seconds until `done` is true; raises TimeoutError after half a minute."""
    started = time.perf_counter()
    async with asyncio.timeout(GIVE_UP_S):
        while not await done():
            await asyncio.sleep(POLL_S)
    return time.perf_counter() - started


async def to_record(session: aiohttp.ClientSession, university: Client, achievement_id: str) -> tuple[float, float]:
    """Issue one credential; seconds to answer, then seconds until its record is public."""
    started = time.perf_counter()
    issued = await issue(university, achievement_id)
    answered = time.perf_counter() - started

    async def public() -> bool:
        async with session.get(f"/records/{_last(issued['id'])}") as answer:
            return answer.status == 200

    return answered, await until(public)


async def to_verdict(university: Client, employer: Client, achievement_id: str) -> float:
    """Issue, verify (must be valid), revoke; seconds until a verification says invalid."""
    issued = await issue(university, achievement_id)
    body = {"credential": issued["credential"]}

    async def verdict() -> str:
        found: str = (await employer.post("/verifications", body))["verdict"]
        return found

    if await verdict() != "valid":
        raise RuntimeError("a fresh credential is not valid")
    await university.post(f"/credentials/{_last(issued['id'])}/revoke", {"reason": "benchmark"})

    async def invalid() -> bool:
        return await verdict() == "invalid"

    return await until(invalid)


async def in_parallel(count: int, workers: int, job: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Run a job `count` times, `workers` at once."""
    left = iter(range(count))
    results: list[Any] = []

    async def work() -> None:
        results.extend([await job() for _ in left])

    await asyncio.gather(*(work() for _ in range(workers)))
    return results


def line(name: str, seconds: Sequence[float]) -> str:
    """One row of percentiles in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    p50, p95, p99 = (cuts[n - 1] * 1000 for n in (50, 95, 99))
    return f"{name:<42} {len(seconds):>6} {p50:>9.0f} {p95:>9.0f} {p99:>9.0f} {max(seconds) * 1000:>9.0f}"


def _last(url: str) -> str:
    return url.rsplit("/", 1)[-1]


async def measure(demo: Json, issues: int, revocations: int, workers: int) -> int:
    """Run both measurements and print them. Returns the exit code."""
    by_kind = {organization["kind"]: organization for organization in reversed(demo["organizations"])}
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(demo["base_url"], timeout=timeout) as session:
        university, employer = Client(session, by_kind["university"]), Client(session, by_kind["employer"])
        await asyncio.gather(university.sign_in(), employer.sign_in())
        achievement_id = await achievement(university)
        await issue(university, achievement_id)  # the first one waits for the achievement to arrive
        started = time.perf_counter()
        issued = await in_parallel(issues, workers, lambda: to_record(session, university, achievement_id))
        elapsed = time.perf_counter() - started
        revoked = await in_parallel(revocations, workers, lambda: to_verdict(university, employer, achievement_id))
    records = [record for _, record in issued]
    print(f"{'milliseconds':<42} {'n':>6} {'p50':>9} {'p95':>9} {'p99':>9} {'max':>9}")
    print(line("POST /credentials to 201", [answered for answered, _ in issued]))
    print(line("201 to public record", records))
    print(line("revocation's 200 to verdict invalid", revoked))
    print(f"{issues} issues in {elapsed:.1f} s with {workers} workers; all {revocations} were valid before revocation")
    kept = all(statistics.quantiles(s, n=100, method="inclusive")[98] <= PROMISE_S for s in (records, revoked))
    print(f"promise (p99 within {PROMISE_S:.0f} s): {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.propagation", description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path("var/demo.json"))
    parser.add_argument("--issues", type=int, default=1000)
    parser.add_argument("--revocations", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    demo = json.loads(arguments.demo.read_text())
    return asyncio.run(measure(demo, arguments.issues, arguments.revocations, arguments.workers))


if __name__ == "__main__":
    sys.exit(main())
