"""`laurel correct`, `revoke`, `suspend` and `reinstate`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from laurel.cli.app import As, AsJson, app, client
from laurel.cli.credentials import CredentialName, hand_out
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import say
from laurel.cli.verify import Unreadable

Reason = Annotated[str, typer.Option(help="Kept with you: it is in no public record.", prompt="Reason")]


@app.command()
def correct(
    credential: CredentialName,
    *,
    reason: Reason,
    learner: Annotated[str | None, typer.Option("--name", help="The learner's name; empty removes it.")] = None,
    email: Annotated[str | None, typer.Option(help="The learner's e-mail address.")] = None,
    narrative: Annotated[str | None, typer.Option(help="What this learner did; empty removes it.")] = None,
    valid_until: Annotated[datetime | None, typer.Option(help="Local time.")] = None,
    changes: Annotated[
        Path | None, typer.Option(help='JSON of what is right, such as {"results": [...]}; null removes.')
    ] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key: the same key never corrects twice.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the corrected credential here.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Sign a credential anew, corrected. Its id stays; what the learner had is superseded."""
    wanted = _read(changes) if changes else {}
    recipient = ({} if email is None else {"email": email}) | ({} if learner is None else {"name": learner or None})
    if recipient:
        wanted["recipient"] = recipient
    if narrative is not None:
        wanted["narrative"] = narrative or None
    if valid_until is not None:
        wanted["validUntil"] = valid_until.astimezone().isoformat()
    with client(name) as laurel:
        hand_out(laurel.credentials.correct(credential, reason, wanted, key=key), out, as_json=as_json)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Unreadable(f"{path} cannot be read as JSON") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path} is no JSON object")
    return found


@app.command()
def revoke(credential: CredentialName, *, reason: Reason, name: As = DEFAULT) -> None:
    """Revoke a credential, for good."""
    with client(name) as laurel:
        say(laurel.credentials.revoke(credential, reason))


@app.command()
def suspend(credential: CredentialName, *, reason: Reason, name: As = DEFAULT) -> None:
    """Suspend a credential until it is reinstated."""
    with client(name) as laurel:
        say(laurel.credentials.suspend(credential, reason))


@app.command()
def reinstate(credential: CredentialName, *, reason: Reason, name: As = DEFAULT) -> None:
    """End a suspension."""
    with client(name) as laurel:
        say(laurel.credentials.reinstate(credential, reason))
