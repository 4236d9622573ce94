"""`laurel correct`, `revoke`, `suspend` and `reinstate`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypedDict

import typer

from laurel.cli.app import As, AsJson, app, client
from laurel.cli.batch import Detach, DryRun, Results, change_many
from laurel.cli.credentials import hand_out
from laurel.cli.files import Unreadable, results_at
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import say, show_json
from laurel.credentials import Credentials

OneOrMany = Annotated[str | None, typer.Argument(help="Its address or UUID; none with --file.")]
Reason = Annotated[str | None, typer.Option(help="Kept with you: it is in no public record. Asked for unless given.")]
Many = Annotated[
    Path | None, typer.Option("--file", "-f", help="CSV, NDJSON or JSON: one credential a row, and its reason.")
]
Key = Annotated[str | None, typer.Option(help="Idempotency-Key: the same key never does it twice.")]
StatusChange = Literal["revoke", "suspend", "reinstate"]
CHANGE_ONE: Final[Mapping[StatusChange, Callable[[Credentials, str, str], str]]] = {
    "revoke": Credentials.revoke,
    "suspend": Credentials.suspend,
    "reinstate": Credentials.reinstate,
}


class Options(TypedDict):
    """What goes with a file of many only."""

    dry_run: bool
    detach: bool
    key: str | None
    out: Path | None


@app.command()
def correct(
    credential: OneOrMany = None,
    *,
    reason: Reason = None,
    learner: Annotated[str | None, typer.Option("--name", help="The learner's name; empty removes it.")] = None,
    email: Annotated[str | None, typer.Option(help="The learner's e-mail address.")] = None,
    narrative: Annotated[str | None, typer.Option(help="What this learner did; empty removes it.")] = None,
    valid_until: Annotated[datetime | None, typer.Option(help="Local time.")] = None,
    changes: Annotated[
        Path | None, typer.Option(help='JSON of what is right, such as {"results": [...]}; null removes.')
    ] = None,
    file: Many = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    key: Key = None,
    out: Annotated[Path | None, results_at("Write the corrected credential here, or the results of --file.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Sign one credential anew, corrected, or many of a file. Its id stays; what the learner had is superseded."""
    with client(name) as laurel:
        if file is not None:
            _alone(credential, reason, learner, email, narrative, valid_until, changes)
            change_many(laurel, "correct", file, dry_run=dry_run, detach=detach, key=key, out=out, as_json=as_json)
        _of_many(dry_run=dry_run, detach=detach)
        wanted = _read(changes) if changes else {}
        recipient = ({} if email is None else {"email": email}) | ({} if learner is None else {"name": learner or None})
        if recipient:
            wanted["recipient"] = recipient
        if narrative is not None:
            wanted["narrative"] = narrative or None
        if valid_until is not None:
            wanted["validUntil"] = valid_until.astimezone().isoformat()
        corrected = laurel.credentials.correct(_one(credential), _why(reason), wanted, key=key)
        hand_out(corrected, out, as_json=as_json)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Unreadable(f"{path} cannot be read as JSON") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path} is no JSON object")
    return found


@app.command()
def revoke(
    credential: OneOrMany = None,
    *,
    reason: Reason = None,
    file: Many = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    key: Key = None,
    out: Results = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Revoke a credential, or many of a file, for good."""
    of_many = Options(dry_run=dry_run, detach=detach, key=key, out=out)
    _change_status("revoke", credential, reason, file, of_many, as_json=as_json, name=name)


@app.command()
def suspend(
    credential: OneOrMany = None,
    *,
    reason: Reason = None,
    file: Many = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    key: Key = None,
    out: Results = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Suspend a credential, or many of a file, until reinstated."""
    of_many = Options(dry_run=dry_run, detach=detach, key=key, out=out)
    _change_status("suspend", credential, reason, file, of_many, as_json=as_json, name=name)


@app.command()
def reinstate(
    credential: OneOrMany = None,
    *,
    reason: Reason = None,
    file: Many = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    key: Key = None,
    out: Results = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """End a suspension, or many of a file."""
    of_many = Options(dry_run=dry_run, detach=detach, key=key, out=out)
    _change_status("reinstate", credential, reason, file, of_many, as_json=as_json, name=name)


def _change_status(
    action: StatusChange,
    credential: str | None,
    reason: str | None,
    file: Path | None,
    of_many: Options,
    *,
    as_json: bool,
    name: str,
) -> None:
    with client(name) as laurel:
        if file is not None:
            _alone(credential, reason)
            change_many(laurel, action, file, as_json=as_json, **of_many)
        _of_many(**of_many)
        changed = CHANGE_ONE[action](laurel.credentials, _one(credential), _why(reason))
    show_json({"status": changed}) if as_json else say(changed)


def _one(credential: str | None) -> str:
    if credential is None:
        raise typer.BadParameter("name a credential, or a file of them with --file")
    return credential


def _why(reason: str | None) -> str:
    return reason if reason is not None else str(typer.prompt("Reason", err=True))


def _of_many(**options: object) -> None:
    """Nothing is done in another way than was asked for: `--dry-run` above all."""
    for name, given in options.items():
        if given:
            raise typer.BadParameter(f"--{name.replace('_', '-')} goes with --file")


def _alone(*others: object) -> None:
    if any(other is not None for other in others):
        raise typer.BadParameter("with --file, each row names its credential, its reason and what is right")
