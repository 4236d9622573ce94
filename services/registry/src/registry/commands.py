"""The registry's own commands: `rebuild` and `state-hash`. Part of the composition root."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import aclosing

from contracts.topics import Topic
from registry.adapters.rebuilding import Rebuilding
from registry.adapters.state_hash import fingerprint
from registry.adapters.unit_of_work import Projecting
from registry.core.rebuild import Report, WouldLose, rebuild
from registry.events.handlers import TOPICS, subscriptions
from registry.settings import RegistrySettings
from service_kit.bus import BusUnavailable
from service_kit.command_line import takes_nothing
from service_kit.database import Database, open_database
from service_kit.inbox import Inbox
from service_kit.replay import replay

HOUR_S = 3600.0


def inbox(database: Database) -> Inbox[Projecting]:
    """What applies events to the projections."""
    return Inbox(lambda: Projecting(database), subscriptions())


async def rebuild_command(
    settings: RegistrySettings, arguments: Sequence[str], topics: Sequence[Topic] = TOPICS
) -> int:
    """Build the projections anew from the topics, or compare them.

    Exit codes: 0 done, or no difference; 1 a difference; 2 refused; 3 no bus.
    """
    parser = argparse.ArgumentParser(prog="registry rebuild", description="build the projections anew from the topics")
    parser.add_argument("--check", action="store_true", help="compare only, and change nothing")
    parser.add_argument("--force", action="store_true", help="even if a projection becomes empty")
    chosen = parser.parse_args(arguments)
    patient = settings.database.model_copy(update={"statement_timeout_s": HOUR_S})
    async with (
        open_database(patient, "registry rebuild") as database,
        aclosing(replay(settings.kafka, topics)) as records,
    ):
        try:
            report = await rebuild(
                Rebuilding(database, inbox(database), records),
                keep=not chosen.check,
                force=chosen.force or chosen.check,
                progress=lambda count: _say(f"{count} records read"),
            )
        except WouldLose as error:
            _say(f"refused, nothing changed: {error} (--force to do it all the same)")
            return 2
        except BusUnavailable as error:
            _say(f"the topics cannot be read, nothing changed: {error}")
            return 3
    _tell(report)
    return int(chosen.check and report.before.digest != report.after.digest)


async def state_hash_command(settings: RegistrySettings, arguments: Sequence[str]) -> int:
    """Print one line that is equal for equal projections."""
    takes_nothing("registry state-hash", arguments)
    async with open_database(settings.database, "registry state-hash") as database, database.snapshot() as session:
        _say((await fingerprint(session)).digest)
    return 0


def _tell(report: Report) -> None:
    read = report.replayed
    _say(
        f"{read.records} records read: {read.applied} applied, {read.repeated} repeated, {read.ignored} of no concern, "
        f"{read.left_out} left out"
    )
    for name, rows in report.after.rows.items():
        _say(f"{name}: {report.before.rows[name]} rows before, {rows} after")
    _say(f"state before {report.before.digest}")
    _say(f"state after  {report.after.digest}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
