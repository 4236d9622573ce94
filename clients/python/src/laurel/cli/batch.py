"""`laurel batch` and `laurel template`, and what every batch has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn, cast

import typer

from laurel.batches import Action, Batch, Batches, Change
from laurel.cli.app import As, AsJson, app, client
from laurel.cli.files import results_at, rows_file, write
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import note, progress, say, show_file, show_json
from laurel.client import Laurel
from laurel.errors import LaurelError

SOME_FAILED = 1
DOING = {
    "issue": "issuing",
    "revoke": "revoking",
    "suspend": "suspending",
    "reinstate": "reinstating",
    "correct": "correcting",
}
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row, and change nothing.")]
Detach = Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")]
Results = Annotated[Path | None, results_at("Write a CSV of what became of every row.")]


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
    out: Annotated[Path | None, results_at("Write a CSV of what became of every row.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Issue an achievement to many. Exit code 1 if a row came to nothing."""
    rows_file(file)
    with client(name) as laurel:
        if dry_run:
            checked = laurel.batches.check(achievement, file, issuer=issuer)
            show_json(checked) if as_json else _show_check(checked)
            raise typer.Exit(SOME_FAILED if checked["refused"] else 0)
        opened = laurel.batches.open(achievement, file, issuer=issuer, allow_duplicates=allow_duplicates, key=key)
        ended = see_through(laurel.batches, opened, detach=detach, out=out, as_json=as_json)
    raise typer.Exit(exit_code(ended))


@app.command()
def follow(
    batch: Annotated[str, typer.Argument(help="The batch's address or UUID, as --detach prints it.")],
    *,
    out: Results = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Watch a batch to its end, or tell what became of it. Exit code 1 if a row came to nothing."""
    with client(name) as laurel:
        found = laurel.batches.get(batch)
        ended = see_through(laurel.batches, found, detach=found.has_ended, out=out, as_json=as_json)
    raise typer.Exit(exit_code(ended))


@app.command()
def template(
    action: Annotated[str, typer.Argument(help="issue, revoke, suspend, reinstate or correct.")] = "issue",
    *,
    achievement: Annotated[str | None, typer.Option(help="With a column for each result that it describes.")] = None,
    out: Annotated[Path | None, results_at("Write it here.")] = None,
    name: As = DEFAULT,
) -> None:
    """A CSV file to fill in for a batch."""
    with client(name) as laurel:
        text = laurel.batches.template(cast("Action", action), achievement=achievement)
    if out is None:
        show_file(text)
    else:
        write(out, text)


def change_many(
    laurel: Laurel,
    action: Change,
    file: Path,
    *,
    dry_run: bool,
    detach: bool,
    key: str | None,
    out: Path | None,
    as_json: bool,
) -> NoReturn:
    """A batch that changes what a file names, from its opening to its end."""
    rows_file(file)
    if dry_run:
        checked = laurel.batches.check_changes(action, file)
        show_json(checked) if as_json else _show_check(checked)
        raise typer.Exit(SOME_FAILED if checked["refused"] else 0)
    opened = laurel.batches.open_changes(action, file, key=key)
    raise typer.Exit(exit_code(see_through(laurel.batches, opened, detach=detach, out=out, as_json=as_json)))


def see_through(batches: Batches, opened: Batch, *, detach: bool, out: Path | None, as_json: bool) -> Batch:
    """Follow a batch to its end, write its results, and tell of it."""
    ended = opened if detach else _followed(batches, opened)
    if out is not None and ended.has_ended:
        write(out, batches.results(ended.id))
    show_json(ended.json) if as_json else _show(ended, batches)
    return ended


def exit_code(ended: Batch) -> int:
    """1 if a row came to nothing."""
    return SOME_FAILED if _lost(ended) else 0


def _followed(batches: Batches, opened: Batch) -> Batch:
    found = opened
    try:
        with progress() as bar:
            task = bar.add_task(DOING.get(opened.action, opened.action), total=opened.rows)
            for found in batches.follow(opened.id):
                bar.update(task, completed=found.settled)
    except (KeyboardInterrupt, LaurelError):
        note(f"The batch goes on without you: `laurel follow {opened.id}`")
        raise
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
