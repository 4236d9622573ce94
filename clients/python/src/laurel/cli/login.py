"""`laurel login`, `logout` and `whoami`."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from laurel.cli import logins
from laurel.cli.app import As, AsJson, app, client_of
from laurel.cli.screen import say, show_json
from laurel.errors import UnexpectedAnswer

Secret = Annotated[str, typer.Option("--client-secret", envvar="LAUREL_CLIENT_SECRET", help="Asked for unless given.")]


@app.command()
def login(
    url: Annotated[str, typer.Argument(help="The address of Laurel, such as https://laurel.example.")] = "",
    *,
    client_id: Annotated[str, typer.Option(envvar="LAUREL_CLIENT_ID", help="Your organization's client.")] = "",
    client_secret: Secret = "",
    file: Annotated[Path | None, typer.Option("--from", help="A file of logins, such as var/demo.json.")] = None,
    organization: Annotated[str, typer.Option(help="Which of that file's organizations: slug or kind.")] = "university",
    ca: Annotated[Path | None, typer.Option(help="A PEM file to trust instead of the usual authorities.")] = None,
    name: As = logins.DEFAULT,
) -> None:
    """Check a client's id and secret, and keep them for the commands that follow."""
    if file is not None:
        given = logins.from_file(file, organization, ca=ca)
    else:
        url = url or typer.prompt("Address of Laurel")
        if not url.startswith(("https://", "http://")):
            raise typer.BadParameter(f"the address must begin with https:// or http://: {url}")
        client_id = client_id or typer.prompt("Client id")
        client_secret = client_secret or typer.prompt("Client secret", hide_input=True)
        given = logins.Login(url.rstrip("/"), client_id, client_secret, ca)
    facts = _facts(given)
    logins.keep(name, given)
    say(f"Logged in to {given.base_url} as {facts['client_id']}, for: {facts['scope']}")


@app.command()
def logout(name: As = logins.DEFAULT) -> None:
    """Forget a login."""
    say(f"Forgot the login {name}." if logins.forget(name) else f"There is no login {name}.")


@app.command()
def whoami(name: As = logins.DEFAULT, *, as_json: AsJson = False) -> None:
    """Where you are logged in, as whom, and what for."""
    found = logins.chosen(name)
    facts = _facts(found) | {"base_url": found.base_url}
    if as_json:
        show_json(facts)
        return
    for label, member in (("at", "base_url"), ("as", "client_id"), ("of", "org"), ("for", "scope")):
        say(f"{label:<5}{facts.get(member, '')}")
    say(f"{'till':<5}{datetime.fromtimestamp(facts['exp'], UTC):%Y-%m-%d %H:%M:%S} UTC (this token)")


def _facts(login: logins.Login) -> dict[str, Any]:
    """The claims of a fresh token, read but not checked: it is ours, and the server checks it."""
    with client_of(login) as laurel:
        token = laurel.access_token()
    try:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (LookupError, ValueError):
        raise UnexpectedAnswer("the access token is no JWT") from None
    return claims
