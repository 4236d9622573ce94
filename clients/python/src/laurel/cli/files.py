"""Files that commands read rows from and write results to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import typer

from laurel.batches import MEDIA_TYPES
from laurel.errors import LaurelError

_ROWS: Final = ", ".join(MEDIA_TYPES)


class Unreadable(LaurelError):
    """A file that cannot be read."""


class Unwritable(LaurelError):
    """A file that cannot be written."""


def results_at(help_text: str, *names: str) -> Any:
    """The option of a file that is written at the end: asked for at the beginning whether it can be."""
    return typer.Option(*(names or ("--out", "-o")), help=help_text, callback=_place)


def rows_file(path: Path) -> Path:
    """A file of rows. Unreadable unless it is one whose ending says how to read it."""
    if not path.is_file():
        raise Unreadable(f"{path} is no file")
    if path.suffix.lower() not in MEDIA_TYPES:
        raise Unreadable(f"{path} does not say by its ending how to read it: {_ROWS} are understood")
    return path


def write(path: Path, content: bytes | str) -> None:
    """Write a result. Unwritable if that fails."""
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror}") from error


def _place(path: Path | None) -> Path | None:
    """Before anything is done: what was issued must not be lost for want of a directory."""
    if path is not None and path.is_dir():
        raise typer.BadParameter(f"{path} is a directory")
    if path is not None and not os.access(path if path.exists() else path.parent, os.W_OK):
        raise typer.BadParameter(f"{path} cannot be written: is its directory there, and yours?")
    return path
