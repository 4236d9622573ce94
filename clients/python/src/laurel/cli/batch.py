"""`laurel batch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from laurel.batches import Batch, Batches
from laurel.cli.app import As, AsJson, app, client
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import progress, say, show_json
from laurel.cli.verify import Unreadable

SOME_FAILED = 1


@app.command()
def batch(
    achievement: Annotated[str, typer.Argument(help="The achievement's address or UUID.")],
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or JSON: one learner a row.")],
    *,
    issuer: Annotated[str | None, typer.Option(help="Slug or DID; your first issuer unless given.")] = None,
    allow_duplicates: Annotated[
        bool, typer.Option("--allow-duplicates", help="Also to people who have the achievement already.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, and issue nothing.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key: the same key never issues twice.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write a CSV of what became of every row.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Issue an achievement to many. Exit code 1 if a row came to nothing."""
    if not file.is_file():
        raise Unreadable(f"{file} is no file")
    with client(name) as laurel:
        if dry_run:
            checked = laurel.batches.check(achievement, file, issuer=issuer)
            show_json(checked) if as_json else _show_check(checked)
            raise typer.Exit(SOME_FAILED if checked["refused"] else 0)
        opened = laurel.batches.open(achievement, file, issuer=issuer, allow_duplicates=allow_duplicates, key=key)
        ended = opened if detach else _followed(laurel.batches, opened)
        if out is not None and ended.has_ended:
            out.write_bytes(laurel.batches.results(ended.id))
        show_json(ended.json) if as_json else _show(ended, laurel.batches)
    raise typer.Exit(SOME_FAILED if _lost(ended) else 0)


def _followed(batches: Batches, opened: Batch) -> Batch:
    found = opened
    with progress() as bar:
        task = bar.add_task("issuing", total=opened.rows)
        for found in batches.follow(opened.id):
            bar.update(task, completed=found.settled)
    return found


def _lost(found: Batch) -> int:
    return sum(found.counts.get(state, 0) for state in ("failed", "refused", "cancelled"))


def _show(found: Batch, batches: Batches) -> None:
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    say(f"{found.status}  {found.id}\n  {found.rows} rows: {counts}")
    for status in ("refused", "failed"):
        if found.counts.get(status):
            for row in batches.rows(found.id, status=status):
                say(f"  row {row['row']} {status}: {row['problem']['detail']}")


def _show_check(checked: dict[str, object]) -> None:
    say(f"{checked['rows']} rows: {checked['ready']} ready, {checked['refused']} refused")
    errors = checked["errors"]
    for row in errors if isinstance(errors, list) else []:
        say(f"  row {row['row']}: {row['problem']['detail']}")
