"""Whoever stores what was signed holds the key that signed it: else a revoked key's signature could come after."""

from __future__ import annotations

import ast
from pathlib import Path

CORE = Path(__file__).parents[2] / "services/issuer/src/issuer/core"
# Of a unit of work's repositories: what stores a signature.
STORES = {
    ("credentials", "add"),
    ("credentials", "add_all"),
    ("credentials", "correct"),
    ("any_credentials", "add"),
    ("changes", "correct"),
    ("status_lists", "add"),
    ("status_lists", "advance"),
}
HOLDS = {"hold", "hold_keys"}
# Called in transactions of others, who hold.
LENT = {"correct.py:replace_document", "work_corrections.py:_correct_all"}


def _calls(function: ast.AST) -> tuple[set[tuple[str, str]], set[str]]:
    """What a function calls: pairs of the last two names, and last names."""
    pairs, names = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                names.add(called.attr)
                if isinstance(called.value, ast.Attribute):
                    pairs.add((called.value.attr, called.attr))
            elif isinstance(called, ast.Name):
                names.add(called.id)
    return pairs, names


def _functions() -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for path in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef):
                found[f"{path.name}:{node.name}"] = node
    return found


def test_every_transaction_that_stores_what_was_signed_holds_its_key() -> None:
    storing = {name: _calls(function) for name, function in _functions().items()}
    storing = {name: calls for name, calls in storing.items() if calls[0] & STORES}
    assert {name for name, (_, names) in storing.items() if not names & HOLDS} == LENT
    assert len(storing) > len(LENT)


def test_those_that_lend_themselves_are_called_by_who_holds() -> None:
    lent = {name.partition(":")[2] for name in LENT}
    callers = {name: _calls(function)[1] for name, function in _functions().items()}
    for name, names in callers.items():
        if names & lent and name not in LENT:
            assert names & HOLDS, name
