"""What an event costs who hears it: `python -m benchmarks.events [--events N]`.

Catalog, registry and verifier apply what was told of credentials (each issued, then revoked) to their projections, in
polls of one, eight and a hundred records, on a PostgreSQL that keeps what it commits. Prints the processor time of the
process and of PostgreSQL for each event. The bus is left out: what is measured begins with a record that was read.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import psutil
from pydantic import SecretStr

import catalog.main
import registry.commands
from benchmarks.stand import Clockwork, quiet_cores, scratch_postgres
from contracts.envelope import envelope
from contracts.events import CredentialIssued, CredentialRevoked
from contracts.payload import Payload
from contracts.topics import TOPIC_OF
from service_kit.bus import Record
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.inbox import Inbox
from service_kit.migrations import migrate
from service_kit.offload import offload
from service_kit.settings import DatabaseSettings
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.events.handlers import subscriptions

POLLS = (1, 8, 100)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = "did:web:laurel.example:issuers:college"
LISTENERS: Mapping[str, Callable[[Database], Inbox[Any]]] = {
    "catalog": catalog.main.inbox,
    "registry": registry.commands.inbox,
    "verifier": lambda database: Inbox(lambda: UnitOfWork(database), subscriptions()),
}


def told(count: int) -> list[Record]:
    """So many credentials issued, then all of them revoked."""
    issued = [
        CredentialIssued(
            credential_id=f"https://laurel.example/credentials/{new_id()}",
            org_id="org",
            issuer_id=ISSUER,
            issuer_slug="college",
            achievement_id=f"https://laurel.example/achievements/{number % 10}",
            achievement_version=1,
            revision=1,
            issued_at=NOW,
            valid_from=NOW,
            digest="u" + "0" * 43,
            status_list="https://laurel.example/status-lists/1",
            status_index=number,
        )
        for number in range(count)
    ]
    revoked = [
        CredentialRevoked(credential_id=one.credential_id, org_id="org", issuer_id=ISSUER, revision=2, changed_at=NOW)
        for one in issued
    ]
    return [_record(one) for one in (*issued, *revoked)]


def _record(payload: Payload) -> Record:
    event = envelope(payload, event_id=new_id(), source="/issuer", time=NOW)
    return Record(TOPIC_OF[type(payload)].name, payload.key().encode(), event.data, event.headers())


async def measure(inbox: Inbox[Any], size: int, events: int, server: psutil.Process) -> str:
    """One listener with polls of one size. The first poll does not count."""
    records = told(events // 2)
    await inbox.process_together(records[:size])
    clock = Clockwork(server)
    for first in range(size, len(records), size):
        await inbox.process_together(records[first : first + size])
    spent, count = clock.spent(), len(records) - size
    return f"{spent.own * 1e6 / count:6.0f} us, PostgreSQL {spent.server * 1e6 / count:4.0f} us"


async def run(events: int) -> None:
    """Every listener, on a database of its own."""
    with scratch_postgres() as postgres:
        server = psutil.Process(postgres.process.pid)
        for name, listener in LISTENERS.items():
            app_url, migrate_url = postgres.server.create_database(name)
            settings = DatabaseSettings(url=SecretStr(app_url), migrate_url=SecretStr(migrate_url))
            await offload(migrate, name, settings)
            async with open_database(settings, "benchmark") as database:
                for size in POLLS:
                    count = max(events * size // POLLS[-1], 200)
                    print(f"{name:9} polls of {size:3}: {await measure(listener(database), size, count, server)}")
    print(quiet_cores())


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000, help="in polls of a hundred; fewer in smaller ones")
    asyncio.run(run(parser.parse_args().events))


if __name__ == "__main__":
    main()
