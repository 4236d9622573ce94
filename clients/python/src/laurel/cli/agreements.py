"""`laurel recognition agreements`: what two institutions agree, and what a partner elsewhere says to it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from laurel.cli.app import As, AsJson, anybody, client
from laurel.cli.files import Unreadable
from laurel.cli.logins import DEFAULT
from laurel.cli.recognition import Most, Name, Reason, Repeat, Status, recognition
from laurel.cli.screen import OUT, escape, say, show_json, table
from laurel.cli.verify import read_any, read_file
from laurel.models import Agreement

agreements = typer.Typer(help="What two institutions agreed.", no_args_is_help=True)
recognition.add_typer(agreements, name="agreements")


@agreements.command("list")
def list_agreements(*, status: Status = None, most: Most = 50, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """Yours, on either side, newest first."""
    with client(name) as laurel:
        found = list(itertools.islice(laurel.recognitions.agreements(status=status), most))
    if as_json:
        show_json([one.json for one in found])
        return
    made = table("status", "name", "agreement")
    for one in found:
        made.add_row(*map(escape, (one.status, str(_document(one).get("name")), one.id)))
    OUT.print(made)


@agreements.command("show")
def show_agreement(named: Name, *, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """What was agreed, with the digest that is signed."""
    with client(name) as laurel:
        _show_agreement(laurel.recognitions.agreement(named), as_json=as_json)


@agreements.command()
def propose(
    file: Annotated[Path, typer.Argument(help="The agreement as JSON; - is standard input.")],
    *,
    key: Repeat = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Propose an agreement for the other institution to sign. Its address is printed."""
    members = _json_of(file)
    with client(name) as laurel:
        made = laurel.recognitions.propose(members, key=key)
    show_json(made.json) if as_json else say(made.id)


@agreements.command()
def sign(
    named: Name,
    *,
    digest: Annotated[str, typer.Option(help="Of the agreement as you read it: `agreements show`.")],
    signature: Annotated[
        Path | None, typer.Option(help="Of a partner that is not on this fleet: the file with its compact JWS.")
    ] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Sign what the other institution proposed, or bring a partner's signature. It binds until either side ends it."""
    brought = None if signature is None else read_file(signature).strip()
    with client(name) as laurel:
        _show_status(laurel.recognitions.sign(named, digest, brought), as_json=as_json)


@agreements.command()
def bring(
    address: Annotated[str, typer.Argument(help="The agreement's address.")],
    file: Annotated[Path, typer.Argument(help="The compact JWS; - is standard input.")],
    *,
    as_json: AsJson = False,
) -> None:
    """As a partner elsewhere: bring what you signed by a key of your DID, to sign, decline or end. Needs no login."""
    with anybody(address) as laurel:
        _show_status(laurel.recognitions.bring(address, read_any(file).strip()), as_json=as_json)


@agreements.command()
def decline(named: Name, *, reason: Reason, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """Do not sign it."""
    with client(name) as laurel:
        _show_status(laurel.recognitions.decline(named, reason), as_json=as_json)


@agreements.command()
def withdraw(named: Name, *, reason: Reason, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """Take a proposal of yours back."""
    with client(name) as laurel:
        _show_status(laurel.recognitions.withdraw(named, reason), as_json=as_json)


@agreements.command()
def end(named: Name, *, reason: Reason, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """End one that is signed. What it granted stays."""
    with client(name) as laurel:
        _show_status(laurel.recognitions.end(named, reason), as_json=as_json)


def _json_of(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_any(file))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{file} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unreadable(f"{file} holds no JSON object")
    return found


def _document(one: Agreement) -> dict[str, Any]:
    found = one.json.get("document")
    return found if isinstance(found, dict) else {}


def _show_status(one: Agreement, *, as_json: bool) -> None:
    show_json(one.json) if as_json else say(one.status)


def _show_agreement(one: Agreement, *, as_json: bool) -> None:
    if as_json:
        show_json(one.json)
        return
    said = _document(one)
    say(f"{one.status}  {one.id}\n  {said.get('name')}, version {one.version}\n  digest {one.digest}")
    say(f"  {said.get('recognisingIssuer')} recognises {said.get('sourceIssuer')} in {said.get('programme')}")
    for rule in said.get("rules", []):
        what = rule.get("achievement") or "all that reach the floor"
        say(f"  {rule.get('credits', 0):g} credits of {rule.get('target')} for {what}")
