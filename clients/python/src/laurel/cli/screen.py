"""What people see: results on stdout, everything else on stderr.

Much of it is other people's text. A terminal would obey what is in it: go up a line, and write another verdict.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Final

from rich.console import Console
from rich.markup import escape as without_markup
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from laurel.models import Check, Verification

# Control characters, and those that turn the direction of what stands around them.
_OBEYED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_IN_LINES: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _seen(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def escape(text: str) -> str:
    """Other people's text as part of a line: no markup in it, and nothing that a terminal obeys."""
    return without_markup(_OBEYED.sub(_seen, text))


class _Screen(Console):
    """Shows what a terminal would obey, line ends and tabs aside."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(_IN_LINES.sub(_seen, text), **options)


# Lines are as long as they are, and the terminal wraps them: an address that is folded cannot be copied. Without emoji:
# `did:key:` is no picture of a key.
OUT: Final = _Screen(highlight=False, emoji=False, soft_wrap=True, width=1000)
ERR: Final = _Screen(stderr=True, highlight=False, emoji=False, soft_wrap=True)
_COLOURS: Final = {"valid": "green", "invalid": "red", "indeterminate": "yellow"}
_MARKS: Final = {
    "passed": "[green]ok[/]",
    "failed": "[red]no[/]",
    "unknown": "[yellow]? [/]",
    "skipped": "[dim]- [/]",
}


def complain(message: str) -> None:
    """One thing that went wrong."""
    ERR.print(f"[red]laurel:[/] {without_markup(message)}")


def say(message: str) -> None:
    """A line for people, without markup."""
    OUT.print(without_markup(message))


def show_file(content: bytes) -> None:
    """A file on stdout: byte by byte for a program, and for a person as lines."""
    if OUT.is_terminal:
        say(content.decode(errors="replace").replace("\r\n", "\n").rstrip())
    else:
        sys.stdout.buffer.write(content)


def note(message: str) -> None:
    """A line about what goes on, kept out of results."""
    ERR.print(without_markup(message))


def show_json(value: Any) -> None:
    """JSON for programs: one object, indented, in UTF-8."""
    OUT.out(_IN_LINES.sub(_seen, json.dumps(value, indent=2, ensure_ascii=False, default=str)))


def progress() -> Progress:
    """A bar on stderr that vanishes when done; nothing where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=ERR,
        transient=True,
        disable=not ERR.is_terminal,
    )


def table(*columns: str) -> Table:
    """A plain table."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def show_verification(source: str, found: Verification, *, every_check: bool) -> None:
    """A verdict, and its reasons: those that matter, or every check."""
    OUT.print(f"[bold {_COLOURS.get(found.verdict, 'white')}]{escape(found.verdict)}[/]  {escape(source)}")
    facts = _facts(found.credential or {})
    if facts:
        OUT.print(f"  [dim]{escape(facts)}[/]")
    for check in found.checks if every_check else found.reasons:
        OUT.print(f"  {_line(check)}")
    for advice in dict.fromkeys(check.advice for check in found.reasons):
        OUT.print(f"  [bold]->[/] {escape(advice)}")


def _line(check: Check) -> str:
    mark = _MARKS.get(check.outcome, escape(check.outcome))
    return f"{mark} {escape(check.check):<16} {escape(check.code)}: {escape(check.detail)}"


def _facts(credential: dict[str, Any]) -> str:
    achievement, issuer = credential.get("achievement"), credential.get("issuer")
    parts = [
        str(achievement.get("name") or "") if isinstance(achievement, dict) else "",
        f"by {named}" if isinstance(issuer, dict) and (named := issuer.get("name") or issuer.get("id")) else "",
    ]
    return ", ".join(part for part in parts if part)
