"""`laurel achievements`, `issue`, `credentials` and `show`."""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from laurel.cli.app import As, AsJson, app, client
from laurel.cli.files import Unwritable, results_at, write
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import OUT, escape, note, say, show_json, table
from laurel.models import IssuedCredential, Recipient

CredentialName = Annotated[str, typer.Argument(help="Its address or UUID.")]
_IMAGES = {".svg": "image/svg+xml", ".png": "image/png"}
Most = Annotated[int, typer.Option(min=1, help="How many at most.")]


@app.command()
def achievements(
    search: Annotated[str, typer.Argument(help="Words to look for.")] = "",
    *,
    mine: Annotated[bool, typer.Option("--mine", help="Only your organization's, drafts too.")] = False,
    most: Most = 50,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """List what can be earned."""
    with client(name) as laurel:
        found = list(itertools.islice(laurel.achievements.list(search=search or None, mine=mine), most))
    if as_json:
        show_json([achievement.json for achievement in found])
        return
    shown = table("status", "name", "id")
    for achievement in found:
        shown.add_row(achievement.status, escape(achievement.name), achievement.id)
    OUT.print(shown)


@app.command()
def issue(
    achievement: Annotated[str, typer.Argument(help="The achievement's address or UUID.")],
    *,
    email: Annotated[str | None, typer.Option(help="The learner's e-mail address (hashed in the credential).")] = None,
    did: Annotated[str | None, typer.Option(help="The learner's DID.")] = None,
    identifier: Annotated[str | None, typer.Option(help="Another identifier, with --identifier-type.")] = None,
    identifier_type: Annotated[str | None, typer.Option(help="Such as sourcedId.")] = None,
    learner: Annotated[str | None, typer.Option("--name", help="Stands in the credential in plain text.")] = None,
    plaintext: Annotated[
        bool, typer.Option("--plaintext", help="Show the identifier instead of a salted hash.")
    ] = False,
    issuer: Annotated[str | None, typer.Option(help="Slug or DID; your first issuer unless given.")] = None,
    valid_until: Annotated[datetime | None, typer.Option(help="Local time.")] = None,
    narrative: Annotated[str | None, typer.Option(help="What this learner did.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Not to a learner who has the achievement already.")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key: the same key never issues twice.")] = None,
    out: Annotated[Path | None, results_at("Write the credential here.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Issue one credential. It is printed, or written to a file with its address printed."""
    if sum(one is not None for one in (email, did, identifier)) != 1:
        raise typer.BadParameter("say to whom: one of --email, --did and --identifier")
    recipient = Recipient(email, did, identifier, identifier_type, learner, plaintext)
    with client(name) as laurel:
        issued = laurel.credentials.issue(
            achievement,
            recipient,
            issuer=issuer,
            valid_until=valid_until.astimezone() if valid_until else None,
            narrative=narrative,
            allow_duplicates=not once,
            key=key,
        )
    hand_out(issued, out, as_json=as_json)


def hand_out(signed: IssuedCredential, out: Path | None, *, as_json: bool) -> None:
    """Print a credential, or write it to a file and print its address."""
    if out is None:
        show_json(signed.document)
        return
    try:
        write(out, json.dumps(signed.document, indent=2, ensure_ascii=False) + "\n")
    except Unwritable:
        show_json(signed.document)  # it is issued all the same
        raise
    note(f"written to {out}")
    show_json({"id": signed.id}) if as_json else say(signed.id)


@app.command()
def credentials(
    *,
    status: Annotated[str | None, typer.Option(help="issued, suspended, revoked or expired.")] = None,
    achievement: Annotated[str | None, typer.Option(help="Only of this one: address or UUID.")] = None,
    most: Most = 50,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """List the credentials of your organization, newest first."""
    with client(name) as laurel:
        found = list(itertools.islice(laurel.credentials.list(status=status, achievement=achievement), most))
    if as_json:
        show_json([credential.json for credential in found])
        return
    shown = table("status", "issued", "id")
    for credential in found:
        shown.add_row(credential.status, f"{credential.issued_at:%Y-%m-%d %H:%M}", credential.id)
    OUT.print(shown)


@app.command()
def show(credential: CredentialName, *, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """The life of one credential; with --json, the signed document too."""
    with client(name) as laurel:
        found = laurel.credentials.get(credential)
    if as_json:
        show_json(found.json)
        return
    say(f"{found.status}  {found.id}\n  of {found.achievement}")
    for step in found.history:
        reason = f": {step['reason']}" if step.get("reason") else ""
        what = "corrected" if step.get("digest") else step["status"]
        say(f"  {step['at']}  {what} by {step['actor']}{reason}")


@app.command()
def badge(
    credential: CredentialName,
    *,
    out: Annotated[Path, results_at("Write it here: ada.svg, or ada.png where the achievement's image is a PNG.")],
    name: As = DEFAULT,
) -> None:
    """The image that shows a credential, with the signed document in it."""
    wanted = _IMAGES.get(out.suffix.lower())
    if wanted is None:
        raise typer.BadParameter(f"{out} must end in {' or '.join(_IMAGES)}")
    with client(name) as laurel:
        found = laurel.credentials.badge(credential, wanted)
    if found.media_type != wanted:
        raise Unwritable(f"the achievement has no image of its own in PNG: {out.with_suffix('.svg')} can be had")
    write(out, found.content)
    note(f"written to {out}")
