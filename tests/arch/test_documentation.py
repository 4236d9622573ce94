"""The documentation holds together: links lead somewhere, commands exist, tables say what the code says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from contracts.topics import TOPICS
from laurel.cli import app

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
PAGES = [ROOT / name for name in TRACKED.split()]
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
DECISIONS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
INDEX = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
CHANGES_ANOTHER = re.compile(r"\b(?:amends|replaces|changes)\b.*?(?:;|\.\s|$)", re.IGNORECASE | re.DOTALL)
NAMES_ANOTHER = re.compile(r"\((\d{4})-[a-z0-9-]+\.md\)")


def _anchors(page: Path) -> set[str]:
    """What GitHub makes of headings: lower case, no punctuation, hyphens for spaces; numbered if it comes again."""
    seen: Counter[str] = Counter()
    anchors = set()
    for heading in re.findall(r"^#{1,6} +(.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return anchors


def _dead_links(page: Path, text: str) -> Iterator[str]:
    for target in LINK.findall(FENCED.sub("", text)):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = page.parent / name if name else page
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(_dead_links(page, page.read_text(encoding="utf-8"))) == []


def test_a_dead_link_is_found() -> None:
    text = (
        "[a](README.md#licence) [b](README.md#no-such-heading) [c](docs/no-such-page.md) [d](https://elsewhere.example)"
    )
    assert list(_dead_links(ROOT / "README.md", text)) == ["README.md#no-such-heading", "docs/no-such-page.md"]


def _code(text: str) -> str:
    return "\n".join(re.findall(r"`[^`\n]+`", text) + FENCED.findall(text))


def _unknown(words: list[str]) -> str | None:
    """The word that is no command where it stands. What follows a command is its own affair."""
    place = typer.main.get_command(app)
    for word in words:
        known = getattr(place, "commands", None)
        if known is None or not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
            return None
        if word not in known:
            return word
        place = known[word]
    return None


def test_every_laurel_command_that_is_told_exists() -> None:
    told = {
        line: words.split()
        for page in PAGES
        for line, words in re.findall(
            r"((?:^|`)(?:\.venv/bin/)?laurel ([^`\n]+))", _code(page.read_text(encoding="utf-8")), re.MULTILINE
        )
    }
    assert len(told) > 30
    assert [line for line, words in told.items() if _unknown(words)] == []
    assert _unknown(["recognition", "agreements", "forget"]) == "forget"


def test_every_command_that_is_told_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        told = _code(text)
        assert set(re.findall(r"(?:^|`)make ([a-z-]+)", told, re.MULTILINE)) <= targets, page
        for module in set(re.findall(r"python3? -m ([a-z_][a-z_0-9.]*[a-z_0-9])", told)):
            assert importlib.util.find_spec(module), f"{page}: python -m {module}"


def test_the_rooms_publish_and_follow_what_the_architecture_says() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (gateway|catalog|issuer|registry|verifier) \|.*\|(.*)\|(.*)\|$", page, re.MULTILINE)
    told = {room: (set(re.findall(r"[a-z-]+", made)), set(re.findall(r"[a-z-]+", read))) for room, made, read in rows}
    assert told == {
        room: (
            {topic.name for topic in TOPICS if topic.producer == room},
            {topic.name for topic in TOPICS if room in topic.consumers},
        )
        for room in ("gateway", "catalog", "issuer", "registry", "verifier")
    }


def test_every_module_of_the_kit_has_its_line_in_the_architecture() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("## What the kit gives a service")[2]
    told = set(re.findall(r"`([a-z_]+)(?:\.\w+)?`", " ".join(re.findall(r"^\|[^|]*\|([^|]*)\|", table, re.MULTILINE))))
    modules = {file.stem for file in (ROOT / "libs/service_kit/src/service_kit").glob("*.py")} - {"__init__"}
    assert told == modules


def test_every_decision_is_listed_by_its_title_and_has_a_status() -> None:
    for decision in DECISIONS:
        text = decision.read_text(encoding="utf-8")
        title = re.match(r"# (\d+)\. (.+)\n", text)
        assert title is not None and int(title[1]) == int(decision.name[:4]), decision
        assert f"- [{decision.name[:4]}]({decision.name}) {title[2]}\n" in INDEX, decision
        assert re.search(r"^\*{0,2}Status:", text, re.MULTILINE), decision


def test_a_decision_that_another_changes_names_that_one() -> None:
    """Who reads the earlier one has to learn that it no longer holds as it stands."""
    status = {one.name[:4]: one.read_text(encoding="utf-8").split("\n\n")[1] for one in DECISIONS}
    changes = [
        (later, earlier)
        for later, said in status.items()
        for clause in CHANGES_ANOTHER.findall(said)
        for earlier in NAMES_ANOTHER.findall(clause)
    ]
    assert ("0096", "0032") in changes
    assert [(later, earlier) for later, earlier in changes if f"({later}-" not in status[earlier]] == []
