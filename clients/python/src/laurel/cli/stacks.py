"""`laurel stack`: list, approve, refuse, record and verify."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from laurel.cli.alone import decide_alone
from laurel.cli.app import As, AsJson, Person, app, client, person
from laurel.cli.credentials import hand_out
from laurel.cli.files import Unreadable, results_at
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import OUT, escape, note, say, show_json, show_verification, table
from laurel.cli.verify import code_of, read_file
from laurel.models import IssuedCredential, Verification

GENRE: Final = "PathwayEvaluation"
HEAD: Final = "data:application/json;base64,"

stack = typer.Typer(help="What was awarded for completed pathways.", no_args_is_help=True)
app.add_typer(stack, name="stack")


Name = Annotated[str, typer.Argument(help="The stack's address or UUID.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays with you.")]


@stack.command("list")
def list_stacks(
    *,
    pathway: Annotated[str | None, typer.Option(help="Only on this pathway.")] = None,
    status: Annotated[str | None, typer.Option(help="Only those that stand there, such as waiting.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Your stacks, newest first."""
    with client(name) as laurel:
        found = list(laurel.stacks.list(pathway=pathway, status=status))
    if as_json:
        show_json([one.json for one in found])
        return
    made = table("status", "stack", "credential")
    for one in found:
        made.add_row(*map(escape, (one.status, one.id, one.credential or "")))
    OUT.print(made)


@stack.command()
def approve(named: Name, *, reason: Reason, name: As = DEFAULT) -> None:
    """Issue the credential of one that waits."""
    with client(name) as laurel:
        say(str(laurel.stacks.approve(named, reason).credential))


@stack.command()
def refuse(named: Name, *, reason: Reason, name: As = DEFAULT) -> None:
    """Award nothing for one that waits."""
    with client(name) as laurel:
        say(laurel.stacks.refuse(named, reason).status)


@stack.command()
def record(
    named: Annotated[
        str, typer.Argument(help="The stack's address or UUID; with --token, the credential's that was awarded.")
    ],
    *,
    token: Person = None,
    out: Annotated[Path | None, results_at("Write the record here.")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Make a signed learner record (CLR 2.0) that holds a stack's credential with its components.

    With --token, one's own: also with what one brought along. What is left out is named on stderr. The record is
    printed, or written to a file with its id printed.
    """
    if token is not None:
        with person(name, token) as mine:
            own = mine.own_credentials.record(named)
        document, left_out = own.document, own.left_out
    else:
        with client(name) as laurel:
            document, left_out = laurel.stacks.record(named), ()
    for one in left_out:
        note(f"left out: {one}")
    hand_out(IssuedCredential(str(document["id"]), document), out, as_json=as_json)


@stack.command("verify")
def verify_stack(
    file: Annotated[Path, typer.Argument(help="The stacked credential.")],
    *,
    components: Annotated[
        list[Path] | None,
        typer.Option("--components", help="A component that you were given, or a directory of them. May be repeated."),
    ] = None,
    alone: Annotated[
        bool,
        typer.Option("--alone", help="Ask no Laurel: read what is public where it is published, and decide here."),
    ] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="With --alone: keep a copy of what was read in this directory.")
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option(
            "--kept",
            help="Decide here from such a copy, as of its day, without any network. It is believed, keys and date: "
            "take only one that you kept, for whoever made it could make it say anything.",
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option("--ca", envvar="LAUREL_CA", help="With --alone: a PEM file of the authority to trust."),
    ] = None,
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help="With --alone: read this machine and private networks too, if it names them.",
        ),
    ] = False,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Judge a stacked credential, and make the decision again that it carries. Exit codes as of `laurel verify`.

    A verifier does so; with --alone this machine does, without a login, by the issuer's keys, the status lists and the
    pathway as anybody reads them. Whether the issuer is to be believed is then for you to say.
    """
    if keep is not None and (kept is not None or not alone):
        raise typer.BadParameter("goes with --alone, and not with --kept", param_hint="--keep")
    text = read_file(file)
    record = _record(text, file)
    given = [read_file(path) for path in _files(components or [])]
    if alone or kept is not None:
        answer = decide_alone(text, given, ca=ca, private=private, keep=keep, kept=kept)
        found = Verification.from_json({"id": str(file), **answer})
    else:
        with client(name) as laurel:
            found = laurel.verifications.verify(text, components=given)
        answer = found.json
    if as_json:
        show_json({"source": str(file), "evaluation": record, **answer})
    else:
        show_verification(str(file), found, every_check=True)
        _show(record)
    raise typer.Exit(code_of([found.verdict]))


def _files(named: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in named:
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    return found


def _record(text: str, file: Path) -> dict[str, Any]:
    """The evaluation that the credential carries. Unreadable if it carries none."""
    try:
        evidence = json.loads(text)["evidence"]
        [uri] = [one["id"] for one in evidence if one.get("genre") == GENRE]
        record: dict[str, Any] = json.loads(base64.b64decode(uri.removeprefix(HEAD), validate=True))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise Unreadable(f"{file} is not a stacked credential: it carries no evaluation of a pathway") from error
    return record


def _show(record: dict[str, Any]) -> None:
    """Which rules, and where each component counts."""
    pathway, decision = record.get("pathway", {}), record.get("decision", {})
    OUT.print(f"  {escape(str(pathway.get('id')))} version {escape(str(pathway.get('version')))}, {record.get('day')}")
    for one in record.get("recognisedBy", []):
        issuer, agreement, version = (escape(str(one.get(member))) for member in ("issuer", "agreement", "version"))
        OUT.print(f"  {issuer} was recognised by {agreement} version {version}, {escape(str(one.get('digest')))}")
    say(f"  {_looked_at(record)}")
    made = table("counts as", "credits", "component")
    for one in decision.get("placed", []):
        made.add_row(*(escape(str(one.get(member))) for member in ("component", "credits", "credential")))
    OUT.print(made)


def _looked_at(record: dict[str, Any]) -> str:
    """How many status lists the decision was made with, and whose credentials they are of."""
    lists: dict[str, set[str]] = {}
    for one in record.get("inputs", []):
        for entry in one.get("credentialStatus", [one] if "statusListCredential" in one else []):
            url = entry.get("statusListCredential") or entry.get("id")  # where a 1EdTechRevocationList is
            lists.setdefault(str(one.get("issuer")), set()).add(str(url))
    if not lists:
        return "no status list was looked at: no component has a status"
    count = len(set().union(*lists.values()))
    whose = ", ".join(f"{len(urls)} of {issuer}" for issuer, urls in lists.items())
    return f"{count} status list{'s were' if count > 1 else ' was'} looked at: {whose}"
