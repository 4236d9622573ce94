"""The command's root, and how each command gets its client."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from laurel.cli.logins import Login, chosen
from laurel.client import Laurel
from laurel.tokens import AccessToken, ClientSecret, Nobody

app = typer.Typer(
    name="laurel",
    help="Issue, verify and revoke micro-credentials.",
    epilog="Exit codes: 0 done or valid, 1 invalid, 2 wrong usage, 3 indeterminate, 4 refused or no answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"laurel {version('laurel-client')}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and nothing else.")
    ] = False,
) -> None:
    """What stands before a command."""


As = Annotated[str, typer.Option("--as", envvar="LAUREL_AS", help="Which of your logins.")]
Person = Annotated[
    str | None,
    typer.Option("--token", envvar="LAUREL_TOKEN", help="A learner's access token: act as the learner."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def client_of(login: Login) -> Laurel:
    """A client for a login."""
    return Laurel(login.base_url, ClientSecret(login.client_id, login.client_secret), ca=login.ca)


def person(name: str, token: str) -> Laurel:
    """A client for a person's own token, where LAUREL_URL or one of the kept logins leads. LaurelError if neither."""
    address, ca = os.environ.get("LAUREL_URL"), os.environ.get("LAUREL_CA")
    if address:
        return Laurel(address, AccessToken(token), ca=Path(ca) if ca else None)
    login = chosen(name)
    return Laurel(login.base_url, AccessToken(token), ca=login.ca)


def anybody(address: str) -> Laurel:
    """A client without a login, for the Laurel that has this address, or where LAUREL_URL leads."""
    parts, ca = urlsplit(address), os.environ.get("LAUREL_CA")
    origin = os.environ.get("LAUREL_URL") or f"{parts.scheme}://{parts.netloc}"
    if not urlsplit(origin).netloc:
        raise typer.BadParameter("needs the whole address, which says where it is; or LAUREL_URL")
    return Laurel(origin, Nobody(), ca=Path(ca) if ca else None)


def client(name: str) -> Laurel:
    """A client for one of the kept logins. LaurelError if there is none."""
    return client_of(chosen(name))
