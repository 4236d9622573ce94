"""`laurel verify`."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from laurel.cli.app import As, AsJson, app, client
from laurel.cli.files import Unreadable
from laurel.cli.logins import DEFAULT
from laurel.cli.screen import note, progress, show_json, show_verification
from laurel.models import Verdict, Verification

_CODES: Final[dict[Verdict, int]] = {"valid": 0, "indeterminate": 3, "invalid": 1}
_LARGEST: Final = 380_000  # bytes; the server takes 256 kB of credential, and 512 kB of request
_SUFFIXES: Final = {".json", ".jsonld", ".jwt", ".jws", ".png", ".svg"}
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@app.command()
def verify(
    sources: Annotated[
        list[str], typer.Argument(help="Files, directories, https addresses of hosted badges; - is standard input.")
    ],
    *,
    trust_unknown: Annotated[
        bool, typer.Option("--trust-unknown", help="An issuer nobody vouches for is no reason for doubt.")
    ] = False,
    every_check: Annotated[bool, typer.Option("--checks", help="Show every check, not only the reasons.")] = False,
    as_json: AsJson = False,
    name: As = DEFAULT,
) -> None:
    """Judge credentials: JSON, compact JWS, or a PNG or SVG with one in it.

    Exit code 0 if all are valid, 1 if one is not, 3 if one is in doubt.
    """
    texts = list(_texts(sources))
    found: list[tuple[str, Verification]] = []
    with client(name) as laurel, progress() as bar:
        for source, text in bar.track(texts, description="verifying"):
            found.append((source, laurel.verifications.verify(text, accept_unknown_issuer=trust_unknown)))
    if as_json:
        reports = [{"source": source, **verification.json} for source, verification in found]
        show_json(reports[0] if len(reports) == 1 else reports)
    else:
        for source, verification in found:
            show_verification(source, verification, every_check=every_check)
    raise typer.Exit(code_of([verification.verdict for _, verification in found]))


def code_of(verdicts: list[Verdict]) -> int:
    """What weighs most: invalid, then anything that is not valid."""
    codes = {_CODES.get(verdict, _CODES["indeterminate"]) for verdict in verdicts}
    return next(code for code in (1, 3, 0) if code in codes or code == 0)


def _texts(sources: list[str]) -> Iterator[tuple[str, str]]:
    for source in sources:
        if source == "-":
            yield "standard input", _credential(read_any(Path(source)), source)
        elif source.startswith("https://"):
            yield source, source  # where a badge of Open Badges 2.0 is hosted
        elif source.startswith("http://"):
            raise Unreadable(f"{source} is not read: hosted badges are, at https addresses. Credentials come as files")
        elif Path(source).is_dir():
            files = [path for path in sorted(Path(source).iterdir()) if path.suffix in _SUFFIXES]
            if not files:
                raise Unreadable(f"{source} holds no {', '.join(sorted(_SUFFIXES))} file")
            yield from ((str(path), _credential(read_file(path), str(path))) for path in files)
        else:
            yield source, _credential(read_file(Path(source)), source)


def _credential(text: str, source: str) -> str:
    """The text, or of an answer by which the API issued a credential the credential."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(body, dict) or "@context" in body or not isinstance(body.get("credential"), dict | str):
        return text
    note(f"{source} is an answer of the API; what is judged is its member `credential`")
    return body["credential"] if isinstance(body["credential"], str) else json.dumps(body["credential"])


def read_any(path: Path) -> str:
    """A file's text, or what comes by standard input for `-`. Unreadable if there is none."""
    if str(path) == "-":
        return _decoded(sys.stdin.buffer.read(_LARGEST + 1), "standard input")
    return read_file(path)


def read_file(path: Path) -> str:
    """A credential's text. Unreadable if there is none."""
    try:
        with path.open("rb") as file:
            return _decoded(file.read(_LARGEST + 1), str(path))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from error


def _decoded(data: bytes, source: str) -> str:
    if len(data) > _LARGEST:
        raise Unreadable(f"{source} is larger than {_LARGEST:,} bytes")
    if data.startswith(_PNG):
        return f"data:image/png;base64,{base64.b64encode(data).decode()}"
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
    try:
        return data.decode().strip()
    except UnicodeDecodeError:
        raise Unreadable(f"{source} is not text in UTF-8") from None
