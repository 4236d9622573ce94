"""`laurel sandbox`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from laurel.cli.app import As, AsJson, app, client
from laurel.cli.files import results_at, write
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import OUT, note, show_json, table
from laurel.models import SandboxCase


@app.command()
def sandbox(
    case: Annotated[
        str | None, typer.Argument(help="Fetch the credential of this case; without it, list them.")
    ] = None,
    *,
    output: Annotated[Path | None, results_at("Write the credential to this file.", "--output", "--out", "-o")] = None,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Credentials that fail on purpose, one for each way in which a verifier says no."""
    if case is None and output is not None:
        raise typer.BadParameter("-o takes the name of a case")
    with client(name) as laurel:
        if case is None:
            _show(list(laurel.sandbox.list()), as_json=as_json)
        else:
            _deliver(laurel.sandbox.read(case), output)


def _show(cases: list[SandboxCase], *, as_json: bool) -> None:
    if as_json:
        show_json([case.json for case in cases])
        return
    listed = table("case", "verdict", "code", "how")
    for case in cases:
        listed.add_row(case.name, case.verdict, case.code or "", case.how)
    OUT.print(listed)


def _deliver(credential: str, output: Path | None) -> None:
    if output is None:
        OUT.out(credential)
    else:
        write(output, credential + "\n")
        note(f"written to {output}")
