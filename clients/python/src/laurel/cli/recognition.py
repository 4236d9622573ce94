"""`laurel recognition`: requests, and the cases that people decide. Agreements are in `agreements`."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from laurel.cli.app import As, AsJson, Person, app, client, person
from laurel.cli.credentials import hand_out
from laurel.cli.files import results_at
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import OUT, escape, say, show_json, table
from laurel.cli.verify import read_any
from laurel.models import IssuedCredential, Recognition

recognition = typer.Typer(help="What counts of what others awarded.", no_args_is_help=True)
app.add_typer(recognition, name="recognition")

Name = Annotated[str, typer.Argument(help="Its address or UUID.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; both sides read it.")]
Status = Annotated[str | None, typer.Option(help="Only those that stand there.")]
Programme = Annotated[str | None, typer.Option(help="Only in this programme.")]
Source = Annotated[
    str | None,
    typer.Option(
        help="Only awards for credentials from elsewhere: `review`, to be looked at again; `status-not-kept` and "
        "`status-not-published`, which nobody can follow."
    ),
]
Most = Annotated[int, typer.Option(min=1, help="How many at most.")]
Repeat = Annotated[str | None, typer.Option("--key", help="Idempotency-Key: the same key never makes two.")]


@recognition.command()
def request(
    programme: Annotated[str, typer.Argument(help="The address of the pathway or achievement.")],
    file: Annotated[Path, typer.Argument(help="The credential; - is standard input.")],
    *,
    email: Annotated[str, typer.Option(help="The learner's address, which the credential names.")],
    vouched: Annotated[
        str | None, typer.Option(help="How you checked who it is, where the credential does not say.")
    ] = None,
    token: Person = None,
    key: Repeat = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Have a learner's credential recognised. With --token, the learner asks."""
    text = read_any(file)
    if token is not None:
        with person(name, token) as mine:
            found = mine.own_recognitions.request(programme, _presented(text), email, key=key)
    else:
        with client(name) as laurel:
            recipient = {"email": email}
            found = laurel.recognitions.request(programme, _presented(text), recipient, vouched=vouched, key=key)
    _show(found, as_json=as_json)


@recognition.command("list")
def list_recognitions(
    *,
    status: Status = None,
    programme: Programme = None,
    source: Source = None,
    token: Person = None,
    most: Most = 50,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """What you decide, newest first: `--status open` are cases, `appealed` appeals. With --token, one's own."""
    if token is not None and source is not None:
        raise typer.BadParameter("--source is the institution's to ask")
    with person(name, token) if token is not None else client(name) as laurel:
        if token is None:
            matching = laurel.recognitions.list(status=status, programme=programme, source=source)
        else:
            matching = laurel.own_recognitions.list(status=status, programme=programme)
        found = list(itertools.islice(matching, most))
    if as_json:
        show_json([one.json for one in found])
        return
    made = table("status", "reasons", "recognition")
    for one in found:
        made.add_row(*map(escape, (one.status, " ".join(one.reasons), one.id)))
    OUT.print(made)


@recognition.command()
def show(named: Name, *, token: Person = None, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """What was asked, decided and done since. With --token, one's own."""
    with person(name, token) if token is not None else client(name) as laurel:
        side = laurel.recognitions if token is None else laurel.own_recognitions
        _show(side.get(named), as_json=as_json)


@recognition.command()
def decide(
    named: Name,
    *,
    grant: Annotated[bool, typer.Option("--grant/--refuse", help="Award it, or award nothing.")],
    reason: Reason,
    achievement: Annotated[str | None, typer.Option(help="What is awarded; the programme, unless given.")] = None,
    credits_granted: Annotated[float | None, typer.Option("--credits", min=0, help="That are granted.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Decide a case, or an appeal that somebody else refused."""
    if not grant and (achievement is not None or credits_granted is not None):
        raise typer.BadParameter("--achievement and --credits belong to --grant")
    with client(name) as laurel:
        if grant:
            found = laurel.recognitions.grant(named, reason, achievement=achievement, credits_granted=credits_granted)
        else:
            found = laurel.recognitions.refuse(named, reason)
    _show(found, as_json=as_json)


@recognition.command()
def keep(named: Name, *, reason: Reason, as_json: AsJson = False, name: As = DEFAULT) -> None:
    """Keep an award after a review of its source; else revoke it, by `laurel revoke`."""
    with client(name) as laurel:
        _show(laurel.recognitions.keep(named, reason), as_json=as_json)


@recognition.command("show-again")
def show_again(
    named: Name,
    file: Annotated[Path, typer.Argument(help="The credential that was recognised; - is standard input.")],
    *,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Show again what was recognised and nobody could follow: from then on its status and key are looked at."""
    text = read_any(file)
    with client(name) as laurel:
        _show(laurel.recognitions.show_again(named, _presented(text)), as_json=as_json)


@recognition.command()
def appeal(
    named: Name,
    *,
    reason: Reason,
    token: Annotated[str, typer.Option(envvar="LAUREL_TOKEN", help="The learner's access token.")],
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """As the learner: have a refusal decided again, once, in time, by somebody else."""
    with person(name, token) as mine:
        _show(mine.own_recognitions.appeal(named, reason), as_json=as_json)


@recognition.command()
def decision(
    named: Name,
    *,
    token: Person = None,
    out: Annotated[Path | None, results_at("Write the signed refusal here.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """A refusal as a signed credential, for an appeal or another institution. With --token, one's own.

    It is printed, or written to a file with its id printed.
    """
    with person(name, token) if token is not None else client(name) as laurel:
        side = laurel.recognitions if token is None else laurel.own_recognitions
        document = side.decision(named)
    hand_out(IssuedCredential(str(document["id"]), document), out, as_json=as_json)


def _presented(text: str) -> dict[str, Any] | str:
    """A document, or whatever else it is as the text that it is."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    return found if isinstance(found, dict) else text.strip()


def _show(one: Recognition, *, as_json: bool) -> None:
    if as_json:
        show_json(one.json)
        return
    say(f"{one.status}  {one.id}\n  in {one.programme}")
    if one.credential:
        say(f"  awarded {one.credential}")
    review = (one.json.get("sourceStatus") or {}).get("review")
    if review:
        say(f"  {'kept' if review.get('kept') else 'to review'}: {review.get('code')}: {review.get('detail')}")
    for reason in one.json.get("reasons", []):
        say(f"  {reason.get('code')}: {reason.get('detail')}")
    if one.json.get("mayAppeal"):
        until = one.json.get("appealUntil")
        say(f"  the learner may appeal{f' until {until}' if until else ''}")
